//! Looks at a database without changing it.

use sqlx::{ConnectOptions, Connection, Error as SqlxError, migrate::Migrate, sqlite::SqliteConnectOptions};

use crate::{Error, Migration, migrate, pool::without_password, postgres, sqlite};

/// A database that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Its software, `PostgreSQL 17.2`. Empty when the database does not exist.
    pub version: String,
    /// How far its schema is.
    pub schema: SchemaState,
}

/// How far a schema is, compared with a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// There is no database of this name.
    Missing,
    /// It lacks this number of steps.
    Behind(usize),
    /// It has every step of the program, and no other.
    Current,
}

/// Connects to the database of a URL and compares its schema with these steps and [`crate::MIGRATIONS`]. Nothing is changed. Errors when it cannot be opened
/// or is of a newer or another program.
pub async fn inspect(url: &str, migrations: &[Migration]) -> Result<Inspected, Error> {
    let migrations = [migrations, crate::MIGRATIONS].concat();
    let missing = Inspected { version: String::new(), schema: SchemaState::Missing };
    if url.starts_with("sqlite:") {
        let path = sqlite::path(url)?;
        if !path.exists() {
            return Ok(missing);
        }
        let what = path.display().to_string();
        let connect = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut conn = connect.connect().await.map_err(|source| Error::Open { what, source })?;
        let version: String = sqlx::query_scalar("SELECT 'SQLite ' || sqlite_version()").fetch_one(&mut conn).await?;
        return inspected(conn, version, &migrate::migrator(&migrations, false)).await;
    }
    let mut conn = match postgres::connect_once(url, &postgres::connect_options(url)?).await {
        Ok(conn) => conn,
        // invalid_catalog_name
        Err(Error::Open { source: SqlxError::Database(error), .. }) if error.code().is_some_and(|code| code == "3D000") => {
            return Ok(missing);
        }
        Err(error) => return Err(error),
    };
    let version = sqlx::query_scalar("SELECT 'PostgreSQL ' || current_setting('server_version')").fetch_one(&mut conn).await;
    let version = version.map_err(|source| Error::Open { what: without_password(url), source })?;
    inspected(conn, version, &migrate::migrator(&migrations, true)).await
}

async fn inspected<C: Connection + Migrate>(
    mut conn: C,
    version: String,
    migrator: &sqlx::migrate::Migrator,
) -> Result<Inspected, Error> {
    let missing = migrate::missing_steps(migrator, &mut conn).await?.len();
    let _closed = conn.close().await;
    Ok(Inspected { version, schema: if missing == 0 { SchemaState::Current } else { SchemaState::Behind(missing) } })
}
