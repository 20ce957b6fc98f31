//! RoundService.

use proto::enrolment::v1::{self as pb, PlaceOrder};
use server::testing::{Cases, Walk};

use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreateRound", &["wrong field", "wrong state", "repeated", "another body"]),
    ("GetRound", &["wrong field", "not found"]),
    ("ListRounds", &["wrong field"]),
    ("UpdateRound", &["wrong field", "wrong state", "not found", "stale etag", "repeated", "another body"]),
    ("CancelRound", &["wrong field", "wrong state", "not found", "stale etag", "repeated", "another body"]),
    ("SetPlaces", &["wrong field", "wrong state", "not found", "stale etag", "repeated", "another body"]),
    ("ListPlaces", &["wrong field", "not found", "wrong hub", "wrong token"]),
    ("ProposePlaces", &["wrong field", "wrong state", "not found"]),
    ("GetRoundProgress", &["wrong field", "not found", "wrong hub", "wrong token"]),
];

/// A change of a round, and the fields that it makes wrong.
type Wrong = (fn(&mut pb::Round), &'static [&'static str]);

/// A change of a hub's places, and the field that it makes wrong.
type WrongPlaces = (fn(&mut pb::Places), &'static str);

const WRONG: [Wrong; 35] = [
    (|round| round.display_name.clear(), &["round.display_name"]),
    (|round| round.display_name = "x".repeat(201), &["round.display_name"]),
    (|round| round.display_name.push('\n'), &["round.display_name"]),
    (|round| round.display_name.push('\u{202E}'), &["round.display_name"]),
    (|round| round.display_name.insert(0, '+'), &["round.display_name"]),
    (|round| round.academic_year = "2018-19".to_owned(), &["round.academic_year"]),
    (|round| round.academic_year = "2018/20".to_owned(), &["round.academic_year"]),
    (|round| round.window_start_date = "1 May 2018".to_owned(), &["round.window_start_date"]),
    (|round| round.window_end_date = "2018-06-31".to_owned(), &["round.window_end_date"]),
    (|round| round.window_end_date = "2018-04-30".to_owned(), &["round.window_end_date"]),
    (|round| round.window_end_date = "9999-12-31".to_owned(), &["round.window_end_date"]),
    (|round| round.window_end_date = "2019-09-01".to_owned(), &["round.window_end_date"]),
    (|round| round.offer_days_count = 0, &["round.offer_days_count"]),
    (|round| round.offer_days_count = 91, &["round.offer_days_count"]),
    (|round| round.programmes.clear(), &["round.programmes"]),
    (|round| round.programmes = vec![round.programmes[0].clone(); 51], &["round.programmes"]),
    (|round| round.programmes.push(round.programmes[0].clone()), &["round.programmes[1].programme"]),
    (|round| round.programmes[0].programme = "total".to_owned(), &["round.programmes[0].programme"]),
    (|round| round.place_order_policies.clear(), &["round.place_order_policies"]),
    (|round| round.place_order_policies.push(round.place_order_policies[0].clone()), &["round.place_order_policies"]),
    (|round| policy(round).start_date = "2018-05-02".to_owned(), &["round.place_order_policies[0].start_date"]),
    (|round| policy(round).start_date.clear(), &["round.place_order_policies[0].start_date"]),
    (|round| policy(round).place_order = 99, &["round.place_order_policies[0].place_order"]),
    (|round| policy(round).decision.clear(), &["round.place_order_policies[0].decision"]),
    (|round| policy(round).decision = "Council, spring 2018".to_owned(), &["round.place_order_policies[0].decision"]),
    (|round| policy(round).need_permille = -1, &["round.place_order_policies[0].need_permille"]),
    (|round| policy(round).need_permille = 1_001, &["round.place_order_policies[0].need_permille"]),
    (|round| kept(round).reserved_permille = 1_001, &["round.place_order_policies[0].reserved_permille"]),
    (|round| kept(round).reserved_permille = -1, &["round.place_order_policies[0].reserved_permille"]),
    (|round| kept(round).cold_permille = 0, &["round.place_order_policies[0].cold_permille"]),
    (|round| kept(round).cold_permille = 1_001, &["round.place_order_policies[0].cold_permille"]),
    (|round| kept(round).reserved_until_date.clear(), &["round.place_order_policies[0].reserved_until_date"]),
    (|round| kept(round).reserved_until_date = "2018-03-01".to_owned(), &["round.place_order_policies[0].reserved_until_date"]),
    (|round| kept(round).reserved_until_date = "2019-09-01".to_owned(), &["round.place_order_policies[0].reserved_until_date"]),
    (
        |round| kept(round).reserved_permille = 0,
        &["round.place_order_policies[0].reserved_until_date", "round.place_order_policies[0].cold_permille"],
    ),
];

fn policy(round: &mut pb::Round) -> &mut pb::PlaceOrderPolicy {
    &mut round.place_order_policies[0]
}

/// The policy, after it keeps places.
fn kept(round: &mut pb::Round) -> &mut pb::PlaceOrderPolicy {
    let policy = policy(round);
    (policy.reserved_permille, policy.cold_permille) = (300, 200);
    policy.reserved_until_date = "2018-06-10".to_owned();
    policy
}

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    create(fixture, walk).await;
    read(fixture, walk).await;
    update(fixture, walk).await;
    places(fixture, walk).await;
    propose(fixture, walk).await;
    progress(fixture, walk).await;
    cancel(fixture, walk).await;
}

async fn create(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let events = async || fixture.events().await.len();
    let call = async |request| ncetm.rounds.clone().create_round(request).await;
    let request = |request_id: &str, round_id: &str| pb::CreateRoundRequest {
        request_id: request_id.to_owned(),
        round_id: round_id.to_owned(),
        round: Some(round(PlaceOrder::Submission)),
    };
    let nothing = call(pb::CreateRoundRequest::default()).await;
    walk.wrong("CreateRound", nothing, &["request_id", "round_id", "round"]);
    for (change, fields) in WRONG {
        let mut wrong = request("create", "walked");
        change(wrong.round.as_mut().unwrap());
        walk.wrong("CreateRound", call(wrong).await, fields);
    }
    for id in ["a b", "\u{e9}", &"x".repeat(65)] {
        walk.wrong("CreateRound", call(request(id, "walked")).await, &["request_id"]);
    }
    for id in ["2018/19", "Walked", &"x".repeat(41)] {
        let refused = call(request("create", id)).await;
        assert!(refused.as_ref().is_err_and(|status| status.message().contains(&format!("found `{id}`"))), "{refused:?}");
        walk.wrong("CreateRound", refused, &["round_id"]);
    }
    let pair = ["walked", "walked-too"].map(|id| request("create", id));
    walk.repeat("CreateRound", events, 1, call, pair).await;
    walk.step("CreateRound", "wrong state", call(request("again", "walked")).await, "ROUND_EXISTS");
    let mut undecided = request("again", "undecided");
    policy(undecided.round.as_mut().unwrap()).decision = UNKNOWN_DECISION.to_owned();
    walk.step("CreateRound", "wrong state", call(undecided).await, "DECISION_UNKNOWN");
}

async fn read(fixture: &Fixture, walk: &mut Walk) {
    let school = fixture.school(100_001);
    let get = async |name: &str| school.rounds.clone().get_round(pb::GetRoundRequest { name: name.to_owned() }).await;
    for name in ["", "walked", "rounds/", "rounds/Walked", "rounds/walked/places"] {
        walk.wrong("GetRound", get(name).await, &["name"]);
    }
    walk.step("GetRound", "not found", get("rounds/none").await, "NOT_FOUND");
    let list = async |page_size, page_token: &str| {
        school.rounds.clone().list_rounds(pb::ListRoundsRequest { page_size, page_token: page_token.to_owned() }).await
    };
    walk.wrong("ListRounds", list(-1, "x").await, &["page_size", "page_token"]);
    let page = list(1, "").await.unwrap().into_inner();
    assert_eq!(page.rounds[0].name, ROUND);
    assert_eq!(list(0, &page.next_page_token).await.unwrap().into_inner().rounds[0].name, "rounds/walked");

    let (ncetm, north) = (fixture.ncetm(), fixture.hub_lead(NORTH));
    let request = |parent: &str, hub: &str, page_size, page_token: &str| pb::ListPlacesRequest {
        parent: parent.to_owned(),
        hub: hub.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
    };
    let list = async |voice: &Client, request| voice.rounds.clone().list_places(request).await;
    let wrong = request("2018", "north", -1, "x");
    walk.wrong("ListPlaces", list(&ncetm, wrong).await, &["parent", "hub", "page_size", "page_token"]);
    // A page token is valid for its filter only.
    ncetm.set_places(SOUTH, 2, "").await.unwrap();
    let token = list(&ncetm, request(ROUND, "", 1, "")).await.unwrap().into_inner().next_page_token;
    assert_eq!(list(&ncetm, request(ROUND, "", 1, &token)).await.unwrap().into_inner().places[0].hub, SOUTH);
    walk.wrong("ListPlaces", list(&ncetm, request(ROUND, SOUTH, 1, &token)).await, &["page_token"]);
    walk.step("ListPlaces", "not found", list(&ncetm, request("rounds/none", "", 0, "")).await, "NOT_FOUND");
    let others = list(&north, request(ROUND, SOUTH, 0, "")).await;
    assert_eq!(others.as_ref().unwrap().get_ref().places, [], "another hub's are not there");
    walk.step("ListPlaces", "wrong hub", others, "OK");
    // A page token of another caller does not show them.
    assert_eq!(list(&north, request(ROUND, "", 1, &token)).await.unwrap().into_inner().places, []);
    let nobody = fixture.client(access::Role::HubLead, None, None);
    walk.step("ListPlaces", "wrong token", list(&nobody, request(ROUND, "", 0, "")).await, "TOKEN_INCOMPLETE");
}

async fn update(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let events = async || fixture.events().await.len();
    let call = async |request| ncetm.rounds.clone().update_round(request).await;
    let request = |round| pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(round) };
    let read = ncetm.rounds.clone().get_round(pb::GetRoundRequest { name: ROUND.to_owned() }).await;
    let stands = read.unwrap().into_inner().round.unwrap();
    let nothing = call(pb::UpdateRoundRequest::default()).await;
    walk.wrong("UpdateRound", nothing, &["request_id", "round.name", "round.etag", "round"]);
    for (change, fields) in WRONG {
        let mut wrong = stands.clone();
        change(&mut wrong);
        walk.wrong("UpdateRound", call(request(wrong)).await, fields);
    }
    let wrong = pb::Round { name: "2018".to_owned(), etag: String::new(), ..stands.clone() };
    walk.wrong("UpdateRound", call(request(wrong)).await, &["round.name", "round.etag"]);
    let year = pb::Round { academic_year: "2019/20".to_owned(), ..stands.clone() };
    walk.wrong("UpdateRound", call(request(year)).await, &["round.academic_year"]);
    let none = pb::Round { name: "rounds/none".to_owned(), ..stands.clone() };
    walk.step("UpdateRound", "not found", call(request(none)).await, "NOT_FOUND");
    let mut begun = stands.clone();
    policy(&mut begun).decision = UNKNOWN_DECISION.to_owned();
    walk.step("UpdateRound", "wrong state", call(request(begun)).await, "POLICY_IN_FORCE");
    let mut undecided = stands.clone();
    let next = pb::PlaceOrderPolicy {
        start_date: "2018-06-01".to_owned(),
        decision: UNKNOWN_DECISION.to_owned(),
        ..policy(&mut undecided).clone()
    };
    undecided.place_order_policies.push(next);
    walk.step("UpdateRound", "wrong state", call(request(undecided)).await, "DECISION_UNKNOWN");
    let mut in_use = stands.clone();
    in_use.programmes[0].programme = CORE_MATHS.to_owned();
    walk.step("UpdateRound", "wrong state", call(request(in_use)).await, "PROGRAMME_IN_USE");
    let mut unknown = stands.clone();
    unknown.programmes.push(pb::RoundProgramme { programme: "primary-teaching-for-mastry".to_owned(), ..Default::default() });
    walk.step("UpdateRound", "wrong state", call(request(unknown)).await, "PROGRAMME_UNKNOWN");
    let pair = ["Once", "Other"].map(|name| pb::UpdateRoundRequest {
        request_id: "update".to_owned(),
        round: Some(pb::Round { display_name: name.to_owned(), ..stands.clone() }),
    });
    walk.repeat("UpdateRound", events, 1, call, pair).await;
    walk.step("UpdateRound", "stale etag", call(request(stands)).await, "ETAG_STALE");
}

async fn places(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let events = async || fixture.events().await.len();
    let call = async |request| ncetm.rounds.clone().set_places(request).await;
    let stands = ncetm.places().await.unwrap().remove(0);
    let request = |request_id: &str, places: &pb::Places, change: fn(&mut pb::Places)| {
        let mut places = places.clone();
        change(&mut places);
        pb::SetPlacesRequest { request_id: request_id.to_owned(), parent: ROUND.to_owned(), places: Some(places) }
    };
    let nothing = call(pb::SetPlacesRequest::default()).await;
    walk.wrong("SetPlaces", nothing, &["request_id", "parent", "places"]);
    let wrong: [WrongPlaces; 5] = [
        (|places| places.hub = "north".to_owned(), "places.hub"),
        (|places| places.programme = "Mastery".to_owned(), "places.programme"),
        (|places| places.programme = "core-maths".to_owned(), "places.programme"),
        (|places| places.places_count = -1, "places.places_count"),
        (|places| places.places_count = 100_001, "places.places_count"),
    ];
    for (change, field) in wrong {
        walk.wrong("SetPlaces", call(request("set", &stands, change)).await, &[field]);
    }
    let nowhere = request("set", &stands, |places| places.hub = "hubs/nowhere".to_owned());
    walk.step("SetPlaces", "not found", call(nowhere).await, "NOT_FOUND");
    let none = pb::SetPlacesRequest { parent: "rounds/none".to_owned(), ..request("set", &stands, |_| {}) };
    walk.step("SetPlaces", "not found", call(none).await, "NOT_FOUND");
    let unset = pb::SetPlacesRequest { parent: "rounds/walked".to_owned(), ..request("set", &stands, |_| {}) };
    walk.step("SetPlaces", "not found", call(unset).await, "NOT_FOUND");
    let first = request("set", &stands, |places| places.etag.clear());
    walk.step("SetPlaces", "stale etag", call(first).await, "ETAG_STALE");
    let pair = [request("set", &stands, |places| places.places_count = 3), request("set", &stands, |_| {})];
    let other = pb::SetPlacesRequest { parent: "rounds/walked".to_owned(), ..pair[1].clone() };
    walk.repeat("SetPlaces", events, 1, call, [pair[0].clone(), other]).await;
    walk.step("SetPlaces", "stale etag", call(request("set-again", &stands, |_| {})).await, "ETAG_STALE");
}

async fn propose(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let call = async |parent: &str, programme: &str, places_count| {
        let request = pb::ProposePlacesRequest { parent: parent.to_owned(), programme: programme.to_owned(), places_count };
        ncetm.rounds.clone().propose_places(request).await
    };
    walk.wrong("ProposePlaces", call("", "", -1).await, &["parent", "programme", "places_count"]);
    walk.wrong("ProposePlaces", call(ROUND, MASTERY, 100_001).await, &["places_count"]);
    walk.wrong("ProposePlaces", call(ROUND, CORE_MATHS, 1).await, &["programme"]);
    walk.step("ProposePlaces", "not found", call("rounds/none", MASTERY, 1).await, "NOT_FOUND");
    walk.step("ProposePlaces", "wrong state", call(ROUND, MASTERY, 1).await, "NO_ELIGIBLE_SCHOOL");
}

async fn progress(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let call = async |voice: &Client, name: &str, programme: &str| {
        let request = pb::GetRoundProgressRequest { name: name.to_owned(), programme: programme.to_owned() };
        voice.rounds.clone().get_round_progress(request).await
    };
    walk.wrong("GetRoundProgress", call(&ncetm, "", "Mastery").await, &["name", "programme"]);
    walk.wrong("GetRoundProgress", call(&ncetm, ROUND, CORE_MATHS).await, &["programme"]);
    walk.step("GetRoundProgress", "not found", call(&ncetm, "rounds/none", "").await, "NOT_FOUND");
    ncetm.draft_in("rounds/walked", 100_580, NORTH).await.unwrap();
    assert_eq!(call(&ncetm, "rounds/walked", MASTERY).await.unwrap().into_inner().application_counts.len(), 1);
    let others = call(&fixture.hub_lead(SOUTH), "rounds/walked", "").await;
    assert_eq!(others.as_ref().unwrap().get_ref().application_counts, [], "another hub's are not there");
    walk.step("GetRoundProgress", "wrong hub", others, "OK");
    let nobody = fixture.client(access::Role::HubLead, None, None);
    walk.step("GetRoundProgress", "wrong token", call(&nobody, ROUND, "").await, "TOKEN_INCOMPLETE");
}

async fn cancel(fixture: &Fixture, walk: &mut Walk) {
    let ncetm = fixture.ncetm();
    let events = async || fixture.events().await.len();
    let call = async |request| ncetm.rounds.clone().cancel_round(request).await;
    let request = |request_id: &str, name: &str, etag: &str| pb::CancelRoundRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        reason: "The budget was withdrawn".to_owned(),
        validate_only: false,
    };
    let nothing = call(pb::CancelRoundRequest::default()).await;
    walk.wrong("CancelRound", nothing, &["request_id", "name", "etag", "reason"]);
    walk.step("CancelRound", "not found", call(request("cancel", "rounds/none", "v1")).await, "NOT_FOUND");
    walk.step("CancelRound", "stale etag", call(request("cancel", "rounds/walked", "v9")).await, "ETAG_STALE");
    let dry_run = pb::CancelRoundRequest { validate_only: true, ..request("dry-run", "rounds/walked", "v1") };
    let before = events().await;
    let answer = call(dry_run).await.unwrap().into_inner().round.unwrap();
    assert_eq!((answer.state(), events().await), (pb::RoundState::Cancelled, before), "a dry run answers and changes nothing");
    let pair = [request("cancel", "rounds/walked", "v1"), request("cancel", "rounds/other", "v1")];
    let cancelled = walk.repeat("CancelRound", events, 1, call, pair).await.round.unwrap();
    assert_eq!((cancelled.state(), cancelled.cancel_reason.as_str()), (pb::RoundState::Cancelled, "The budget was withdrawn"));
    let again = call(request("cancel-again", "rounds/walked", &cancelled.etag)).await;
    walk.step("CancelRound", "wrong state", again, "ROUND_CANCELLED");
    ncetm.create_round("used", round(PlaceOrder::Submission)).await.unwrap();
    let draft = ncetm.draft_in("rounds/used", 100_590, NORTH).await.unwrap();
    ncetm.submit(&draft.name).await.unwrap();
    walk.step("CancelRound", "wrong state", call(request("late", "rounds/used", "v1")).await, "ROUND_HAS_APPLICATIONS");
}

#[tokio::test]
async fn a_cancelled_round_takes_no_places_no_applications_and_no_changes() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let ncetm = fixture.ncetm();
        let draft = ncetm.draft(100_001, NORTH).await.unwrap();
        let cancel = pb::CancelRoundRequest {
            request_id: ncetm.request_id(),
            name: ROUND.to_owned(),
            etag: "v1".to_owned(),
            reason: "The budget was withdrawn".to_owned(),
            validate_only: false,
        };
        let cancelled = ncetm.rounds.clone().cancel_round(cancel).await.unwrap().into_inner().round.unwrap();
        assert_eq!(reason(ncetm.submit(&draft.name).await), "ROUND_CANCELLED");
        assert_eq!(reason(ncetm.draft(100_002, NORTH).await), "ROUND_CANCELLED");
        assert_eq!(reason(ncetm.set_places(SOUTH, 1, "").await), "ROUND_CANCELLED");
        let update = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(cancelled) };
        assert_eq!(reason(ncetm.rounds.clone().update_round(update).await), "ROUND_CANCELLED");
        assert_eq!(fixture.events().await, ["RoundCreated", "PlacesSet", "RoundCancelled"]);
        // Events hold no text that a person wrote.
        assert_eq!(fixture.tables_with("The budget was withdrawn").await, ["request", "round"]);
    }
}
