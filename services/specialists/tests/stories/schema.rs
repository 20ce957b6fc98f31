//! The schema is the same on both databases, and a read is one statement.

use specialists::MIGRATIONS;

use crate::fixture::*;

#[tokio::test]
async fn the_schema_is_the_same_on_both_databases() {
    let below = [db::MIGRATIONS, feed::MIGRATIONS, mirror::MIGRATIONS].concat();
    db::testing::migrations_agree(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"), MIGRATIONS, &below).await;
}

#[tokio::test]
async fn a_get_or_a_page_is_one_statement() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_cohort(&database).await;
        let ncetm = fixture.ncetm();
        let made = ncetm.nominate(100_001, NORTH).await.unwrap();
        let before = fixture.pool().statements_count();
        ncetm.nomination(&made.name).await.unwrap();
        ncetm.nominations().await.unwrap();
        ncetm.rankings().await.unwrap();
        fixture.school(100_001).nomination(&made.name).await.unwrap();
        assert_eq!(fixture.pool().statements_count() - before, 4);
    }
}
