//! One entitlement for each school lineage: academies, mergers and splits.

use db::testing::databases;
use proto::{
    enrolment::v1 as enrolment,
    funding::v1::{self as pb, DecisionOutcome, EntitlementReview, EntitlementState::*},
    network::v1::LinkKind,
};

use crate::{feed_source::participation, fixture::*};

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

#[tokio::test]
async fn an_imported_participation_is_never_paid_and_its_lineage_gets_no_second_subsidy() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        ncetm.create_policy("subsidy", pb::Policy { start_date: "2016-09-01".to_owned(), ..policy() }).await.unwrap();
        fixture.dfe().allocate(NORTH, 5).await.unwrap();
        fixture.import_links(&[(100_001, 100_500, LinkKind::Predecessor, "2017-09-01")]).await;
        fixture.import(100_001, "2016-12-01").await;
        fixture.import(100_002, "").await;
        // Late evidence of an imported participation does not pay it, and neither does a policy of its year.
        let imported = enrolment::Participation {
            name: "participations/imported100002".to_owned(),
            ..participation(100_002, NORTH, "2016/17")
        };
        fixture
            .enrolment
            .append(enrolment::AgreementSigned {
                participation: Some(imported.clone()),
                sign_date: "2016-09-10".to_owned(),
                ..Default::default()
            })
            .await;
        fixture
            .enrolment
            .append(enrolment::AttendanceRecorded {
                participation: Some(imported),
                attendance_date: "2016-10-02".to_owned(),
                first: true,
            })
            .await;
        fixture.caught_up().await;
        assert_eq!(ncetm.budget().await, [5 * SUBSIDY, 0, 0, 5 * SUBSIDY]);
        // The academy of a school whose subsidy was paid gets none in another programme; a school whose subsidy was not paid does.
        fixture.accept(&[100_500, 100_002]).await;
        let refused = ncetm.entitlement(100_500).await.unwrap();
        assert_eq!((refused.state(), refused.conflicting_entitlement.as_str()), (Refused, "entitlements/imported100001"));
        fixture.prove(&[100_500, 100_002]).await;
        assert_eq!(ncetm.states(&[100_500, 100_002]).await, [Refused, Payable]);
        assert_eq!(ncetm.budget().await, [5 * SUBSIDY, SUBSIDY, 0, 4 * SUBSIDY]);
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1);
    }
}

#[tokio::test]
async fn an_entitlement_of_a_lineage_whose_subsidy_was_paid_before_is_withheld_in_whichever_order_this_is_learned() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 3).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.prove(&[100_001, 100_002, 100_003]).await;
        // The import comes after the entitlement; or a link connects the two later.
        fixture.import(100_001, "2016-12-01").await;
        fixture.import(100_200, "2016-12-01").await;
        fixture.import_links(&[(100_200, 100_002, LinkKind::Predecessor, "2018-07-01")]).await;
        for (urn, imported) in [(100_001, 100_001), (100_002, 100_200)] {
            let flagged = ncetm.entitlement(urn).await.unwrap();
            assert_eq!((flagged.state(), flagged.review()), (Payable, EntitlementReview::Merger), "{urn}");
            assert_eq!(flagged.conflicting_entitlement, format!("entitlements/imported{imported}"));
        }
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1, "only that of the third school");
        ncetm.decide(100_001, DecisionOutcome::Release).await.unwrap();
        ncetm.decide(100_002, DecisionOutcome::Keep).await.unwrap();
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Released, Payable]);
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1, "a person has kept it");
        // After the release another place of the lineage is looked at too.
        let again =
            enrolment::Participation { name: "participations/again".to_owned(), ..participation(100_001, NORTH, "2018/19") };
        fixture.enrolment.append(accepted(again)).await;
        fixture.caught_up().await;
        let request = pb::GetEntitlementRequest { name: "entitlements/again".to_owned() };
        let again = ncetm.entitlements.clone().get_entitlement(request).await.unwrap().into_inner().entitlement.unwrap();
        assert_eq!((again.state(), again.review()), (Committed, EntitlementReview::Merger));
    }
}
