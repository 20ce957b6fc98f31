//! Consumers: each event has its effect once, also when consumers are killed; an event that cannot be applied is reported and not skipped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use client::{Connection, PeerTls};
use db::{Pool, Tx, sql, testing};
use feed::{Apply, ApplyError, Consumer, pb};
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::common::{MIGRATIONS, Served, pause, within};

/// Inserts each event into a table without a unique key, slowly if asked.
struct Recorder {
    /// The version that it cannot apply.
    unappliable: Option<i64>,
    dawdling: bool,
}

impl Apply for Recorder {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [pb::Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            for event in events {
                if self.unappliable == Some(event.resource_version) {
                    return Err(ApplyError::event(event, "there is no such thing"));
                }
                let inserted = sql!(
                    tx,
                    "INSERT INTO applied (id, position) VALUES (:id, :position)",
                    id = event.id,
                    position = event.position,
                );
                inserted.execute().await?;
            }
            if self.dawdling {
                pause(4_000).await;
            }
            Ok(())
        })
    }
}

const PLAIN: Recorder = Recorder { unappliable: None, dawdling: false };

/// A separate database of the same kind, for a consumer.
async fn mirror(postgres: bool) -> (testing::TestDatabase, Pool) {
    let database = if postgres { testing::postgres().await.unwrap() } else { testing::sqlite() };
    let migrations = [feed::MIGRATIONS, MIGRATIONS].concat();
    let pool = database.open(&migrations).await;
    (database, pool)
}

fn consumer(served: &Served, pool: &Pool, apply: Recorder) -> Consumer {
    Consumer::new(pool.clone(), "mirror", "test", Connection::new(served.channel.clone()), apply)
}

async fn applied(pool: &Pool) -> Vec<(String, i64)> {
    pool.read::<_, db::Error, _>(|mut tx| {
        Box::pin(async move { sql!(tx, "SELECT id, position FROM applied ORDER BY position").fetch_all().await })
    })
    .await
    .unwrap()
}

async fn expected(served: &Served) -> Vec<(String, i64)> {
    crate::common::all_events(&served.read_all().await).into_iter().map(|event| (event.id, event.position)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_killed_again_and_again_has_each_effect_once() {
    for database in testing::databases().await {
        let served = Arc::new(Served::start(&database).await);
        let (_mirror, pool) = mirror(database.is_postgres()).await;
        let done = Arc::new(AtomicBool::new(false));
        let writing = tokio::spawn({
            let (served, done) = (Arc::clone(&served), Arc::clone(&done));
            async move {
                for number in 0..600 {
                    served.write(&format!("resources/{}", number % 7)).await.unwrap();
                }
                done.store(true, Ordering::SeqCst);
            }
        });
        let mut killed = 0;
        while !done.load(Ordering::SeqCst) {
            let running = consumer(&served, &pool, Recorder { unappliable: None, dawdling: true });
            let running = tokio::spawn(running.run(CancellationToken::new()));
            pause(30_000).await;
            running.abort();
            killed += 1;
        }
        within(writing).await.unwrap();
        let last = consumer(&served, &pool, PLAIN);
        let watch = last.watch();
        let running = tokio::spawn(last.run(CancellationToken::new()));
        within(watch.caught_up_with(served.feed.head_position().await.unwrap())).await.unwrap();
        running.abort();
        assert_eq!(applied(&pool).await, expected(&served).await, "after it was killed {killed} times");
        println!("{}: killed {killed} times", database.url());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_consumers_with_one_cursor_have_each_effect_once() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let (_mirror, pool) = mirror(database.is_postgres()).await;
        let shutdown = CancellationToken::new();
        let consumers = [0, 1].map(|_| consumer(&served, &pool, Recorder { unappliable: None, dawdling: true }));
        let watches = consumers.each_ref().map(Consumer::watch);
        let tasks = consumers.map(|consumer| tokio::spawn(consumer.run(shutdown.clone())));
        served.write_many("resources/0", 200).await;
        let head = served.feed.head_position().await.unwrap();
        for watch in watches {
            within(watch.caught_up_with(head)).await.unwrap();
        }
        assert_eq!(applied(&pool).await, expected(&served).await);
        shutdown.cancel();
        for task in tasks {
            within(task).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_stops_at_an_event_that_it_cannot_apply_and_others_continue() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let ((_one, one), (_two, two)) = (mirror(database.is_postgres()).await, mirror(database.is_postgres()).await);
        let stubborn = consumer(&served, &one, Recorder { unappliable: Some(5), dawdling: false });
        let healthy = consumer(&served, &two, PLAIN);
        let (stubborn_watch, healthy_watch) = (stubborn.watch(), healthy.watch());
        let tasks = [stubborn, healthy].map(|consumer| tokio::spawn(consumer.run(CancellationToken::new())));
        served.write_many("resources/0", 4).await;
        within(stubborn_watch.caught_up_with(4)).await.unwrap();
        served.write_many("resources/0", 6).await;
        within(healthy_watch.caught_up_with(10)).await.unwrap();
        let why = within(stubborn_watch.caught_up_with(10)).await.unwrap_err();
        assert!(why.contains("position 5") && why.contains("there is no such thing"), "{why}");
        assert_eq!(stubborn_watch.status().position, 4);
        assert_eq!((applied(&one).await.len(), applied(&two).await.len()), (4, 10));
        assert_eq!(healthy_watch.status().head_position, 10);
        // It waits for a person: it neither ends nor continues.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(tasks.iter().all(|task| !task.is_finished()));
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        // After the repair it continues where it stopped.
        let repaired = consumer(&served, &one, PLAIN);
        let watch = repaired.watch();
        let running = tokio::spawn(repaired.run(CancellationToken::new()));
        within(watch.caught_up_with(10)).await.unwrap();
        assert_eq!(applied(&one).await, expected(&served).await);
        running.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_stops_at_a_row_that_a_constraint_refuses_and_tries_again_after_any_other_failure() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let (_mirror, pool) = mirror(database.is_postgres()).await;
        let change = async |text: &'static str| {
            let job = pool
                .write::<_, db::Error, _>(move |mut tx| Box::pin(async move { testing::execute(&mut tx, text).await.map(drop) }));
            within(job).await.unwrap();
        };
        change("ALTER TABLE applied RENAME TO away").await;
        served.write_many("resources/0", 2).await;
        let consumer = consumer(&served, &pool, PLAIN);
        let watch = consumer.watch();
        let running = tokio::spawn(consumer.run(CancellationToken::new()));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!((watch.status().position, watch.status().stopped), (0, None));
        change("ALTER TABLE away RENAME TO applied").await;
        within(watch.caught_up_with(2)).await.unwrap();

        change("CREATE UNIQUE INDEX applied_position ON applied (position)").await;
        change("INSERT INTO applied (id, position) VALUES ('another', 3)").await;
        served.write("resources/0").await.unwrap();
        let why = within(watch.caught_up_with(3)).await.unwrap_err();
        assert!(why.to_lowercase().contains("unique"), "{why}");
        running.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_whose_cursor_is_from_before_a_restore_stops() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let (_mirror, pool) = mirror(database.is_postgres()).await;
        served.write_many("resources/0", 3).await;
        let first = consumer(&served, &pool, PLAIN);
        let watch = first.watch();
        let running = tokio::spawn(first.run(CancellationToken::new()));
        within(watch.caught_up_with(3)).await.unwrap();
        running.abort();
        served.feed.start_new_epoch().await.unwrap();
        served.write("resources/0").await.unwrap();
        let second = consumer(&served, &pool, PLAIN);
        let watch = second.watch();
        let running = tokio::spawn(second.run(CancellationToken::new()));
        let why = within(watch.caught_up_with(4)).await.unwrap_err();
        assert!(why.contains("refused the cursor"), "{why}");
        assert_eq!(applied(&pool).await.len(), 3);
        running.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_waits_for_a_service_that_does_not_answer_yet() {
    let source = testing::sqlite();
    let (_mirror, pool) = mirror(false).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connection = Connection::open(&format!("http://{address}"), &PeerTls::default()).unwrap();
    let waiting = Consumer::new(pool, "mirror", "test", connection, PLAIN);
    let watch = waiting.watch();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(waiting.run(shutdown.clone()));
    // A second connection is a second attempt.
    for _ in 0..2 {
        drop(within(listener.accept()).await.unwrap());
    }
    // The service comes up where it was expected.
    let (source_pool, feed) =
        feed::open(source.url(), MIGRATIONS, time::Clock::machine(), time::Ids::from_machine(), feed::Options::new("test"))
            .await
            .unwrap();
    crate::common::write(&source_pool, &time::Ids::from_machine(), "resources/0", crate::common::Manner::Quick).await.unwrap();
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    let serving = tokio::spawn(tonic::transport::Server::builder().add_service(feed.service()).serve_with_incoming(incoming));
    within(watch.caught_up_with(1)).await.unwrap();
    shutdown.cancel();
    within(running).await.unwrap();
    serving.abort();
}
