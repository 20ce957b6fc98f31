//! Who gets the money when a school closes between its place and its payment.

use db::testing::databases;
use proto::{
    funding::v1::{self as pb, EntitlementState::Paid, PayeeKind},
    network::v1::{LinkKind::*, RegisterReason},
};

use crate::stage::*;

/// The payee of a school's entitlement.
async fn payee(ncetm: &Voice, urn: i64) -> String {
    ncetm.entitlement(urn).await.unwrap().payee.unwrap().reference
}

#[tokio::test]
async fn a_school_that_has_become_an_academy_is_paid_as_the_academy() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
        stage.accept(&[100_001, 100_002]).await;
        stage.prove(&[100_001, 100_002]).await;
        let stands = ncetm.entitlement(100_002).await.unwrap();
        let trust = pb::Payee { kind: PayeeKind::Trust.into(), reference: "TR00321".to_owned() };
        let request =
            pb::SetPayeeRequest { request_id: ncetm.request_id(), name: stands.name, etag: stands.etag, payee: Some(trust) };
        ncetm.entitlements.clone().set_payee(request).await.unwrap();
        // In March both become academies, and the first of these another in April.
        let links = [
            (100_001, 100_500, Predecessor, "2019-03-01"),
            (100_500, 100_501, Predecessor, "2019-04-01"),
            (100_002, 100_502, Predecessor, "2019-03-01"),
        ];
        stage.link(&links).await;
        for (today, expected) in
            [("2019-02-28", "schools/100001"), ("2019-03-01", "schools/100500"), ("2019-04-08", "schools/100501")]
        {
            stage.clock.move_to(noon(today));
            let batch = ncetm.make_batch().await.unwrap();
            assert_eq!(payee(&ncetm, 100_001).await, expected, "in a batch of {today}");
            assert_eq!(payee(&ncetm, 100_002).await, "TR00321", "what a person said stands");
            if today < "2019-04" {
                ncetm.cancel(&batch).await.unwrap();
            } else {
                dfe.release(&ncetm.approve(&batch).await.unwrap()).await.unwrap();
            }
        }
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Paid, Paid]);
        let paid = ncetm.transfers("entitlements/p100001").await.pop().unwrap();
        assert_eq!(paid.payee.unwrap().reference, "schools/100501");
    }
}

#[tokio::test]
async fn where_it_is_not_plain_who_took_a_school_s_place_nothing_is_guessed() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 7).await;
        let ncetm = stage.ncetm();
        let urns: Vec<i64> = (100_001..100_008).collect();
        stage.accept(&urns).await;
        stage.prove(&urns).await;
        stage.clock.move_to(noon("2019-03-04"));
        let links = [
            // Two at once, one of them gone again; a split on the way; a school that the register has open; ends that it has closed or not open yet.
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
        stage.link(&links).await;
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
        stage.list(&schools).await;
        // What the register does not list is paid as it says; a school that has closed is paid when a person has said to whom.
        for urn in [100_004, 100_005, 100_007] {
            assert_eq!(ncetm.entitlement(urn).await.unwrap().review(), pb::EntitlementReview::Payee);
        }
        let batch = ncetm.make_batch().await.unwrap();
        assert_eq!(batch.entitlements_count, 4);
        let kept = ncetm.decide(100_004, pb::DecisionOutcome::Keep).await.unwrap();
        assert_eq!(kept.review(), pb::EntitlementReview::Unspecified);
        let set = async |reference: &str, kind: PayeeKind| {
            let stands = ncetm.entitlement(100_005).await.unwrap();
            let payee = Some(pb::Payee { kind: kind.into(), reference: reference.to_owned() });
            let request = pb::SetPayeeRequest { request_id: ncetm.request_id(), name: stands.name, etag: stands.etag, payee };
            ncetm.entitlements.clone().set_payee(request).await.unwrap().into_inner().entitlement.unwrap().review()
        };
        assert_eq!(set("schools/100506", PayeeKind::School).await, pb::EntitlementReview::Payee, "that one has closed too");
        assert_eq!(set("TR00321", PayeeKind::Trust).await, pb::EntitlementReview::Unspecified);
        assert_eq!(ncetm.make_batch().await.unwrap().entitlements_count, 2);
        assert_eq!(payee(&ncetm, 100_005).await, "TR00321");
        for urn in 100_001..100_005 {
            assert_eq!(payee(&ncetm, urn).await, format!("schools/{urn}"));
        }
        assert_eq!(payee(&ncetm, 100_006).await, "schools/100508", "this one is plain");
    }
}

#[tokio::test]
async fn a_school_that_closed_while_it_waited_for_money_is_not_paid_before_somebody_was_asked() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 0).await;
        let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
        stage.accept(&[100_001]).await;
        stage.prove(&[100_001]).await;
        assert_eq!(ncetm.states(&[100_001]).await, [pb::EntitlementState::Unfunded]);
        stage.list(&[(100_001, RegisterReason::Closed)]).await;
        dfe.allocate(NORTH, 1).await.unwrap();
        assert_eq!(ncetm.states(&[100_001]).await, [pb::EntitlementState::Payable]);
        // Nobody waits for the service to look by itself.
        assert_eq!(reason(ncetm.make_batch().await), "NOTHING_PAYABLE");
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), pb::EntitlementReview::Payee);
        ncetm.decide(100_001, pb::DecisionOutcome::Keep).await.unwrap();
        assert_eq!(ncetm.make_batch().await.unwrap().entitlements_count, 1);
    }
}
