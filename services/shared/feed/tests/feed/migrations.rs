//! The feed's tables are the same on both databases, and events can only be added.

use crate::common::{MIGRATIONS, Served, all_events, execute};

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    db::testing::migrations_agree(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"), feed::MIGRATIONS, &[]).await;
}

#[tokio::test]
async fn an_event_cannot_be_changed_deleted_or_replaced() {
    for database in db::testing::databases().await {
        let served = Served::start(&database).await;
        served.write("thing").await.unwrap();
        let before = all_events(&served.read_all().await);
        // PostgreSQL has no REPLACE. SQLite deletes the conflicting row, without triggers unless recursive_triggers is on.
        let replace = "REPLACE INTO event SELECT key, id, type, resource, resource_version, happened, recorded, 'another', actor_role, actor_for,
                           confirmer, confirmer_role, confirmer_for, request_id, traceparent, payload FROM event";
        let replace_position = "REPLACE INTO event_position SELECT position + 1, event_key, hash FROM event_position";
        let both = ["UPDATE event SET actor = 'another'", "DELETE FROM event", "DELETE FROM event_position"];
        let sqlite = [replace, replace_position];
        let here = if served.pool.is_postgres() { &[][..] } else { &sqlite[..] };
        for text in both.iter().chain(here) {
            let text = *text;
            let failed = execute(&served.pool, text).await.expect_err(text).to_string();
            assert!(failed.contains("only ever added"), "{text}: {failed}");
        }
        assert_eq!(all_events(&served.read_all().await), before);
    }
}

#[tokio::test]
async fn a_run_time_role_appends_events_and_can_neither_change_them_nor_the_schema() {
    let Some(database) = db::testing::postgres().await else { return db::testing::skip(db::testing::NO_POSTGRES) };
    let served = Served::start(&database).await;
    served.write("by the owner").await.unwrap();
    let role = database.url().rsplit('/').next().unwrap().to_owned();
    execute(&served.pool, format!("CREATE ROLE \"{role}\" LOGIN PASSWORD 'secret'").leak()).await.unwrap();
    db::grant_run_time_role(database.url(), &role).await.unwrap();
    let at = database.url().split_once('@').unwrap().1.to_owned();
    let url = format!("postgres://{role}:secret@{at}");
    let options = feed::Options::new("test");
    let (pool, feed) = feed::open(&url, MIGRATIONS, time::Clock::machine(), time::Ids::from_machine(), options).await.unwrap();
    let cause = feed::Cause {
        actor: feed::Actor::service("test"),
        confirmer: None,
        request_id: String::new(),
        traceparent: String::new(),
        recorded: time::Clock::machine().now(),
    };
    let appended = pool.write::<_, db::Error, _>(move |mut tx| {
        Box::pin(async move {
            let event = proto::enrolment::v1::RoundCreated::default();
            feed::append(&mut tx, &time::Ids::from_machine(), &cause, "rounds/role", 1, cause.recorded, &event);
            Ok(())
        })
    });
    appended.await.unwrap();
    assert_eq!(feed.head_position().await.unwrap(), 2);
    for text in [
        "UPDATE event SET actor = 'another'",
        "DELETE FROM event",
        "DELETE FROM event_position",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "DROP TRIGGER event_refuse_change ON event",
        "CREATE TABLE another (id BIGINT)",
        "DELETE FROM _sqlx_migrations",
    ] {
        let failed = execute(&pool, text).await.expect_err(text).to_string();
        assert!(failed.contains("permission denied") || failed.contains("must be owner"), "{text}: {failed}");
    }
    pool.close().await;
    execute(&served.pool, format!("DROP OWNED BY \"{role}\"").leak()).await.unwrap();
    execute(&served.pool, format!("DROP ROLE \"{role}\"").leak()).await.unwrap();
}
