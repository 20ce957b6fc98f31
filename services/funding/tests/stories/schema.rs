//! The schema is equal on both databases, and rows of transfers and policies cannot change.

use db::testing::databases;
use funding::MIGRATIONS;

use crate::fixture::*;

#[tokio::test]
async fn the_schema_is_equal_on_both_databases() {
    let below = [db::MIGRATIONS, feed::MIGRATIONS, mirror::MIGRATIONS].concat();
    db::testing::migrations_agree(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"), MIGRATIONS, &below).await;
}

#[tokio::test]
async fn transfers_and_policies_cannot_be_updated_or_deleted() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        fixture.accept(&[100_001]).await;
        for text in [
            "UPDATE transfer SET amount_pence = 1",
            "DELETE FROM transfer",
            "UPDATE policy SET amount_pence = 1",
            "DELETE FROM policy",
        ] {
            let refused = fixture.sql(text).await.expect_err(text);
            assert!(refused.to_string().contains("only ever added"), "{text}: {refused}");
        }
        for text in [
            "UPDATE budget SET committed_pence = allocated_pence + 1",
            "UPDATE budget SET spent_pence = -1",
            "INSERT INTO transfer
                 SELECT 'x', debit_account, credit_account, 0, kind, post_date, post_time, entitlement, batch, payee_kind, payee_reference, settles,
                        reverses, actor, request_id
                 FROM transfer WHERE kind = 'allocate'",
        ] {
            assert!(fixture.sql(text).await.expect_err(text).is_check_violation(), "{text}");
        }
    }
}
