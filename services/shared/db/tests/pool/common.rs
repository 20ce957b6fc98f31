//! The shared parts of the tests of the pool: a table, a flush that counts, a gate that stops the writer, and a timeout.

use std::{
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use db::{Deferred, Error, Flush, Migration, Options, Pool, Tx, sql, testing::TestDatabase};
use futures::{FutureExt as _, future::BoxFuture};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, unconstrained},
};

/// An item may name another that must exist when the transaction commits.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 100,
    name: "item",
    sql: "CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, other BIGINT REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED, body BLOB);
-- only sqlite
CREATE TRIGGER item_forbidden BEFORE INSERT ON item WHEN new.id = 666 BEGIN SELECT RAISE(ROLLBACK, 'everything goes'); END;
-- end
",
}];

/// Writes down how many jobs each commit held, and misbehaves when told to.
#[derive(Default)]
pub(crate) struct Counting {
    pub(crate) batches: Mutex<Vec<usize>>,
    pub(crate) mood: AtomicU8,
}

pub(crate) const FAIL: u8 = 1;
pub(crate) const PANIC: u8 = 2;
pub(crate) const PANIC_AFTER_COMMIT: u8 = 3;

impl Flush for Counting {
    fn flush<'t>(&'t self, _: Tx<'t>, deferred: Vec<Deferred>) -> BoxFuture<'t, Result<(), Error>> {
        Box::pin(async move {
            match self.mood.load(Ordering::SeqCst) {
                FAIL => return Err(Error::Overloaded("the flush fails, as the test wishes")),
                PANIC => panic!("the flush panics, as the test wishes"),
                _ => {}
            }
            self.batches.lock().unwrap().push(deferred.len());
            Ok(())
        })
    }

    fn committed(&self) {
        assert!(self.mood.load(Ordering::SeqCst) != PANIC_AFTER_COMMIT, "the flush panics after the commit, as the test wishes");
    }
}

/// Batches end when nothing waits any more, however slow the machine is; see [`Gate`].
pub(crate) async fn open(database: &TestDatabase) -> (Pool, Arc<Counting>) {
    open_with(database, |_| {}).await
}

pub(crate) async fn open_with(database: &TestDatabase, change: impl FnOnce(&mut Options)) -> (Pool, Arc<Counting>) {
    let counting = Arc::new(Counting::default());
    let mut options = Options::new(MIGRATIONS);
    options.flush = Arc::<Counting>::clone(&counting);
    options.batch_time_max = Duration::from_secs(600);
    change(&mut options);
    (Pool::open(database.url(), options).await.unwrap(), counting)
}

/// Fails when a future takes too long.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("nobody hangs")
}

pub(crate) async fn item_insert(tx: &mut Tx<'_>, id: i64) -> Result<(), Error> {
    item_insert_naming(tx, id, None).await
}

pub(crate) async fn item_insert_naming(tx: &mut Tx<'_>, id: i64, other: Option<i64>) -> Result<(), Error> {
    sql!(tx, "INSERT INTO item (id, other) VALUES (:id, :other)", id, other).execute().await.map(drop)
}

/// Writes one item and is counted.
pub(crate) async fn write_item(pool: &Pool, id: i64) -> Result<(), Error> {
    pool.write(move |mut tx| {
        Box::pin(async move {
            tx.defer(Box::new(()));
            item_insert(&mut tx, id).await
        })
    })
    .await
}

pub(crate) fn spawn_item(pool: &Pool, id: i64) -> JoinHandle<Result<(), Error>> {
    let pool = pool.clone();
    spawn_begun(async move { write_item(&pool, id).await })
}

/// Begins something before it returns, and goes on with it in a task. A write to SQLite is then in the writer's queue, after those before it; one to
/// PostgreSQL has its task.
pub(crate) fn spawn_begun<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    // Unconstrained, because a test that begins hundreds would be held up by tokio's budget for one turn of a task.
    let mut future = unconstrained(Box::pin(future));
    match (&mut future).now_or_never() {
        Some(output) => tokio::spawn(std::future::ready(output)),
        None => tokio::spawn(future),
    }
}

pub(crate) async fn items(pool: &Pool) -> Vec<i64> {
    pool.read(|mut tx| {
        Box::pin(async move {
            let rows: Vec<(i64,)> = sql!(tx, "SELECT id FROM item ORDER BY id").fetch_all().await?;
            Ok::<_, Error>(rows.into_iter().map(|(id,)| id).collect())
        })
    })
    .await
    .unwrap()
}

/// Holds SQLite's writer, so that what is written meanwhile waits and comes into the batch that it began. On PostgreSQL it holds nobody.
pub(crate) struct Gate(oneshot::Sender<()>, JoinHandle<Result<(), Error>>);

impl Gate {
    pub(crate) async fn close(pool: &Pool) -> Self {
        let (open, opened) = oneshot::channel();
        let (running, runs) = oneshot::channel();
        let pool = pool.clone();
        let task = tokio::spawn(async move {
            let job = pool.write(move |_| {
                Box::pin(async move {
                    running.send(()).unwrap();
                    let _opened = opened.await;
                    Ok::<_, Error>(())
                })
            });
            job.await
        });
        within(runs).await.unwrap();
        Self(open, task)
    }

    /// Lets go. Its own job wrote nothing, and fails with the others when their batch does.
    pub(crate) async fn open(self) {
        self.0.send(()).unwrap();
        let _as_the_batch = within(self.1).await.unwrap();
    }
}

/// Waits until the items are these.
pub(crate) async fn items_become(pool: &Pool, expected: &[i64]) {
    within(async {
        while items(pool).await != expected {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
