//! Databases for tests: `for database in db::testing::databases().await { … }` runs a test's body on SQLite and on PostgreSQL. And how a test says
//! that it cannot run.

mod compare;
mod skip;
mod statements;
mod text;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub use compare::migrations_agree;
pub use skip::{NO_POSTGRES, NO_REFERENCE, NO_REGISTER, environment, number_from_environment, skip};
pub use statements::{reviewed, statements_are_reviewed};
pub use text::{execute, fetch_all};

use crate::{Migration, Options, Pool};

/// Names a cluster in which tests may create databases: a connection as superuser. Without it tests run on SQLite only, and say so.
pub const POSTGRES_URL: &str = "MATHSHUBS_TEST_POSTGRES_URL";

/// A private database of a test, empty at first, which is deleted with this value.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sqlite { _folder: tempfile::TempDir },
    Postgres { base: String, name: String },
}

/// One database of each available kind.
pub async fn databases() -> Vec<TestDatabase> {
    let mut databases = vec![sqlite()];
    match postgres().await {
        Some(database) => databases.push(database),
        // Not a skipped test: it runs on SQLite. `tests/run` says once, for all, that there is no PostgreSQL.
        None => println!("not on PostgreSQL: {POSTGRES_URL} is not set"),
    }
    databases
}

/// A SQLite file in a separate folder.
pub fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    TestDatabase {
        url: format!("sqlite:{}", folder.path().join("test.sqlite").display()),
        kind: Kind::Sqlite { _folder: folder },
    }
}

/// A new database in the cluster that [`POSTGRES_URL`] names, or None without one.
pub async fn postgres() -> Option<TestDatabase> {
    let base = environment(POSTGRES_URL)?;
    let mut conn = connect(&base).await;
    // The cluster gives the name, so that runs from several machines use different databases.
    let named =
        sqlx::query_scalar("SELECT 'test_' || REPLACE(CAST(GEN_RANDOM_UUID() AS TEXT), '-', '')").fetch_one(&mut conn).await;
    let name: String = named.expect("a cluster gives random names");
    run(conn, format!("CREATE DATABASE {name}")).await;
    Some(TestDatabase { url: with_database(&base, &name), kind: Kind::Postgres { base, name } })
}

impl TestDatabase {
    /// The URL for [`Pool::open`].
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.kind, Kind::Postgres { .. })
    }

    /// Opens it with these steps, and no flush.
    pub async fn open(&self, migrations: &[Migration]) -> Pool {
        Pool::open(&self.url, Options::new(migrations)).await.expect("a database made for this test opens")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Kind::Postgres { base, name } = &self.kind else { return };
        let (base, statement) = (base.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A separate thread: this one cannot wait for the test's runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
            runtime.block_on(async { run(connect(&base).await, statement).await });
        });
        if dropping.join().is_err() {
            eprintln!("the database {name} could not be dropped");
        }
    }
}

async fn connect(base: &str) -> PgConnection {
    PgConnection::connect(base).await.unwrap_or_else(|error| panic!("{POSTGRES_URL} cannot be reached: {error}"))
}

async fn run(mut conn: PgConnection, statement: String) {
    sqlx::query(AssertSqlSafe(statement)).execute(&mut conn).await.expect("the tests' user may create and drop databases");
    let _closed = conn.close().await;
}

/// The same URL for another database.
fn with_database(base: &str, name: &str) -> String {
    let (path, query) = base.split_once('?').map_or((base, None), |(path, query)| (path, Some(query)));
    let authority = path.find("://").map_or(0, |at| at + 3);
    let end = path[authority..].find('/').map_or(path.len(), |at| authority + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &path[..end])
}
