//! ApplicationService. North has three places, south two.

use access::Role;
use proto::enrolment::v1::{self as pb, PlaceOrder};
use server::testing::{Cases, Walk};

use super::{OF_HUBS, OF_SCHOOLS, SUBMISSION, target};
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("CreateApplication", OF_SCHOOLS),
    ("GetApplication", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("ListApplications", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("SubmitApplication", SUBMISSION),
    ("OfferPlaces", OF_HUBS),
    ("AcceptOffer", OF_SCHOOLS),
    ("DeclineOffer", OF_SCHOOLS),
    ("WithdrawApplication", OF_SCHOOLS),
    ("LapseOffers", &["wrong field", "not found", "repeated", "another body"]),
];

const COLLECTION: &str = "rounds/2018/applications";

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    let drafted = create(fixture, walk).await;
    read(fixture, walk, &drafted).await;
    submit(fixture, walk, &drafted).await;
    offer(fixture, walk).await;
    accept(fixture, walk).await;
    decline_and_withdraw(fixture, walk).await;
    lapse(fixture, walk).await;
}

async fn create(fixture: &Fixture, walk: &mut Walk) -> pb::Application {
    let events = async || fixture.events().await.len();
    let (ncetm, north) = (fixture.ncetm(), fixture.hub_lead(NORTH));
    let call_as = async |voice: &Client, request| voice.applications.clone().create_application(request).await;
    let call = async |request| call_as(&ncetm, request).await;
    let request = |urn: i64, hub: &str, programme: &str| pb::CreateApplicationRequest {
        request_id: "draft".to_owned(),
        parent: ROUND.to_owned(),
        application: Some(pb::Application {
            school: school(urn),
            hub: hub.to_owned(),
            programme: programme.to_owned(),
            ..pb::Application::default()
        }),
    };
    let all = ["request_id", "parent", "application.school", "application.hub", "application.programme"];
    walk.wrong("CreateApplication", call(pb::CreateApplicationRequest::default()).await, &all);
    for (wrong, field) in [
        (request(5, NORTH, MASTERY), "application.school"),
        (request(100_001, "north", MASTERY), "application.hub"),
        (request(100_001, NORTH, "total"), "application.programme"),
        (request(100_001, NORTH, "core-maths"), "application.programme"),
        (pb::CreateApplicationRequest { parent: "2018".to_owned(), ..request(100_001, NORTH, MASTERY) }, "parent"),
    ] {
        walk.wrong("CreateApplication", call(wrong).await, &[field]);
    }
    for none in [
        request(999_999, NORTH, MASTERY),
        request(100_001, "hubs/nowhere", MASTERY),
        pb::CreateApplicationRequest { parent: "rounds/none".to_owned(), ..request(100_001, NORTH, MASTERY) },
    ] {
        walk.step("CreateApplication", "not found", call(none).await, "NOT_FOUND");
    }
    fixture.schools(&[(200_001, 1, 2)]).await;
    let closed = call(request(200_001, NORTH, MASTERY)).await;
    walk.step("CreateApplication", "wrong state", closed, "SCHOOL_NOT_ELIGIBLE");
    fixture.sql("INSERT INTO hub (id, end_date) VALUES ('over', '2018-04-30')").await;
    walk.step("CreateApplication", "wrong state", call(request(100_001, "hubs/over", MASTERY)).await, "HUB_NOT_OPEN");
    let other_hub = call_as(&north, request(100_001, SOUTH, MASTERY)).await;
    walk.step("CreateApplication", "wrong hub", other_hub, "APPLICATION_NOT_OWN");
    let other_school = call_as(&fixture.school(100_002), request(100_001, NORTH, MASTERY)).await;
    walk.step("CreateApplication", "wrong school", other_school, "APPLICATION_NOT_OWN");
    let nobody = call_as(&fixture.client(Role::School, None, None), request(100_001, NORTH, MASTERY)).await;
    walk.step("CreateApplication", "wrong token", nobody, "TOKEN_INCOMPLETE");
    let pair = [request(100_001, NORTH, MASTERY), request(100_002, NORTH, MASTERY)];
    let answer = walk.repeat("CreateApplication", events, 0, call, pair).await;
    assert_eq!(ncetm.applications().await.unwrap().len(), 1, "one draft");
    answer.application.unwrap()
}

async fn read(fixture: &Fixture, walk: &mut Walk, drafted: &pb::Application) {
    let get = async |voice: &Client, name: &str| voice.application(name).await;
    target(fixture, walk, "GetApplication", [&drafted.name, COLLECTION], true, get).await;
    let (ncetm, south) = (fixture.ncetm(), fixture.hub_lead(SOUTH));
    let list = async |voice: &Client, request| voice.applications.clone().list_applications(request).await;
    let request = |page_size, page_token: &str| pb::ListApplicationsRequest {
        parent: ROUND.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        ..pb::ListApplicationsRequest::default()
    };
    let wrong = pb::ListApplicationsRequest {
        parent: "2018".to_owned(),
        hub: "north".to_owned(),
        school: "100001".to_owned(),
        state: 99,
        ..request(-1, "x")
    };
    let fields = ["parent", "state", "hub", "school", "page_size", "page_token"];
    walk.wrong("ListApplications", list(&ncetm, wrong).await, &fields);
    south.draft(100_009, SOUTH).await.unwrap();
    let token = list(&ncetm, request(1, "")).await.unwrap().into_inner().next_page_token;
    let other = pb::ListApplicationsRequest { hub: NORTH.to_owned(), ..request(1, &token) };
    walk.wrong("ListApplications", list(&ncetm, other).await, &["page_token"]);
    let nowhere = list(&ncetm, pb::ListApplicationsRequest { parent: "rounds/none".to_owned(), ..request(0, "") }).await;
    walk.step("ListApplications", "not found", nowhere, "NOT_FOUND");
    let north = || pb::ListApplicationsRequest { hub: NORTH.to_owned(), ..request(0, "") };
    for (case, voice) in [("wrong hub", &south), ("wrong school", &fixture.school(100_600))] {
        let answer = list(voice, north()).await;
        assert_eq!(answer.as_ref().unwrap().get_ref().applications, [], "another's are not there");
        walk.step("ListApplications", case, answer, "OK");
    }
    let nobody = fixture.client(Role::HubLead, None, None);
    walk.step("ListApplications", "wrong token", list(&nobody, north()).await, "TOKEN_INCOMPLETE");
}

async fn submit(fixture: &Fixture, walk: &mut Walk, drafted: &pb::Application) {
    let events = async || fixture.events().await.len();
    let north = fixture.hub_lead(NORTH);
    let call_as = async |voice: &Client, request| voice.applications.clone().submit_application(request).await;
    let call = async |request| call_as(&north, request).await;
    let request = |request_id: &str, name: &str, etag: &str| pb::SubmitApplicationRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
    };
    walk.wrong("SubmitApplication", call(pb::SubmitApplicationRequest::default()).await, &["request_id", "name"]);
    let by_name = async |voice: &Client, name: &str| call_as(voice, request("submit", name, "")).await;
    target(fixture, walk, "SubmitApplication", [&drafted.name, COLLECTION], true, by_name).await;
    for etag in ["v7", "1", "x"] {
        walk.step("SubmitApplication", "stale etag", call(request("submit", &drafted.name, etag)).await, "ETAG_STALE");
    }
    let twice = north.draft(100_001, NORTH).await.unwrap().name;
    let pair = [request("submit", &drafted.name, &drafted.etag), request("submit", &drafted.name, "")];
    walk.repeat("SubmitApplication", events, 1, call, pair).await;
    walk.step("SubmitApplication", "wrong state", north.submit(&drafted.name).await, "STATE_NOT_DRAFT");
    walk.step("SubmitApplication", "wrong state", north.submit(&twice).await, "SCHOOL_HAS_APPLIED");
    fixture.schools(&[(200_002, 1, 1)]).await;
    let closes = north.draft(200_002, NORTH).await.unwrap().name;
    fixture.sql("UPDATE school SET status_code = 2 WHERE urn = 200002").await;
    walk.step("SubmitApplication", "wrong state", north.submit(&closes).await, "SCHOOL_NOT_ELIGIBLE");
    let later = pb::Round { window_start_date: "2018-05-02".to_owned(), ..round(PlaceOrder::Submission) };
    fixture.ncetm().create_round("later", later).await.unwrap();
    let early = north.draft_in("rounds/later", 100_002, NORTH).await.unwrap().name;
    walk.step("SubmitApplication", "wrong state", north.submit(&early).await, "WINDOW_CLOSED");
    for _ in 0..20 {
        north.draft_in("rounds/later", 100_599, NORTH).await.unwrap();
    }
    let one_more = north.draft_in("rounds/later", 100_599, NORTH).await;
    walk.step("CreateApplication", "wrong state", one_more, "DRAFTS_TOO_MANY");
}

/// Afterwards three applications to the north are offered and two wait.
async fn offer(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let north = fixture.hub_lead(NORTH);
    for urn in 100_002..=100_005 {
        north.apply(urn, NORTH).await.unwrap();
    }
    let call_as = async |voice: &Client, request| voice.applications.clone().offer_places(request).await;
    let call = async |request| call_as(&north, request).await;
    let request = |hub: &str, offers_count| pb::OfferPlacesRequest {
        request_id: "offer".to_owned(),
        parent: ROUND.to_owned(),
        hub: hub.to_owned(),
        programme: MASTERY.to_owned(),
        offers_count,
        validate_only: false,
    };
    let wrong = pb::OfferPlacesRequest { offers_count: -1, ..pb::OfferPlacesRequest::default() };
    let all = ["request_id", "parent", "hub", "programme", "offers_count"];
    walk.wrong("OfferPlaces", call(wrong).await, &all);
    walk.wrong("OfferPlaces", call(request(NORTH, 1_001)).await, &["offers_count"]);
    let none = pb::OfferPlacesRequest { parent: "rounds/none".to_owned(), ..request(NORTH, 0) };
    walk.step("OfferPlaces", "not found", call(none).await, "NOT_FOUND");
    let unset = pb::OfferPlacesRequest { programme: "core-maths".to_owned(), ..request(NORTH, 0) };
    walk.step("OfferPlaces", "not found", call(unset).await, "NOT_FOUND");
    walk.step("OfferPlaces", "wrong hub", call(request(SOUTH, 0)).await, "NOT_FOUND");
    let nobody = fixture.client(Role::HubLead, None, None);
    walk.step("OfferPlaces", "wrong token", call_as(&nobody, request(NORTH, 0)).await, "TOKEN_INCOMPLETE");
    let pair = [request(NORTH, 0), pb::OfferPlacesRequest { validate_only: true, ..request(NORTH, 0) }];
    walk.repeat("OfferPlaces", events, 5, call, pair).await;
    // A year later the round is over, and its places are not given.
    let mut past = pb::Round {
        academic_year: "2016/17".to_owned(),
        window_start_date: "2017-05-01".to_owned(),
        window_end_date: "2017-07-31".to_owned(),
        ..round(PlaceOrder::Submission)
    };
    past.place_order_policies[0].start_date = "2017-03-01".to_owned();
    fixture.ncetm().create_round("past", past).await.unwrap();
    let places = pb::Places { hub: NORTH.to_owned(), programme: MASTERY.to_owned(), places_count: 1, ..pb::Places::default() };
    let set = pb::SetPlacesRequest { request_id: "past".to_owned(), parent: "rounds/past".to_owned(), places: Some(places) };
    fixture.ncetm().rounds.clone().set_places(set).await.unwrap();
    let over = pb::OfferPlacesRequest { request_id: "over".to_owned(), parent: "rounds/past".to_owned(), ..request(NORTH, 1) };
    walk.step("OfferPlaces", "wrong state", call(over).await, "YEAR_ENDED");
}

/// A school's application to the north.
async fn of_school(fixture: &Fixture, urn: i64) -> String {
    let all = fixture.hub_lead(NORTH).applications().await.unwrap();
    let live = |one: &&pb::Application| one.school == school(urn) && one.state() != pb::ApplicationState::Draft;
    all.iter().find(live).unwrap().name.clone()
}

async fn accept(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let (ncetm, north) = (fixture.ncetm(), fixture.hub_lead(NORTH));
    let (first, second, waits) =
        (of_school(fixture, 100_001).await, of_school(fixture, 100_002).await, of_school(fixture, 100_004).await);
    let call_as = async |voice: &Client, request| voice.applications.clone().accept_offer(request).await;
    let office = fixture.school(100_001);
    let call = async |request| call_as(&office, request).await;
    let request = |voice: &Client, name: &str| pb::AcceptOfferRequest {
        request_id: "accept".to_owned(),
        name: name.to_owned(),
        document_sha256: voice.document_sha256.clone(),
    };
    walk.wrong("AcceptOffer", call(pb::AcceptOfferRequest::default()).await, &["request_id", "name"]);
    for document_sha256 in [String::new(), "9F86".to_owned(), "9F86D081".repeat(8)] {
        let wrong = pb::AcceptOfferRequest { document_sha256, ..request(&north, &first) };
        walk.wrong("AcceptOffer", call_as(&north, wrong).await, &["document_sha256"]);
    }
    let by_name = async |voice: &Client, name: &str| call_as(voice, request(voice, name)).await;
    target(fixture, walk, "AcceptOffer", [&first, COLLECTION], true, by_name).await;
    walk.step("AcceptOffer", "wrong state", north.accept(&waits).await, "STATE_NOT_OFFERED");
    walk.repeat("AcceptOffer", events, 1, call, [request(&office, &first), request(&office, &second)]).await;
    let places = ncetm.places().await.unwrap().remove(0);
    walk.step("SetPlaces", "wrong state", ncetm.set_places(NORTH, 0, &places.etag).await, "PLACES_BELOW_ACCEPTED");
    let one = ncetm.set_places(NORTH, 1, &places.etag).await.unwrap();
    walk.step("AcceptOffer", "wrong state", north.accept(&second).await, "NO_PLACE_LEFT");
    ncetm.set_places(NORTH, 3, &one.etag).await.unwrap();
    let mut keeps_all = round(PlaceOrder::Submission);
    let policy = &mut keeps_all.place_order_policies[0];
    (policy.reserved_permille, policy.cold_permille) = (1_000, 1_000);
    policy.reserved_until_date = "2018-06-10".to_owned();
    ncetm.create_round("keeps-all", keeps_all).await.unwrap();
    let places = pb::Places { hub: NORTH.to_owned(), programme: MASTERY.to_owned(), places_count: 1, ..pb::Places::default() };
    let set =
        pb::SetPlacesRequest { request_id: "keeps".to_owned(), parent: "rounds/keeps-all".to_owned(), places: Some(places) };
    ncetm.rounds.clone().set_places(set).await.unwrap();
    let draft = north.draft_in("rounds/keeps-all", 100_560, NORTH).await.unwrap();
    north.submit(&draft.name).await.unwrap();
    let offer = pb::OfferPlacesRequest {
        request_id: "keeps-all".to_owned(),
        parent: "rounds/keeps-all".to_owned(),
        hub: NORTH.to_owned(),
        programme: MASTERY.to_owned(),
        offers_count: 2,
        validate_only: false,
    };
    north.applications.clone().offer_places(offer).await.unwrap();
    walk.step("AcceptOffer", "wrong state", north.accept(&draft.name).await, "PLACES_RESERVED");
}

async fn decline_and_withdraw(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let north = fixture.hub_lead(NORTH);
    let (first, second, third, waits) = (
        of_school(fixture, 100_001).await,
        of_school(fixture, 100_002).await,
        of_school(fixture, 100_003).await,
        of_school(fixture, 100_004).await,
    );
    let call_as = async |voice: &Client, request| voice.applications.clone().decline_offer(request).await;
    let call = async |request| call_as(&north, request).await;
    let request = |name: &str| pb::DeclineOfferRequest { request_id: "decline".to_owned(), name: name.to_owned() };
    walk.wrong("DeclineOffer", call(pb::DeclineOfferRequest::default()).await, &["request_id", "name"]);
    let by_name = async |voice: &Client, name: &str| call_as(voice, request(name)).await;
    target(fixture, walk, "DeclineOffer", [&second, COLLECTION], true, by_name).await;
    walk.step("DeclineOffer", "wrong state", north.decline(&first).await, "STATE_NOT_OFFERED");
    // A declined place is offered to the next school.
    walk.repeat("DeclineOffer", events, 2, call, [request(&second), request(&third)]).await;

    let call_as = async |voice: &Client, request| voice.applications.clone().withdraw_application(request).await;
    let call = async |request| call_as(&north, request).await;
    let request = |name: &str, reason: &str| pb::WithdrawApplicationRequest {
        request_id: "withdraw".to_owned(),
        name: name.to_owned(),
        reason: reason.to_owned(),
    };
    let nothing = call(pb::WithdrawApplicationRequest::default()).await;
    walk.wrong("WithdrawApplication", nothing, &["request_id", "name", "reason"]);
    for reason in ["", "a\tb", &"x".repeat(501)] {
        walk.wrong("WithdrawApplication", call(request(&third, reason)).await, &["reason"]);
    }
    let by_name = async |voice: &Client, name: &str| call_as(voice, request(name, "No cover")).await;
    target(fixture, walk, "WithdrawApplication", [&third, COLLECTION], true, by_name).await;
    let pair = [request(&third, "No cover"), request(&third, "Another reason")];
    walk.repeat("WithdrawApplication", events, 2, call, pair).await;
    walk.step("WithdrawApplication", "wrong state", north.withdraw(&third).await, "STATE_ENDED");
    fixture.clock.move_to(noon("2018-05-16"));
    walk.step("AcceptOffer", "wrong state", north.accept(&waits).await, "OFFER_EXPIRED");
    walk.step("DeclineOffer", "wrong state", north.decline(&waits).await, "OFFER_EXPIRED");
}

/// The last two offers stay unanswered. In September an application can no longer be withdrawn.
async fn lapse(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let service = fixture.client(Role::Follower, None, None);
    let call = async |request| service.applications.clone().lapse_offers(request).await;
    let request = |parent: &str| pb::LapseOffersRequest { request_id: "lapse".to_owned(), parent: parent.to_owned() };
    walk.wrong("LapseOffers", call(pb::LapseOffersRequest::default()).await, &["request_id", "parent"]);
    walk.step("LapseOffers", "not found", call(request("rounds/none")).await, "NOT_FOUND");
    let done = walk.repeat("LapseOffers", events, 2, call, [request(ROUND), request("rounds/past")]).await;
    assert_eq!((done.lapsed_count, done.offered_count), (2, 0));
    let first = of_school(fixture, 100_001).await;
    fixture.clock.move_to(day("2018-09-01").start());
    walk.step("WithdrawApplication", "wrong state", fixture.school(100_001).withdraw(&first).await, "YEAR_STARTED");
}
