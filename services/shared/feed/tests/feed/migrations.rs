//! The feed's tables are the same on both databases, and events can only be added.

use crate::common::{Served, all_events, execute};

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
