//! The schema is the same on both databases.

use std::path::Path;

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    db::testing::migrations_agree(folder, network::MIGRATIONS, feed::MIGRATIONS).await;
}
