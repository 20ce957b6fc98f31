//! Changes of the ledger past the service, with the triggers removed: the comparison of `mathshubs verify` names the first row that differs.

use db::testing::databases;
use feed::VerifyError;
use proto::funding::v1::TransferKind;

use crate::fixture::*;

/// Statements that change the database, and words of the sentence that names the change. `{paid}` is the id of the second payment of a batch, `{commit}` that of
/// its commitment.
const MANIPULATIONS: [(&[&str], &str); 9] = [
    (&["UPDATE transfer SET payee_reference = '999999' WHERE id = '{paid}'"], "contains `transfers/{paid}` with other values"),
    (&["UPDATE transfer SET post_date = '2018-01-01' WHERE id = '{paid}'"], "contains `transfers/{paid}` with other values"),
    (
        &[
            "UPDATE transfer SET amount_pence = amount_pence - 1 WHERE id = '{commit}'",
            "UPDATE budget SET committed_pence = committed_pence - 1",
        ],
        "contains `transfers/{commit}` with other values",
    ),
    (
        &[
            "UPDATE entitlement SET state = 'released', transfer = NULL, batch = NULL WHERE transfer = '{paid}'",
            "DELETE FROM transfer WHERE id = '{paid}'",
        ],
        "contains `transfers/{paid}`, which was deleted",
    ),
    (&["{forged}"], "`transfers/forged` is in no event"),
    (&["{forged payment}"], "-zzz` is in no event"),
    (&["UPDATE budget SET spent_pence = spent_pence - 5"], "the budget of `hubs/north` for 2018-19"),
    (
        &["INSERT INTO budget VALUES ('south', '2018-19', 500, 0, 0, 1)"],
        "the budget of `hubs/south` for 2018-19 has 500 pence available",
    ),
    (
        &["UPDATE event SET payload = (SELECT payload FROM event WHERE key = 1) WHERE type LIKE '%TransfersPosted' AND key > 5"],
        "does not have its hash",
    ),
];

async fn verify(fixture: &Fixture) -> Result<(), VerifyError> {
    feed::verify(fixture.pool()).await?;
    funding::verify_ledger(fixture.pool()).await
}

#[tokio::test]
async fn a_changed_deleted_or_inserted_transfer_is_named() {
    for (statements, words) in MANIPULATIONS {
        for database in databases().await {
            let fixture = Fixture::with_money(&database, 3).await;
            fixture.accept(&[100_001, 100_002, 100_003]).await;
            fixture.prove(&[100_001, 100_002]).await;
            let batch = fixture.ncetm().create_batch().await.unwrap();
            let batch = fixture.approver().approve(&batch).await.unwrap();
            fixture.dfe().release(&batch).await.unwrap();
            fixture.service.feed.head_position().await.unwrap();
            verify(&fixture).await.unwrap();

            let transfers = fixture.ncetm().transfers("entitlements/p100002").await;
            let of = |kind| transfers.iter().find(|one| one.kind() == kind).unwrap().name.trim_start_matches("transfers/");
            let (commit, paid) = (of(TransferKind::Commit), of(TransferKind::Post));
            let filled = |text: &str| {
                // A payment of the batch or a commitment, as a copy of one that has another id.
                let copy = |id: &str, of: &str, settles: &str| {
                    format!(
                        "INSERT INTO transfer SELECT {id}, debit_account, credit_account, amount_pence, kind, post_date, post_time, entitlement, batch,
                             payee_kind, payee_reference, {settles}, reverses, actor, request_id FROM transfer WHERE id = '{of}'"
                    )
                };
                let forged = copy("'forged'", commit, "settles");
                let open = "(SELECT id FROM transfer WHERE kind = 'commit' AND entitlement = 'p100003')";
                let payment = copy("batch || '-zzz'", paid, open);
                text.replace("{paid}", paid)
                    .replace("{commit}", commit)
                    .replace("{forged}", &forged)
                    .replace("{forged payment}", &payment)
            };
            let tables = ["transfer", "event"];
            for table in tables {
                if database.is_postgres() {
                    fixture.sql(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await.unwrap();
                } else {
                    fixture.sql(&format!("DROP TRIGGER {table}_refuse_update")).await.unwrap();
                    fixture.sql(&format!("DROP TRIGGER {table}_refuse_delete")).await.unwrap();
                }
            }
            for statement in statements {
                fixture.sql(&filled(statement)).await.unwrap();
            }
            let Err(VerifyError::Differs(found)) = verify(&fixture).await else { panic!("{statements:?} was not noticed") };
            println!("{found}");
            assert!(found.what.contains(&filled(words)), "{found}");
        }
    }
}
