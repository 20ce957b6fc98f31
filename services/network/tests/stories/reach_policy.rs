//! The rule of reach: policies with a first day, and publications that were measured by the one in force.

use proto::network::v1::{self as pb, publish_reach_request::Part};
use tonic::{Code, Status};

use crate::{
    catalogue::{DECISION, decide},
    fixture::*,
    reach::{areas, figure, header, part, publish, published},
};

/// A policy that draws small areas half as strongly toward their region as without a policy, and ranks those of nine schools too.
pub(crate) fn policy(start_date: &str) -> pb::ReachPolicy {
    pb::ReachPolicy {
        start_date: start_date.to_owned(),
        decision: DECISION.to_owned(),
        coldness_stage: pb::ReachStage::Active.into(),
        prior_schools_count: 5,
        ranked_schools_min_count: 9,
        fact_kinds: vec![pb::ReachFactKind::Participation.into()],
        ..pb::ReachPolicy::default()
    }
}

pub(crate) fn create(request_id: &str, id: &str, policy: pb::ReachPolicy) -> pb::CreateReachPolicyRequest {
    pb::CreateReachPolicyRequest { request_id: request_id.to_owned(), reach_policy_id: id.to_owned(), reach_policy: Some(policy) }
}

async fn created(fixture: &Fixture, id: &str, policy: pb::ReachPolicy) -> Result<pb::ReachPolicy, Status> {
    let request = create(&fresh(), id, policy);
    Ok(fixture.reach_as("ncetm").create_reach_policy(request).await?.into_inner().reach_policy.unwrap())
}

/// Publishes a figure and areas that were measured by a policy.
async fn publish_by(
    fixture: &Fixture,
    policy: &str,
    true_on: &str,
    areas: Vec<pb::ColdArea>,
) -> Result<pb::ReachPublication, Status> {
    let mut header = header(&fresh(), false);
    let publication = header.reach_publication.as_mut().unwrap();
    (publication.policy, publication.true_on_date) = (policy.to_owned(), true_on.to_owned());
    publish(fixture, "publisher", vec![Part::Header(header), part(vec![figure("primary")], areas)]).await
}

#[tokio::test]
async fn a_policy_is_recorded_once_by_a_decision_of_the_council_and_listed_by_its_first_day() {
    on_each(|fixture| async move {
        let unknown = created(&fixture, "first", policy("2014-09-01")).await.unwrap_err();
        assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::FailedPrecondition, "DECISION_UNKNOWN"));
        decide(&fixture).await;
        let specialists = pb::ReachFactKind::Specialist.into();
        let mut later = policy("2018-09-01");
        later.fact_kinds.push(specialists);
        let later = created(&fixture, "a-later-one", later).await.unwrap();
        let first = created(&fixture, "first", policy("2014-09-01")).await.expect("it may start before one that is recorded");
        assert_eq!(first, pb::ReachPolicy { name: "reachPolicies/first".to_owned(), ..policy("2014-09-01") });
        let taken = created(&fixture, "first", policy("2015-09-01")).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken).as_str()), (Code::AlreadyExists, "POLICY_EXISTS"));
        let events = fixture.event_types().await;
        assert_eq!(events[events.len() - 2..], ["ReachPolicyCreated"; 2]);
        let mut reach = fixture.reach_as("publisher");
        let before = fixture.service.context.pool.statements_count();
        let ask = pb::ListReachPoliciesRequest { page_size: 1, ..Default::default() };
        let page = reach.list_reach_policies(ask.clone()).await.unwrap().into_inner();
        assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
        assert_eq!(page.reach_policies, [first], "the one that starts first");
        let rest = pb::ListReachPoliciesRequest { page_token: page.next_page_token, ..ask };
        let rest = reach.list_reach_policies(rest).await.unwrap().into_inner();
        assert_eq!((rest.reach_policies, rest.next_page_token.as_str()), (vec![later], ""));
    })
    .await;
}

#[tokio::test]
async fn of_64_policies_that_start_on_one_day_one_is_recorded() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        let ids: Vec<String> = (0..64).map(|number| format!("policy-{number}")).collect();
        let answers = futures::future::join_all(ids.iter().map(|id| created(&fixture, id, policy("2018-09-01")))).await;
        let recorded: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(recorded.len(), 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!((refused.code(), reason(refused).as_str()), (Code::AlreadyExists, "REACH_POLICY_START_TAKEN"));
            assert!(refused.message().contains(&recorded[0].name), "{refused} names the policy of the day");
        }
        created(&fixture, "next", policy("2018-09-02")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_policy_cannot_start_on_or_before_a_day_of_published_figures() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        assert_eq!(published(&fixture).await.true_on_date, "2019-08-31");
        for start in ["2014-09-01", "2019-08-31"] {
            let refused = created(&fixture, "late", policy(start)).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REACH_POLICY_TOO_EARLY"));
            assert!(refused.message().contains("2019-08-31"), "{refused} names the day of the figures");
        }
        created(&fixture, "next", policy("2019-09-01")).await.expect("it starts after the figures");
        // The rule of the day of the figures stays, also when a policy of the day before it is sent.
        assert_eq!(reason(&created(&fixture, "before", policy("2019-08-30")).await.unwrap_err()), "REACH_POLICY_TOO_EARLY");
        published(&fixture).await;
    })
    .await;
}

#[tokio::test]
async fn figures_measured_by_another_policy_than_the_one_in_force_are_refused() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        let refused = publish_by(&fixture, "reachPolicies/one", "2018-08-31", vec![]).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REACH_POLICY_DIFFERS"));
        created(&fixture, "one", policy("2018-01-01")).await.unwrap();
        created(&fixture, "two", pb::ReachPolicy { prior_schools_count: 7, ..policy("2018-09-01") }).await.unwrap();
        let measured_by = async |policy: &str, true_on: &str| {
            let name = if policy.is_empty() { String::new() } else { format!("reachPolicies/{policy}") };
            publish_by(&fixture, &name, true_on, vec![]).await
        };
        let in_force = [("", "2017-12-31"), ("one", "2018-01-01"), ("one", "2018-08-31"), ("two", "2018-09-01")];
        for (right, true_on) in in_force {
            for wrong in ["", "one", "two", "none"].into_iter().filter(|policy| *policy != right) {
                let refused = measured_by(wrong, true_on).await.unwrap_err();
                assert_eq!(reason(&refused), "REACH_POLICY_DIFFERS", "{wrong} on {true_on}");
                assert!(refused.message().contains(if right.is_empty() { "no policy" } else { right }), "{refused}");
            }
        }
        for (right, true_on) in in_force {
            let publication = measured_by(right, true_on).await.unwrap();
            let read = pb::GetReachPublicationRequest { name: publication.name.clone() };
            let read = fixture.reach_as("dfe").get_reach_publication(read).await.unwrap().into_inner().reach_publication;
            assert_eq!(read, Some(publication), "{right} on {true_on}");
        }
    })
    .await;
}

#[tokio::test]
async fn areas_are_checked_by_the_policy_of_the_publication() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        created(&fixture, "one", policy("2018-09-01")).await.unwrap();
        let refused = publish_by(&fixture, "reachPolicies/one", "2018-12-01", areas()).await.unwrap_err();
        let wrong =
            |area: usize, names: &[&str]| names.iter().map(move |name| format!("cold_areas[{area}].{name}")).collect::<Vec<_>>();
        let small = wrong(0, &["coldness_ppm", "rank", "stage"]);
        let others = [1, 2].map(|area| wrong(area, &["coldness_ppm", "stage"])).concat();
        assert_eq!(fields(&refused), [small, others].concat(), "measured without a policy");
        // By the policy (never + 5 × ½) ÷ (schools + 5), and the area of nine schools has a rank.
        let by_policy = areas().into_iter().map(|area| {
            let (coldness_ppm, rank) = match area.schools_never_reached_count {
                4 => (464_286, 2),
                5 => (441_176, 3),
                _ => (852_941, 1),
            };
            pb::ColdArea { coldness_ppm, rank, stage: pb::ReachStage::Active.into(), ..area }
        });
        publish_by(&fixture, "reachPolicies/one", "2018-12-01", by_policy.collect()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_policy_and_figures_of_its_days_are_never_both_accepted_when_they_come_at_once() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        let mut in_force = String::new();
        for day in 1..=8 {
            let (id, true_on) = (format!("policy-{day}"), format!("2018-12-0{day}"));
            let (policy, figures) =
                tokio::join!(created(&fixture, &id, policy(&true_on)), publish_by(&fixture, &in_force, &true_on, vec![]));
            match (policy, figures) {
                (Ok(policy), Err(refused)) => {
                    assert_eq!(reason(&refused), "REACH_POLICY_DIFFERS");
                    in_force = policy.name;
                }
                (Err(refused), Ok(_)) => assert_eq!(reason(&refused), "REACH_POLICY_TOO_EARLY"),
                both => panic!("{both:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn figures_of_a_day_more_than_a_year_ahead_are_refused_because_no_policy_could_start_before_it() {
    on_each(|fixture| async move {
        decide(&fixture).await;
        let refused = publish_by(&fixture, "", "2199-12-31", vec![]).await.unwrap_err();
        assert_eq!(fields(&refused), ["reach_publication.true_on_date"]);
        created(&fixture, "next", policy("2018-09-01")).await.unwrap();
    })
    .await;
}
