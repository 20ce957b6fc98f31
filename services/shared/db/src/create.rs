//! Creates a database before it is opened, and checks whether it is empty.

use std::{net::IpAddr, str::FromStr};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    migrate::MigrateDatabase,
    postgres::{PgConnectOptions, PgSslMode},
    sqlite::SqliteConnectOptions,
};
use tokio::time::timeout;

use crate::{
    Error,
    pool::{unknown_scheme, without_password},
    postgres::ACQUIRE_TIMEOUT,
    protect::create_private_folder,
    sqlite::path,
};

/// Creates a missing database: on PostgreSQL the database, on SQLite the folder of the file. Errors when the account or the folder does not allow it.
pub async fn create_if_missing(url: &str) -> Result<(), Error> {
    let open_error = |source| Error::Open { what: without_password(url), source };
    if url.starts_with("sqlite:") {
        let path = path(url)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        return folder.map_or(Ok(()), |folder| create_private_folder(folder).map_err(|error| open_error(sqlx::Error::Io(error))));
    }
    check_postgres(url)?;
    let creating = timeout(ACQUIRE_TIMEOUT, async {
        if sqlx::Postgres::database_exists(url).await? { Ok(()) } else { sqlx::Postgres::create_database(url).await }
    });
    creating.await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())).map_err(open_error)
}

/// The parameters of a PostgreSQL URL that name files.
const FILE_PARAMETERS: [&str; 4] = ["sslrootcert", "ssl-root-cert", "sslcert", "sslkey"];

/// Errors when a URL names no database that can be used: another scheme, no file, a parameter with a missing file, or a connection that must not be in plain
/// text. The database is not called.
pub fn check_url(url: &str, plaintext_allowed: bool) -> Result<(), Error> {
    if url.is_empty() {
        return Err(Error::Url { url: String::new(), why: "it is empty".to_owned() });
    }
    if url.starts_with("sqlite:") {
        return path(url).map(drop);
    }
    check_postgres(url)?;
    let wrong = |why: String| Error::Url { url: without_password(url), why };
    let options = postgres_options(url)?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(wrong("it names no database".to_owned()));
    }
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters).split('&');
    for (name, file) in parameters.filter_map(|parameter| parameter.split_once('=')) {
        if FILE_PARAMETERS.contains(&name) && !file.contains('%') {
            std::fs::read(file).map_err(|error| wrong(format!("the file `{file}` of `{name}` cannot be read: {error}")))?;
        }
    }
    may_be_plaintext(url, plaintext_allowed)
}

/// Refuses a PostgreSQL server off the loopback whose certificate and name are not verified, unless plain text is allowed.
pub fn may_be_plaintext(url: &str, plaintext_allowed: bool) -> Result<(), Error> {
    if plaintext_allowed || check_postgres(url).is_err() {
        return Ok(());
    }
    let options = postgres_options(url)?;
    let host = options.get_host().trim_start_matches('[').trim_end_matches(']');
    let is_local = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    if is_local || matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
        return Ok(());
    }
    Err(Error::Plaintext { url: without_password(url) })
}

/// Whether the database of a URL has no table. A missing file or database is empty.
pub async fn is_empty(url: &str) -> Result<bool, Error> {
    let open_error = |source| Error::Open { what: without_password(url), source };
    if url.starts_with("sqlite:") {
        let path = path(url)?;
        if !path.exists() {
            return Ok(true);
        }
        let mut conn: SqliteConnection =
            SqliteConnectOptions::new().filename(path).read_only(true).connect().await.map_err(open_error)?;
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master").fetch_one(&mut conn).await.map_err(open_error)?;
        conn.close().await.map_err(open_error)?;
        return Ok(count == 0);
    }
    check_postgres(url)?;
    if !sqlx::Postgres::database_exists(url).await.map_err(open_error)? {
        return Ok(true);
    }
    let mut conn = postgres_options(url)?.connect().await.map_err(open_error)?;
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_one(&mut conn)
    .await
    .map_err(open_error)?;
    conn.close().await.map_err(open_error)?;
    Ok(count == 0)
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, Error> {
    PgConnectOptions::from_str(url).map_err(|error| Error::Url { url: without_password(url), why: error.to_string() })
}

fn check_postgres(url: &str) -> Result<(), Error> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") { Ok(()) } else { Err(unknown_scheme(url)) }
}
