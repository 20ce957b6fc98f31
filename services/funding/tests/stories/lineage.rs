//! Once per school and lineage: academies, mergers and splits.

use db::testing::databases;
use proto::{
    funding::v1::{DecisionOutcome, EntitlementReview, EntitlementState::*},
    network::v1::LinkKind,
};

use crate::stage::*;

#[tokio::test]
async fn the_academy_that_a_school_becomes_gets_no_second_thousand_pounds() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 3).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        // In March the school closes and opens again under a new number.
        stage.clock.move_to(noon("2019-03-01"));
        stage.link(&[(100_001, 100_500, LinkKind::Predecessor, "2019-03-01")]).await;
        stage.prove(&[100_001]).await;
        stage.accept(&[100_500]).await;
        let second = ncetm.entitlement(100_500).await.unwrap();
        assert_eq!((second.state(), second.conflicting_entitlement.as_str()), (Refused, "entitlements/p100001"));
        assert_eq!(ncetm.states(&[100_001]).await, [Payable], "what the school has carries over");
        assert_eq!(ncetm.budget().await, [3 * SUBSIDY, SUBSIDY, 0, 2 * SUBSIDY]);
        // When the first ends unproven, the other arises.
        stage.accept(&[100_002]).await;
        stage.link(&[(100_002, 100_600, LinkKind::Predecessor, "2019-03-01")]).await;
        stage.accept(&[100_600]).await;
        assert_eq!(ncetm.states(&[100_002, 100_600]).await, [Committed, Refused]);
        stage.withdraw(100_002, "2019-02-01").await;
        assert_eq!(ncetm.states(&[100_002, 100_600]).await, [Released, Committed]);
    }
}

#[tokio::test]
async fn what_a_merger_brings_together_is_withheld_until_a_person_decides() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 3).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.prove(&[100_001, 100_002, 100_003]).await;
        stage.clock.move_to(noon("2019-01-07"));
        let merged = LinkKind::PredecessorMerged;
        stage.link(&[(100_001, 100_700, merged, "2019-01-01"), (100_002, 100_700, merged, "2019-01-01")]).await;
        for (urn, other) in [(100_001, "entitlements/p100002"), (100_002, "entitlements/p100001")] {
            let flagged = ncetm.entitlement(urn).await.unwrap();
            assert_eq!((flagged.state(), flagged.review()), (Payable, EntitlementReview::Merger));
            assert_eq!(flagged.conflicting_entitlement, other);
        }
        let batch = ncetm.make_batch().await.unwrap();
        assert_eq!(batch.entitlements_count, 1, "neither is paid on a guess");
        ncetm.decide(100_001, DecisionOutcome::Keep).await.unwrap();
        ncetm.decide(100_002, DecisionOutcome::Release).await.unwrap();
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Released]);
        assert_eq!(reason(ncetm.decide(100_001, DecisionOutcome::Keep).await), "REVIEW_NOT_DUE");
        // The same register again asks nobody anew, and no evidence brings back what a person released.
        stage.link(&[]).await;
        stage.prove(&[100_002]).await;
        let kept = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!(kept.review(), EntitlementReview::Unspecified);
        assert_eq!(ncetm.states(&[100_002]).await, [Released]);
        assert_eq!(ncetm.make_batch().await.unwrap().entitlements_count, 1);
    }
}

#[tokio::test]
async fn a_merger_that_is_told_after_the_batch_was_made_stops_the_batch() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001, 100_002]).await;
        stage.prove(&[100_001, 100_002]).await;
        let batch = ncetm.approve(&ncetm.make_batch().await.unwrap()).await.unwrap();
        stage.link(&[(100_001, 100_002, LinkKind::PredecessorMerged, "2018-07-01")]).await;
        assert_eq!(reason(stage.dfe().release(&batch).await), "BATCH_IN_REVIEW");
        ncetm.decide(100_001, DecisionOutcome::Keep).await.unwrap();
        ncetm.decide(100_002, DecisionOutcome::Keep).await.unwrap();
        stage.dfe().release(&batch).await.unwrap();
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Paid, Paid]);
    }
}

#[tokio::test]
async fn after_a_split_nothing_is_guessed() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        stage.link(&[(100_001, 100_800, LinkKind::PredecessorSplit, "2018-07-01")]).await;
        stage.accept(&[100_800]).await;
        let flagged = ncetm.entitlement(100_800).await.unwrap();
        assert_eq!((flagged.state(), flagged.review()), (Committed, EntitlementReview::Split));
        assert_eq!(flagged.conflicting_entitlement, "entitlements/p100001");
        stage.prove(&[100_800]).await;
        assert_eq!(reason(ncetm.make_batch().await), "NOTHING_PAYABLE");
        ncetm.decide(100_800, DecisionOutcome::Keep).await.unwrap();
        assert_eq!(ncetm.make_batch().await.unwrap().entitlements_count, 1);
    }
}
