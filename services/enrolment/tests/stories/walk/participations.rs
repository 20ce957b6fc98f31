//! ParticipationService, from September 2018 on: school 100001 has a place.

use access::Role;
use proto::enrolment::v1 as pb;
use server::testing::{Cases, Walk};

use super::{OF_HUBS, OF_SCHOOLS, leads, target};
use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("GetParticipation", &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"]),
    ("ListParticipations", &["wrong field", "wrong hub", "wrong school", "wrong token"]),
    ("StartYear", OF_HUBS),
    ("CompleteYear", OF_HUBS),
    ("DeferParticipation", OF_HUBS),
    ("ResumeParticipation", OF_HUBS),
    ("RecordAgreement", OF_SCHOOLS),
    ("WithdrawParticipation", OF_SCHOOLS),
];

const COLLECTION: &str = "participations";

pub(crate) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    let all = fixture.ncetm().applications().await.unwrap();
    let place = all.into_iter().map(|one| one.participation).find(|name| !name.is_empty()).unwrap();
    read(fixture, walk, &place).await;
    years(fixture, walk, &place).await;
    evidence(fixture, walk, &place).await;
    leads::walk(fixture, walk, &place).await;
    leave(fixture, walk, &place).await;
}

async fn read(fixture: &Fixture, walk: &mut Walk, place: &str) {
    let get = async |voice: &Client, name: &str| voice.participation(name).await;
    target(fixture, walk, "GetParticipation", [place, COLLECTION], true, get).await;
    let list = async |voice: &Client, request| voice.participations.clone().list_participations(request).await;
    let wrong = pb::ListParticipationsRequest {
        hub: "north".to_owned(),
        school: "100001".to_owned(),
        first_academic_year: "2018".to_owned(),
        state: 99,
        page_size: -1,
        page_token: "x".to_owned(),
        attention: vec![0, 1, 1],
    };
    let fields = ["state", "hub", "school", "first_academic_year", "attention[0]", "attention[2]", "page_size", "page_token"];
    walk.wrong("ListParticipations", list(&fixture.ncetm(), wrong).await, &fields);
    let north = || pb::ListParticipationsRequest { hub: NORTH.to_owned(), ..pb::ListParticipationsRequest::default() };
    assert_eq!(list(&fixture.hub_lead(NORTH), north()).await.unwrap().get_ref().participations.len(), 1);
    for (case, voice) in [("wrong hub", &fixture.hub_lead(SOUTH)), ("wrong school", &fixture.school(100_600))] {
        let answer = list(voice, north()).await;
        assert_eq!(answer.as_ref().unwrap().get_ref().participations, [], "another's are not there");
        walk.step("ListParticipations", case, answer, "OK");
    }
    let nobody = fixture.client(Role::HubLead, None, None);
    walk.step("ListParticipations", "wrong token", list(&nobody, north()).await, "TOKEN_INCOMPLETE");
}

/// The cases of a verb with a day in the field `$field`: an empty request, a wrong day, a wrong participation, and a repeated request.
macro_rules! dated {
    ($fixture:ident, $walk:ident, $rpc:literal, $method:ident, $Request:ident { $field:ident }, $place:ident, $day:literal, $other:literal) => {{
        let north = $fixture.hub_lead(NORTH);
        let call_as = async |voice: &Client, request| voice.participations.clone().$method(request).await;
        let call = async |request| call_as(&north, request).await;
        let request =
            |name: &str, day: &str| pb::$Request { request_id: $rpc.to_owned(), name: name.to_owned(), $field: day.to_owned() };
        $walk.wrong($rpc, call(pb::$Request::default()).await, &["request_id", "name", stringify!($field)]);
        for day in ["2018-09-31", "1 September 2018", "1799-12-31", "2200-01-01"] {
            $walk.wrong($rpc, call(request($place, day)).await, &[stringify!($field)]);
        }
        let by_name = async |voice: &Client, name: &str| call_as(voice, request(name, $day)).await;
        target($fixture, $walk, $rpc, [$place, COLLECTION], false, by_name).await;
        let events = async || $fixture.events().await.len();
        $walk.repeat($rpc, events, 1, call, [request($place, $day), request($place, $other)]).await;
    }};
}

async fn years(fixture: &Fixture, walk: &mut Walk, place: &str) {
    let north = fixture.hub_lead(NORTH);
    fixture.clock.move_to(noon("2018-09-10"));
    walk.step("StartYear", "wrong state", north.start_year(place, "2018-09-11").await, "DATE_IN_FUTURE");
    walk.step("StartYear", "wrong state", north.start_year(place, "2018-08-31").await, "DATE_OUTSIDE_YEAR");
    walk.step("CompleteYear", "wrong state", north.complete_year(place, "2018-09-10").await, "YEAR_NOT_STARTED");
    dated!(fixture, walk, "StartYear", start_year, StartYearRequest { start_date }, place, "2018-09-10", "2018-09-09");
    walk.step("StartYear", "wrong state", north.start_year(place, "2018-09-10").await, "YEAR_NOT_COMPLETED");
    interruption(fixture, walk, place).await;
    fixture.clock.move_to(noon("2019-07-10"));
    for (day, reason) in
        [("2018-09-09", "DATE_BEFORE_LAST"), ("2019-07-11", "DATE_IN_FUTURE"), ("2019-09-01", "DATE_OUTSIDE_YEAR")]
    {
        walk.step("CompleteYear", "wrong state", north.complete_year(place, day).await, reason);
    }
    dated!(
        fixture,
        walk,
        "CompleteYear",
        complete_year,
        CompleteYearRequest { completion_date },
        place,
        "2019-07-10",
        "2019-07-09"
    );
}

/// From 5 to 12 November 2018.
async fn interruption(fixture: &Fixture, walk: &mut Walk, place: &str) {
    let north = fixture.hub_lead(NORTH);
    fixture.clock.move_to(noon("2018-11-20"));
    for (day, reason) in [("2018-09-09", "DATE_BEFORE_LAST"), ("2018-11-21", "DATE_IN_FUTURE")] {
        walk.step("DeferParticipation", "wrong state", north.defer(place, day).await, reason);
    }
    walk.step("ResumeParticipation", "wrong state", north.resume(place, "2018-11-20").await, "YEARS_NOT_DEFERRED");
    dated!(
        fixture,
        walk,
        "DeferParticipation",
        defer_participation,
        DeferParticipationRequest { defer_date },
        place,
        "2018-11-05",
        "2018-11-06"
    );
    walk.step("DeferParticipation", "wrong state", north.defer(place, "2018-11-20").await, "YEARS_DEFERRED");
    walk.step("CompleteYear", "wrong state", north.complete_year(place, "2018-11-20").await, "YEARS_DEFERRED");
    walk.step("StartYear", "wrong state", north.start_year(place, "2018-11-20").await, "YEARS_DEFERRED");
    for (day, reason) in [("2018-11-04", "DATE_BEFORE_LAST"), ("2018-11-21", "DATE_IN_FUTURE")] {
        walk.step("ResumeParticipation", "wrong state", north.resume(place, day).await, reason);
    }
    dated!(
        fixture,
        walk,
        "ResumeParticipation",
        resume_participation,
        ResumeParticipationRequest { resume_date },
        place,
        "2018-11-12",
        "2018-11-13"
    );
}

async fn evidence(fixture: &Fixture, walk: &mut Walk, place: &str) {
    let north = fixture.hub_lead(NORTH);
    walk.step("RecordAgreement", "wrong state", north.agree(place, "2019-07-11").await, "DATE_IN_FUTURE");
    walk.step("RecordAgreement", "wrong state", north.agree(place, "2018-04-30").await, "DATE_BEFORE_LAST");
    walk.step("RecordAgreement", "wrong state", north.agree(place, "2018-11-06").await, "DATE_IN_DEFERRAL");
    agree(fixture, walk, place).await;
    walk.step("RecordAgreement", "wrong state", north.agree(place, "2018-06-01").await, "AGREEMENT_SIGNED");
}

/// The school itself records the agreement.
async fn agree(fixture: &Fixture, walk: &mut Walk, place: &str) {
    let events = async || fixture.events().await.len();
    let call_as = async |voice: &Client, request| voice.participations.clone().record_agreement(request).await;
    let office = fixture.school(100_001);
    let call = async |request| call_as(&office, request).await;
    let request = |name: &str, day: &str| pb::RecordAgreementRequest { request_id: "agree".to_owned(), ..agreement(name, day) };
    let form = pb::RecordAgreementRequest { document_sha256: FORM_SHA256.to_owned(), ..request(place, "2018-06-01") };
    walk.wrong("RecordAgreement", call(form).await, &["document_sha256"]);
    let north = fixture.hub_lead(NORTH);
    walk.wrong("RecordAgreement", call_as(&north, request(place, "2018-06-01")).await, &["document_sha256"]);
    let all = ["request_id", "name", "sign_date", "document", "document_version"];
    walk.wrong("RecordAgreement", call(pb::RecordAgreementRequest::default()).await, &all);
    for day in ["2018-09-31", "1 September 2018", "1799-12-31", "2200-01-01"] {
        walk.wrong("RecordAgreement", call(request(place, day)).await, &["sign_date"]);
    }
    let of_document = |document: &str, version: &str| pb::RecordAgreementRequest {
        document: document.to_owned(),
        document_version: version.to_owned(),
        ..request(place, "2018-06-01")
    };
    for document in ["Anna Smith", "", &"x".repeat(41)] {
        walk.wrong("RecordAgreement", call(of_document(document, "1.2")).await, &["document"]);
    }
    for version in ["second edition", "1/2", &"1".repeat(21)] {
        walk.wrong("RecordAgreement", call(of_document("agreement-2018", version)).await, &["document_version"]);
    }
    let by_name = async |voice: &Client, name: &str| {
        let document_sha256 = voice.document_sha256.clone();
        call_as(voice, pb::RecordAgreementRequest { document_sha256, ..request(name, "2018-06-01") }).await
    };
    target(fixture, walk, "RecordAgreement", [place, COLLECTION], true, by_name).await;
    let signed =
        walk.repeat("RecordAgreement", events, 1, call, [request(place, "2018-06-01"), request(place, "2018-06-02")]).await;
    let signed = signed.participation.unwrap();
    assert_eq!((signed.agreement_document.as_str(), signed.agreement_document_version.as_str()), ("agreement-2018", "1.2"));
}

async fn leave(fixture: &Fixture, walk: &mut Walk, place: &str) {
    let events = async || fixture.events().await.len();
    let north = fixture.hub_lead(NORTH);
    for (day, reason) in
        [("2018-08-31", "YEAR_NOT_STARTED"), ("2019-07-09", "DATE_BEFORE_LAST"), ("2019-07-11", "DATE_IN_FUTURE")]
    {
        walk.step("WithdrawParticipation", "wrong state", north.leave(place, day).await, reason);
    }
    let call_as = async |voice: &Client, request| voice.participations.clone().withdraw_participation(request).await;
    let call = async |request| call_as(&north, request).await;
    let request = |name: &str, day: &str, reason: &str| pb::WithdrawParticipationRequest {
        request_id: "leave".to_owned(),
        name: name.to_owned(),
        withdraw_date: day.to_owned(),
        reason: reason.to_owned(),
    };
    let nothing = call(pb::WithdrawParticipationRequest::default()).await;
    walk.wrong("WithdrawParticipation", nothing, &["request_id", "name", "withdraw_date", "reason"]);
    walk.wrong("WithdrawParticipation", call(request(place, "yesterday", "x")).await, &["withdraw_date"]);
    walk.wrong("WithdrawParticipation", call(request(place, "2019-07-10", &"x".repeat(501))).await, &["reason"]);
    let by_name = async |voice: &Client, name: &str| call_as(voice, request(name, "2019-07-10", "Moved")).await;
    target(fixture, walk, "WithdrawParticipation", [place, COLLECTION], true, by_name).await;
    let pair = ["Moved", "Other"].map(|reason| request(place, "2019-07-10", reason));
    walk.repeat("WithdrawParticipation", events, 1, call, pair).await;
    fixture.clock.move_to(noon("2019-07-11"));
    let ended = [
        ("StartYear", north.start_year(place, "2019-07-11").await),
        ("CompleteYear", north.complete_year(place, "2019-07-11").await),
        ("WithdrawParticipation", north.leave(place, "2019-07-11").await),
    ];
    for (rpc, answer) in ended {
        walk.step(rpc, "wrong state", answer, "STATE_ENDED");
    }
}
