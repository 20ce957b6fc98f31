//! Texts that people write: they are in the table of the case, and in no event and no row of the ledger.

use db::testing::databases;
use proto::funding::v1::{self as pb, TransferKind};

use crate::fixture::*;

#[tokio::test]
async fn reasons_are_neither_in_events_nor_in_transfers() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001]).await;
        ncetm.cancel(&ncetm.create_batch().await.unwrap()).await.unwrap();
        let batch = fixture.approver().approve(&ncetm.create_batch().await.unwrap()).await.unwrap();
        dfe.release(&batch).await.unwrap();
        let decided = ncetm.decide(100_002, pb::DecisionOutcome::Release).await.unwrap();
        assert_eq!(decided.decision_reason, "Decided by the board");
        let transfers = ncetm.transfers("").await;
        let payment = transfers.iter().find(|transfer| transfer.kind() == TransferKind::Post).unwrap();
        ncetm.reverse(&payment.name).await.unwrap();
        for (text, tables) in [
            ("The wrong month", &["batch", "request"][..]),
            ("Decided by the board", &["entitlement", "request"]),
            ("The bank sent it back", &["pending_change", "request", "transfer_reason"]),
        ] {
            assert_eq!(fixture.tables_with(text).await, tables, "{text}");
        }
        // The ledger shows the reason until it is erased, and the transfer stays.
        let before = ncetm.transfers("").await;
        assert_eq!(before.iter().filter(|transfer| !transfer.reason.is_empty()).count(), 2);
        fixture.sql("DELETE FROM transfer_reason").await.unwrap();
        let erased: Vec<_> = before.into_iter().map(|transfer| pb::Transfer { reason: String::new(), ..transfer }).collect();
        assert_eq!(ncetm.transfers("").await, erased);
    }
}

#[tokio::test]
async fn an_answer_with_a_reason_is_deleted_after_thirty_days_and_its_request_takes_no_second_effect() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        let batch = ncetm.create_batch().await.unwrap();
        let cancelled = fixture.clock.now();
        let request = pb::CancelBatchRequest {
            request_id: "cancel".to_owned(),
            name: batch.name,
            etag: batch.etag,
            reason: "The wrong month".to_owned(),
        };
        let cancel = async || ncetm.payments.clone().cancel_batch(request.clone()).await;
        let answer = cancel().await.unwrap().into_inner();
        let after_days = async |days: i64| {
            fixture.clock.move_to(cancelled.plus_micros(days * 86_400_000_000));
            fixture.service.forget_old().await.unwrap();
        };
        after_days(29).await;
        assert_eq!(cancel().await.unwrap().into_inner(), answer);
        let events_count = fixture.events_count().await;
        after_days(31).await;
        assert_eq!(fixture.tables_with("The wrong month").await, ["batch"]);
        assert_eq!(reason(cancel().await), "ANSWER_DELETED");
        assert_eq!(fixture.events_count().await, events_count);
    }
}
