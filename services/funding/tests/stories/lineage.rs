//! One entitlement for each school lineage: academies, mergers and splits.

use db::testing::databases;
use proto::{
    funding::v1::{self as pb, DecisionOutcome, EntitlementReview, EntitlementState::*},
    network::v1::LinkKind,
};

use crate::fixture::*;

#[tokio::test]
async fn an_academy_gets_no_second_subsidy_after_its_predecessor() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 3).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        // In March the school becomes an academy with another URN.
        fixture.clock.move_to(noon("2019-03-01"));
        fixture.import_links(&[(100_001, 100_500, LinkKind::Predecessor, "2019-03-01")]).await;
        fixture.prove(&[100_001]).await;
        fixture.accept(&[100_500]).await;
        let second = ncetm.entitlement(100_500).await.unwrap();
        assert_eq!((second.state(), second.conflicting_entitlement.as_str()), (Refused, "entitlements/p100001"));
        assert_eq!(ncetm.states(&[100_001]).await, [Payable], "an academy sees entitlements of its predecessor");
        for urn in [100_001, 100_500] {
            let request = pb::ListEntitlementsRequest { school: school(urn), ..pb::ListEntitlementsRequest::default() };
            let found = ncetm.entitlements.clone().list_entitlements(request).await.unwrap().into_inner().entitlements;
            assert_eq!(found.len(), 2, "each URN of the lineage finds both entitlements");
        }
        assert_eq!(ncetm.budget().await, [3 * SUBSIDY, SUBSIDY, 0, 2 * SUBSIDY]);
        // When the first entitlement is released, the other is reinstated.
        fixture.accept(&[100_002]).await;
        fixture.import_links(&[(100_002, 100_600, LinkKind::Predecessor, "2019-03-01")]).await;
        fixture.accept(&[100_600]).await;
        assert_eq!(ncetm.states(&[100_002, 100_600]).await, [Committed, Refused]);
        fixture.withdraw(100_002, "2019-02-01").await;
        assert_eq!(ncetm.states(&[100_002, 100_600]).await, [Released, Committed]);
    }
}

#[tokio::test]
async fn merged_schools_entitlements_are_withheld_until_a_person_decides() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 3).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.prove(&[100_001, 100_002, 100_003]).await;
        fixture.clock.move_to(noon("2019-01-07"));
        let merged = LinkKind::PredecessorMerged;
        fixture.import_links(&[(100_001, 100_700, merged, "2019-01-01"), (100_002, 100_700, merged, "2019-01-01")]).await;
        for (urn, other) in [(100_001, "entitlements/p100002"), (100_002, "entitlements/p100001")] {
            let flagged = ncetm.entitlement(urn).await.unwrap();
            assert_eq!((flagged.state(), flagged.review()), (Payable, EntitlementReview::Merger));
            assert_eq!(flagged.conflicting_entitlement, other);
        }
        let batch = ncetm.create_batch().await.unwrap();
        assert_eq!(batch.entitlements_count, 1, "neither is paid before a decision");
        ncetm.decide(100_001, DecisionOutcome::Keep).await.unwrap();
        ncetm.decide(100_002, DecisionOutcome::Release).await.unwrap();
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Released]);
        assert_eq!(reason(ncetm.decide(100_001, DecisionOutcome::Keep).await), "REVIEW_NOT_DUE");
        // Another import of the register raises no question again, and no evidence reinstates an entitlement that a person released.
        fixture.import_links(&[]).await;
        fixture.prove(&[100_002]).await;
        let kept = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!(kept.review(), EntitlementReview::Unspecified);
        assert_eq!(ncetm.states(&[100_002]).await, [Released]);
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1);
    }
}

#[tokio::test]
async fn a_merger_that_is_imported_after_the_batch_was_created_blocks_the_batch() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001, 100_002]).await;
        let batch = fixture.approver().approve(&ncetm.create_batch().await.unwrap()).await.unwrap();
        fixture.import_links(&[(100_001, 100_002, LinkKind::PredecessorMerged, "2018-07-01")]).await;
        assert_eq!(reason(fixture.dfe().release(&batch).await), "BATCH_IN_REVIEW");
        ncetm.decide(100_001, DecisionOutcome::Keep).await.unwrap();
        ncetm.decide(100_002, DecisionOutcome::Keep).await.unwrap();
        fixture.dfe().release(&batch).await.unwrap();
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Paid, Paid]);
    }
}

#[tokio::test]
async fn an_entitlement_after_a_split_is_withheld_until_a_person_decides() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.import_links(&[(100_001, 100_800, LinkKind::PredecessorSplit, "2018-07-01")]).await;
        fixture.accept(&[100_800]).await;
        let flagged = ncetm.entitlement(100_800).await.unwrap();
        assert_eq!((flagged.state(), flagged.review()), (Committed, EntitlementReview::Split));
        assert_eq!(flagged.conflicting_entitlement, "entitlements/p100001");
        fixture.prove(&[100_800]).await;
        assert_eq!(reason(ncetm.create_batch().await), "NOTHING_PAYABLE");
        ncetm.decide(100_800, DecisionOutcome::Keep).await.unwrap();
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1);
    }
}
