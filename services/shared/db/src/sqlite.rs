//! SQLite: many connections that read, and one writer that commits the waiting jobs together.
//!
//! The writer is a task that no caller can cancel. It opens a transaction, runs the jobs that wait one after another, each in a savepoint, and
//! commits; only then is anybody answered, refusals too, because a refusal may rest on a neighbour's write. Whatever leaves the transaction in
//! doubt (a savepoint that cannot be released or rolled back to, a failed flush, a failed commit) fails the whole batch: every caller gets an
//! error, and the connection is opened anew.

use std::{
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

use crate::{
    Conn, Deferred, Error, Flush, Options, Tx,
    job::{Ended, Job, Typed},
    migrate,
};

/// Jobs that may wait; a caller beyond them waits for `QUEUE_TIMEOUT`.
const QUEUE_JOBS_MAX: usize = 1_024;
/// Longest wait for a place in the queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// Jobs committed together at most.
const BATCH_JOBS_MAX: usize = 256;
/// A batch takes in no further job after this time, so that nobody waits long for the commit.
const BATCH_TIME_MAX: Duration = Duration::from_millis(25);
/// Longest time of one job. A job that takes longer fails its batch.
const JOB_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a statement waits for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for a connection that reads.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Sqlite {
    readers: SqlitePool,
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    writer: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    statements: Arc<AtomicU64>,
}

impl Sqlite {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let connect = SqliteConnectOptions::from_str(url)
            .map_err(|error| Error::Url { url: url.to_owned(), why: error.to_string() })?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("temp_store", "memory");
        let mut conn = open_writer(&connect).await?;
        migrate::migrator(&options.migrations, false).run(&mut conn).await.map_err(migrate::error)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(connect.clone().pragma("query_only", "on"));
        let (queue, jobs) = mpsc::channel(QUEUE_JOBS_MAX);
        let statements = Arc::new(AtomicU64::new(0));
        let writer = Writer { conn: Some(conn), connect, flush: Arc::clone(&options.flush), statements: Arc::clone(&statements) };
        let task = tokio::spawn(writer.run(jobs));
        Ok(Self { readers, queue: Mutex::new(Some(queue)), writer: tokio::sync::Mutex::new(Some(task)), statements })
    }

    pub(crate) async fn read<T, E, F>(&self, statements: &AtomicU64, read: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>>,
        E: From<Error>,
    {
        let mut conn = self.readers.acquire().await.map_err(Error::from)?;
        let mut deferred = Vec::new();
        read(Tx::new(Conn::Sqlite(&mut conn), &mut deferred, statements)).await
    }

    pub(crate) async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Typed { run: Some(job), result: None, reply });
        let queue = self.queue.lock().expect("no holder of the queue panics").clone();
        let queue = queue.ok_or(Error::Closed)?;
        queue.send_timeout(job, QUEUE_TIMEOUT).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => Error::Overloaded("the queue of writes is full"),
            mpsc::error::SendTimeoutError::Closed(_) => Error::Closed,
        })?;
        drop(queue);
        answer.await.unwrap_or_else(|_| Err(E::from(Error::NotCommitted("the writer ended".to_owned()))))
    }

    pub(crate) fn statements_count(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    pub(crate) async fn close(&self) {
        self.queue.lock().expect("no holder of the queue panics").take();
        if let Some(task) = self.writer.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the writer ended badly");
        }
        self.readers.close().await;
    }
}

async fn open_writer(connect: &SqliteConnectOptions) -> Result<SqliteConnection, Error> {
    let what = || connect.get_filename().display().to_string();
    let open_error = |source| Error::Open { what: what(), source };
    let mut conn = connect.clone().connect().await.map_err(open_error)?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut conn).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut conn).await?;
    // 2 is FULL. Without both an acknowledged write can be lost, so this is not a wish but a condition.
    assert!(mode == "wal" && synchronous == 2, "SQLite runs with journal_mode={mode}, synchronous={synchronous}");
    Ok(conn)
}

struct Writer {
    conn: Option<SqliteConnection>,
    connect: SqliteConnectOptions,
    flush: Arc<dyn Flush>,
    statements: Arc<AtomicU64>,
}

impl Writer {
    async fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = jobs.recv().await {
            let mut ran = Vec::new();
            match self.batch(first, &mut jobs, &mut ran).await {
                Ok(()) => {
                    metrics::histogram!("db_batch_jobs").record(ran.len() as f64);
                    ran.into_iter().for_each(Job::answer);
                }
                Err(error) => {
                    tracing::error!(%error, jobs = ran.len(), "a batch of writes was not committed");
                    metrics::counter!("db_batches_failed_total").increment(1);
                    // Dropping the connection rolls back whatever is left of the transaction.
                    if let Some(conn) = self.conn.take() {
                        let _closed = conn.close().await;
                    }
                    for job in ran {
                        job.fail(Error::NotCommitted(error.to_string()));
                    }
                }
            }
        }
        if let Some(conn) = self.conn.take() {
            let _closed = conn.close().await;
        }
    }

    /// Runs the first job and those that wait, and commits. Every job that it took is in `ran` when it returns.
    async fn batch(
        &mut self,
        first: Box<dyn Job>,
        jobs: &mut mpsc::Receiver<Box<dyn Job>>,
        ran: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), Error> {
        ran.push(first);
        if self.conn.is_none() {
            self.conn = Some(open_writer(&self.connect).await?);
        }
        let conn = self.conn.as_mut().expect("opened above");
        let mut deferred: Vec<Deferred> = Vec::new();
        let started = Instant::now();
        raw(conn, &self.statements, "BEGIN IMMEDIATE; SAVEPOINT job").await?;
        loop {
            let kept = deferred.len();
            let job = ran.last_mut().expect("a job was pushed before each turn");
            let tx = Tx::new(Conn::Sqlite(&mut *conn), &mut deferred, &self.statements);
            let ended = timeout(JOB_TIMEOUT, job.run(tx))
                .await
                .map_err(|_| Error::NotCommitted(format!("a job took more than {} s", JOB_TIMEOUT.as_secs())))?;
            // The savepoint stays open for the next job, so that each costs one call between them.
            match ended {
                Ended::Done => raw(conn, &self.statements, "RELEASE job; SAVEPOINT job").await?,
                Ended::Refused => {
                    deferred.truncate(kept);
                    raw(conn, &self.statements, "ROLLBACK TO job").await?;
                }
            }
            if ran.len() >= BATCH_JOBS_MAX || started.elapsed() >= BATCH_TIME_MAX {
                break;
            }
            match jobs.try_recv() {
                Ok(job) => ran.push(job),
                Err(_) => break,
            }
        }
        let events = !deferred.is_empty();
        if events {
            let mut nothing = Vec::new();
            let tx = Tx::new(Conn::Sqlite(&mut *conn), &mut nothing, &self.statements);
            self.flush.flush(tx, deferred).await?;
        }
        raw(conn, &self.statements, "COMMIT").await?;
        if events {
            self.flush.committed();
        }
        Ok(())
    }
}

async fn raw(conn: &mut SqliteConnection, statements: &AtomicU64, text: &'static str) -> Result<(), Error> {
    statements.fetch_add(1, Ordering::Relaxed);
    sqlx::raw_sql(text).execute(conn).await?;
    Ok(())
}
