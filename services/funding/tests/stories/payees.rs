//! Payees of schools that close between acceptance and payment.

use db::testing::databases;
use proto::{
    funding::v1::{self as pb, EntitlementState::Paid, PayeeKind},
    network::v1::{LinkKind::*, RegisterReason},
};

use crate::fixture::*;

/// The payee of a school's entitlement.
async fn payee(ncetm: &Client, urn: i64) -> String {
    ncetm.entitlement(urn).await.unwrap().payee.unwrap().reference
}

#[tokio::test]
async fn the_academy_of_a_closed_school_is_paid() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001, 100_002]).await;
        let entitlement = ncetm.entitlement(100_002).await.unwrap();
        let trust = pb::Payee { kind: PayeeKind::Trust.into(), reference: "TR00321".to_owned() };
        let request = pb::SetPayeeRequest {
            request_id: ncetm.request_id(),
            name: entitlement.name,
            etag: entitlement.etag,
            payee: Some(trust),
        };
        ncetm.set_payee(request).await.unwrap();
        // Both schools become academies in March; the first academy is replaced in April.
        let links = [
            (100_001, 100_500, Predecessor, "2019-03-01"),
            (100_500, 100_501, Predecessor, "2019-04-01"),
            (100_002, 100_502, Predecessor, "2019-03-01"),
        ];
        fixture.import_links(&links).await;
        for (today, expected) in
            [("2019-02-28", "schools/100001"), ("2019-03-01", "schools/100500"), ("2019-04-08", "schools/100501")]
        {
            fixture.clock.move_to(noon(today));
            let batch = ncetm.create_batch().await.unwrap();
            assert_eq!(payee(&ncetm, 100_001).await, expected, "in a batch of {today}");
            // The approver reads in the lines since when the school is the payee: the change of today, or the acceptance.
            let since = if today < "2019-03" { noon("2018-07-02") } else { noon(today) };
            let line = fixture.approver().entitlement(100_001).await.unwrap();
            assert_eq!((line.batch, line.payee_time), (batch.name.clone(), Some(since.to_proto())));
            assert_eq!(payee(&ncetm, 100_002).await, "TR00321", "a payee that a person set is kept");
            if today < "2019-04" {
                ncetm.cancel(&batch).await.unwrap();
            } else {
                dfe.release(&fixture.approver().approve(&batch).await.unwrap()).await.unwrap();
            }
        }
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Paid, Paid]);
        let paid = ncetm.transfers("entitlements/p100001").await.pop().unwrap();
        assert_eq!(paid.payee.unwrap().reference, "schools/100501");
    }
}

#[tokio::test]
async fn a_closed_school_without_an_unambiguous_successor_keeps_its_payee_until_a_person_decides() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 7).await;
        let ncetm = fixture.ncetm();
        let urns: Vec<i64> = (100_001..100_008).collect();
        fixture.accept(&urns).await;
        fixture.prove(&urns).await;
        fixture.clock.move_to(noon("2019-03-04"));
        let links = [
            // In order: two successors, one of them closed; a split on the path; an open school; ends that are closed, proposed, open and of unknown status.
            (100_001, 100_501, Predecessor, "2019-03-01"),
            (100_001, 100_502, Predecessor, "2019-03-01"),
            (100_002, 100_503, Predecessor, "2019-03-01"),
            (100_503, 100_504, PredecessorSplit, "2019-03-02"),
            (100_003, 100_505, Predecessor, "2019-03-01"),
            (100_004, 100_506, PredecessorMerged, "2019-03-01"),
            (100_005, 100_507, Predecessor, ""),
            (100_006, 100_508, Predecessor, ""),
            (100_007, 100_509, Predecessor, ""),
        ];
        fixture.import_links(&links).await;
        use RegisterReason::{Closed, In, NotStateFunded, ProposedToOpen, UnknownStatus};
        let schools = [
            (100_003, In),
            (100_004, Closed),
            (100_005, Closed),
            (100_006, Closed),
            (100_502, Closed),
            (100_506, Closed),
            (100_507, ProposedToOpen),
            (100_508, NotStateFunded),
            (100_007, Closed),
            (100_509, UnknownStatus),
        ];
        fixture.import_schools(&schools).await;
        // A school that the register does not list stays the payee; for a closed school a question is raised.
        for urn in [100_004, 100_005, 100_007] {
            assert_eq!(ncetm.entitlement(urn).await.unwrap().review(), pb::EntitlementReview::Payee);
        }
        let batch = ncetm.create_batch().await.unwrap();
        assert_eq!(batch.entitlements_count, 4);
        let kept = ncetm.decide(100_004, pb::DecisionOutcome::Keep).await.unwrap();
        assert_eq!(kept.review(), pb::EntitlementReview::Unspecified);
        let set = async |reference: &str, kind: PayeeKind| {
            let entitlement = ncetm.entitlement(100_005).await.unwrap();
            let payee = Some(pb::Payee { kind: kind.into(), reference: reference.to_owned() });
            let request =
                pb::SetPayeeRequest { request_id: ncetm.request_id(), name: entitlement.name, etag: entitlement.etag, payee };
            ncetm.set_payee(request).await.unwrap().review()
        };
        assert_eq!(set("schools/100506", PayeeKind::School).await, pb::EntitlementReview::Payee, "the new payee has closed too");
        assert_eq!(set("TR00321", PayeeKind::Trust).await, pb::EntitlementReview::Unspecified);
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 2);
        assert_eq!(payee(&ncetm, 100_005).await, "TR00321");
        for urn in 100_001..100_005 {
            assert_eq!(payee(&ncetm, urn).await, format!("schools/{urn}"));
        }
        assert_eq!(payee(&ncetm, 100_006).await, "schools/100508", "the successor is unambiguous");
    }
}

#[tokio::test]
async fn a_school_that_closed_while_its_entitlement_was_unfunded_is_not_paid_before_a_person_decides() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 0).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        assert_eq!(ncetm.states(&[100_001]).await, [pb::EntitlementState::Unfunded]);
        fixture.import_schools(&[(100_001, RegisterReason::Closed)]).await;
        dfe.allocate(NORTH, 1).await.unwrap();
        assert_eq!(ncetm.states(&[100_001]).await, [pb::EntitlementState::Payable]);
        // The batch raises the question before the sweep does.
        assert_eq!(reason(ncetm.create_batch().await), "NOTHING_PAYABLE");
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), pb::EntitlementReview::Payee);
        ncetm.decide(100_001, pb::DecisionOutcome::Keep).await.unwrap();
        assert_eq!(ncetm.create_batch().await.unwrap().entitlements_count, 1);
    }
}
