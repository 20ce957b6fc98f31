//! Permissions and schema, each written down twice and held against itself.

use std::path::Path;

#[test]
fn the_table_of_roles_and_the_policies_agree_on_every_method_that_is_served() {
    let found = access::check_table(network::POLICIES, network::ROLE_METHOD, &network::methods());
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn both_databases_have_the_same_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    db::testing::migrations_agree(folder, network::MIGRATIONS, feed::MIGRATIONS).await;
}
