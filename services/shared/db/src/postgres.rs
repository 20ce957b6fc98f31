//! PostgreSQL: every job has a connection and a transaction of its own, READ COMMITTED.

use std::{
    str::FromStr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use futures::future::BoxFuture;
use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::oneshot;

use crate::{
    Conn, Error, Flush, Options, Tx,
    job::{Ended, Job, Typed},
    migrate,
    pool::without_password,
};

/// Longest wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time of a statement, of a wait for a lock, and of a transaction in which nothing happens; PostgreSQL keeps them.
const SESSION_LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "30s"), ("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "60s")];

pub(crate) struct Postgres {
    pool: PgPool,
    connect: PgConnectOptions,
    flush: Arc<dyn Flush>,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let connect = PgConnectOptions::from_str(url)
            .map_err(|error| Error::Url { url: without_password(url), why: error.to_string() })?
            .options(SESSION_LIMITS)
            .application_name("mathshubs");
        let open_error = |source| Error::Open { what: without_password(url), source };
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(connect.clone())
            .await
            .map_err(open_error)?;
        // sqlx takes an advisory lock, so that two replicas that start at once migrate one after the other.
        migrate::migrator(&options.migrations, true).run(&pool).await.map_err(migrate::error)?;
        Ok(Self { pool, connect, flush: Arc::clone(&options.flush) })
    }

    pub(crate) async fn read<T, E, F>(&self, statements: &AtomicU64, read: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>>,
        E: From<Error>,
    {
        let mut conn = self.pool.acquire().await.map_err(Error::from)?;
        let mut deferred = Vec::new();
        read(Tx::new(Conn::Postgres(&mut conn), &mut deferred, statements)).await
    }

    pub(crate) async fn write<T, E, F>(&self, statements: &AtomicU64, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>> + Send,
        T: Send,
        E: From<Error> + Send,
    {
        let (reply, answer) = oneshot::channel();
        let mut job = Box::new(Typed { run: Some(job), result: None, reply });
        match self.transact(statements, &mut *job).await {
            Ok(()) => job.answer(),
            Err(error) => job.fail(error),
        }
        answer.await.unwrap_or_else(|_| unreachable!("the job was answered above"))
    }

    async fn transact(&self, statements: &AtomicU64, job: &mut dyn Job) -> Result<(), Error> {
        let mut conn = self.pool.acquire().await?;
        let mut transaction = conn.begin().await?;
        let mut deferred = Vec::new();
        match job.run(Tx::new(Conn::Postgres(&mut transaction), &mut deferred, statements)).await {
            Ended::Refused => Ok(transaction.rollback().await?),
            Ended::Done => {
                let events = !deferred.is_empty();
                if events {
                    let mut nothing = Vec::new();
                    let tx = Tx::new(Conn::Postgres(&mut transaction), &mut nothing, statements);
                    self.flush.flush(tx, deferred).await?;
                }
                transaction.commit().await.map_err(|error| Error::NotCommitted(error.to_string()))?;
                if events {
                    self.flush.committed();
                }
                Ok(())
            }
        }
    }

    pub(crate) fn side_pool(&self, connections_max: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(self.connect.clone())
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
