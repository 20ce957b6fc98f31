//! PostgreSQL: every job has its connection and its transaction, READ COMMITTED.

use std::{str::FromStr, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use crate::{
    Conn, Error, Flush, Options, Tx,
    job::{Ended, Job, Outcome, Typed, tell_committed},
    migrate,
    monitor::{Failures, Monitor, Use},
    pending::Pending,
    pool::{acquire_error, without_password},
};

/// Longest wait for a connection.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time of each of the two attempts of a check.
const CHECK_TIMEOUT: Duration = Duration::from_millis(500);
/// Longest time of a statement, of a wait for a lock, and of a transaction in which nothing happens; PostgreSQL keeps them. `jit = off`: the
/// planner overestimates recursive CTEs a thousand times and would compile for seconds.
const SESSION_OPTIONS: [(&str, &str); 4] =
    [("statement_timeout", "30s"), ("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "60s"), ("jit", "off")];

/// Whether a connection may be used again.
struct Usable(bool);

pub(crate) struct Postgres {
    pool: PgPool,
    /// Boxed: it is large, and the pool is SQLite's more often.
    connect: Box<PgConnectOptions>,
    flush: Arc<dyn Flush>,
    job_timeout: Duration,
    monitor: Arc<Monitor>,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let connect = connect_options(url)?;
        let mut conn = connect_once(url, &connect).await?;
        // sqlx takes an advisory lock, so that two replicas that start at once migrate one after the other.
        let migrator = migrate::migrator(&options.migrations, true);
        migrate::check(&migrator, &mut conn).await.map_err(migrate::error)?;
        // A complete schema is left alone, so that a role without the right to change it can open the database.
        if migrate::check_complete(&migrator, &mut conn).await.is_err() {
            migrator.run(&mut conn).await.map_err(migrate::error)?;
        }
        let _closed = conn.close().await;
        Ok(Self::of(connect, options.connections_max, options))
    }

    fn of(connect: PgConnectOptions, connections_max: u32, options: &Options) -> Self {
        let monitor = Arc::new(Monitor::default());
        let pool = pool_options(connections_max, &monitor).connect_lazy_with(connect.clone());
        let (flush, job_timeout) = (Arc::clone(&options.flush), options.job_timeout);
        Self { pool, connect: Box::new(connect), flush, job_timeout, monitor }
    }

    /// Opens a database to read it only: its transactions refuse to write.
    pub(crate) async fn open_to_read(url: &str, options: &Options) -> Result<Self, Error> {
        let connect = connect_options(url)?.options([("default_transaction_read_only", "on")]);
        let mut conn = connect_once(url, &connect).await?;
        migrate::check_complete(&migrate::migrator(&options.migrations, true), &mut conn).await?;
        let _closed = conn.close().await;
        Ok(Self::of(connect, 1, options))
    }

    pub(crate) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    async fn acquire(&self) -> Result<PoolConnection<sqlx::Postgres>, Error> {
        let acquired = self.pool.acquire().await.map_err(acquire_error);
        acquired.inspect_err(|error| self.monitor.failed(error))
    }

    pub(crate) async fn read<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>>,
        E: From<Error>,
    {
        let mut conn = self.acquire().await?;
        let (mut pending, failures) = (Pending::default(), Failures::default());
        let used = Use::new(&self.monitor, &failures);
        let result = read(Tx::new(Conn::Postgres(&mut conn), &mut pending, used)).await;
        if failures.any() {
            conn.close_on_drop();
        }
        assert!(pending.is_empty(), "a read deferred something, which nobody would write; use Pool::write");
        result
    }

    pub(crate) async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<Outcome<T>, E>> + Send,
        T: Send,
        E: From<Error> + Send,
    {
        let (mut job, answer) = Typed::new(job);
        match self.transact(&mut *job).await {
            Ok(()) => job.answer(),
            Err(error) => job.fail(error),
        }
        answer.await.unwrap_or_else(|_| unreachable!("the job was answered above"))
    }

    async fn transact(&self, job: &mut dyn Job) -> Result<(), Error> {
        let mut conn = self.acquire().await?;
        let result = self.transact_on(&mut conn, job).await;
        match &result {
            Ok(Usable(true)) => {}
            Ok(Usable(false)) => conn.close_on_drop(),
            Err(error) => {
                self.monitor.failed(error);
                // Closing the connection rolls back in every state.
                conn.close_on_drop();
            }
        }
        result.map(drop)
    }

    async fn transact_on(&self, conn: &mut PgConnection, job: &mut dyn Job) -> Result<Usable, Error> {
        let mut transaction = conn.begin().await?;
        let (mut pending, failures) = (Pending::default(), Failures::default());
        let used = Use::new(&self.monitor, &failures);
        let tx = Tx::new(Conn::Postgres(&mut transaction), &mut pending, used);
        let ended = timeout(self.job_timeout, job.run(tx))
            .await
            .map_err(|_| Error::NotCommitted(format!("a job took more than {} s", self.job_timeout.as_secs_f64())))?;
        match ended {
            Ended::Undo => {
                // The caller gets its answer in any case: the server rolls back what a broken connection leaves.
                if let Err(error) = transaction.rollback().await {
                    tracing::warn!(%error, "a job could not be rolled back; its connection is closed");
                    return Ok(Usable(false));
                }
            }
            Ended::Keep => {
                let has_deferred = pending.write(Conn::Postgres(&mut transaction), used, &*self.flush).await?;
                if !has_deferred {
                    // After a failed statement, COMMIT rolls back and reports success. A job that went on must not get a success; any statement fails
                    // then, and this one also checks the constraints that were deferred until the commit.
                    sqlx::query("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut *transaction).await?;
                }
                transaction.commit().await.map_err(commit_error)?;
                self.monitor.committed();
                if has_deferred {
                    tell_committed(&*self.flush);
                }
            }
        }
        Ok(Usable(!failures.of_the_connection()))
    }

    pub(crate) fn side_pool(&self, connections_max: u32) -> PgPool {
        pool_options(connections_max, &self.monitor).connect_lazy_with((*self.connect).clone())
    }

    /// Errors, in one sentence, when the database cannot be written now. Another connection is opened where the pool gives none in time: its calls may have
    /// taken all, and after a failure the pool tries again for long and does not say why.
    pub(crate) async fn check(&self) -> Result<(), String> {
        let of_the_pool = timeout(CHECK_TIMEOUT, async { is_read_only(&mut *self.acquire().await?).await });
        let is_read_only = match of_the_pool.await {
            Ok(Ok(is_read_only)) => is_read_only,
            Ok(Err(_)) | Err(_) => {
                let another = timeout(CHECK_TIMEOUT, async {
                    let mut conn = self.connect.connect().await?;
                    let is_read_only = is_read_only(&mut conn).await?;
                    conn.close().await?;
                    Ok::<_, Error>(is_read_only)
                });
                let late = |_| format!("no answer within {} ms", CHECK_TIMEOUT.as_millis());
                another.await.map_err(late)?.map_err(|error| error.to_string())?
            }
        };
        if is_read_only {
            self.monitor.failed(&Error::ReadOnly);
            return Err(Error::ReadOnly.to_string());
        }
        self.monitor.fault().map_or(Ok(()), Err)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Whether a new transaction of this session could not write.
async fn is_read_only(conn: &mut PgConnection) -> Result<bool, Error> {
    let setting: String = sqlx::query_scalar("SELECT current_setting('transaction_read_only')").fetch_one(conn).await?;
    Ok(setting == "on")
}

fn pool_options(connections_max: u32, monitor: &Arc<Monitor>) -> PgPoolOptions {
    let monitor = Arc::clone(monitor);
    PgPoolOptions::new().max_connections(connections_max).acquire_timeout(ACQUIRE_TIMEOUT).before_acquire(move |_, about| {
        let is_trusted = monitor.trusts(about.age);
        Box::pin(async move { Ok(is_trusted) })
    })
}

/// Lets a role use a migrated database, and no more: it reads and writes rows, and can neither change the schema nor update or delete rows of append-only
/// tables, which are those with the trigger function `refuse_change`. The role must exist. Errors when the connection's account does not own the tables.
pub async fn grant_run_time_role(url: &str, role: &str) -> Result<(), Error> {
    let mut conn = connect_once(url, &connect_options(url)?).await?;
    let mut transaction = conn.begin().await?;
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let append_only: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = pg_trigger.tgfoid
         WHERE pg_proc.proname = 'refuse_change' ORDER BY 1",
    )
    .fetch_all(&mut *transaction)
    .await?;
    let tables = append_only.into_iter().map(|(table,)| table).chain(["_sqlx_migrations".to_owned()]);
    let fixed = tables.map(|table| format!("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role};"));
    let text = [
        format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};"),
        format!("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role};"),
        format!("GRANT USAGE ON SCHEMA public TO {role};"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};"),
        format!("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};"),
        format!("REVOKE INSERT ON _sqlx_migrations FROM {role};"),
    ];
    let text: String = text.into_iter().chain(fixed).collect();
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    let _closed = conn.close().await;
    Ok(())
}

pub(crate) fn connect_options(url: &str) -> Result<PgConnectOptions, Error> {
    let options =
        PgConnectOptions::from_str(url).map_err(|error| Error::Url { url: without_password(url), why: error.to_string() })?;
    Ok(options.options(SESSION_OPTIONS).application_name("mathshubs"))
}

/// A connection outside the pool, which would retry a server that refuses, and then report only a timeout.
pub(crate) async fn connect_once(url: &str, connect: &PgConnectOptions) -> Result<PgConnection, Error> {
    let connecting = timeout(ACQUIRE_TIMEOUT, connect.connect()).await;
    let connected = connecting.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
    connected.map_err(|source| Error::Open { what: without_password(url), source })
}

/// A commit that the server refused did not happen; a commit whose connection broke may have happened.
fn commit_error(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(_) => Error::Statement(error),
        other => Error::CommitUnknown(other.to_string()),
    }
}
