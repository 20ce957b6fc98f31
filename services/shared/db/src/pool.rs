//! The pool: opened from a URL, read from and written to.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::future::BoxFuture;

use crate::{Error, Flush, Migration, NoFlush, Outcome, Tx, monitor::Monitor, postgres::Postgres, sqlite::Sqlite};

/// How a pool is opened.
pub struct Options {
    /// Steps of the schema, besides [`crate::MIGRATIONS`]. In any order.
    pub migrations: Vec<Migration>,
    /// Writes what jobs defer.
    pub flush: Arc<dyn Flush>,
    /// Connections that read (SQLite) or read and write (PostgreSQL).
    pub connections_max: u32,
    /// Longest time of one job. A longer one fails; on SQLite its whole batch does, because the others cannot wait for it.
    pub job_timeout: Duration,
    /// A batch of jobs takes in no further one after this time, on SQLite, so that no caller waits long for the commit.
    pub batch_time_max: Duration,
}

impl Options {
    /// With these steps and no flush.
    pub fn new(migrations: &[Migration]) -> Self {
        Self {
            migrations: migrations.to_vec(),
            flush: Arc::new(NoFlush),
            connections_max: 8,
            job_timeout: Duration::from_secs(60),
            batch_time_max: Duration::from_millis(25),
        }
    }
}

/// A service's database. A clone is the same pool.
#[derive(Clone)]
pub struct Pool(Arc<Backend>);

enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Pool {
    /// Opens the database that a URL names, `sqlite:PATH` or `postgres://…`, creates the SQLite file if there is none, and brings the schema up
    /// to date. Errors when it cannot be opened, or when a newer program has written it.
    pub async fn open(url: &str, options: Options) -> Result<Self, Error> {
        let mut options = options;
        options.migrations.extend_from_slice(crate::MIGRATIONS);
        let scheme = url.split(':').next().unwrap_or_default();
        let backend = match scheme {
            "sqlite" => Backend::Sqlite(Sqlite::open(url, &options).await?),
            "postgres" | "postgresql" => Backend::Postgres(Postgres::open(url, &options).await?),
            _ => {
                return Err(unknown_scheme(url));
            }
        };
        Ok(Self(Arc::new(backend)))
    }

    /// Opens a database to read it only, as it is: no step of the schema is taken, and nothing can be written. Errors as [`Pool::open`], when the database is
    /// missing, and when a step of `migrations` is missing.
    pub async fn open_to_read(url: &str, migrations: &[Migration]) -> Result<Self, Error> {
        let mut options = Options::new(migrations);
        options.migrations.extend_from_slice(crate::MIGRATIONS);
        let backend = if url.starts_with("sqlite:") {
            Backend::Sqlite(Sqlite::open_to_read(url, &options).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Backend::Postgres(Postgres::open_to_read(url, &options).await?)
        } else {
            return Err(unknown_scheme(url));
        };
        Ok(Self(Arc::new(backend)))
    }

    /// Lends a connection outside any transaction: each statement sees what was committed before it. For one statement, as every get and every
    /// page is.
    pub async fn read<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>> + Send,
        T: Send,
        E: From<Error> + Send,
    {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.read(read).await,
            Backend::Postgres(postgres) => postgres.read(read).await,
        }
    }

    /// Runs a job in a transaction and answers after the commit. An `Err` undoes what the job did. The job is run to its end even if the caller
    /// goes away. Errors of the database itself come as `E::from(db::Error)`; then nothing was written, [`Error::CommitUnknown`] apart. After a
    /// statement that failed a job gives up: to go on is refused on PostgreSQL, which then undoes the transaction.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_or_undo(|tx| {
            let job = job(tx);
            Box::pin(async move { job.await.map(Outcome::Keep) })
        })
        .await
    }

    /// Like [`Pool::write`], and the job decides whether its changes are kept. [`Outcome::Undo`] rolls them back and drops what was deferred; the
    /// caller gets the answer after that.
    pub async fn write_or_undo<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<Outcome<T>, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.write(job).await,
            Backend::Postgres(_) => self.write_postgres(job).await,
        }
    }

    async fn write_postgres<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<Outcome<T>, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let pool = self.clone();
        // A separate task, so that a caller that goes away leaves no job half done.
        let task = tokio::spawn(async move {
            let Backend::Postgres(postgres) = &*pool.0 else { unreachable!("only called for PostgreSQL") };
            postgres.write(job).await
        });
        task.await.unwrap_or_else(|error| Err(E::from(Error::Panicked(error.to_string()))))
    }

    /// A second, small pool to the same PostgreSQL database, opened when it is first used: for work that must not wait behind the
    /// callers, as the feed's sequencer and its LISTEN. None on SQLite.
    pub fn postgres_side_pool(&self, connections_max: u32) -> Option<sqlx::PgPool> {
        match &*self.0 {
            Backend::Sqlite(_) => None,
            Backend::Postgres(postgres) => Some(postgres.side_pool(connections_max)),
        }
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(&*self.0, Backend::Postgres(_))
    }

    /// Statements sent so far: all of every read, job and flush. Statements that begin, divide and end transactions are not counted.
    pub fn statements_count(&self) -> u64 {
        self.monitor().statements_count.load(Ordering::Relaxed)
    }

    fn monitor(&self) -> &Monitor {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.monitor(),
            Backend::Postgres(postgres) => postgres.monitor(),
        }
    }

    /// Errors, with the cause in one sentence, when the database does not answer, or took no changes when it was last asked to.
    pub async fn check(&self) -> Result<(), String> {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.monitor().fault().map_or(Ok(()), Err),
            Backend::Postgres(postgres) => postgres.check().await,
        }
    }

    /// Notes an error of a connection of [`Pool::postgres_side_pool`], so that one with an outdated plan is not used again.
    pub fn note(&self, error: &Error) {
        self.monitor().failed(error);
    }

    /// Runs the jobs that wait, refuses further ones with [`Error::Closed`], and closes every connection.
    pub async fn close(&self) {
        match &*self.0 {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_postgres() { "Pool(PostgreSQL)" } else { "Pool(SQLite)" })
    }
}

/// For a URL of neither database.
pub(crate) fn unknown_scheme(url: &str) -> Error {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    let why = if scheme.is_empty() { "it has no scheme".to_owned() } else { format!("its scheme is `{scheme}`") };
    Error::Url { url: without_password(url), why }
}

/// A URL that can be printed.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}")
}

/// Why a pool gave no connection.
pub(crate) fn acquire_error(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::PoolClosed => Error::Closed,
        sqlx::Error::PoolTimedOut => Error::Overloaded("no connection was free in time"),
        other => Error::Statement(other),
    }
}
