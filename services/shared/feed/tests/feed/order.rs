//! Order: no event is missing or out of order, with many writers and with sequencers that are killed.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use db::{Conn, testing};
use feed::pb::Event;
use sqlx::{Connection as _, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::common::{Manner, Served, events, execute, from_cursor, from_earliest, pause, within, write};

/// Asserts that positions strictly increase, and that each resource has every version in order.
fn assert_in_order(events: &[Event], expected: usize) {
    assert_eq!(events.len(), expected, "no event is missing and none comes twice");
    assert!(events.windows(2).all(|pair| pair[0].position < pair[1].position), "positions strictly increase");
    let mut versions: HashMap<&str, i64> = HashMap::new();
    for event in events {
        let version = versions.entry(&event.resource).or_default();
        assert_eq!(event.resource_version, *version + 1, "{} comes in the order in which it happened", event.resource);
        *version = event.resource_version;
    }
}

const WRITERS: usize = 64;
const EVENTS_EACH: usize = 12;

fn start_writers(served: &Arc<Served>, count: usize) -> Vec<tokio::task::JoinHandle<()>> {
    let writer = |writer: usize| {
        let served = Arc::clone(served);
        tokio::spawn(async move {
            for number in 0..EVENTS_EACH {
                let resource = format!("resources/{}", (writer + number) % 24);
                write(&served.pool, &served.ids(), &resource, Manner::Slow).await.unwrap();
            }
        })
    };
    (0..count).map(writer).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_miss_no_event_of_sixty_four_slow_writers() {
    for database in testing::databases().await {
        let served = Arc::new(Served::start_with(&database, |options| options.connections_max = 48).await);
        let total = WRITERS * EVENTS_EACH;
        let started = Instant::now();
        let live = (0..3).map(|_| {
            let served = Arc::clone(&served);
            tokio::spawn(async move { events(served.read(from_earliest()).await.unwrap(), total).await })
        });
        let live = live.collect::<Vec<_>>();
        // This reader starts again and again from its last cursor.
        let returning = tokio::spawn({
            let served = Arc::clone(&served);
            async move {
                let (mut seen, mut request) = (Vec::new(), from_earliest());
                while seen.len() < total {
                    request.limit = 7;
                    let mut stream = served.read(request.clone()).await.unwrap();
                    while let Some(response) = within(stream.message()).await.unwrap() {
                        if !response.events.is_empty() {
                            request = from_cursor(&response.cursor);
                            seen.extend(response.events);
                        }
                        if seen.len() == total {
                            break;
                        }
                    }
                }
                seen
            }
        });
        for writer in start_writers(&served, WRITERS) {
            within(writer).await.unwrap();
        }
        let kind = if database.is_postgres() { "PostgreSQL" } else { "SQLite" };
        println!("{kind}: {total} events written in {:?}", started.elapsed());
        for reader in live {
            assert_in_order(&within(reader).await.unwrap(), total);
        }
        assert_in_order(&within(returning).await.unwrap(), total);
        println!("{kind}: and read by all after {:?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sequencers_and_others_that_are_killed_keep_the_order() {
    let Some(database) = testing::postgres().await else { return testing::skip(testing::NO_POSTGRES) };
    let one = Arc::new(Served::start_with(&database, |options| options.connections_max = 16).await);
    let two = Arc::new(Served::start_with(&database, |options| options.connections_max = 16).await);
    let killed = tokio::spawn({
        let feed = one.feed.clone();
        async move {
            loop {
                let sequencing = tokio::spawn(feed.clone().run(CancellationToken::new()));
                pause(10_000).await;
                sequencing.abort();
            }
        }
    });
    let total = 32 * EVENTS_EACH;
    let readers = [&one, &two].map(|served| {
        let served = Arc::clone(served);
        tokio::spawn(async move { events(served.read(from_earliest()).await.unwrap(), total).await })
    });
    let writers = [start_writers(&one, 16), start_writers(&two, 16)].into_iter().flatten();
    for writer in writers {
        within(writer).await.unwrap();
    }
    for reader in readers {
        assert_in_order(&within(reader).await.unwrap(), total);
    }
    killed.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committed_event_can_be_read_soon() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write("resources/0").await.unwrap();
        let mut stream = served.read(from_earliest()).await.unwrap();
        assert_eq!(within(stream.message()).await.unwrap().unwrap().events.len(), 1);
        let mut latencies = Vec::new();
        for _ in 0..50 {
            served.write("resources/0").await.unwrap();
            let committed = Instant::now();
            within(async { while stream.message().await.unwrap().unwrap().events.is_empty() {} }).await;
            latencies.push(committed.elapsed());
        }
        latencies.sort();
        println!("{}: {:?} at the median, {:?} at most", database.url(), latencies[25], latencies[49]);
        // Without a notification a stream polls after a second. A busy machine may delay many of these reads, but not all.
        assert!(latencies[0] < Duration::from_millis(500), "{latencies:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn finding_events_without_a_position_costs_the_same_among_many_events() {
    let Some(database) = testing::postgres().await else { return testing::skip(testing::NO_POSTGRES) };
    let served = Served::start(&database).await;
    let filling = served.pool.write(|mut tx| {
        Box::pin(async move {
            let Conn::Postgres(conn) = tx.conn() else { unreachable!("it is PostgreSQL") };
            sqlx::raw_sql(
                "WITH written AS (
                     INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for,
                                        confirmer, confirmer_role, confirmer_for, request_id, traceparent, payload)
                     SELECT 'e' || n, 't', 'r' || n % 1000, n, 0, 0, 'test', '', '', '', '', '', '', '', '\\x00' FROM generate_series(1, 100000) n RETURNING key)
                 INSERT INTO event_unsequenced SELECT key FROM written",
            )
            .execute(conn)
            .await?;
            Ok::<_, db::Error>(())
        })
    });
    filling.await.unwrap();
    let started = Instant::now();
    assert_eq!(within(served.feed.head_position()).await.unwrap(), 100_000);
    println!("100,000 events got their positions in {:?}", started.elapsed());
    // From here on, events get their positions only when the test reads the head.
    served.shutdown.cancel();
    let before = rows_read(&database).await;
    let mut latencies = Vec::new();
    for number in 1..=30 {
        served.write("resources/0").await.unwrap();
        let started = Instant::now();
        assert_eq!(within(served.feed.head_position()).await.unwrap(), 100_000 + number);
        latencies.push(started.elapsed());
    }
    latencies.sort();
    let read = rows_read(&database).await - before;
    println!("one more: {:?} at the median; 30 more read {read} rows of events and positions", latencies[15]);
    assert!(read < 30 * 100, "30 events more read {read} rows of events and positions");
}

/// Number of rows of events and positions that were ever read in a database. PostgreSQL counts a connection's reads for certain when it ends, so all
/// connections are ended first; they open again when they are needed.
async fn rows_read(database: &testing::TestDatabase) -> i64 {
    let mut conn = PgConnection::connect(database.url()).await.unwrap();
    within(async {
        while sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap()
            > 0
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let read = sqlx::query_scalar(
        "SELECT CAST(SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)) AS BIGINT) FROM pg_stat_user_tables
         WHERE relname IN ('event', 'event_position')",
    );
    let read = read.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_events_of_one_transaction_come_in_the_order_of_the_calls() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let ids = served.ids();
        let started = Instant::now();
        let job = served.pool.write(move |mut tx| {
            Box::pin(async move {
                let now = time::Instant::from_machine();
                let cause = feed::Cause {
                    actor: feed::Actor::service("test"),
                    confirmer: None,
                    request_id: String::new(),
                    traceparent: String::new(),
                    recorded: now,
                };
                for version in 1..=4_000 {
                    let payload = feed::pb::ReadRequest { limit: version, ..Default::default() };
                    feed::append(&mut tx, &ids, &cause, "resources/0", version, now, &payload);
                }
                Ok::<_, db::Error>(())
            })
        });
        job.await.unwrap();
        println!("{}: 4,000 events in one transaction in {:?}", database.url(), started.elapsed());
        let started = Instant::now();
        let read = crate::common::all_events(&served.read_all().await);
        println!("{}: and read in {:?}", database.url(), started.elapsed());
        assert_in_order(&read, 4_000);
        let limit = feed::payload::<feed::pb::ReadRequest>(&read[3_999]).unwrap().unwrap().limit;
        assert_eq!(limit, 4_000);
        assert!(feed::payload::<feed::pb::Earliest>(&read[0]).unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_positions_cannot_be_changed_or_deleted() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write("resources/0").await.unwrap();
        served.feed.head_position().await.unwrap();
        let mut statements = vec![
            "UPDATE event SET actor = 'somebody else'",
            "DELETE FROM event",
            "UPDATE event_position SET position = 7",
            "UPDATE event_position SET hash = hash",
            "DELETE FROM event_position",
            "INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, request_id, traceparent, payload)
             SELECT id || 'x', type, resource, resource_version, happened, recorded, actor, request_id, traceparent, payload FROM event",
        ];
        if database.is_postgres() {
            statements.extend(["TRUNCATE event", "TRUNCATE event_position"]);
        }
        for statement in statements {
            let error = execute(&served.pool, statement).await.unwrap_err();
            println!("{statement}: {error}");
        }
        assert_in_order(&crate::common::all_events(&served.read_all().await), 1);
    }
}
