//! What a place entitles to: held, proven, released, and waited for.

use db::testing::databases;
use proto::{
    enrolment::v1 as enrolment,
    funding::v1::{self as pb, DecisionOutcome::Release, EntitlementState::*},
};

use crate::{stage::*, teller::participation};

#[tokio::test]
async fn a_place_holds_money_evidence_makes_it_payable_and_the_events_that_prove_it_are_listed() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        let held = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((held.state(), held.amount_pence, held.financial_year.as_str()), (Committed, SUBSIDY, YEAR));
        assert_eq!((held.policy.as_str(), held.payee.unwrap().reference.as_str()), ("policies/subsidy", "schools/100001"));
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
        // An attendance that is told later may be the earlier one, and that one counts.
        stage.enrolment.say(attended(100_001, "2018-11-06")).await;
        stage.enrolment.say(attended(100_001, "2018-10-02")).await;
        stage.caught_up().await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().state(), Committed, "nobody's word alone");
        stage.enrolment.say(signed(100_001, "2018-09-10")).await;
        stage.caught_up().await;
        let payable = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!(payable.state(), Payable);
        let told: Vec<_> =
            payable.evidence.iter().map(|one| (one.event_type.rsplit('.').next().unwrap(), one.evidence_date.as_str())).collect();
        assert_eq!(
            told,
            [("PlaceAccepted", "2018-07-02"), ("AgreementSigned", "2018-09-10"), ("AttendanceRecorded", "2018-10-02")]
        );
        assert!(payable.evidence.iter().all(|one| !one.event_id.is_empty()));
    }
}

#[tokio::test]
async fn an_exhausted_budget_loses_nothing_and_what_waits_is_funded_in_the_order_of_acceptance() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 1).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_003, 100_001, 100_002]).await;
        assert_eq!(ncetm.states(&[100_003, 100_001, 100_002]).await, [Committed, Unfunded, Unfunded]);
        // Evidence for one that waits is not lost either.
        stage.prove(&[100_001]).await;
        let allocated = stage.dfe().allocate(NORTH, 1).await.unwrap();
        assert_eq!(allocated.funded_count, 1);
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Unfunded]);
        // A school that leaves before its evidence frees the money for the next.
        stage.clock.move_to(noon("2018-10-10"));
        stage.withdraw(100_003, "2018-10-01").await;
        assert_eq!(ncetm.states(&[100_003, 100_001, 100_002]).await, [Released, Payable, Committed]);
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, 2 * SUBSIDY, 0, 0]);
        let kinds: Vec<_> = ncetm.transfers("entitlements/p100003").await.iter().map(|one| one.kind()).collect();
        assert_eq!(kinds, [pb::TransferKind::Commit, pb::TransferKind::Release]);
    }
}

#[tokio::test]
async fn late_evidence_for_a_day_before_the_school_left_brings_the_subsidy_back_and_for_a_later_day_it_does_not() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001, 100_002]).await;
        stage.clock.move_to(noon("2018-12-03"));
        for urn in [100_001, 100_002] {
            stage.enrolment.say(signed(urn, "2018-09-10")).await;
            stage.withdraw(urn, "2018-10-31").await;
        }
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Released, Released]);
        stage.enrolment.say(attended(100_001, "2018-10-31")).await;
        stage.enrolment.say(attended(100_002, "2018-11-01")).await;
        stage.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Released]);
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
    }
}

#[tokio::test]
async fn a_place_that_was_given_back_before_the_year_is_never_proven() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 1).await;
        stage.accept(&[100_001]).await;
        let cancelled = enrolment::ParticipationCancelled {
            participation: Some(participation(100_001, NORTH, "2018/19")),
            ..Default::default()
        };
        stage.enrolment.say(cancelled).await;
        stage.prove(&[100_001]).await;
        assert_eq!(stage.ncetm().states(&[100_001]).await, [Released]);
        assert_eq!(stage.ncetm().balances("").await, [-SUBSIDY, SUBSIDY, 0, 0]);
    }
}

#[tokio::test]
async fn a_place_given_back_after_the_year_started_releases_its_money_and_a_later_place_of_the_school_entitles_anew() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 1).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        stage.clock.move_to(noon("2018-11-26"));
        stage.enrolment.say(signed(100_001, "2018-09-10")).await;
        let cancelled = enrolment::ParticipationCancelled {
            participation: Some(participation(100_001, NORTH, "2018/19")),
            ..Default::default()
        };
        stage.enrolment.say(cancelled).await;
        stage.caught_up().await;
        assert_eq!(ncetm.states(&[100_001]).await, [Released]);
        assert_eq!(ncetm.balances("").await, [-SUBSIDY, SUBSIDY, 0, 0]);
        // The same school accepts a place of the next round.
        let later =
            enrolment::Participation { name: "participations/p100002".to_owned(), ..participation(100_001, NORTH, "2019/20") };
        stage.enrolment.say(accepted(later)).await;
        stage.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Released, Committed]);
        assert_eq!(ncetm.balances("").await, [-SUBSIDY, 0, SUBSIDY, 0]);
    }
}

#[tokio::test]
async fn an_acceptance_at_the_last_microsecond_of_march_belongs_to_the_year_that_ends() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 0).await;
        // In London the clocks have gone forward that morning: midnight is 23:00 UTC.
        let end = day("2019-03-31").end();
        assert_eq!(end.to_string(), "2019-03-31T23:00:00Z");
        for (urn, moment) in [(100_001, end.plus_micros(-1)), (100_002, end)] {
            stage.clock.move_to(moment);
            stage.enrolment.say_at(moment, accepted(participation(urn, NORTH, "2019/20"))).await;
        }
        stage.caught_up().await;
        let ncetm = stage.ncetm();
        let years = [ncetm.entitlement(100_001).await.unwrap(), ncetm.entitlement(100_002).await.unwrap()];
        assert_eq!(years.map(|one| one.financial_year), ["2018-19", "2019-20"]);
    }
}

#[tokio::test]
async fn a_hub_and_a_school_see_their_own_and_what_the_academy_took_over() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        stage.accept(&[100_001]).await;
        assert!(stage.hub_lead(NORTH).entitlement(100_001).await.is_ok());
        assert_eq!(reason(stage.hub_lead(SOUTH).entitlement(100_001).await), "NOT_FOUND");
        assert!(stage.school(100_001).entitlement(100_001).await.is_ok());
        assert_eq!(reason(stage.school(100_009).entitlement(100_001).await), "NOT_FOUND");
        stage.link(&[(100_001, 100_009, proto::network::v1::LinkKind::Predecessor, "2018-07-01")]).await;
        assert!(stage.school(100_009).entitlement(100_001).await.is_ok());
        let request = pb::GetBudgetRequest { name: format!("{NORTH}/budgets/{YEAR}") };
        let foreign = stage.hub_lead(SOUTH).budgets.clone().get_budget(request).await;
        assert_eq!(reason(foreign), "NOT_FOUND");
    }
}

#[tokio::test]
async fn an_attendance_of_the_second_year_pays_nothing_for_the_first() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001, 100_002]).await;
        stage.clock.move_to(noon("2019-11-04"));
        for (urn, first_attended) in [(100_001, "2019-08-31"), (100_002, "2019-09-01")] {
            stage.enrolment.say(signed(urn, "2018-09-10")).await;
            stage.enrolment.say(attended(urn, first_attended)).await;
        }
        stage.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Committed]);
        // An attendance of the first year that is told late is what was missing; else a person can free the money.
        stage.enrolment.say(attended(100_002, "2019-07-02")).await;
        stage.caught_up().await;
        assert_eq!(ncetm.states(&[100_002]).await, [Payable]);
    }
}

#[tokio::test]
async fn a_person_ends_what_is_not_to_be_paid_though_nobody_asked() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 2).await;
        let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
        stage.accept(&[100_001, 100_002, 100_003]).await;
        stage.prove(&[100_001, 100_002]).await;
        // The attendance of the first was another school's.
        let released = ncetm.decide(100_001, Release).await.unwrap();
        assert_eq!(released.state(), Released);
        assert_eq!(ncetm.states(&[100_001, 100_002, 100_003]).await, [Released, Payable, Committed], "the last gets the money");
        stage.enrolment.say(attended(100_001, "2018-09-30")).await;
        stage.caught_up().await;
        assert_eq!(ncetm.states(&[100_001]).await, [Released], "no evidence brings it back");
        assert_eq!(reason(ncetm.decide(100_001, Release).await), "ENTITLEMENT_STATE");
        // What is on its way or paid is stopped by its batch, or by a reversal; then it is not paid again.
        let batch = ncetm.make_batch().await.unwrap();
        assert_eq!(reason(ncetm.decide(100_002, Release).await), "ENTITLEMENT_IN_BATCH");
        dfe.release(&ncetm.approve(&batch).await.unwrap()).await.unwrap();
        assert_eq!(reason(ncetm.decide(100_002, Release).await), "ENTITLEMENT_STATE");
        let moved = ncetm.transfers("entitlements/p100002").await;
        let payment = moved.iter().find(|one| one.kind() == pb::TransferKind::Post).unwrap();
        ncetm.reverse(&payment.name).await.unwrap();
        ncetm.decide(100_002, Release).await.unwrap();
        assert_eq!(reason(ncetm.make_batch().await), "NOTHING_PAYABLE");
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
    }
}

#[tokio::test]
async fn a_place_that_enrolment_has_lost_with_its_last_day_makes_way_for_the_place_that_took_its_place() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 1).await;
        let ncetm = stage.ncetm();
        stage.accept(&[100_001]).await;
        // Enrolment was restored from a copy of the night before, and the school was given a place once more.
        let again =
            enrolment::Participation { name: "participations/again".to_owned(), ..participation(100_001, NORTH, "2018/19") };
        stage.enrolment.say(accepted(again)).await;
        stage.caught_up().await;
        let request = pb::GetEntitlementRequest { name: "entitlements/again".to_owned() };
        let again = async || {
            let answer = ncetm.entitlements.clone().get_entitlement(request.clone()).await;
            answer.unwrap().into_inner().entitlement.unwrap().state()
        };
        assert_eq!(again().await, Refused, "its lineage has one");
        ncetm.decide(100_001, Release).await.unwrap();
        assert_eq!((ncetm.states(&[100_001]).await, again().await), (vec![Released], Committed));
    }
}
