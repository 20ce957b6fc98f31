//! Hubs, and which school chose which.

use proto::{approval::v1::ConfirmChangeRequest, network::v1 as pb};
use tonic::{Code, Status};

use crate::fixture::*;

async fn register(fixture: &Fixture) {
    fixture.import("2018-09-01", &extract([100_000, 100_001].map(row)), &[]).await.unwrap();
}

fn creation(request_id: &str, id: &str) -> pb::CreateHubRequest {
    let hub = pb::Hub {
        display_name: format!("The {id} hub"),
        region_code: "E12000003".to_owned(),
        start_date: "2014-09-01".to_owned(),
        ..Default::default()
    };
    let lead_school = "schools/100000".to_owned();
    pb::CreateHubRequest { request_id: request_id.to_owned(), hub_id: id.to_owned(), hub: Some(hub), lead_school }
}

async fn found(fixture: &Fixture, id: &str) -> pb::Hub {
    fixture.hubs().create_hub(creation(&fresh(), id)).await.unwrap().into_inner().hub.unwrap()
}

/// The school that chooses.
const SCHOOL: &str = "school:schools/100001";

async fn choose(fixture: &Fixture, caller: &'static str, hub: &str, day: &str) -> Result<pb::HubChoice, Status> {
    let request = pb::ChooseHubRequest {
        request_id: fresh(),
        school: "schools/100001".to_owned(),
        hub: hub.to_owned(),
        start_date: day.to_owned(),
        document_sha256: if caller == SCHOOL { String::new() } else { FORM_SHA256.to_owned() },
    };
    Ok(fixture.hubs_as(caller).choose_hub(request).await?.into_inner().hub_choice.unwrap())
}

async fn choices(fixture: &Fixture, caller: &'static str, request: pb::ListHubChoicesRequest) -> Vec<(String, String, String)> {
    let answer = fixture.hubs_as(caller).list_hub_choices(request).await.unwrap().into_inner();
    answer.hub_choices.into_iter().map(|choice| (choice.hub, choice.start_date, choice.end_date)).collect()
}

#[tokio::test]
async fn one_request_id_sent_a_hundred_times_at_once_creates_one_hub() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let calls = (0..100).map(|_| {
            let mut hubs = fixture.hubs();
            async move { hubs.create_hub(creation("one", "sheffield")).await.unwrap().into_inner() }
        });
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(fixture.event_types().await.iter().filter(|name| *name == "HubCreated").count(), 1);
        let other = fixture.hubs().create_hub(creation("one", "leeds")).await.unwrap_err();
        assert_eq!((other.code(), reason(&other).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
        let taken = fixture.hubs().create_hub(creation("two", "sheffield")).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken).as_str()), (Code::AlreadyExists, "HUB_EXISTS"));
    })
    .await;
}

#[tokio::test]
async fn an_error_names_every_wrong_field_of_a_hub() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let hub = pb::Hub { region_code: "E13".to_owned(), start_date: "1.9.2014".to_owned(), ..Default::default() };
        let request = pb::CreateHubRequest {
            request_id: String::new(),
            hub_id: "The Hub".to_owned(),
            hub: Some(hub),
            lead_school: "100000".to_owned(),
        };
        let wrong = fixture.hubs().create_hub(request).await.unwrap_err();
        assert_eq!(
            fields(&wrong),
            ["request_id", "hub_id", "hub.display_name", "hub.region_code", "hub.start_date", "lead_school"]
        );
        let mut unlisted = creation("one", "one");
        unlisted.lead_school = "schools/999999".to_owned();
        let refused = fixture.hubs().create_hub(unlisted).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "SCHOOL_NOT_LISTED"));
    })
    .await;
}

#[tokio::test]
async fn an_update_needs_the_current_etag_of_the_hub() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let hub = found(&fixture, "sheffield").await;
        let update = |hub: pb::Hub| {
            let mut hubs = fixture.hubs();
            async move { hubs.update_hub(pb::UpdateHubRequest { request_id: fresh(), hub: Some(hub) }).await }
        };
        let renamed = pb::Hub { display_name: "South Yorkshire".to_owned(), ..hub.clone() };
        let after = update(renamed.clone()).await.unwrap().into_inner().hub.unwrap();
        assert_eq!((after.display_name.as_str(), hub.etag.as_str(), after.etag.as_str()), ("South Yorkshire", "v1", "v2"));
        let stale = update(renamed).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_STALE"));
        let moved = update(pb::Hub { start_date: "2015-09-01".to_owned(), ..after.clone() }).await.unwrap_err();
        assert_eq!(fields(&moved), ["hub.start_date"]);
        let missing = update(pb::Hub { name: "hubs/none".to_owned(), ..after.clone() }).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
        choose(&fixture, SCHOOL, "hubs/sheffield", "2018-09-01").await.unwrap();
        let ended = update(pb::Hub { end_date: "2018-08-31".to_owned(), ..after.clone() }).await.unwrap_err();
        assert_eq!(reason(&ended), "HUB_CHOSEN_LATER");
        let before = fixture.service.context.pool.statements_count();
        let request = pb::GetHubRequest { name: "hubs/sheffield".to_owned() };
        assert_eq!(fixture.hubs().get_hub(request).await.unwrap().into_inner().hub, Some(after));
        assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
    })
    .await;
}

#[tokio::test]
async fn of_many_updates_at_once_one_succeeds_and_the_others_are_stale() {
    on_each(|fixture| async move {
        register(&fixture).await;
        let hub = found(&fixture, "sheffield").await;
        let calls = (0..8).map(|number| {
            let hub = pb::Hub { display_name: format!("Sheffield {number}"), ..hub.clone() };
            let mut hubs = fixture.hubs();
            async move { hubs.update_hub(pb::UpdateHubRequest { request_id: fresh(), hub: Some(hub) }).await }
        });
        let answers = futures::future::join_all(calls).await;
        let mut reasons: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_or_else(reason, |_| "OK".to_owned())).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, [&["ETAG_STALE"; 7][..], &["OK"]].concat());
    })
    .await;
}

#[tokio::test]
async fn a_choice_ends_the_earlier_one_and_replaces_one_of_the_same_day() {
    on_each(|fixture| async move {
        register(&fixture).await;
        for id in ["one", "two"] {
            found(&fixture, id).await;
        }
        choose(&fixture, SCHOOL, "hubs/one", "2016-09-01").await.unwrap();
        choose(&fixture, SCHOOL, "hubs/one", "2018-09-01").await.unwrap();
        choose(&fixture, SCHOOL, "hubs/two", "2018-09-01").await.unwrap();
        let of_school = pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        let text = |hub: &str, start: &str, end: &str| (hub.to_owned(), start.to_owned(), end.to_owned());
        let both = vec![text("hubs/one", "2016-09-01", "2018-08-31"), text("hubs/two", "2018-09-01", "")];
        assert_eq!(choices(&fixture, "ncetm", of_school.clone()).await, both);
        let on = pb::ListHubChoicesRequest { as_of_date: "2018-08-31".to_owned(), ..of_school.clone() };
        assert_eq!(choices(&fixture, "ncetm", on).await, both[..1]);
        let early = choose(&fixture, SCHOOL, "hubs/one", "2017-09-01").await.unwrap_err();
        assert_eq!((early.code(), reason(&early).as_str()), (Code::FailedPrecondition, "HUB_CHOICE_BEFORE_LAST"));
        let closed = choose(&fixture, SCHOOL, "hubs/one", "2014-08-31").await.unwrap_err();
        assert_eq!(reason(&closed), "HUB_NOT_OPEN");
        assert_eq!(choose(&fixture, SCHOOL, "hubs/none", "2019-09-01").await.unwrap_err().code(), Code::NotFound);
        let types = fixture.event_types().await;
        assert_eq!(types.iter().filter(|name| *name == "HubChosen").count(), 4, "made, ended and made, replaced: {types:?}");
        let wrong = pb::ListHubChoicesRequest { as_of_date: "x".to_owned(), ..Default::default() };
        assert_eq!(fields(&fixture.hubs().list_hub_choices(wrong).await.unwrap_err()), ["school", "as_of_date"]);
    })
    .await;
}

#[tokio::test]
async fn hub_leads_and_schools_see_and_change_only_their_own_choices() {
    on_each(|fixture| async move {
        register(&fixture).await;
        for id in ["one", "two"] {
            found(&fixture, id).await;
        }
        let foreign = choose(&fixture, "hub_lead:hubs/two", "hubs/one", "2018-09-01").await.unwrap_err();
        assert_eq!((foreign.code(), reason(&foreign).as_str()), (Code::PermissionDenied, "HUB_CHOICE_NOT_OWN"));
        choose(&fixture, "hub_lead:hubs/one", "hubs/one", "2018-09-01").await.unwrap();
        let of_school = || pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        assert_eq!(choices(&fixture, "hub_lead:hubs/one", of_school()).await.len(), 1);
        assert_eq!(choices(&fixture, "hub_lead:hubs/two", of_school()).await.len(), 0);
        assert_eq!(choices(&fixture, "school:schools/100001", of_school()).await.len(), 1);
        assert_eq!(choices(&fixture, "school:schools/100000", of_school()).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_hub_lead_alone_cannot_move_a_school_to_its_hub() {
    on_each(|fixture| async move {
        register(&fixture).await;
        for id in ["one", "two"] {
            found(&fixture, id).await;
        }
        choose(&fixture, "hub_lead:hubs/one", "hubs/one", "2016-09-01").await.expect("a first choice needs no confirmation");
        let enter = async || {
            let request = pb::ChooseHubRequest {
                request_id: "enter".to_owned(),
                school: "schools/100001".to_owned(),
                hub: "hubs/two".to_owned(),
                start_date: "2018-09-01".to_owned(),
                document_sha256: FORM_SHA256.to_owned(),
            };
            fixture.hubs_as("hub_lead:hubs/two").choose_hub(request).await.unwrap().into_inner().pending_change
        };
        let change = enter().await;
        let of_school = || pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        assert_eq!(choices(&fixture, SCHOOL, of_school()).await.len(), 1, "it is still with its hub");
        let hubs = async |caller: &'static str| {
            let request = ConfirmChangeRequest { request_id: fresh(), name: change.clone(), validate_only: false };
            fixture.approvals_as(caller).confirm_change(request).await
        };
        assert_eq!(reason(&hubs("hub_lead:hubs/two").await.unwrap_err()), "SECOND_PERSON_IS_PROPOSER");
        assert_eq!(hubs("hub_lead:hubs/one").await.unwrap_err().code(), Code::NotFound, "it concerns the hub that enters it");
        hubs(SCHOOL).await.unwrap();
        let both = choices(&fixture, SCHOOL, of_school()).await;
        assert_eq!(both.iter().map(|choice| choice.0.as_str()).collect::<Vec<_>>(), ["hubs/one", "hubs/two"]);
        choose(&fixture, "hub_lead:hubs/two", "hubs/two", "2018-09-01").await.expect("what holds already needs no confirmation");
    })
    .await;
}

#[tokio::test]
async fn an_academy_sees_the_choices_of_its_predecessor_unless_that_was_split() {
    on_each(|fixture| async move {
        // Today is 1 September 2018: 100001 has become 100002, and will become 100003.
        let in_turn = [(100_001, 100_002, "Successor", "01-09-2018"), (100_002, 100_003, "Successor", "02-09-2018")];
        let schools = extract((100_000..100_005).map(row));
        fixture.import("2018-09-01", &schools, &links(&in_turn)).await.unwrap();
        found(&fixture, "one").await;
        choose(&fixture, SCHOOL, "hubs/one", "2016-09-01").await.unwrap();
        let request = || pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        for (caller, count) in [("school:schools/100001", 1), ("school:schools/100002", 1), ("school:schools/100003", 0)] {
            assert_eq!(choices(&fixture, caller, request()).await.len(), count, "{caller}");
        }
        for (urn, count) in [(100_002, 1), (100_003, 0)] {
            let by_urn = pb::ListHubChoicesRequest { school: format!("schools/{urn}"), ..Default::default() };
            assert_eq!(choices(&fixture, "ncetm", by_urn).await.len(), count, "{urn}");
        }
        let divided = [&in_turn[..], &[(100_001, 100_004, "Successor", "01-09-2018")]].concat();
        fixture.import("2018-09-01", &schools, &links(&divided)).await.unwrap();
        for (caller, count) in [("school:schools/100002", 1), ("school:schools/100004", 0)] {
            assert_eq!(choices(&fixture, caller, request()).await.len(), count, "{caller}, while the division is pending");
        }
        fixture.confirm_links("dfe", &[]).await.unwrap();
        for caller in ["school:schools/100002", "school:schools/100004"] {
            assert_eq!(choices(&fixture, caller, request()).await, [], "{caller}");
        }
    })
    .await;
}

#[tokio::test]
async fn many_choices_of_one_school_at_once_leave_one_newest() {
    on_each(|fixture| async move {
        register(&fixture).await;
        for id in ["one", "two"] {
            found(&fixture, id).await;
        }
        let fixture = &fixture;
        let calls = (1..=20).map(|day| async move {
            let hub = if day % 2 == 0 { "hubs/one" } else { "hubs/two" };
            choose(fixture, SCHOOL, hub, &format!("2018-09-{day:02}")).await
        });
        for result in futures::future::join_all(calls).await {
            assert!(result.is_ok() || reason(&result.unwrap_err()) == "HUB_CHOICE_BEFORE_LAST");
        }
        let of_school = pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        let all = choices(fixture, "ncetm", of_school).await;
        assert_eq!(all.iter().filter(|choice| choice.2.is_empty()).count(), 1);
        assert_eq!(all.last().unwrap().1, "2018-09-20");
    })
    .await;
}

#[tokio::test]
async fn a_page_of_hubs_takes_one_statement() {
    on_each(|fixture| async move {
        register(&fixture).await;
        for id in ["c", "a", "b"] {
            found(&fixture, id).await;
        }
        let before = fixture.service.context.pool.statements_count();
        let request = pb::ListHubsRequest { page_size: 2, page_token: String::new() };
        let page = fixture.hubs().list_hubs(request).await.unwrap().into_inner();
        assert_eq!(fixture.service.context.pool.statements_count() - before, 1);
        let names = |page: &pb::ListHubsResponse| page.hubs.iter().map(|hub| hub.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&page), ["hubs/a", "hubs/b"]);
        let rest = pb::ListHubsRequest { page_size: 2, page_token: page.next_page_token };
        let rest = fixture.hubs().list_hubs(rest).await.unwrap().into_inner();
        assert_eq!((names(&rest), rest.next_page_token), (vec!["hubs/c".to_owned()], String::new()));
    })
    .await;
}
