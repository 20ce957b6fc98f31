//! SQLite: many connections that read, and one writer that commits the waiting jobs together.
//!
//! The writer is a task that no caller can cancel. It opens a transaction, runs the jobs that wait one after another, each in a savepoint, and
//! commits. Only then do callers get answers, refusals too, because a refusal may depend on a neighbour's write. Any failure that leaves the
//! transaction in doubt (a savepoint that cannot be released or rolled back to, a failed flush, a failed commit) fails the whole batch: every caller gets an
//! error, and the connection is opened anew.
//!
//! Most of a statement's cost is the hand-over to SQLite's thread and back. So the statements between two jobs are sent without waiting for their
//! answers, and a running job is polled for a moment before its thread sleeps.

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    path::PathBuf,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout},
};

use crate::{
    Conn, Error, Flush, Options, Tx,
    job::{Ended, Job, Outcome, Typed, sentence, tell_committed},
    migrate,
    monitor::{Failures, Monitor, Use},
    pending::Pending,
    pool::acquire_error,
    protect::protect,
};

/// Jobs that may wait; a caller beyond them waits for `QUEUE_TIMEOUT`.
const QUEUE_JOBS_MAX: usize = 1_024;
/// Longest wait for a place in the queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// Jobs committed together at most.
const BATCH_JOBS_MAX: usize = 256;
/// Time for which a job that waits for SQLite keeps its thread: longer than most statements take, too short to delay other work.
const SPIN_TIME_MAX: Duration = Duration::from_micros(50);
/// Steps of SQLite's machine between two looks at whether a statement is still waited for: some 0.1 ms.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// Memory in which the writer keeps pages, as SQLite counts it: 32 MiB, so that the largest write need not put pages out and read them again.
const WRITER_CACHE: &str = "-32768";
/// Pages of the log after which a commit also moves them into the file: 16 MiB. A page that was written often moves once.
const CHECKPOINT_PAGES: &str = "4000";
/// Statements that a connection keeps prepared: more than a service has.
const STATEMENTS_PREPARED_MAX: usize = 400;
/// Longest wait for a connection that is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait of a statement for another process that locks the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for a connection that reads.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Sqlite {
    readers: SqlitePool,
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    writer: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    monitor: Arc<Monitor>,
}

impl Sqlite {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let path = path(url)?;
        protect(&path)?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .statement_cache_capacity(STATEMENTS_PREPARED_MAX)
            .pragma("temp_store", "memory")
            // Without it, REPLACE deletes rows past the triggers that refuse deletion.
            .pragma("recursive_triggers", "on");
        let committing = Arc::new(AtomicBool::new(true));
        let abandoned = Arc::new(AtomicBool::new(false));
        let readers = connect.clone().pragma("query_only", "on");
        let connect = connect.pragma("cache_size", WRITER_CACHE).pragma("wal_autocheckpoint", CHECKPOINT_PAGES);
        let mut conn = open_writer(&connect, &committing, &abandoned).await?;
        let migrator = migrate::migrator(&options.migrations, false);
        migrate::check(&migrator, &mut conn).await.map_err(migrate::error)?;
        migrator.run(&mut conn).await.map_err(migrate::error)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|conn, _| Box::pin(async move { durable(conn).await }))
            .connect_lazy_with(readers);
        let (queue, jobs) = mpsc::channel(QUEUE_JOBS_MAX);
        let monitor = Arc::new(Monitor::default());
        let flush = Arc::clone(&options.flush);
        let (job_timeout, batch_time_max) = (options.job_timeout, options.batch_time_max);
        let (conn, watched) = (Some(conn), Arc::clone(&monitor));
        let writer = Writer { conn, connect, committing, abandoned, flush, job_timeout, batch_time_max, monitor: watched };
        let task = tokio::spawn(writer.run(jobs));
        Ok(Self { readers, queue: Mutex::new(Some(queue)), writer: tokio::sync::Mutex::new(Some(task)), monitor })
    }

    /// Opens a file to read it only. Without a writer: every write is refused as after [`Sqlite::close`].
    pub(crate) async fn open_to_read(url: &str, options: &Options) -> Result<Self, Error> {
        let path = path(url)?;
        let what = path.display().to_string();
        // Without a journal mode: a copy of a database may have another one, and a change of it is a write.
        let connect =
            SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT).pragma("query_only", "on");
        let mut conn = connect.connect().await.map_err(|source| Error::Open { what, source })?;
        migrate::check_complete(&migrate::migrator(&options.migrations, false), &mut conn).await?;
        let _closed = conn.close().await;
        let readers = SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT).connect_lazy_with(connect);
        let monitor = Arc::new(Monitor::default());
        Ok(Self { readers, queue: Mutex::new(None), writer: tokio::sync::Mutex::new(None), monitor })
    }

    pub(crate) fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    pub(crate) async fn read<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<T, E>>,
        E: From<Error>,
    {
        let acquired = self.readers.acquire().await.map_err(acquire_error);
        let mut conn = acquired.inspect_err(|error| self.monitor.failed(error))?;
        let (mut pending, failures) = (Pending::default(), Failures::default());
        let used = Use::new(&self.monitor, &failures);
        let result = read(Tx::new(Conn::Sqlite(&mut conn), &mut pending, used)).await;
        if failures.any() {
            conn.close_on_drop();
        }
        assert!(pending.is_empty(), "a read deferred something, which nobody would write; use Pool::write");
        result
    }

    pub(crate) async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<Outcome<T>, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, answer) = Typed::new(job);
        let queue = self.queue.lock().expect("no holder of the queue panics").clone();
        let queue = queue.ok_or(Error::Closed)?;
        // The clone is dropped before the answer is waited for: the writer ends when nobody can send.
        queue.send_timeout(job, QUEUE_TIMEOUT).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => Error::Overloaded("the queue of writes is full"),
            mpsc::error::SendTimeoutError::Closed(_) => Error::Closed,
        })?;
        drop(queue);
        answer.await.unwrap_or_else(|_| Err(E::from(Error::NotCommitted("the writer ended".to_owned()))))
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

/// The file that a URL names, word for word: `sqlite:PATH` or `sqlite://PATH`, without parameters.
pub(crate) fn path(url: &str) -> Result<PathBuf, Error> {
    let error = |why: &str| Error::Url { url: url.to_owned(), why: why.to_owned() };
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return Err(error("it names no file"));
    }
    if path.contains(":memory:") || path.contains("mode=memory") {
        return Err(error("each connection would have separate memory, and a commit would not outlive the program"));
    }
    if path.contains('?') {
        return Err(error("a SQLite URL takes no parameters"));
    }
    Ok(PathBuf::from(path))
}

/// Every connection must have WAL and FULL: without them an acknowledged write can be lost.
async fn durable(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *conn).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *conn).await?;
    // 2 is FULL.
    if mode == "wal" && synchronous == 2 {
        return Ok(());
    }
    let why = format!(
        "SQLite runs with journal_mode={mode}, synchronous={synchronous}; it must be wal and 2, or commits could be lost"
    );
    Err(sqlx::Error::Configuration(why.into()))
}

/// Opens the connection that writes, and lets only a batch commit on it: after a statement that rolled back the whole transaction, each further statement
/// of that job would be a separate transaction. A statement without a waiting caller ends.
async fn open_writer(
    connect: &SqliteConnectOptions,
    committing: &Arc<AtomicBool>,
    abandoned: &Arc<AtomicBool>,
) -> Result<SqliteConnection, Error> {
    let open_error = |source| Error::Open { what: connect.get_filename().display().to_string(), source };
    let mut conn = connect.clone().connect().await.map_err(open_error)?;
    durable(&mut conn).await.map_err(open_error)?;
    // A read-only file is an error now, not at the first write.
    sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK").execute(&mut conn).await.map_err(open_error)?;
    committing.store(true, Ordering::SeqCst);
    let (committing, abandoned) = (Arc::clone(committing), Arc::clone(abandoned));
    let mut handle = conn.lock_handle().await.map_err(open_error)?;
    handle.set_commit_hook(move || committing.load(Ordering::SeqCst));
    handle.set_progress_handler(STEPS_BETWEEN_LOOKS, move || !abandoned.load(Ordering::SeqCst));
    drop(handle);
    Ok(conn)
}

struct Writer {
    conn: Option<SqliteConnection>,
    connect: SqliteConnectOptions,
    /// Whether a commit on the connection is meant.
    committing: Arc<AtomicBool>,
    /// Whether the connection is given up, with the statement that may run on it.
    abandoned: Arc<AtomicBool>,
    flush: Arc<dyn Flush>,
    job_timeout: Duration,
    batch_time_max: Duration,
    monitor: Arc<Monitor>,
}

impl Writer {
    async fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = jobs.recv().await {
            let mut ran = Vec::new();
            // Jobs catch their own panics; one in the flush must not take the writer along.
            let batch = AssertUnwindSafe(self.batch(first, &mut jobs, &mut ran)).catch_unwind().await;
            let batch = batch.unwrap_or_else(|panic| Err(Error::Panicked(sentence(&*panic))));
            match batch {
                Ok(is_usable) => {
                    if !is_usable {
                        self.close_connection().await;
                    }
                    metrics::histogram!("db_batch_jobs").record(ran.len() as f64);
                    ran.into_iter().for_each(Job::answer);
                }
                Err(error) => {
                    tracing::error!(%error, jobs = ran.len(), "a batch of writes was not committed");
                    self.monitor.failed(&error);
                    metrics::counter!("db_batches_failed_total").increment(1);
                    // Closing the connection rolls back the rest of the transaction. It happens before the answers, so that a caller that retries at
                    // once does not meet it.
                    self.close_connection().await;
                    for job in ran {
                        job.fail(error.of_a_batch());
                    }
                }
            }
        }
        self.close_connection().await;
    }

    async fn close_connection(&mut self) {
        self.abandoned.store(true, Ordering::SeqCst);
        if let Some(conn) = self.conn.take()
            && timeout(CLOSE_TIMEOUT, conn.close()).await.is_err()
        {
            tracing::error!("the writing connection is still busy");
        }
    }

    /// Runs the first job and those that wait, and commits. Every job that it took is in `ran` when it returns. False when the connection must not be used
    /// again: SQLite keeps a file as read-only that it found so once.
    async fn batch(
        &mut self,
        first: Box<dyn Job>,
        jobs: &mut mpsc::Receiver<Box<dyn Job>>,
        ran: &mut Vec<Box<dyn Job>>,
    ) -> Result<bool, Error> {
        ran.push(first);
        if self.conn.is_none() {
            self.abandoned = Arc::new(AtomicBool::new(false));
            self.conn = Some(open_writer(&self.connect, &self.committing, &self.abandoned).await?);
        }
        let conn = self.conn.as_mut().expect("opened above");
        let (mut pending, failures) = (Pending::default(), Failures::default());
        let started = Instant::now();
        self.committing.store(false, Ordering::SeqCst);
        control(conn, "BEGIN IMMEDIATE; SAVEPOINT batch; SAVEPOINT job").await?;
        let last = loop {
            let before = pending.mark();
            let job = ran.last_mut().expect("a job was pushed before each turn");
            let tx = Tx::new(Conn::Sqlite(&mut *conn), &mut pending, Use::new(&self.monitor, &failures));
            let ended = timeout(self.job_timeout, eager(job.run(tx)))
                .await
                .map_err(|_| Error::NotCommitted(format!("a job took more than {} s", self.job_timeout.as_secs_f64())))?;
            if let Ended::Undo = ended {
                pending.undo_to(before);
            }
            let full = ran.len() >= BATCH_JOBS_MAX || started.elapsed() >= self.batch_time_max;
            match if full { None } else { jobs.try_recv().ok() } {
                Some(next) => ran.push(next),
                None => break ended,
            }
            match ended {
                // Two texts: of a text without a waiting caller the driver runs one statement only.
                Ended::Keep => {
                    send(conn, "RELEASE job")?;
                    send(conn, "SAVEPOINT job")?;
                }
                Ended::Undo => control(conn, "ROLLBACK TO job").await?,
            }
        };
        // `batch` is there only if the transaction is still the one that was begun above. Its release fails when a statement has rolled that one
        // back, even if a later `job` began another without anybody waiting for the answer.
        if pending.is_empty() {
            self.committing.store(true, Ordering::SeqCst);
            match last {
                Ended::Keep => control(conn, "RELEASE batch; COMMIT").await,
                Ended::Undo => control(conn, "ROLLBACK TO job; RELEASE batch; COMMIT").await,
            }
            .map_err(commit_error)?;
            if !failures.any() {
                self.monitor.committed();
            }
            return Ok(!failures.of_the_connection());
        }
        match last {
            Ended::Keep => control(conn, "RELEASE batch").await?,
            Ended::Undo => control(conn, "ROLLBACK TO job; RELEASE batch").await?,
        }
        let has_deferred = pending.write(Conn::Sqlite(&mut *conn), Use::new(&self.monitor, &failures), &*self.flush).await?;
        self.committing.store(true, Ordering::SeqCst);
        control(conn, "COMMIT").await.map_err(commit_error)?;
        self.monitor.committed();
        if has_deferred {
            tell_committed(&*self.flush);
        }
        Ok(!failures.of_the_connection())
    }
}

async fn control(conn: &mut SqliteConnection, text: &'static str) -> Result<(), Error> {
    sqlx::query(text).execute(conn).await?;
    Ok(())
}

/// Sends one statement, to be run before the next one, and does not wait for its result. Only for statements whose failure a later answer shows too.
fn send(conn: &mut SqliteConnection, text: &'static str) -> Result<(), Error> {
    // This drops only the channel of the answer: the first poll sends the statement itself.
    match sqlx::query(text).execute(conn).now_or_never() {
        Some(Err(error)) => Err(error.into()),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// Polls a future for a moment before its thread sleeps: waking a thread takes longer than most statements. The thread does not yield meanwhile: on a busy
/// machine it would wait longer for its next turn than a sleeping thread.
async fn eager<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let started = std::time::Instant::now();
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            if started.elapsed() >= SPIN_TIME_MAX {
                return Poll::Pending;
            }
            std::hint::spin_loop();
        }
    })
    .await
}

/// A file system that failed in the middle of a commit may have kept it: after a restart the log may be found whole.
fn commit_error(error: Error) -> Error {
    match &error {
        Error::Statement(sqlx::Error::Database(database)) if !is_sqlite_input_output(&**database) => error,
        _ => Error::CommitUnknown(error.to_string()),
    }
}

fn is_sqlite_input_output(error: &dyn sqlx::error::DatabaseError) -> bool {
    // The lowest byte is the primary code; 10 is SQLITE_IOERR.
    error.code().and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == 10)
}
