//! Review questions: none is lost behind another, and none is raised twice.

use db::testing::databases;
use proto::{
    funding::v1::{DecisionOutcome::*, EntitlementReview as Review, EntitlementState::*},
    network::v1::{self as network, LinkKind},
};

use crate::{feed_source::participation, fixture::*};

/// Two schools merge into a third on 1 January 2019.
fn merger(one: i32, other: i32) -> [(i32, i32, LinkKind, &'static str); 2] {
    [one, other].map(|urn| (urn, 100_900, LinkKind::PredecessorMerged, "2019-01-01"))
}

#[tokio::test]
async fn a_merger_that_is_imported_before_a_split_is_decided_is_raised_after_it() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 3).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        let split = [100_801, 100_802].map(|urn| (100_001, urn, LinkKind::PredecessorSplit, "2018-07-01"));
        fixture.import_links(&split).await;
        fixture.accept(&[100_801, 100_802]).await;
        fixture.prove(&[100_001, 100_801, 100_802]).await;
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.import_links(&merger(100_801, 100_802)).await;
        for urn in [100_801, 100_802] {
            assert_eq!(ncetm.entitlement(urn).await.unwrap().review(), Review::Split, "one question at a time");
        }
        for (urn, other) in [(100_801, "entitlements/p100802"), (100_802, "entitlements/p100801")] {
            let raised = ncetm.decide(urn, Keep).await.unwrap();
            assert_eq!((raised.review(), raised.conflicting_entitlement.as_str()), (Review::Merger, other));
        }
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1, "the entitlement without a question");
        let kept = ncetm.decide(100_801, Keep).await.unwrap();
        assert_eq!(kept.review(), Review::Unspecified);
        ncetm.decide(100_802, Release).await.unwrap();
        assert_eq!(ncetm.states(&[100_801, 100_802]).await, [Payable, Released]);
        fixture.import_links(&[]).await;
        assert_eq!(ncetm.entitlement(100_801).await.unwrap().review(), Review::Unspecified, "no question is raised twice");
    }
}

#[tokio::test]
async fn a_split_that_is_imported_before_a_merger_is_decided_is_raised_after_it() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 3).await;
        let ncetm = fixture.ncetm();
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.import_links(&merger(100_001, 100_002)).await;
        fixture.import_links(&[(100_003, 100_001, LinkKind::PredecessorSplit, "2018-07-01")]).await;
        let raised = ncetm.decide(100_001, Keep).await.unwrap();
        assert_eq!((raised.review(), raised.conflicting_entitlement.as_str()), (Review::Split, "entitlements/p100003"));
        assert_eq!(ncetm.decide(100_001, Keep).await.unwrap().review(), Review::Unspecified);
    }
}

#[tokio::test]
async fn evidence_that_lapses_before_a_merger_is_decided_is_a_separate_question() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001, 100_002]).await;
        let batch = ncetm.create_batch().await.unwrap();
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.import_links(&merger(100_001, 100_002)).await;
        // The school attended on 2 October, and withdraws as of the day before.
        fixture.withdraw(100_001, "2018-10-01").await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Merger);
        let raised = ncetm.decide(100_001, Keep).await.unwrap();
        assert_eq!((raised.review(), raised.conflicting_entitlement.as_str()), (Review::Lapsed, ""));
        ncetm.decide(100_002, Keep).await.unwrap();
        assert_eq!(reason(fixture.approver().approve(&batch).await), "BATCH_IN_REVIEW", "a second question is open");
        ncetm.decide(100_001, Keep).await.unwrap();
        fixture.approver().approve(&batch).await.unwrap();
    }
}

#[tokio::test]
async fn a_place_that_is_applied_after_a_merger_is_reviewed_when_it_is_recognised() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.import_links(&merger(100_001, 100_002)).await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Unspecified, "there is no other entitlement yet");
        // The claim covers the lineage on the day of acceptance, before the merger.
        fixture.enrolment.append_at(noon("2018-07-03"), accepted(participation(100_002, NORTH, "2018/19"))).await;
        fixture.caught_up().await;
        for (urn, other) in [(100_001, "entitlements/p100002"), (100_002, "entitlements/p100001")] {
            let raised = ncetm.entitlement(urn).await.unwrap();
            assert_eq!((raised.state(), raised.review()), (Committed, Review::Merger));
            assert_eq!(raised.conflicting_entitlement, other);
        }
    }
}

#[tokio::test]
async fn late_evidence_after_a_decided_merger_raises_a_question_and_pays_nothing() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001]).await;
        fixture.enrolment.append(signed(100_002, "2018-09-10")).await;
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.import_links(&merger(100_001, 100_002)).await;
        ncetm.decide(100_001, Keep).await.unwrap();
        fixture.withdraw(100_002, "2018-12-31").await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Released]);
        fixture.enrolment.append(attended(100_002, "2018-10-02")).await;
        fixture.caught_up().await;
        let again = ncetm.entitlement(100_002).await.unwrap();
        assert_eq!((again.state(), again.review()), (Payable, Review::Merger));
        assert_eq!(again.conflicting_entitlement, "entitlements/p100001");
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Unspecified, "its question was answered");
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1);
        ncetm.decide(100_002, Release).await.unwrap();
        assert_eq!(reason(ncetm.create_batch().await), "NOTHING_PAYABLE");
    }
}

#[tokio::test]
async fn late_evidence_reinstates_a_refused_entitlement_when_the_other_has_ended() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.clock.move_to(noon("2019-03-04"));
        fixture.import_links(&[(100_001, 100_600, LinkKind::Predecessor, "2019-03-01")]).await;
        fixture.accept(&[100_600]).await;
        fixture.clock.move_to(noon("2019-06-03"));
        fixture.enrolment.append(signed(100_600, "2019-03-04")).await;
        fixture.withdraw(100_600, "2019-05-31").await;
        let refused = ncetm.entitlement(100_600).await.unwrap();
        assert_eq!(refused.state(), Refused);
        fixture.withdraw(100_001, "2019-02-28").await;
        assert_eq!(ncetm.states(&[100_001, 100_600]).await, [Released, Refused], "the evidence of the refused one has lapsed");
        fixture.enrolment.append(attended(100_600, "2019-04-02")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_600]).await, [Released, Payable]);
    }
}

#[tokio::test]
async fn evidence_for_a_refused_entitlement_changes_nothing_while_the_other_is_live() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.clock.move_to(noon("2019-06-03"));
        fixture.import_links(&[(100_001, 100_600, LinkKind::Predecessor, "2019-03-01")]).await;
        fixture.accept(&[100_600]).await;
        let refused = ncetm.entitlement(100_600).await.unwrap();
        fixture.prove(&[100_600]).await;
        let proven = ncetm.entitlement(100_600).await.unwrap();
        assert_eq!((proven.state(), &proven.etag), (Refused, &refused.etag));
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
    }
}

#[tokio::test]
async fn an_obsolete_question_is_withdrawn() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 4).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.prove(&[100_001, 100_002, 100_003]).await;
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.import_links(&merger(100_001, 100_002)).await;
        fixture.import_schools(&[(100_003, network::RegisterReason::Closed)]).await;
        let review = async |urn| ncetm.entitlement(urn).await.unwrap().review();
        for (urn, expected) in [(100_001, Review::Merger), (100_002, Review::Merger), (100_003, Review::Payee)] {
            assert_eq!(review(urn).await, expected);
        }
        // One of the two ends, so the other's question is obsolete.
        let events = fixture.events_count().await;
        ncetm.decide(100_001, Release).await.unwrap();
        assert_eq!(review(100_002).await, Review::Unspecified);
        // One event for the decision, one for the transfer that releases the money, one for the withdrawn question.
        assert_eq!(fixture.events_count().await - events, 3);
        // A link names the successor of the closed school.
        fixture.import_links(&[(100_003, 100_500, LinkKind::Predecessor, "2019-01-01")]).await;
        let batch = ncetm.create_batch().await.unwrap();
        assert_eq!((review(100_003).await, batch.entitlements_count), (Review::Unspecified, 2));
        assert_eq!(ncetm.entitlement(100_003).await.unwrap().payee.unwrap().reference, "schools/100500");
        // In the batch, one school withdraws as of a day before its attendance; then an earlier attendance is recorded.
        fixture.withdraw(100_002, "2018-10-01").await;
        assert_eq!(review(100_002).await, Review::Lapsed);
        fixture.enrolment.append(attended(100_002, "2018-09-20")).await;
        fixture.caught_up().await;
        assert_eq!(review(100_002).await, Review::Unspecified);
        fixture.approver().approve(&batch).await.unwrap();
    }
}

#[tokio::test]
async fn the_next_question_is_raised_when_one_is_withdrawn() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 3).await;
        let ncetm = fixture.ncetm();
        fixture.clock.move_to(noon("2019-01-07"));
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.import_links(&merger(100_001, 100_002)).await;
        fixture.import_links(&[(100_003, 100_001, LinkKind::PredecessorSplit, "2018-07-01")]).await;
        ncetm.decide(100_002, Release).await.unwrap();
        let raised = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((raised.review(), raised.conflicting_entitlement.as_str()), (Review::Split, "entitlements/p100003"));
    }
}
