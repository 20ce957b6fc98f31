//! No question about an entitlement is lost behind another, and none is asked twice.

use db::testing::databases;
use proto::{
    funding::v1::{DecisionOutcome::*, EntitlementReview as Review, EntitlementState::*},
    network::v1::{self as network, LinkKind},
};

use crate::{stage::*, teller::participation};

/// Two schools merge into a third on 1 January 2019.
fn merger(one: i32, other: i32) -> [(i32, i32, LinkKind, &'static str); 2] {
    [one, other].map(|urn| (urn, 100_900, LinkKind::PredecessorMerged, "2019-01-01"))
}

#[tokio::test]
async fn a_merger_that_is_told_while_a_split_is_undecided_is_asked_when_the_split_is_answered() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 3).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        let split = [100_801, 100_802].map(|urn| (100_001, urn, LinkKind::PredecessorSplit, "2018-07-01"));
        stage.link(&split).await;
        stage.accept(&[100_801, 100_802]).await;
        stage.prove(&[100_001, 100_801, 100_802]).await;
        stage.clock.move_to(noon("2019-01-07"));
        stage.link(&merger(100_801, 100_802)).await;
        for urn in [100_801, 100_802] {
            assert_eq!(ncetm.entitlement(urn).await.unwrap().review(), Review::Split, "one question at a time");
        }
        for (urn, other) in [(100_801, "entitlements/p100802"), (100_802, "entitlements/p100801")] {
            let asked = ncetm.decide(urn, Keep).await.unwrap();
            assert_eq!((asked.review(), asked.conflicting_entitlement.as_str()), (Review::Merger, other));
        }
        assert_eq!(ncetm.make_batch().await.unwrap().entitlements_count, 1, "the one that nobody asks about");
        let kept = ncetm.decide(100_801, Keep).await.unwrap();
        assert_eq!(kept.review(), Review::Unspecified);
        ncetm.decide(100_802, Release).await.unwrap();
        assert_eq!(ncetm.states(&[100_801, 100_802]).await, [Payable, Released]);
        stage.link(&[]).await;
        assert_eq!(ncetm.entitlement(100_801).await.unwrap().review(), Review::Unspecified, "nothing is asked twice");
    }
}

#[tokio::test]
async fn a_split_that_is_told_while_a_merger_is_undecided_is_asked_when_the_merger_is_answered() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 3).await;
        let ncetm = stage.ncetm();
        stage.clock.move_to(noon("2019-01-07"));
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.link(&merger(100_001, 100_002)).await;
        stage.link(&[(100_003, 100_001, LinkKind::PredecessorSplit, "2018-07-01")]).await;
        let asked = ncetm.decide(100_001, Keep).await.unwrap();
        assert_eq!((asked.review(), asked.conflicting_entitlement.as_str()), (Review::Split, "entitlements/p100003"));
        assert_eq!(ncetm.decide(100_001, Keep).await.unwrap().review(), Review::Unspecified);
    }
}

#[tokio::test]
async fn what_lapses_while_a_merger_is_undecided_is_a_question_of_its_own() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001, 100_002]).await;
        stage.prove(&[100_001, 100_002]).await;
        let batch = ncetm.make_batch().await.unwrap();
        stage.clock.move_to(noon("2019-01-07"));
        stage.link(&merger(100_001, 100_002)).await;
        // It attended on 2 October, and is said to have left the day before.
        stage.withdraw(100_001, "2018-10-01").await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Merger);
        let asked = ncetm.decide(100_001, Keep).await.unwrap();
        assert_eq!((asked.review(), asked.conflicting_entitlement.as_str()), (Review::Lapsed, ""));
        ncetm.decide(100_002, Keep).await.unwrap();
        assert_eq!(reason(ncetm.approve(&batch).await), "BATCH_IN_REVIEW", "one answer is no answer to two questions");
        ncetm.decide(100_001, Keep).await.unwrap();
        ncetm.approve(&batch).await.unwrap();
    }
}

#[tokio::test]
async fn a_place_that_is_told_after_the_merger_is_asked_about_when_it_arises() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        stage.clock.move_to(noon("2019-01-07"));
        stage.link(&merger(100_001, 100_002)).await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Unspecified, "it meets no other yet");
        // Its claim is of its own lineage on the day of its place, which holds no school of the other's claim.
        stage.enrolment.say_at(noon("2018-07-03"), accepted(participation(100_002, NORTH, "2018/19"))).await;
        stage.caught_up().await;
        for (urn, other) in [(100_001, "entitlements/p100002"), (100_002, "entitlements/p100001")] {
            let asked = ncetm.entitlement(urn).await.unwrap();
            assert_eq!((asked.state(), asked.review()), (Committed, Review::Merger));
            assert_eq!(asked.conflicting_entitlement, other);
        }
    }
}

#[tokio::test]
async fn late_evidence_after_a_decided_merger_is_a_new_question_and_no_second_payment() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001, 100_002]).await;
        stage.prove(&[100_001]).await;
        stage.enrolment.say(signed(100_002, "2018-09-10")).await;
        stage.clock.move_to(noon("2019-01-07"));
        stage.link(&merger(100_001, 100_002)).await;
        ncetm.decide(100_001, Keep).await.unwrap();
        stage.withdraw(100_002, "2018-12-31").await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Released]);
        stage.enrolment.say(attended(100_002, "2018-10-02")).await;
        stage.caught_up().await;
        let again = ncetm.entitlement(100_002).await.unwrap();
        assert_eq!((again.state(), again.review()), (Payable, Review::Merger));
        assert_eq!(again.conflicting_entitlement, "entitlements/p100001");
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Unspecified, "this was answered");
        assert_eq!(ncetm.make_batch().await.unwrap().entitlements_count, 1);
        ncetm.decide(100_002, Release).await.unwrap();
        assert_eq!(reason(ncetm.make_batch().await), "NOTHING_PAYABLE");
    }
}

#[tokio::test]
async fn what_was_refused_and_lapsed_arises_when_late_evidence_proves_it_and_nothing_stands_in_its_way() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 1).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        stage.clock.move_to(noon("2019-03-04"));
        stage.link(&[(100_001, 100_600, LinkKind::Predecessor, "2019-03-01")]).await;
        stage.accept(&[100_600]).await;
        stage.clock.move_to(noon("2019-06-03"));
        stage.enrolment.say(signed(100_600, "2019-03-04")).await;
        stage.withdraw(100_600, "2019-05-31").await;
        let refused = ncetm.entitlement(100_600).await.unwrap();
        assert_eq!(refused.state(), Refused);
        stage.withdraw(100_001, "2019-02-28").await;
        assert_eq!(ncetm.states(&[100_001, 100_600]).await, [Released, Refused], "it has lapsed");
        stage.enrolment.say(attended(100_600, "2019-04-02")).await;
        stage.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_600]).await, [Released, Payable]);
    }
}

#[tokio::test]
async fn what_is_refused_stays_so_without_a_word_while_the_other_stands() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        stage.clock.move_to(noon("2019-06-03"));
        stage.link(&[(100_001, 100_600, LinkKind::Predecessor, "2019-03-01")]).await;
        stage.accept(&[100_600]).await;
        let refused = ncetm.entitlement(100_600).await.unwrap();
        stage.prove(&[100_600]).await;
        let proven = ncetm.entitlement(100_600).await.unwrap();
        assert_eq!((proven.state(), &proven.etag), (Refused, &refused.etag));
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
    }
}

#[tokio::test]
async fn a_question_to_which_nothing_leads_any_more_is_taken_back() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 4).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.prove(&[100_001, 100_002, 100_003]).await;
        stage.clock.move_to(noon("2019-01-07"));
        stage.link(&merger(100_001, 100_002)).await;
        stage.list(&[(100_003, network::RegisterReason::Closed)]).await;
        let asked = async |urn| ncetm.entitlement(urn).await.unwrap().review();
        for (urn, review) in [(100_001, Review::Merger), (100_002, Review::Merger), (100_003, Review::Payee)] {
            assert_eq!(asked(urn).await, review);
        }
        // One of the two ends, so the other meets none.
        let events = stage.events_count().await;
        ncetm.decide(100_001, Release).await.unwrap();
        assert_eq!(asked(100_002).await, Review::Unspecified);
        // Its money is freed, and whoever follows the feed learns that nobody needs to look at the other.
        assert_eq!(stage.events_count().await - events, 2);
        // A link tells who took the place of the school that closed.
        stage.link(&[(100_003, 100_500, LinkKind::Predecessor, "2019-01-01")]).await;
        let batch = ncetm.make_batch().await.unwrap();
        assert_eq!((asked(100_003).await, batch.entitlements_count), (Review::Unspecified, 2));
        assert_eq!(ncetm.entitlement(100_003).await.unwrap().payee.unwrap().reference, "schools/100500");
        // In the batch one is said to have left before it attended, and then to have attended earlier.
        stage.withdraw(100_002, "2018-10-01").await;
        assert_eq!(asked(100_002).await, Review::Lapsed);
        stage.enrolment.say(attended(100_002, "2018-09-20")).await;
        stage.caught_up().await;
        assert_eq!(asked(100_002).await, Review::Unspecified);
        ncetm.approve(&batch).await.unwrap();
    }
}

#[tokio::test]
async fn where_a_question_is_taken_back_the_next_takes_its_place() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 3).await;
        let ncetm = stage.ncetm();
        stage.clock.move_to(noon("2019-01-07"));
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.link(&merger(100_001, 100_002)).await;
        stage.link(&[(100_003, 100_001, LinkKind::PredecessorSplit, "2018-07-01")]).await;
        ncetm.decide(100_002, Release).await.unwrap();
        let asked = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((asked.review(), asked.conflicting_entitlement.as_str()), (Review::Split, "entitlements/p100003"));
    }
}
