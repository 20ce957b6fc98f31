//! Hubs, and which school chose which.

use proto::network::v1 as pb;
use tonic::{Code, Status};

use crate::setting::*;

async fn register(setting: &Setting) {
    setting.import("2018-09-01", &extract([100_000, 100_001].map(row)), &[]).await.unwrap();
}

fn creation(request_id: &str, id: &str) -> pb::CreateHubRequest {
    let hub = pb::Hub {
        display_name: format!("The {id} hub"),
        lead_school: "schools/100000".to_owned(),
        start_date: "2014-09-01".to_owned(),
        ..Default::default()
    };
    pb::CreateHubRequest { request_id: request_id.to_owned(), hub_id: id.to_owned(), hub: Some(hub) }
}

async fn found(setting: &Setting, id: &str) -> pb::Hub {
    setting.hubs().create_hub(creation(&fresh(), id)).await.unwrap().into_inner().hub.unwrap()
}

async fn choose(setting: &Setting, caller: &'static str, hub: &str, day: &str) -> Result<pb::HubChoice, Status> {
    let request = pb::ChooseHubRequest {
        request_id: fresh(),
        school: "schools/100001".to_owned(),
        hub: hub.to_owned(),
        start_date: day.to_owned(),
    };
    Ok(setting.hubs_as(caller).choose_hub(request).await?.into_inner().hub_choice.unwrap())
}

async fn choices(setting: &Setting, caller: &'static str, request: pb::ListHubChoicesRequest) -> Vec<(String, String, String)> {
    let answer = setting.hubs_as(caller).list_hub_choices(request).await.unwrap().into_inner();
    answer.hub_choices.into_iter().map(|choice| (choice.hub, choice.start_date, choice.end_date)).collect()
}

#[tokio::test]
async fn the_same_request_a_hundred_times_at_once_founds_one_hub() {
    on_each(|setting| async move {
        register(&setting).await;
        let calls = (0..100).map(|_| {
            let mut hubs = setting.hubs();
            async move { hubs.create_hub(creation("one", "sheffield")).await.unwrap().into_inner() }
        });
        let answers = futures::future::join_all(calls).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(setting.event_types().await.iter().filter(|name| *name == "HubCreated").count(), 1);
        let other = setting.hubs().create_hub(creation("one", "leeds")).await.unwrap_err();
        assert_eq!((other.code(), reason(&other).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
        let taken = setting.hubs().create_hub(creation("two", "sheffield")).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken).as_str()), (Code::AlreadyExists, "HUB_EXISTS"));
    })
    .await;
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_hub_is_said_at_once() {
    on_each(|setting| async move {
        register(&setting).await;
        let hub = pb::Hub { lead_school: "100000".to_owned(), start_date: "1.9.2014".to_owned(), ..Default::default() };
        let request = pb::CreateHubRequest { request_id: String::new(), hub_id: "The Hub".to_owned(), hub: Some(hub) };
        let wrong = setting.hubs().create_hub(request).await.unwrap_err();
        assert_eq!(fields(&wrong), ["request_id", "hub_id", "hub.display_name", "hub.lead_school", "hub.start_date"]);
        let mut unlisted = creation("one", "one");
        unlisted.hub.as_mut().unwrap().lead_school = "schools/999999".to_owned();
        let refused = setting.hubs().create_hub(unlisted).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "SCHOOL_NOT_LISTED"));
    })
    .await;
}

#[tokio::test]
async fn an_update_needs_the_hub_as_it_stands() {
    on_each(|setting| async move {
        register(&setting).await;
        let hub = found(&setting, "sheffield").await;
        let update = |hub: pb::Hub| {
            let mut hubs = setting.hubs();
            async move { hubs.update_hub(pb::UpdateHubRequest { request_id: fresh(), hub: Some(hub) }).await }
        };
        let renamed = pb::Hub { display_name: "South Yorkshire".to_owned(), ..hub.clone() };
        let after = update(renamed.clone()).await.unwrap().into_inner().hub.unwrap();
        assert_eq!((after.display_name.as_str(), after.etag == hub.etag), ("South Yorkshire", false));
        let stale = update(renamed).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "ETAG_STALE"));
        let moved = update(pb::Hub { start_date: "2015-09-01".to_owned(), ..after.clone() }).await.unwrap_err();
        assert_eq!(fields(&moved), ["hub.start_date"]);
        let missing = update(pb::Hub { name: "hubs/none".to_owned(), ..after.clone() }).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
        choose(&setting, "ncetm", "hubs/sheffield", "2018-09-01").await.unwrap();
        let ended = update(pb::Hub { end_date: "2018-08-31".to_owned(), ..after.clone() }).await.unwrap_err();
        assert_eq!(reason(&ended), "HUB_CHOSEN_LATER");
        let before = setting.service.context.pool.statements_count();
        let request = pb::GetHubRequest { name: "hubs/sheffield".to_owned() };
        assert_eq!(setting.hubs().get_hub(request).await.unwrap().into_inner().hub, Some(after));
        assert_eq!(setting.service.context.pool.statements_count() - before, 1);
    })
    .await;
}

#[tokio::test]
async fn of_many_updates_at_once_one_succeeds_and_the_others_have_read_an_old_hub() {
    on_each(|setting| async move {
        setting.import("2018-09-01", &extract((100_000..100_008).map(row)), &[]).await.unwrap();
        let hub = found(&setting, "sheffield").await;
        // Each names another school, so that nothing but the hub keeps them apart.
        let calls = (100_000..100_008).map(|urn| {
            let hub = pb::Hub { lead_school: format!("schools/{urn}"), ..hub.clone() };
            let mut hubs = setting.hubs();
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
async fn a_choice_ends_the_one_before_it_and_replaces_one_of_the_same_day() {
    on_each(|setting| async move {
        register(&setting).await;
        for id in ["one", "two"] {
            found(&setting, id).await;
        }
        choose(&setting, "ncetm", "hubs/one", "2016-09-01").await.unwrap();
        choose(&setting, "ncetm", "hubs/one", "2018-09-01").await.unwrap();
        choose(&setting, "ncetm", "hubs/two", "2018-09-01").await.unwrap();
        let of_school = pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        let text = |hub: &str, start: &str, end: &str| (hub.to_owned(), start.to_owned(), end.to_owned());
        let both = vec![text("hubs/one", "2016-09-01", "2018-08-31"), text("hubs/two", "2018-09-01", "")];
        assert_eq!(choices(&setting, "ncetm", of_school.clone()).await, both);
        let on = pb::ListHubChoicesRequest { as_of_date: "2018-08-31".to_owned(), ..of_school.clone() };
        assert_eq!(choices(&setting, "ncetm", on).await, both[..1]);
        let early = choose(&setting, "ncetm", "hubs/one", "2017-09-01").await.unwrap_err();
        assert_eq!((early.code(), reason(&early).as_str()), (Code::FailedPrecondition, "HUB_CHOICE_BEFORE_LAST"));
        let closed = choose(&setting, "ncetm", "hubs/one", "2014-08-31").await.unwrap_err();
        assert_eq!(reason(&closed), "HUB_NOT_OPEN");
        assert_eq!(choose(&setting, "ncetm", "hubs/none", "2019-09-01").await.unwrap_err().code(), Code::NotFound);
        let types = setting.event_types().await;
        assert_eq!(types.iter().filter(|name| *name == "HubChosen").count(), 4, "made, ended and made, replaced: {types:?}");
        let wrong = pb::ListHubChoicesRequest { as_of_date: "x".to_owned(), ..Default::default() };
        assert_eq!(fields(&setting.hubs().list_hub_choices(wrong).await.unwrap_err()), ["school", "as_of_date"]);
    })
    .await;
}

#[tokio::test]
async fn hub_leads_and_schools_see_and_touch_their_own_only() {
    on_each(|setting| async move {
        register(&setting).await;
        for id in ["one", "two"] {
            found(&setting, id).await;
        }
        let foreign = choose(&setting, "hub_lead:hubs/two", "hubs/one", "2018-09-01").await.unwrap_err();
        assert_eq!((foreign.code(), reason(&foreign).as_str()), (Code::PermissionDenied, "HUB_NOT_OWN"));
        choose(&setting, "hub_lead:hubs/one", "hubs/one", "2018-09-01").await.unwrap();
        let of_school = || pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        assert_eq!(choices(&setting, "hub_lead:hubs/one", of_school()).await.len(), 1);
        assert_eq!(choices(&setting, "hub_lead:hubs/two", of_school()).await.len(), 0);
        assert_eq!(choices(&setting, "school:schools/100001", of_school()).await.len(), 1);
        assert_eq!(choices(&setting, "school:schools/100000", of_school()).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_academy_sees_what_the_school_chose_that_it_was_and_not_what_a_divided_one_did() {
    on_each(|setting| async move {
        // Today is 1 September 2018: 100001 has become 100002, and will become 100003.
        let in_turn = [(100_001, 100_002, "Successor", "01-09-2018"), (100_002, 100_003, "Successor", "02-09-2018")];
        let schools = extract((100_000..100_005).map(row));
        setting.import("2018-09-01", &schools, &links(&in_turn)).await.unwrap();
        found(&setting, "one").await;
        choose(&setting, "ncetm", "hubs/one", "2016-09-01").await.unwrap();
        let request = || pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        for (caller, count) in [("school:schools/100001", 1), ("school:schools/100002", 1), ("school:schools/100003", 0)] {
            assert_eq!(choices(&setting, caller, request()).await.len(), count, "{caller}");
        }
        let divided = [&in_turn[..], &[(100_001, 100_004, "Successor", "01-09-2018")]].concat();
        setting.import("2018-09-01", &schools, &links(&divided)).await.unwrap();
        for caller in ["school:schools/100002", "school:schools/100004"] {
            assert_eq!(choices(&setting, caller, request()).await, [], "{caller}");
        }
    })
    .await;
}

#[tokio::test]
async fn many_choices_of_one_school_at_once_leave_one_newest() {
    on_each(|setting| async move {
        register(&setting).await;
        for id in ["one", "two"] {
            found(&setting, id).await;
        }
        let setting = &setting;
        let calls = (1..=20).map(|day| async move {
            let hub = if day % 2 == 0 { "hubs/one" } else { "hubs/two" };
            choose(setting, "ncetm", hub, &format!("2018-09-{day:02}")).await
        });
        for result in futures::future::join_all(calls).await {
            assert!(result.is_ok() || reason(&result.unwrap_err()) == "HUB_CHOICE_BEFORE_LAST");
        }
        let of_school = pb::ListHubChoicesRequest { school: "schools/100001".to_owned(), ..Default::default() };
        let all = choices(setting, "ncetm", of_school).await;
        assert_eq!(all.iter().filter(|choice| choice.2.is_empty()).count(), 1);
        assert_eq!(all.last().unwrap().1, "2018-09-20");
    })
    .await;
}

#[tokio::test]
async fn hubs_come_in_pages_of_one_statement() {
    on_each(|setting| async move {
        register(&setting).await;
        for id in ["c", "a", "b"] {
            found(&setting, id).await;
        }
        let before = setting.service.context.pool.statements_count();
        let request = pb::ListHubsRequest { page_size: 2, page_token: String::new() };
        let page = setting.hubs().list_hubs(request).await.unwrap().into_inner();
        assert_eq!(setting.service.context.pool.statements_count() - before, 1);
        let names = |page: &pb::ListHubsResponse| page.hubs.iter().map(|hub| hub.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&page), ["hubs/a", "hubs/b"]);
        let rest = pb::ListHubsRequest { page_size: 2, page_token: page.next_page_token };
        let rest = setting.hubs().list_hubs(rest).await.unwrap().into_inner();
        assert_eq!((names(&rest), rest.next_page_token), (vec!["hubs/c".to_owned()], String::new()));
    })
    .await;
}
