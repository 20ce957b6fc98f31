//! Policies: days, decisions and amounts.

use db::testing::databases;
use proto::{
    funding::v1::{self as pb, EntitlementState::*, TransferKind},
    network::v1 as network,
};

use crate::{feed_source::participation, fixture::*};

#[tokio::test]
async fn a_policy_has_a_decision_and_an_amount_and_overlaps_no_other() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        for wrong in [
            pb::Policy { decision: String::new(), ..policy() },
            pb::Policy { amount_pence: 0, ..policy() },
            pb::Policy { start_date: "1 September".to_owned(), ..policy() },
            pb::Policy { end_date: "2018-08-31".to_owned(), ..policy() },
        ] {
            assert_eq!(reason(ncetm.create_policy("wrong", wrong).await), "FIELD_INVALID");
        }
        let ends = pb::Policy { end_date: "2019-08-31".to_owned(), ..policy() };
        ncetm.create_policy("first", ends.clone()).await.unwrap();
        assert_eq!(reason(ncetm.create_policy("first", ends.clone()).await), "POLICY_EXISTS");
        for (start, end) in [("2019-08-31", ""), ("2018-01-01", "2018-09-01"), ("2018-12-01", "2018-12-31"), ("2018-01-01", "")] {
            let other = pb::Policy { start_date: start.to_owned(), end_date: end.to_owned(), ..policy() };
            assert_eq!(reason(ncetm.create_policy("second", other).await), "POLICY_OVERLAP", "{start} to {end}");
        }
        let next = pb::Policy { start_date: "2019-09-01".to_owned(), amount_pence: 120_000, ..policy() };
        ncetm.create_policy("second", next).await.unwrap();
        fixture::programme(fixture.pool(), "core-maths", network::Recurrence::Yearly, &[4, 5], 1).await;
        let elsewhere = pb::Policy { programme: "core-maths".to_owned(), ..policy() };
        ncetm.create_policy("other-programme", elsewhere).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_concurrent_policies_for_the_same_days_is_recorded() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        let tasks: Vec<_> = (0..30)
            .map(|number| {
                let ncetm = fixture.ncetm();
                tokio::spawn(async move { ncetm.create_policy(&format!("p-{number}"), policy()).await.is_ok() })
            })
            .collect();
        let mut recorded = 0;
        for task in tasks {
            recorded += u32::from(task.await.unwrap());
        }
        assert_eq!(recorded, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_concurrent_policies_with_the_same_id_is_recorded() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        for number in 0..30 {
            fixture::programme(fixture.pool(), &format!("programme-{number}"), network::Recurrence::Once, &[2], 2).await;
        }
        let tasks: Vec<_> = (0..30)
            .map(|number| {
                let (ncetm, programme) = (fixture.ncetm(), format!("programme-{number}"));
                tokio::spawn(async move { ncetm.create_policy("subsidy", pb::Policy { programme, ..policy() }).await })
            })
            .collect();
        let mut recorded = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => recorded += 1,
                refused => assert_eq!(reason(refused), "POLICY_EXISTS"),
            }
        }
        assert_eq!(recorded, 1);
    }
}

#[tokio::test]
async fn the_policy_of_a_places_first_day_applies_even_if_it_is_recorded_later() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        fixture.dfe().allocate(NORTH, 5).await.unwrap();
        fixture.accept(&[100_001]).await;
        assert_eq!(reason(ncetm.entitlement(100_001).await), "NOT_FOUND", "no policy covers it yet");
        fixture.enrolment.append(accepted(participation(100_002, NORTH, "2019/20"))).await;
        fixture.caught_up().await;
        let first = pb::Policy { end_date: "2019-08-31".to_owned(), ..policy() };
        ncetm.create_policy("first", first).await.unwrap();
        assert_eq!(ncetm.states(&[100_001]).await, [Committed]);
        assert_eq!(reason(ncetm.entitlement(100_002).await), "NOT_FOUND");
        let next = pb::Policy { start_date: "2019-09-01".to_owned(), amount_pence: 120_000, ..policy() };
        ncetm.create_policy("second", next).await.unwrap();
        let second = ncetm.entitlement(100_002).await.unwrap();
        assert_eq!((second.amount_pence, second.policy.as_str()), (120_000, "policies/second"));
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().amount_pence, SUBSIDY, "the amount of a commitment is kept");
    }
}

/// A policy for these days.
fn of_days(start: &str, end: &str, amount_pence: i64) -> pb::Policy {
    pb::Policy { start_date: start.to_owned(), end_date: end.to_owned(), amount_pence, ..policy() }
}

#[tokio::test]
async fn a_later_policy_ends_one_without_an_end() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        let end_of = async |id: &str| {
            let request = pb::GetPolicyRequest { name: format!("policies/{id}") };
            ncetm.policies.clone().get_policy(request).await.unwrap().into_inner().policy.unwrap().end_date
        };
        ncetm.create_policy("first", policy()).await.unwrap();
        assert_eq!(end_of("first").await, "");
        ncetm.create_policy("second", of_days("2020-09-01", "", 120_000)).await.unwrap();
        assert_eq!((end_of("first").await.as_str(), end_of("second").await.as_str()), ("2020-08-31", ""));
        for (start, end) in [
            // The first policy has an end now; the second has none.
            ("2019-09-01", ""),
            ("2019-09-01", "2020-08-31"),
            ("2020-09-01", ""),
            ("2018-01-01", ""),
            ("2018-01-01", "2018-09-01"),
        ] {
            assert_eq!(reason(ncetm.create_policy("wrong", of_days(start, end, 5)).await), "POLICY_OVERLAP", "{start} to {end}");
        }
        ncetm.create_policy("before", of_days("2017-09-01", "2018-08-31", 5)).await.unwrap();
        ncetm.create_policy("third", of_days("2021-09-01", "2022-08-31", 130_000)).await.unwrap();
        assert_eq!(reason(ncetm.create_policy("wrong", of_days("2022-08-31", "", 5)).await), "POLICY_OVERLAP");
        fixture.dfe().allocate(NORTH, 10).await.unwrap();
        for (urn, year) in (100_001..).zip(["2018/19", "2019/20", "2020/21", "2021/22", "2022/23"]) {
            fixture.enrolment.append(accepted(participation(urn, NORTH, year))).await;
        }
        fixture.caught_up().await;
        for (urn, amount) in (100_001..).zip([SUBSIDY, SUBSIDY, 120_000, 130_000]) {
            assert_eq!(ncetm.entitlement(urn).await.unwrap().amount_pence, amount, "of {urn}");
        }
        assert_eq!(reason(ncetm.entitlement(100_005).await), "NOT_FOUND", "an ended policy does not apply again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_successors_of_one_policy_leave_no_day_with_two_policies() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 0).await;
        let tasks: Vec<_> = (0..24)
            .map(|number| {
                let ncetm = fixture.ncetm();
                let next = of_days(&format!("{}-09-01", 2030 - number % 12), "", 120_000 + number);
                tokio::spawn(async move { ncetm.create_policy(&format!("p-{number}"), next).await })
            })
            .collect();
        let mut recorded = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => recorded += 1,
                refused => assert_eq!(reason(refused), "POLICY_OVERLAP"),
            }
        }
        let listed = fixture.ncetm().policies.clone().list_policies(pb::ListPoliciesRequest::default()).await.unwrap();
        let mut policies = listed.into_inner().policies;
        assert!(recorded >= 1 && policies.len() == 1 + recorded);
        policies.sort_by(|one, other| one.start_date.cmp(&other.start_date));
        for pair in policies.windows(2) {
            assert_eq!(day(&pair[0].end_date).plus_days(1), day(&pair[1].start_date));
        }
        assert_eq!(policies.last().unwrap().end_date, "");
    }
}

#[tokio::test]
async fn a_new_rate_does_not_change_commitments_and_payments() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 10).await;
        let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
        for urn in 100_001..100_004 {
            fixture.enrolment.append(accepted(participation(urn, NORTH, "2019/20"))).await;
        }
        fixture.clock.move_to(noon("2019-11-04"));
        fixture.prove(&[100_001]).await;
        fixture.withdraw(100_003, "2019-10-04").await;
        dfe.release(&fixture.approver().approve(&ncetm.create_batch().await.unwrap()).await.unwrap()).await.unwrap();
        assert_eq!(ncetm.states(&[100_001, 100_002, 100_003]).await, [Paid, Committed, Released]);
        let (before, balances) = (ncetm.transfers("").await, ncetm.balances("").await);

        // In November the Council decides another rate for the current year only.
        ncetm.create_policy("corrected", of_days("2019-09-01", "2019-12-31", 120_000)).await.unwrap();
        assert_eq!((ncetm.transfers("").await, ncetm.balances("").await), (before, balances));
        for urn in [100_001, 100_002] {
            assert_eq!(ncetm.entitlement(urn).await.unwrap().amount_pence, SUBSIDY);
        }
        // An entitlement that is payable again, or reinstated, keeps its amount.
        let moved = ncetm.transfers("entitlements/p100001").await;
        let payment = moved.iter().find(|one| one.kind() == TransferKind::Post).unwrap();
        ncetm.reverse(&payment.name).await.unwrap();
        fixture.prove(&[100_003]).await;
        fixture.enrolment.append(accepted(participation(100_004, NORTH, "2019/20"))).await;
        fixture.caught_up().await;
        assert_eq!(ncetm.states(&[100_001, 100_003, 100_004]).await, [Payable, Payable, Unfunded]);
        let amounts = [100_001, 100_003, 100_004].map(async |urn| ncetm.entitlement(urn).await.unwrap().amount_pence);
        assert_eq!(futures::future::join_all(amounts).await, [SUBSIDY, SUBSIDY, 120_000]);
        assert_eq!(ncetm.create_batch().await.unwrap().amount_pence, 2 * SUBSIDY);
    }
}

#[tokio::test]
async fn a_reinstated_entitlement_keeps_its_amount_after_its_policy_ended() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        let ncetm = fixture.ncetm();
        fixture.enrolment.append(accepted(participation(100_001, NORTH, "2019/20"))).await;
        fixture.clock.move_to(noon("2019-11-04"));
        fixture.withdraw(100_001, "2019-10-04").await;
        ncetm.create_policy("brief", of_days("2019-01-01", "2019-03-31", 120_000)).await.unwrap();
        fixture.prove(&[100_001]).await;
        let again = ncetm.entitlement(100_001).await.unwrap();
        assert_eq!((again.state(), again.amount_pence, again.policy.as_str()), (Payable, SUBSIDY, "policies/subsidy"));
    }
}

#[tokio::test]
async fn a_policy_of_a_mistyped_programme_is_refused() {
    for database in databases().await {
        let fixture = Fixture::open(&database).await;
        let mistyped = pb::Policy { programme: "primary-teaching-for-mastry".to_owned(), ..policy() };
        assert_eq!(reason(fixture.ncetm().create_policy("subsidy", mistyped).await), "PROGRAMME_UNKNOWN");
        // The first places that it can apply to are those of September.
        let from_april = pb::Policy { start_date: "2018-04-01".to_owned(), ..policy() };
        fixture.ncetm().create_policy("subsidy", from_april).await.expect("the programme is offered in 2018/19");
    }
}
