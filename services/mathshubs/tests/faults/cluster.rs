//! A PostgreSQL server of the test's own.

use std::{path::PathBuf, process::Command};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Starts and stops servers.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/postgres");
/// The databases of the services.
pub(crate) const DATABASES: [&str; 2] = ["network", "enrolment"];
/// The columns with texts of a type.
const TEXTS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations' AND data_type = $1
         AND is_generated = 'NEVER' AND (table_name, column_name) NOT IN (SELECT table_name, column_name FROM information_schema.column_column_usage)
         AND (table_name, column_name) NOT IN (SELECT table_name, column_name FROM information_schema.view_column_usage)
         AND table_name NOT IN (SELECT event_object_table FROM information_schema.triggers)";

/// A PostgreSQL server that the test may restart; stopped and removed with this value.
pub(crate) struct Cluster {
    folder: PathBuf,
    url: String,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("mathshubs-faults-{}", std::process::id()));
        let output = script(&["start", folder.to_str().unwrap()]);
        Self { folder, url: output.trim().to_owned() }
    }

    /// `restart` or `kill`.
    pub(crate) fn run(&self, command: &str) {
        script(&[command, self.folder.to_str().unwrap()]);
    }

    /// The URL of a database, for a login.
    pub(crate) fn url_of(&self, name: &str, login: Option<&str>) -> String {
        let (authority, host) = self.url.rsplit_once('@').unwrap();
        let login = login.map_or_else(|| authority.to_owned(), |login| format!("postgres://{login}"));
        format!("{login}@{host}/{name}")
    }

    /// Runs statements in a database as its owner.
    pub(crate) async fn sql(&self, database: &str, text: &str) {
        let mut conn = PgConnection::connect(&self.url_of(database, None)).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    /// Changes the type of each column of texts in a database.
    pub(crate) async fn alter_texts(&self, database: &str, from: &str, to: &str) {
        let mut conn = PgConnection::connect(&self.url_of(database, None)).await.unwrap();
        let columns: Vec<(String, String)> = sqlx::query_as(TEXTS).bind(from).fetch_all(&mut conn).await.unwrap();
        assert!(columns.len() > 20, "{columns:?}");
        for (table, column) in columns {
            let text = format!("ALTER TABLE {table} ALTER COLUMN \"{column}\" TYPE {to} COLLATE \"C\"");
            // The load may cause a deadlock.
            while let Err(error) = sqlx::raw_sql(AssertSqlSafe(text.clone())).execute(&mut conn).await {
                assert!(
                    error.as_database_error().is_some_and(|error| error.code().is_some_and(|code| code == "40P01")),
                    "{error}"
                );
            }
        }
        conn.close().await.unwrap();
    }

    pub(crate) async fn sql_in_both(&self, text: &str) {
        for database in DATABASES {
            self.sql(database, text).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The test may have failed while the server was down.
        let _stopped = Command::new(SCRIPT).args(["stop", self.folder.to_str().unwrap_or_default()]).status();
    }
}

fn script(arguments: &[&str]) -> String {
    let output = Command::new(SCRIPT).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
