//! Policies: dated, decided, and never two at once.

use db::testing::databases;
use proto::funding::v1::{self as pb, EntitlementState::*};

use crate::{stage::*, teller::participation};

#[tokio::test]
async fn a_policy_needs_a_decision_and_an_amount_and_overlaps_no_other() {
    for database in databases().await {
        let stage = Stage::open(&database).await;
        let ncetm = stage.ncetm();
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
        let elsewhere = pb::Policy { programme: "core-maths".to_owned(), ..policy() };
        ncetm.create_policy("other-programme", elsewhere).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_policies_for_the_same_days_at_once_one_is_recorded() {
    for database in databases().await {
        let stage = Stage::open(&database).await;
        let tasks: Vec<_> = (0..30)
            .map(|number| {
                let ncetm = stage.ncetm();
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

#[tokio::test]
async fn a_place_goes_by_the_policy_of_its_first_day_also_when_that_is_recorded_later() {
    for database in databases().await {
        let stage = Stage::open(&database).await;
        let ncetm = stage.ncetm();
        stage.dfe().allocate(NORTH, 5).await.unwrap();
        stage.accept(&[100_001]).await;
        assert_eq!(reason(ncetm.entitlement(100_001).await), "NOT_FOUND", "no policy covers it yet");
        stage.enrolment.say(accepted(participation(100_002, NORTH, "2019/20"))).await;
        stage.caught_up().await;
        let first = pb::Policy { end_date: "2019-08-31".to_owned(), ..policy() };
        ncetm.create_policy("first", first).await.unwrap();
        assert_eq!(ncetm.states(&[100_001]).await, [Committed]);
        assert_eq!(reason(ncetm.entitlement(100_002).await), "NOT_FOUND");
        let next = pb::Policy { start_date: "2019-09-01".to_owned(), amount_pence: 120_000, ..policy() };
        ncetm.create_policy("second", next).await.unwrap();
        let second = ncetm.entitlement(100_002).await.unwrap();
        assert_eq!((second.amount_pence, second.policy.as_str()), (120_000, "policies/second"));
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().amount_pence, SUBSIDY, "what was held stays as it was");
    }
}
