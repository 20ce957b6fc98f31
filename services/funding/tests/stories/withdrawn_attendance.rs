//! Attendance that a correction takes away: before a payment the proof is gone, after it a person is asked.

use db::testing::databases;
use proto::funding::v1::{DecisionOutcome::Keep, EntitlementReview as Review, EntitlementState::*, TransferKind};

use crate::fixture::*;

#[tokio::test]
async fn before_the_payment_the_only_attendance_is_withdrawn_and_the_entitlement_waits_for_another() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.clock.move_to(noon("2018-11-22"));
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        assert_eq!(ncetm.states(&[100_001]).await, [Payable]);
        fixture.withdraw_attendance(100_001, "2018-10-02").await;
        let unproven = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((unproven.state(), unproven.review()), (Committed, Review::Unspecified));
        assert_eq!(fixture.events().await.last().unwrap(), "EntitlementProofWithdrawn");
        assert_eq!(reason(ncetm.create_batch().await), "NOTHING_PAYABLE");
        assert_eq!(ncetm.budget().await[1], SUBSIDY, "its money stays committed");
        fixture.enrolment.append(attended(100_001, "2018-11-06")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001]).await, [Payable], "another attendance proves it");
    }
}

#[tokio::test]
async fn a_withdrawn_attendance_changes_nothing_while_another_proves_the_entitlement() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        fixture.enrolment.append(attended(100_001, "2018-11-06")).await;
        for (withdrawn, expected) in [("2018-10-02", Payable), ("2018-10-02", Payable), ("2018-11-06", Committed)] {
            fixture.withdraw_attendance(100_001, withdrawn).await;
            assert_eq!(ncetm.states(&[100_001]).await, [expected], "{withdrawn}");
        }
    }
}

#[tokio::test]
async fn in_a_batch_and_after_the_payment_a_person_is_asked_and_a_reversal_waits_for_evidence() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.clock.move_to(noon("2018-11-22"));
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        let batch = ncetm.create_batch().await.unwrap();
        fixture.withdraw_attendance(100_001, "2018-10-02").await;
        let flagged = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((flagged.state(), flagged.review()), (Payable, Review::Lapsed), "it is in a batch");
        assert_eq!(reason(fixture.approver().approve(&batch).await), "BATCH_IN_REVIEW");
        // The correction was wrong: the attendance is recorded again, and the question is withdrawn.
        fixture.enrolment.append(attended(100_001, "2018-10-02")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Unspecified);
        dfe.release(&fixture.approver().approve(&batch).await.unwrap()).await.unwrap();

        fixture.withdraw_attendance(100_001, "2018-10-02").await;
        let flagged = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((flagged.state(), flagged.review()), (Paid, Review::Lapsed));
        let kept = ncetm.decide(100_001, Keep).await.unwrap();
        assert_eq!((kept.state(), kept.review()), (Paid, Review::Unspecified));
        let transfers = ncetm.transfers("entitlements/p100001").await;
        let payment = transfers.iter().find(|transfer| transfer.kind() == TransferKind::Post).unwrap();
        ncetm.reverse(&payment.name).await.unwrap();
        let reversed = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((reversed.state(), reversed.review()), (Committed, Review::Unspecified), "nothing proves it any more");
        fixture.enrolment.append(attended(100_001, "2018-11-06")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001]).await, [Payable]);
    }
}

#[tokio::test]
async fn an_attendance_that_is_withdrawn_after_an_answer_raises_the_question_again() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        for day in ["2018-11-06", "2018-12-04"] {
            fixture.enrolment.append(attended(100_001, day)).await;
        }
        fixture.caught_up().await;
        let batch = ncetm.create_batch().await.unwrap();
        dfe.release(&fixture.approver().approve(&batch).await.unwrap()).await.unwrap();
        // The school left before it attended, and a person keeps the payment because it attended all the same.
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.withdraw(100_001, "2018-10-01").await;
        let review = async || ncetm.entitlement(100_001).await.unwrap().review();
        assert_eq!(review().await, Review::Lapsed);
        ncetm.decide(100_001, Keep).await.unwrap();
        let events = fixture.events_count().await;
        fixture.withdraw_attendance(100_001, "2018-12-04").await;
        assert_eq!((review().await, fixture.events_count().await), (Review::Unspecified, events), "an earlier one is left");
        fixture.withdraw_attendance(100_001, "2018-10-02").await;
        assert_eq!(review().await, Review::Lapsed, "the evidence by which it was kept is gone");
        // A question that is open is not raised twice.
        let events = fixture.events_count().await;
        fixture.withdraw_attendance(100_001, "2018-11-06").await;
        assert_eq!((review().await, fixture.events_count().await), (Review::Lapsed, events));
        assert_eq!(ncetm.decide(100_001, Keep).await.unwrap().review(), Review::Unspecified);
        // The same correction again withdraws nothing.
        fixture.withdraw_attendance(100_001, "2018-11-06").await;
        assert_eq!((review().await, ncetm.states(&[100_001]).await), (Review::Unspecified, vec![Paid]));
    }
}
