//! The chain of hashes: a reader can compute it; a history that was changed in the database is named and not served.

use db::{
    Pool,
    testing::{self, TestDatabase, execute},
};
use feed::{Options, VerifyError, pb};
use sha2::{Digest, Sha256};

use crate::common::{MIGRATIONS, Manner, Served, all_events, write};

/// A hash, computed by the rule of `feed.proto` and not by the code of the service.
fn hash(previous: &[u8], event: &pb::Event) -> Vec<u8> {
    let number = |number: i64| number.to_be_bytes().to_vec();
    let time = |time: Option<time::Instant>| number(time.unwrap().micros());
    let text = |text: &String| text.clone().into_bytes();
    let mut fields = vec![previous.to_vec(), number(event.position), text(&event.id), text(&event.r#type), text(&event.resource)];
    fields.push(number(event.resource_version));
    fields.push(time(event.happened_time.as_ref().map(time::Instant::from_proto)));
    fields.push(time(event.recorded_time.as_ref().map(time::Instant::from_proto)));
    for actor in [&event.actor, &event.confirmer] {
        let actor = actor.clone().unwrap_or_default();
        fields.extend([actor.id, actor.role, actor.acting_for].map(String::into_bytes));
    }
    fields.extend([text(&event.request_id), text(&event.traceparent), Sha256::digest(&event.payload).to_vec()]);
    let bytes: Vec<u8> = fields.iter().flat_map(|field| [&(field.len() as u64).to_be_bytes()[..], field].concat()).collect();
    Sha256::digest(bytes).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_computes_the_hash_of_every_event() {
    for database in testing::databases().await {
        let first = Served::start(&database).await;
        first.write_many("resources/0", 3).await;
        // The chain goes on when the service is started again.
        first.feed.head_position().await.unwrap();
        first.pool.close().await;
        let served = Served::start(&database).await;
        let writers = (0..8).map(|number| {
            let (pool, ids) = (served.pool.clone(), served.ids());
            tokio::spawn(async move { write(&pool, &ids, &format!("resources/{number}"), Manner::Slow).await.unwrap() })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let events = all_events(&served.read_all().await);
        assert_eq!(events.len(), 11);
        let mut previous = vec![0; 32];
        for (event, position) in events.iter().zip(1..) {
            assert_eq!((event.position, &event.hash), (position, &hash(&previous, event)));
            previous.clone_from(&event.hash);
        }
        let head = feed::verify(&served.pool).await.unwrap();
        assert_eq!((head.position, &head.event_id, &head.hash), (11, &events[10].id, &previous));
        assert_eq!(feed::hash_at(&served.pool, 7).await.unwrap().as_ref(), Some(&events[6].hash));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_leaves_the_chain_whole() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write("resources/0").await.unwrap();
        // The second event of this resource and version is refused when events are written, just before the commit.
        let ids = served.ids();
        let refused = served.pool.write(move |mut tx| {
            Box::pin(async move {
                let now = time::Instant::from_machine();
                let (actor, request_id, traceparent) = (feed::Actor::service("test"), String::new(), String::new());
                let cause = feed::Cause { actor, confirmer: None, request_id, traceparent, recorded: now };
                feed::append(&mut tx, &ids, &cause, "resources/0", 1, now, &pb::ReadRequest::default());
                Ok::<_, db::Error>(())
            })
        });
        refused.await.unwrap_err();
        served.write_many("resources/0", 2).await;
        served.feed.head_position().await.unwrap();
        assert_eq!(feed::verify(&served.pool).await.unwrap().position, 3);
    }
}

/// A stopped database with events of five resources, and without the triggers that refuse changes.
async fn unprotected(database: &TestDatabase, events: usize) -> Pool {
    let served = Served::start(database).await;
    for number in 0..events {
        served.write(&format!("resources/{}", number % 5)).await.unwrap();
    }
    served.feed.head_position().await.unwrap();
    served.shutdown.cancel();
    drop_triggers(&served.pool).await;
    served.pool.clone()
}

async fn drop_triggers(pool: &Pool) {
    let statements = if pool.is_postgres() {
        vec!["ALTER TABLE event DISABLE TRIGGER USER", "ALTER TABLE event_position DISABLE TRIGGER USER"]
    } else {
        vec![
            "DROP TRIGGER event_refuse_update",
            "DROP TRIGGER event_refuse_delete",
            "DROP TRIGGER event_position_refuse_update",
            "DROP TRIGGER event_position_refuse_delete",
        ]
    };
    change(pool, &statements).await;
}

async fn change(pool: &Pool, statements: &[&str]) {
    for statement in statements {
        let statement = (*statement).to_owned();
        let job = pool.write(move |mut tx| Box::pin(async move { execute(&mut tx, statement).await }));
        job.await.unwrap();
    }
}

const COPY: &str =
    "INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer,
                                       confirmer_role, confirmer_for, request_id, traceparent, payload)
                    SELECT 'forged', type, 'resources/forged', 1, happened, recorded, actor, actor_role, actor_for, confirmer,
                           confirmer_role, confirmer_for, request_id, traceparent, payload FROM event WHERE key = 4";

/// Statements that change the database past the service, and the position and words by which the change is named.
fn manipulations() -> Vec<(&'static [&'static str], Option<i64>, &'static str)> {
    vec![
        (&["UPDATE event SET actor = 'another' WHERE key = 4"], Some(4), "at position 4"),
        (&["UPDATE event SET payload = CAST('' AS BLOB) WHERE key = 4"], Some(4), "at position 4"),
        (&["UPDATE event SET recorded = recorded - 1 WHERE key = 4"], Some(4), "at position 4"),
        (&["UPDATE event SET confirmer = 'witness' WHERE key = 4"], Some(4), "at position 4"),
        (&["DELETE FROM event WHERE key = 4"], Some(4), "no event at position 4: it was deleted"),
        (
            &["DELETE FROM event WHERE key = 4", "DELETE FROM event_position WHERE position = 4"],
            Some(4),
            "no event at position 4",
        ),
        (&["DELETE FROM event WHERE key = 7"], Some(7), "no event at position 7"),
        (
            &[
                "DELETE FROM event WHERE key = 4",
                "DELETE FROM event_position WHERE position = 4",
                "UPDATE event_position SET position = 4 WHERE position = 5",
                "UPDATE event_position SET position = 5 WHERE position = 6",
                "UPDATE event_position SET position = 6 WHERE position = 7",
            ],
            Some(4),
            "at position 4",
        ),
        (&["DELETE FROM event_position WHERE position = 7"], None, "has no position"),
        (&[COPY], None, "the event forged has no position"),
        (
            &[
                COPY,
                "INSERT INTO event_position (position, event_key, hash) SELECT 8, MAX(key), (SELECT hash FROM event_position WHERE position = 7) FROM event",
            ],
            Some(8),
            "the event forged at position 8",
        ),
        (
            &[
                COPY,
                "INSERT INTO event_position (position, event_key, hash) SELECT 0, MAX(key), (SELECT hash FROM event_position WHERE position = 7) FROM event",
            ],
            Some(0),
            "the event forged at position 0",
        ),
        (
            &[
                "UPDATE event_position SET event_key = -1 WHERE position = 2",
                "UPDATE event_position SET event_key = 2 WHERE position = 3",
                "UPDATE event_position SET event_key = 3 WHERE position = 2",
            ],
            Some(2),
            "at position 2",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_deleted_or_inserted_event_is_named_and_not_served() {
    for number in 0..manipulations().len() {
        for database in testing::databases().await {
            let pool = unprotected(&database, 7).await;
            feed::verify(&pool).await.unwrap();
            let (statements, position, words) = manipulations().swap_remove(number);
            for statement in statements {
                let statement =
                    if pool.is_postgres() { statement.replace("AS BLOB", "AS BYTEA") } else { (*statement).to_owned() };
                change(&pool, &[&statement]).await;
            }
            let Err(VerifyError::Differs(found)) = feed::verify(&pool).await else { panic!("{statements:?} was not noticed") };
            println!("{found}");
            assert_eq!(found.position, position, "{statements:?}");
            assert!(found.what.contains(words), "{found}");
            pool.close().await;
            let opened =
                feed::open(database.url(), MIGRATIONS, time::Clock::machine(), time::Ids::from_machine(), Options::new("test"))
                    .await;
            let Err(VerifyError::Differs(refused)) = opened else { panic!("{statements:?} was served") };
            assert_eq!(refused, found);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_compares_the_newest_thousand_events_and_verify_all() {
    for database in testing::databases().await {
        let pool = unprotected(&database, 1_020).await;
        change(&pool, &["UPDATE event SET actor = 'another' WHERE key = 10"]).await;
        let Err(VerifyError::Differs(found)) = feed::verify(&pool).await else { panic!("it was not noticed") };
        assert_eq!(found.position, Some(10));
        pool.close().await;
        let served = Served::start(&database).await;
        change(&served.pool, &["UPDATE event SET actor = 'another' WHERE key = 21"]).await;
        served.pool.close().await;
        let opened =
            feed::open(database.url(), MIGRATIONS, time::Clock::machine(), time::Ids::from_machine(), Options::new("test")).await;
        let Err(VerifyError::Differs(refused)) = opened else { panic!("it was served") };
        assert_eq!(refused.position, Some(21));
    }
}
