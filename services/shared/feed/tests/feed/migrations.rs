//! The feed's tables are the same on both databases.

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    db::testing::migrations_agree(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"), feed::MIGRATIONS, &[]).await;
}
