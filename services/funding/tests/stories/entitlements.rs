//! Entitlements: commitment, evidence, release and waiting for money.

use db::testing::databases;
use proto::{
    enrolment::v1 as enrolment,
    funding::v1::{self as pb, DecisionOutcome::Release, EntitlementState::*},
};

use crate::{feed_source::participation, fixture::*};

#[tokio::test]
async fn an_accepted_place_commits_money_and_evidence_makes_the_entitlement_payable() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        let committed = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((committed.state(), committed.amount_pence, committed.financial_year.as_str()), (Committed, SUBSIDY, YEAR));
        assert_eq!(
            (committed.policy.as_str(), committed.payee.unwrap().reference.as_str()),
            ("policies/subsidy", "schools/100001")
        );
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
        // The earliest attendance counts, even if its event comes later.
        fixture.enrolment.append(attended(100_001, "2018-11-06")).await;
        fixture.enrolment.append(attended(100_001, "2018-10-02")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().state(), Committed, "an attendance alone is not enough");
        fixture.enrolment.append(signed(100_001, "2018-09-10")).await;
        fixture.caught_up().await;
        let payable = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!(payable.state(), Payable);
        let evidence: Vec<_> =
            payable.evidence.iter().map(|one| (one.event_type.rsplit('.').next().unwrap(), one.evidence_date.as_str())).collect();
        assert_eq!(
            evidence,
            [("PlaceAccepted", "2018-07-02"), ("AgreementSigned", "2018-09-10"), ("AttendanceRecorded", "2018-10-02")]
        );
        assert!(payable.evidence.iter().all(|one| !one.event_id.is_empty()));
    }
}

#[tokio::test]
async fn unfunded_entitlements_are_funded_in_the_order_of_acceptance() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_003, 100_001, 100_002]).await;
        assert_eq!(ncetm.states(&[100_003, 100_001, 100_002]).await, [Committed, Unfunded, Unfunded]);
        // Evidence also counts for an unfunded entitlement.
        fixture.prove(&[100_001]).await;
        let allocated = fixture.dfe().allocate(NORTH, 1).await.unwrap();
        assert_eq!(allocated.funded_count, 1);
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Unfunded]);
        // A school that leaves without evidence releases its money for the next.
        fixture.clock.move_to(noon("2018-10-10"));
        fixture.withdraw(100_003, "2018-10-01").await;
        assert_eq!(ncetm.states(&[100_003, 100_001, 100_002]).await, [Released, Payable, Committed]);
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, 2 * SUBSIDY, 0, 0]);
        let kinds: Vec<_> = ncetm.transfers("entitlements/p100003").await.iter().map(|one| one.kind()).collect();
        assert_eq!(kinds, [pb::TransferKind::Commit, pb::TransferKind::Release]);
    }
}

#[tokio::test]
async fn late_evidence_reinstates_an_entitlement_only_for_a_day_before_the_school_left() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002]).await;
        fixture.clock.move_to(noon("2018-12-03"));
        for urn in [100_001, 100_002] {
            fixture.enrolment.append(signed(urn, "2018-09-10")).await;
            fixture.withdraw(urn, "2018-10-31").await;
        }
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Released, Released]);
        fixture.enrolment.append(attended(100_001, "2018-10-31")).await;
        fixture.enrolment.append(attended(100_002, "2018-11-01")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Released]);
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
    }
}

#[tokio::test]
async fn a_place_that_was_given_back_before_the_year_releases_its_money() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        fixture.accept(&[100_001]).await;
        let cancelled = enrolment::ParticipationCancelled {
            participation: Some(participation(100_001, NORTH, "2018/19")),
            ..Default::default()
        };
        fixture.enrolment.append(cancelled).await;
        fixture.prove(&[100_001]).await;
        assert_eq!(fixture.ncetm().states(&[100_001]).await, [Released]);
        assert_eq!(fixture.ncetm().balances("").await, [-SUBSIDY, SUBSIDY, 0, 0]);
    }
}

#[tokio::test]
async fn a_school_that_gave_a_place_back_is_entitled_again_by_a_later_place() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        fixture.clock.move_to(noon("2018-11-26"));
        fixture.enrolment.append(signed(100_001, "2018-09-10")).await;
        let cancelled = enrolment::ParticipationCancelled {
            participation: Some(participation(100_001, NORTH, "2018/19")),
            ..Default::default()
        };
        fixture.enrolment.append(cancelled).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001]).await, [Released]);
        assert_eq!(ncetm.balances("").await, [-SUBSIDY, SUBSIDY, 0, 0]);
        // The same school accepts a place of the next round.
        let later =
            enrolment::Participation { name: "participations/p100002".to_owned(), ..participation(100_001, NORTH, "2019/20") };
        fixture.enrolment.append(accepted(later)).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Released, Committed]);
        assert_eq!(ncetm.balances("").await, [-SUBSIDY, 0, SUBSIDY, 0]);
    }
}

#[tokio::test]
async fn an_acceptance_in_the_last_microsecond_of_march_belongs_to_the_ending_financial_year() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 0).await;
        // British Summer Time began that morning: midnight in London is 23:00 UTC.
        let end = day("2019-03-31").end();
        assert_eq!(end.to_string(), "2019-03-31T23:00:00Z");
        for (urn, moment) in [(100_001, end.plus_micros(-1)), (100_002, end)] {
            fixture.clock.move_to(moment);
            fixture.enrolment.append_at(moment, accepted(participation(urn, NORTH, "2019/20"))).await;
        }
        fixture.caught_up().await;
        let ncetm = fixture.ncetm();
        let years = [ncetm.entitlement(100_001).await.unwrap(), ncetm.entitlement(100_002).await.unwrap()];
        assert_eq!(years.map(|one| one.financial_year), ["2018-19", "2019-20"]);
    }
}

#[tokio::test]
async fn a_hub_and_a_school_see_their_own_entitlements_and_an_academy_those_of_its_predecessor() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        fixture.accept(&[100_001]).await;
        assert!(fixture.hub_lead(NORTH).entitlement(100_001).await.is_ok());
        assert_eq!(reason(fixture.hub_lead(SOUTH).entitlement(100_001).await), "NOT_FOUND");
        assert!(fixture.school(100_001).entitlement(100_001).await.is_ok());
        assert_eq!(reason(fixture.school(100_009).entitlement(100_001).await), "NOT_FOUND");
        fixture.import_links(&[(100_001, 100_009, proto::network::v1::LinkKind::Predecessor, "2018-07-01")]).await;
        assert!(fixture.school(100_009).entitlement(100_001).await.is_ok());
        let request = pb::GetBudgetRequest { name: format!("{NORTH}/budgets/{YEAR}") };
        let foreign = fixture.hub_lead(SOUTH).budgets.clone().get_budget(request).await;
        assert_eq!(reason(foreign), "NOT_FOUND");
    }
}

#[tokio::test]
async fn an_attendance_of_the_second_year_is_no_evidence_for_the_first() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002]).await;
        fixture.clock.move_to(noon("2019-11-04"));
        for (urn, first_attended) in [(100_001, "2019-08-31"), (100_002, "2019-09-01")] {
            fixture.enrolment.append(signed(urn, "2018-09-10")).await;
            fixture.enrolment.append(attended(urn, first_attended)).await;
        }
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Committed]);
        // A late event of an attendance in the first year is evidence.
        fixture.enrolment.append(attended(100_002, "2019-07-02")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_002]).await, [Payable]);
    }
}

#[tokio::test]
async fn a_deferral_of_the_first_year_moves_the_days_on_which_an_attendance_counts_and_one_of_the_second_does_not() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001, 100_002]).await;
        fixture.clock.move_to(noon("2020-11-04"));
        for (urn, years_completed_count) in [(100_001, 0), (100_002, 1)] {
            fixture.enrolment.append(signed(urn, "2018-09-10")).await;
            let participation = enrolment::Participation {
                years_completed_count,
                deferred_years_count: 1,
                ..participation(urn, NORTH, "2018/19")
            };
            let (participation, resume_date) = (Some(participation), "2020-03-02".to_owned());
            fixture.enrolment.append(enrolment::ParticipationResumed { participation, resume_date }).await;
            fixture.enrolment.append(attended(urn, "2020-08-31")).await;
        }
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_002]).await, [Payable, Committed]);
    }
}

#[tokio::test]
async fn a_person_can_release_an_entitlement_without_an_open_question() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        fixture.accept(&[100_001, 100_002, 100_003]).await;
        fixture.prove(&[100_001, 100_002]).await;
        // The attendance of the first was another school's.
        let released = ncetm.decide(100_001, Release).await.unwrap();
        assert_eq!(released.state(), Released);
        assert_eq!(
            ncetm.states(&[100_001, 100_002, 100_003]).await,
            [Released, Payable, Committed],
            "the next entitlement gets the money"
        );
        fixture.enrolment.append(attended(100_001, "2018-09-30")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001]).await, [Released], "no evidence reinstates it");
        assert_eq!(reason(ncetm.decide(100_001, Release).await), "ENTITLEMENT_STATE");
        // An entitlement in a batch, or paid, is released only after its batch was cancelled or its payment reversed.
        let batch = ncetm.create_batch().await.unwrap();
        assert_eq!(reason(ncetm.decide(100_002, Release).await), "ENTITLEMENT_IN_BATCH");
        dfe.release(&fixture.approver().approve(&batch).await.unwrap()).await.unwrap();
        assert_eq!(reason(ncetm.decide(100_002, Release).await), "ENTITLEMENT_STATE");
        let moved = ncetm.transfers("entitlements/p100002").await;
        let payment = moved.iter().find(|one| one.kind() == pb::TransferKind::Post).unwrap();
        ncetm.reverse(&payment.name).await.unwrap();
        ncetm.decide(100_002, Release).await.unwrap();
        assert_eq!(reason(ncetm.create_batch().await), "NOTHING_PAYABLE");
        assert_eq!(ncetm.budget().await, [2 * SUBSIDY, SUBSIDY, 0, SUBSIDY]);
    }
}

#[tokio::test]
async fn an_entitlement_of_a_place_that_a_restored_enrolment_lost_can_be_released_for_the_repeated_place() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        // Enrolment was restored from a backup without the place, and the school accepted a place again.
        let again =
            enrolment::Participation { name: "participations/again".to_owned(), ..participation(100_001, NORTH, "2018/19") };
        fixture.enrolment.append(accepted(again)).await;
        fixture.caught_up().await;
        let request = pb::GetEntitlementRequest { name: "entitlements/again".to_owned() };
        let again = async || {
            let answer = ncetm.entitlements.clone().get_entitlement(request.clone()).await;
            answer.unwrap().into_inner().entitlement.unwrap().state()
        };
        assert_eq!(again().await, Refused, "the lineage has an entitlement");
        ncetm.decide(100_001, Release).await.unwrap();
        assert_eq!((ncetm.states(&[100_001]).await, again().await), (vec![Released], Committed));
    }
}

/// The hub lead alone made a school's whole case and had it paid.
#[tokio::test]
async fn one_identity_that_records_agreement_and_attendance_makes_nothing_payable() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 2).await;
        let ncetm = fixture.ncetm();
        fixture.accept(&[100_001]).await;
        let now = fixture.clock.now();
        fixture.enrolment.append_by("lead", now, signed(100_001, "2018-09-10")).await;
        fixture.enrolment.append_by("lead", now, attended(100_001, "2018-10-02")).await;
        fixture.caught_up().await;
        let alone = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((alone.state(), alone.evidence_status()), (Committed, pb::EvidenceStatus::OneSource));
        assert_eq!(reason(ncetm.create_batch().await), "NOTHING_PAYABLE");
        // Another identity records a later attendance.
        fixture.enrolment.append_by("ncetm", now, attended(100_001, "2018-11-06")).await;
        fixture.caught_up().await;
        let payable = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((payable.state(), payable.evidence_status()), (Payable, pb::EvidenceStatus::Proven));
        assert_eq!(payable.evidence.len(), 4, "both attendances are shown");
    }
}

#[tokio::test]
async fn a_policy_can_let_one_identity_prove_an_entitlement() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        let recorded = ncetm.create_policy("one", pb::Policy { needs_two_sources: Some(false), ..policy() }).await.unwrap();
        assert_eq!(recorded.needs_two_sources, Some(false));
        fixture.dfe().allocate(NORTH, 1).await.unwrap();
        fixture.accept(&[100_001]).await;
        let now = fixture.clock.now();
        fixture.enrolment.append_by("lead", now, signed(100_001, "2018-09-10")).await;
        fixture.enrolment.append_by("lead", now, attended(100_001, "2018-10-02")).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001]).await, [Payable]);
    }
}
