//! Batches: creation, approval, release, cancellation and reversed payments.

use db::testing::databases;
use proto::funding::v1::{self as pb, EntitlementState::*, TransferKind};

use crate::fixture::*;

#[tokio::test]
async fn a_batch_is_paid_once_and_the_balances_show_it_on_the_day() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 3).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.clock.move_to(noon("2018-10-10"));
        fixture.prove(&[100_001, 100_002]).await;
        let entitlement = ncetm.entitlement(100_002).await.unwrap();
        let payee = pb::Payee { kind: pb::PayeeKind::Trust.into(), reference: "TR00321".to_owned() };
        let request = pb::SetPayeeRequest {
            request_id: ncetm.request_id(),
            name: entitlement.name,
            etag: entitlement.etag,
            payee: Some(payee.clone()),
        };
        ncetm.set_payee(request).await.unwrap();
        let batch = ncetm.create_batch().await.unwrap();
        assert_eq!((batch.entitlements_count, batch.amount_pence), (2, 2 * SUBSIDY));
        assert_eq!(reason(ncetm.create_batch().await), "NOTHING_PAYABLE", "the entitlements are in a batch");
        assert_eq!(reason(dfe.release(&batch).await), "BATCH_STATE", "the batch is not approved");
        let batch = fixture.approver().approve(&batch).await.unwrap();
        fixture.clock.move_to(noon("2018-11-22"));
        let released = dfe.release(&batch).await.unwrap();
        let subjects = [fixture.subject(&released.approver).await, fixture.subject(&released.releaser).await];
        assert_eq!(subjects, ["ncetm-carl", "dfe-ben"]);
        assert_eq!(ncetm.states(&[100_001, 100_002, 100_003]).await, [Paid, Paid, Committed]);
        assert_eq!(reason(dfe.release(&released).await), "BATCH_STATE");
        assert_eq!(ncetm.budget().await, [3 * SUBSIDY, SUBSIDY, 2 * SUBSIDY, 0]);
        let posts: Vec<_> = ncetm.transfers("entitlements/p100002").await;
        assert_eq!(posts.iter().map(|one| one.kind()).collect::<Vec<_>>(), [TransferKind::Commit, TransferKind::Post]);
        assert_eq!((posts[1].payee.clone(), posts[1].settled_transfer.as_str()), (Some(payee), posts[0].name.as_str()));
        for (day, expected) in [
            ("2018-07-01", [0, 0, 0, 0]),
            ("2018-07-02", [-3 * SUBSIDY, 0, 3 * SUBSIDY, 0]),
            ("2018-11-21", [-3 * SUBSIDY, 0, 3 * SUBSIDY, 0]),
            ("2018-11-22", [-3 * SUBSIDY, 0, SUBSIDY, 2 * SUBSIDY]),
        ] {
            assert_eq!(dfe.balances(day).await, expected, "at the end of {day}");
        }
    }
}

#[tokio::test]
async fn one_person_cannot_do_two_of_the_three_steps_of_a_batch_in_any_role() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        let created = fixture.ncetm().create_batch().await.unwrap();
        assert_eq!(reason(fixture.ncetm().approve(&created).await), "CREATOR_IS_APPROVER");
        let batch = fixture.approver().approve(&created).await.unwrap();
        assert_eq!(reason(fixture.dfe_as("ncetm-anna").release(&batch).await), "CREATOR_IS_RELEASER");
        assert_eq!(reason(fixture.dfe_as("ncetm-carl").release(&batch).await), "APPROVER_IS_RELEASER");
        for text in [
            "UPDATE batch SET approver = creator",
            "UPDATE batch SET state = 'released', releaser = creator, release_time = 1",
            "UPDATE batch SET state = 'released', releaser = approver, release_time = 1",
        ] {
            assert!(fixture.sql(text).await.expect_err(text).is_check_violation(), "the CHECK of the table refuses: {text}");
        }
        fixture.dfe().release(&batch).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_returned_payment_is_reversed_once_and_can_be_paid_again() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        let batch = fixture.approver().approve(&ncetm.create_batch().await.unwrap()).await.unwrap();
        fixture.clock.move_to(noon("2018-11-22"));
        dfe.release(&batch).await.unwrap();
        let transfers = ncetm.transfers("entitlements/p100001").await;
        assert_eq!(reason(ncetm.reverse(&transfers[0].name).await), "TRANSFER_KIND", "a commitment is released, not reversed");
        let post = transfers[1].name.clone();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (ncetm, post) = (fixture.ncetm(), post.clone());
                tokio::spawn(async move { ncetm.reverse(&post).await })
            })
            .collect();
        let mut reversed = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => reversed += 1,
                refused => assert_eq!(reason(refused), "TRANSFER_REVERSED"),
            }
        }
        assert_eq!(reversed, 1);
        assert_eq!(ncetm.states(&[100_001]).await, [Payable]);
        assert_eq!(ncetm.balances("").await, [-SUBSIDY, 0, SUBSIDY, 0]);
        let batch = fixture.approver().approve(&ncetm.create_batch().await.unwrap()).await.unwrap();
        dfe.release(&batch).await.unwrap();
        assert_eq!(ncetm.balances("").await, [-SUBSIDY, 0, 0, SUBSIDY]);
        assert_eq!(ncetm.budget().await, [SUBSIDY, 0, SUBSIDY, 0]);
    }
}

#[tokio::test]
async fn entitlements_of_a_cancelled_batch_are_payable_in_another() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        let batch = ncetm.create_batch().await.unwrap();
        let cancelled = ncetm.cancel(&batch).await.unwrap();
        assert_eq!(reason(fixture.approver().approve(&cancelled).await), "BATCH_STATE");
        let validated = pb::CreateBatchRequest { request_id: ncetm.request_id(), hub: NORTH.to_owned(), validate_only: true };
        let dry_run = ncetm.payments.clone().create_batch(validated).await.unwrap().into_inner().batch.unwrap();
        assert_eq!(dry_run.entitlements_count, 1);
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1, "the dry run created no batch");
    }
}

#[tokio::test]
async fn evidence_that_lapses_in_a_batch_is_reviewed_by_a_person() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.clock.move_to(noon("2018-11-22"));
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001, 100_002]).await;
        let batch = ncetm.create_batch().await.unwrap();
        // Both attended on 2 October, and withdraw as of the day before.
        for urn in [100_001, 100_002] {
            fixture.withdraw(urn, "2018-10-01").await;
            let flagged = ncetm.entitlement(urn).await.unwrap();
            assert_eq!(
                (flagged.state(), flagged.review()),
                (Payable, pb::EntitlementReview::Lapsed),
                "an entitlement in a batch is reviewed"
            );
        }
        assert_eq!(reason(fixture.approver().approve(&batch).await), "BATCH_IN_REVIEW");
        assert_eq!(reason(ncetm.decide(100_001, pb::DecisionOutcome::Release).await), "ENTITLEMENT_IN_BATCH");
        ncetm.decide(100_001, pb::DecisionOutcome::Keep).await.unwrap();
        assert_eq!(reason(fixture.approver().approve(&batch).await), "BATCH_IN_REVIEW", "the other question is open");
        ncetm.cancel(&batch).await.unwrap();
        let released = ncetm.decide(100_002, pb::DecisionOutcome::Release).await.unwrap();
        assert_eq!((released.state(), released.review()), (Released, pb::EntitlementReview::Unspecified));
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY], "its money is available");
        fixture.enrolment.append(attended(100_002, "2018-09-28")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_002]).await, [Released], "late evidence does not reinstate it");

        // The kept entitlement is paid, and a repeated event raises no question again.
        fixture.withdraw(100_001, "2018-10-01").await;
        let batch = fixture.approver().approve(&ncetm.create_batch().await.unwrap()).await.unwrap();
        assert_eq!(batch.entitlements_count, 1);
        dfe.release(&batch).await.unwrap();
        assert_eq!(ncetm.states(&[100_001]).await, [Paid]);
    }
}

#[tokio::test]
async fn evidence_that_lapses_after_the_payment_is_reviewed_and_a_reversal_releases_the_money() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.clock.move_to(noon("2018-11-22"));
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        let batch = fixture.approver().approve(&ncetm.create_batch().await.unwrap()).await.unwrap();
        dfe.release(&batch).await.unwrap();
        fixture.withdraw(100_001, "2018-10-01").await;
        let flagged = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((flagged.state(), flagged.review()), (Paid, pb::EntitlementReview::Lapsed));
        assert_eq!(
            reason(ncetm.decide(100_001, pb::DecisionOutcome::Release).await),
            "ENTITLEMENT_STATE",
            "a paid entitlement cannot be released"
        );
        let transfers = ncetm.transfers("entitlements/p100001").await;
        let payment = transfers.iter().find(|transfer| transfer.kind() == TransferKind::Post).unwrap();
        ncetm.reverse(&payment.name).await.unwrap();
        let released = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!(
            (released.state(), released.review()),
            (Released, pb::EntitlementReview::Unspecified),
            "the question is withdrawn"
        );
        assert_eq!(ncetm.budget().await, [SUBSIDY, 0, 0, SUBSIDY]);
        assert_eq!(ncetm.balances("").await, [-SUBSIDY, SUBSIDY, 0, 0]);
    }
}

#[tokio::test]
async fn a_dry_run_answers_like_the_call_and_changes_nothing() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001]).await;
        let batch = ncetm.create_batch().await.unwrap();
        let approve = |validate_only| pb::ApproveBatchRequest {
            request_id: "approve".to_owned(),
            name: batch.name.clone(),
            etag: batch.etag.clone(),
            validate_only,
        };
        let release = |batch: &pb::Batch, validate_only| pb::ReleaseBatchRequest {
            request_id: "release".to_owned(),
            name: batch.name.clone(),
            etag: batch.etag.clone(),
            validate_only,
        };
        let before = fixture.events_count().await;
        let dry_run = fixture.approver().payments.approve_batch(approve(true)).await.unwrap().into_inner().batch.unwrap();
        assert_eq!(dry_run.state(), pb::BatchState::Approved);
        assert_eq!(
            reason(dfe.payments.clone().release_batch(release(&batch, true)).await),
            "BATCH_STATE",
            "a dry run fails like the call"
        );
        assert_eq!(fixture.events_count().await, before);
        // A dry run does not use up its request_id.
        let approved = fixture.approver().payments.approve_batch(approve(false)).await.unwrap().into_inner().batch.unwrap();
        assert_eq!(approved, dry_run);
        let dry_run = dfe.payments.clone().release_batch(release(&approved, true)).await.unwrap().into_inner().batch.unwrap();
        assert_eq!(dry_run.state(), pb::BatchState::Released);
        assert_eq!(
            (ncetm.states(&[100_001]).await, ncetm.balances("").await),
            (vec![Payable], [-2 * SUBSIDY, 0, 2 * SUBSIDY, 0])
        );
        let released = dfe.payments.clone().release_batch(release(&approved, false)).await.unwrap().into_inner().batch.unwrap();
        assert_eq!(released, dry_run);

        let transfers = ncetm.transfers("entitlements/p100001").await;
        let payment = transfers.iter().find(|one| one.kind() == TransferKind::Post).unwrap();
        let reverse = pb::ReverseTransferRequest {
            request_id: "reverse".to_owned(),
            name: payment.name.clone(),
            reason: "It came back".to_owned(),
            validate_only: true,
        };
        let dry_run = ncetm.ledger.clone().reverse_transfer(reverse).await.unwrap().into_inner().transfer.unwrap();
        assert_eq!((dry_run.kind(), dry_run.reversed_transfer.as_str()), (TransferKind::Reverse, payment.name.as_str()));
        assert_eq!(ncetm.balances("").await, [-2 * SUBSIDY, 0, SUBSIDY, SUBSIDY]);

        fixture.import_links(&[(100_001, 100_002, proto::network::v1::LinkKind::PredecessorMerged, "2018-07-01")]).await;
        let flagged = ncetm.entitlement(100_002).await.unwrap();
        let decide = pb::DecideEntitlementRequest {
            request_id: "decide".to_owned(),
            name: flagged.name.clone(),
            etag: flagged.etag.clone(),
            outcome: pb::DecisionOutcome::Release.into(),
            reason: "Looked at".to_owned(),
            validate_only: true,
        };
        let dry_run = ncetm.entitlements.clone().decide_entitlement(decide).await.unwrap().into_inner().entitlement.unwrap();
        assert_eq!(dry_run.state(), Released);
        assert_eq!(ncetm.entitlement(100_002).await.unwrap(), flagged);
    }
}
