//! Changes with a second person: proposed, confirmed, rejected, expired. On both databases.

use crate::common::{DAY_MICROS, allocation, dfe, ncetm, on_each_database};
use access::{Caller, Role};
use prost::Message;
use proto::{
    approval::v1 as pb,
    funding::v1::{self as funding, budget_service_client::BudgetServiceClient},
};
use server::testing::metric;
use tonic::Status;
use tonic_types::StatusExt;

fn reason<T: std::fmt::Debug>(result: Result<T, Status>) -> String {
    result.unwrap_err().get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn a_change_takes_effect_when_another_identity_confirms_it() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        assert_eq!((fixture.allocations().await, fixture.listed(&dfe()).await), (0, vec![name.clone()]));
        let answer = fixture.confirm(&dfe(), &name).await.unwrap();
        let response = answer.response.unwrap();
        assert_eq!(response.type_url, "type.googleapis.com/mathshubs.funding.v1.AllocateBudgetResponse");
        let response = funding::AllocateBudgetResponse::decode(response.value.as_slice()).unwrap();
        assert_eq!((response.funded_count, fixture.allocations().await), (1, 1), "the method's own answer, and its effect");
        let change = answer.pending_change.unwrap();
        assert_eq!(
            (change.state(), change.method.as_str()),
            (pb::PendingChangeState::Confirmed, "mathshubs.funding.v1.BudgetService/AllocateBudget")
        );
        assert!(change.proposer.unwrap().role == "ncetm" && change.decider.unwrap().role == "dfe");
        assert_eq!(change.request.unwrap().value, allocation("spring").encode_to_vec());
        let event = |name: &str, confirmer: &str| (name.to_owned(), "ncetm".to_owned(), confirmer.to_owned());
        let expected = [event("ChangeProposed", ""), event("ChangeConfirmed", "dfe"), event("BudgetAllocated", "dfe")];
        assert_eq!(fixture.events().await, expected, "both identities are in the effect's events");
        assert!(fixture.listed(&dfe()).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_proposer_cannot_confirm_in_another_role_and_an_equal_subject_of_another_issuer_can() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let as_dfe = Caller { role: Role::Dfe, ..ncetm() };
        for caller in [ncetm(), as_dfe] {
            assert_eq!(reason(fixture.confirm(&caller, &name).await), "SECOND_PERSON_IS_PROPOSER", "{caller:?}");
        }
        let namesake = Caller { issuer: "https://other-issuer".into(), ..ncetm() };
        fixture.confirm(&namesake, &name).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn repeated_proposals_and_confirmations_have_one_effect_and_the_same_answer() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        assert_eq!(fixture.proposed("spring").await, name);
        let first = fixture.confirm(&dfe(), &name).await.unwrap();
        assert_eq!(fixture.confirm(&dfe(), &name).await.unwrap(), first);
        assert_eq!(reason(fixture.confirm_as(&dfe(), "another", &name).await), "CHANGE_DECIDED");
        assert_eq!((fixture.allocations().await, fixture.events().await.len()), (1, 3));
        assert_eq!(fixture.proposed("spring").await, name, "the proposal's answer stays");
    })
    .await;
}

#[tokio::test]
async fn two_confirmations_at_once_have_one_effect() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let confirmers = ["b", "c", "d", "e"].map(|subject| Caller::new(Role::Ncetm, subject));
        let answers = futures::future::join_all(confirmers.iter().map(|caller| fixture.confirm(caller, &name))).await;
        let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((done.len(), fixture.allocations().await), (1, 1));
        for answer in refused {
            let reason = reason(answer);
            assert!(["CHANGE_DECIDED", "TRY_AGAIN"].contains(&reason.as_str()), "{reason}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_no_longer_possible_stays_pending() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("small-later").await;
        fixture.execute("INSERT INTO allocation VALUES ('small-later')").await;
        assert_eq!(reason(fixture.confirm(&dfe(), &name).await), "NOT_FOUND");
        assert_eq!(fixture.listed(&dfe()).await, [name]);
    })
    .await;
}

#[tokio::test]
async fn a_change_expires_after_thirty_days() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let proposed = fixture.clock.now();
        fixture.clock.move_to(proposed.plus_micros(30 * DAY_MICROS));
        assert!(fixture.listed(&dfe()).await.is_empty());
        assert_eq!(reason(fixture.confirm(&dfe(), &name).await), "CHANGE_DECIDED");
        assert_eq!(fixture.allocations().await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_age_of_the_oldest_change_is_a_metric_until_it_is_decided_or_expires() {
    on_each_database(async |fixture| {
        let spring = fixture.proposed("spring").await;
        let proposed = fixture.clock.now();
        fixture.clock.move_to(proposed.plus_micros(10 * DAY_MICROS));
        fixture.proposed("autumn").await;
        fixture.clock.move_to(proposed.plus_micros(15 * DAY_MICROS));
        let name = r#"pending_change_oldest_age_seconds{service="sample"}"#;
        let age = async || metric(name, |shutdown| fixture.service.background(Vec::new(), shutdown)).await;
        assert_eq!(age().await, (15 * 86_400).to_string());
        fixture.confirm(&dfe(), &spring).await.unwrap();
        assert_eq!(age().await, (5 * 86_400).to_string());
        fixture.clock.move_to(proposed.plus_micros(40 * DAY_MICROS));
        assert_eq!(age().await, "0", "it has expired");
    })
    .await;
}

#[tokio::test]
async fn the_request_of_a_decided_or_expired_change_is_deleted_after_thirty_days() {
    on_each_database(async |fixture| {
        let (decided, expired) = (fixture.proposed("spring").await, fixture.proposed("autumn").await);
        fixture.confirm(&dfe(), &decided).await.unwrap();
        let kept_after = async |days: i64| {
            fixture.clock.move_to(fixture.clock.now().plus_micros(days * DAY_MICROS));
            fixture.service.forget_old().await.unwrap();
            fixture.count("SELECT COUNT(*) FROM pending_change WHERE length(request) > 0").await
        };
        assert_eq!((kept_after(29).await, kept_after(2).await, kept_after(30).await), (2, 1, 0));
        assert_eq!(reason(fixture.confirm(&dfe(), &expired).await), "CHANGE_DECIDED");
        assert_eq!(reason(fixture.confirm(&dfe(), &decided).await), "CHANGE_DECIDED");
    })
    .await;
}

#[tokio::test]
async fn a_rejected_change_never_takes_effect() {
    on_each_database(async |fixture| {
        let (name, other) = (fixture.proposed("spring").await, fixture.proposed("autumn").await);
        let rejected = fixture.reject(&dfe(), &name).await.unwrap().pending_change.unwrap();
        assert_eq!(rejected.state(), pb::PendingChangeState::Rejected);
        assert_eq!(reason(fixture.confirm(&dfe(), &name).await), "CHANGE_DECIDED");
        fixture.reject(&ncetm(), &other).await.unwrap();
        assert_eq!((fixture.allocations().await, fixture.listed(&dfe()).await.len()), (0, 0), "a proposer withdraws a change");
    })
    .await;
}

#[tokio::test]
async fn a_hub_sees_its_own_changes_and_cannot_confirm_what_its_role_may_not() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let (own, other) = (Caller::hub_lead("hubs/north", "lead"), Caller::hub_lead("hubs/south", "lead-2"));
        assert_eq!((fixture.listed(&own).await, fixture.listed(&other).await), (vec![name.clone()], Vec::new()));
        assert_eq!(reason(fixture.confirm(&own, &name).await), "SECOND_PERSON_NOT_ALLOWED");
        assert_eq!(reason(fixture.confirm(&other, &name).await), "NOT_FOUND", "it does not exist for another hub");
        assert_eq!(reason(fixture.reject(&own, &name).await), "SECOND_PERSON_NOT_ALLOWED");
        assert_eq!(reason(fixture.confirm(&dfe(), "pendingChanges/none").await), "NOT_FOUND");
        assert_eq!(reason(fixture.confirm(&dfe(), "none").await), "FIELD_INVALID");
    })
    .await;
}

#[tokio::test]
async fn a_school_and_its_successor_see_what_concerns_it() {
    on_each_database(async |fixture| {
        let name = fixture.proposed("spring").await;
        let links = "INSERT INTO school_link VALUES (100001, 100002, FALSE, '2018-01-01'), (100001, 100003, TRUE, '2018-01-01')";
        fixture.execute(links).await;
        for (urn, sees) in [(100_001, true), (100_002, true), (100_003, false), (100_004, false)] {
            let school = Caller::school(format!("schools/{urn}"), "office");
            assert_eq!(fixture.listed(&school).await, if sees { vec![name.clone()] } else { Vec::new() }, "{urn}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_leaves_no_change_and_an_exempt_call_takes_effect_at_once() {
    on_each_database(async |fixture| {
        let dry = funding::AllocateBudgetRequest { validate_only: true, ..allocation("spring") };
        let answer = BudgetServiceClient::new(fixture.line(&ncetm())).allocate_budget(dry).await.unwrap().into_inner();
        assert_eq!((answer.funded_count, answer.pending_change.as_str()), (1, ""));
        assert!(fixture.listed(&dfe()).await.is_empty() && fixture.events().await.is_empty());
        let answer = fixture.allocate(&ncetm(), "small").await.unwrap();
        assert_eq!((answer.funded_count, answer.pending_change.as_str(), fixture.allocations().await), (1, "", 1));
    })
    .await;
}
