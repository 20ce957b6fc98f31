//! A walk through every RPC of `MeetingService`: with a wrong field, in a wrong state, by a wrong hub or school, with a stale etag, and with a repeated
//! request_id.

use access::Role::{HubLead, School};
use proto::meeting::v1::{self as pb, MarkKind::*};
use server::testing::{Cases, Walk};
use tonic::Status;

use super::calls::{GROUP, Group, meeting};
use crate::fixture::*;

const PLANNED: &[&str] = &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "repeated", "another body"];
const CHANGED: &[&str] =
    &["wrong field", "wrong state", "not found", "wrong hub", "wrong token", "stale etag", "repeated", "another body"];
const READ: &[&str] = &["wrong field", "not found", "wrong hub", "wrong school", "wrong token"];
const CASES: &[Cases] = &[
    ("PlanMeeting", PLANNED),
    ("UpdateMeeting", CHANGED),
    ("CancelMeeting", CHANGED),
    ("TakeRegister", PLANNED),
    ("CorrectMark", PLANNED),
    ("GetMeeting", READ),
    ("ListMeetings", READ),
    ("ListMarks", READ),
];

#[tokio::test]
async fn every_rpc_of_meetings_fails_in_each_case_with_its_reason() {
    for database in db::testing::databases().await {
        let mut walk = Walk::default();
        let group = Group::open(&database, &[100_001, 100_002]).await;
        plan(&group, &mut walk).await;
        let planned = group.lead.plan(meeting("2018-11-06")).await.unwrap();
        update(&group, &mut walk, &planned).await;
        read(&group, &mut walk, &planned.name).await;
        register(&group, &mut walk, &planned.name).await;
        correct(&group, &mut walk, &planned.name).await;
        cancel(&group, &mut walk, &planned.name).await;
        walk.is_whole(&[CASES], &["mathshubs.meeting.v1.MeetingService"]);
        walk.has_met_all_of(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/meeting/src"));
    }
}

/// The cases of a call on a meeting or a group: a wrong name, a missing one, and one of another hub or school.
async fn target<T>(
    group: &Group,
    walk: &mut Walk,
    rpc: &'static str,
    field: &str,
    [name, missing]: [&str; 2],
    schools: bool,
    call: impl AsyncFn(&Client, &str) -> Result<T, Status>,
) {
    let fixture = &group.fixture;
    for wrong in ["", "workGroups", "cohorts/c", &format!("{name}/"), &name.to_uppercase()] {
        walk.wrong(rpc, call(&group.lead, wrong).await, &[field]);
    }
    walk.step(rpc, "not found", call(&group.lead, missing).await, "NOT_FOUND");
    walk.step(rpc, "wrong hub", call(&fixture.hub_lead(SOUTH), name).await, "NOT_FOUND");
    walk.step(rpc, "wrong token", call(&fixture.client(HubLead, None, None), name).await, "TOKEN_INCOMPLETE");
    if schools {
        walk.step(rpc, "wrong school", call(&fixture.school(100_600), name).await, "NOT_FOUND");
        walk.step(rpc, "wrong token", call(&fixture.client(School, None, None), name).await, "TOKEN_INCOMPLETE");
    }
}

type WrongMeeting = (fn(&mut pb::Meeting), &'static str);

const WRONG_MEETINGS: [WrongMeeting; 11] = [
    (|meeting| meeting.kind = 0, "meeting.kind"),
    (|meeting| meeting.kind = 99, "meeting.kind"),
    (|meeting| meeting.start_date = "tomorrow".to_owned(), "meeting.start_date"),
    (|meeting| meeting.end_date = "2018-11-05".to_owned(), "meeting.end_date"),
    (|meeting| meeting.end_date = "2018-12-07".to_owned(), "meeting.end_date"),
    (|meeting| meeting.host_school = "100001".to_owned(), "meeting.host_school"),
    (|meeting| meeting.set_kind(pb::MeetingKind::PeerVisit), "meeting.host_school"),
    (|meeting| meeting.venue.clear(), "meeting.venue"),
    (|meeting| meeting.hub = "north".to_owned(), "meeting.hub"),
    (|meeting| meeting.persons_max_count = -1, "meeting.persons_max_count"),
    (|meeting| meeting.expected_subjects = vec!["p".to_owned()], "meeting.expected_subjects[0]"),
];

async fn plan(group: &Group, walk: &mut Walk) {
    let events = async || group.fixture.events().await.len();
    let call_as = async |client: &Client, request| client.meetings.clone().plan_meeting(request).await;
    let call = async |request| call_as(&group.lead, request).await;
    let request = |parent: &str, change: &dyn Fn(&mut pb::Meeting)| {
        let mut planned = meeting("2018-11-06");
        change(&mut planned);
        pb::PlanMeetingRequest { request_id: "plan".to_owned(), parent: parent.to_owned(), meeting: Some(planned) }
    };
    let fields =
        ["request_id", "parent", "meeting.kind", "meeting.start_date", "meeting.end_date", "meeting.venue", "meeting.hub"];
    walk.wrong("PlanMeeting", call(pb::PlanMeetingRequest::default()).await, &fields);
    for (change, field) in WRONG_MEETINGS {
        walk.wrong("PlanMeeting", call(request(GROUP, &change)).await, &[field]);
    }
    let twice = vec![group.places[0].clone(), group.places[0].clone()];
    let duplicated = request(GROUP, &|meeting| meeting.expected_subjects = twice.clone());
    walk.wrong("PlanMeeting", call(duplicated).await, &["meeting.expected_subjects[1]"]);
    let many = request(GROUP, &|meeting| meeting.expected_subjects = vec![group.places[0].clone(); 101]);
    walk.wrong("PlanMeeting", call(many).await, &["meeting.expected_subjects"]);
    let by_name = async |client: &Client, name: &str| call_as(client, request(name, &|_| {})).await;
    target(group, walk, "PlanMeeting", "parent", [GROUP, "workGroups/none"], false, by_name).await;
    let nowhere = request(GROUP, &|meeting| meeting.hub = "hubs/nowhere".to_owned());
    walk.step("PlanMeeting", "not found", call_as(&group.fixture.ncetm(), nowhere).await, "NOT_FOUND");
    let other_hub = request(GROUP, &|meeting| meeting.hub = SOUTH.to_owned());
    walk.step("PlanMeeting", "wrong hub", call(other_hub).await, "HUB_NOT_OWN");
    let unlisted = request(GROUP, &|meeting| meeting.host_school = school(999_999));
    walk.step("PlanMeeting", "not found", call(unlisted).await, "NOT_FOUND");
    let next_year = request(GROUP, &|meeting| {
        meeting.start_date = "2019-08-31".to_owned();
        meeting.end_date = "2019-09-01".to_owned();
    });
    walk.step("PlanMeeting", "wrong state", call(next_year).await, "DATE_OUTSIDE_YEAR");
    let stranger = request(GROUP, &|meeting| meeting.expected_subjects = vec!["participations/stranger".to_owned()]);
    walk.step("PlanMeeting", "wrong state", call(stranger).await, "SUBJECT_NOT_MEMBER");
    group.fixture.sql("INSERT INTO hub (id, end_date) VALUES ('over', '2018-10-31')").await;
    let over = request(GROUP, &|meeting| meeting.hub = "hubs/over".to_owned());
    walk.step("PlanMeeting", "wrong state", call_as(&group.fixture.ncetm(), over).await, "HUB_NOT_OPEN");
    fixture::closing(group.fixture.pool(), 100_009, 2, "2018-11-06").await;
    let closed = request(GROUP, &|meeting| meeting.host_school = school(100_009));
    walk.step("PlanMeeting", "wrong state", call(closed).await, "SCHOOL_NOT_ELIGIBLE");
    group.fixture.sql("UPDATE work_group SET state = 'ended', end_date = '2018-10-31' WHERE id = 'other'").await;
    walk.step("PlanMeeting", "wrong state", call(request("workGroups/other", &|_| {})).await, "STATE_ENDED");
    let pair = [request(GROUP, &|_| {}), request(GROUP, &|meeting| meeting.venue = "Library".to_owned())];
    walk.repeat("PlanMeeting", events, 1, call, pair).await;
}

async fn update(group: &Group, walk: &mut Walk, planned: &pb::Meeting) {
    let events = async || group.fixture.events().await.len();
    let call_as = async |client: &Client, request| client.meetings.clone().update_meeting(request).await;
    let call = async |request| call_as(&group.lead, request).await;
    let request = |change: &dyn Fn(&mut pb::Meeting)| {
        let mut changed = planned.clone();
        change(&mut changed);
        pb::UpdateMeetingRequest { request_id: "update".to_owned(), meeting: Some(changed) }
    };
    let fields = [
        "request_id",
        "meeting.name",
        "meeting.kind",
        "meeting.start_date",
        "meeting.end_date",
        "meeting.venue",
        "meeting.hub",
        "meeting.etag",
    ];
    walk.wrong("UpdateMeeting", call(pb::UpdateMeetingRequest::default()).await, &fields);
    for (change, field) in WRONG_MEETINGS {
        walk.wrong("UpdateMeeting", call(request(&change)).await, &[field]);
    }
    let by_name = async |client: &Client, name: &str| call_as(client, request(&|meeting| meeting.name = name.to_owned())).await;
    target(group, walk, "UpdateMeeting", "meeting.name", [&planned.name, "workGroups/g/meetings/none"], false, by_name).await;
    walk.step("UpdateMeeting", "stale etag", call(request(&|meeting| meeting.etag = "v9".to_owned())).await, "ETAG_STALE");
    let stranger = request(&|meeting| meeting.expected_subjects = vec!["participations/stranger".to_owned()]);
    walk.step("UpdateMeeting", "wrong state", call(stranger).await, "SUBJECT_NOT_MEMBER");
    let pair = ["Library", "Hall"].map(|venue| request(&|meeting| meeting.venue = venue.to_owned()));
    walk.repeat("UpdateMeeting", events, 1, call, pair).await;
}

async fn read(group: &Group, walk: &mut Walk, name: &str) {
    let none = "workGroups/g/meetings/none";
    let get = async |client: &Client, name: &str| {
        client.meetings.clone().get_meeting(pb::GetMeetingRequest { name: name.to_owned() }).await
    };
    target(group, walk, "GetMeeting", "name", [name, none], true, get).await;
    let list = async |client: &Client, parent: &str| {
        client.meetings_of(pb::ListMeetingsRequest { parent: parent.to_owned(), ..Default::default() }).await
    };
    target(group, walk, "ListMeetings", "parent", [GROUP, "workGroups/none"], true, list).await;
    let wrong = pb::ListMeetingsRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        parent: "x".to_owned(),
        hub: "north".to_owned(),
        kind: 99,
        state: 99,
        from_date: "x".to_owned(),
        to_date: "x".to_owned(),
        register_overdue: true,
    };
    let fields = ["parent", "hub", "kind", "state", "from_date", "to_date", "page_size", "page_token"];
    walk.wrong("ListMeetings", group.lead.meetings_of(wrong).await, &fields);
    let marks = async |client: &Client, name: &str| client.marks_of(name).await;
    target(group, walk, "ListMarks", "parent", [name, none], true, marks).await;
    let wrong = pb::ListMarksRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        parent: "workGroups/-/meetings/-".to_owned(),
        subject: "p".to_owned(),
        person: "ann".to_owned(),
        view: 99,
    };
    let fields = ["subject", "person", "view", "page_size", "page_token"];
    walk.wrong("ListMarks", group.lead.list_marks(wrong).await, &fields);
    let of_all = pb::ListMarksRequest { parent: "workGroups/-/meetings/-".to_owned(), ..Default::default() };
    walk.wrong("ListMarks", group.lead.list_marks(of_all).await, &["subject"]);
}

async fn register(group: &Group, walk: &mut Walk, name: &str) {
    let events = async || group.fixture.events().await.len();
    let call_as = async |client: &Client, request| client.meetings.clone().take_register(request).await;
    let call = async |request| call_as(&group.lead, request).await;
    let request = |name: &str, marks: Vec<pb::Mark>| pb::TakeRegisterRequest {
        request_id: "register".to_owned(),
        name: name.to_owned(),
        register_state: pb::RegisterState::Final.into(),
        marks,
    };
    let attended = || group.mark(0, "2018-11-06", Attended);
    let nothing = call(pb::TakeRegisterRequest::default()).await;
    walk.wrong("TakeRegister", nothing, &["request_id", "name", "register_state"]);
    let fields = ["marks[0].subject", "marks[0].person", "marks[0].mark_date", "marks[0].kind"];
    walk.wrong("TakeRegister", call(request(name, vec![pb::Mark::default()])).await, &fields);
    walk.wrong("TakeRegister", call(request(name, vec![attended(), attended()])).await, &["marks[1]"]);
    walk.wrong("TakeRegister", call(request(name, vec![attended(); 1_001])).await, &["marks"]);
    let by_name = async |client: &Client, name: &str| call_as(client, request(name, Vec::new())).await;
    target(group, walk, "TakeRegister", "name", [name, "workGroups/g/meetings/none"], false, by_name).await;
    walk.step("TakeRegister", "wrong state", call(request(name, Vec::new())).await, "DATE_IN_FUTURE");
    group.fixture.clock.move_to(noon("2018-11-06"));
    let of = |person: &str| vec![super::mark(&group.places[0], person, "2018-11-06", Attended)];
    walk.step("TakeRegister", "wrong state", call(request(name, of("leader"))).await, "MARK_NOT_ALLOWED");
    group.fixture.sql("INSERT INTO person VALUES ('gone', 'gone', TRUE)").await;
    walk.step("TakeRegister", "wrong state", call(request(name, of("gone"))).await, "PERSON_ERASED");
    walk.step("TakeRegister", "not found", call(request(name, of("nobody"))).await, "NOT_FOUND");
    let made_now = time::Ids::seeded(7).next(noon("2018-11-06"));
    walk.step("TakeRegister", "not found", call(request(name, of(&made_now))).await, "TRY_AGAIN");
    // Another id of the teacher, after a merger.
    group.fixture.sql("INSERT INTO person VALUES ('other-id', 'teacher-100001', FALSE)").await;
    let both = vec![attended(), of("other-id").remove(0)];
    walk.wrong("TakeRegister", call(request(name, both)).await, &["marks[1]"]);
    walk.repeat("TakeRegister", events, 2, call, [request(name, vec![attended()]), request(name, Vec::new())]).await;
    let again = pb::TakeRegisterRequest { request_id: "again".to_owned(), ..request(name, Vec::new()) };
    walk.step("TakeRegister", "wrong state", call(again).await, "REGISTER_TAKEN");
}

async fn correct(group: &Group, walk: &mut Walk, name: &str) {
    let events = async || group.fixture.events().await.len();
    let call_as = async |client: &Client, request| client.meetings.clone().correct_mark(request).await;
    let call = async |request| call_as(&group.lead, request).await;
    let request = |name: &str, mark: pb::Mark, reason: &str| pb::CorrectMarkRequest {
        request_id: "correct".to_owned(),
        name: name.to_owned(),
        mark: Some(mark),
        reason: reason.to_owned(),
    };
    let fields = ["request_id", "name", "mark.subject", "mark.person", "mark.mark_date", "mark.kind", "reason"];
    walk.wrong("CorrectMark", call(pb::CorrectMarkRequest::default()).await, &fields);
    let absent = || group.mark(0, "2018-11-06", Absent);
    walk.wrong("CorrectMark", call(request(name, absent(), &"x".repeat(501))).await, &["reason"]);
    let by_name = async |client: &Client, name: &str| call_as(client, request(name, absent(), "Line")).await;
    target(group, walk, "CorrectMark", "name", [name, "workGroups/g/meetings/none"], false, by_name).await;
    let same = request(name, group.mark(0, "2018-11-06", Attended), "Line");
    walk.step("CorrectMark", "wrong state", call(same).await, "MARK_UNCHANGED");
    let other = super::mark(&group.places[1], "teacher-100001", "2018-11-06", Absent);
    assert_eq!(super::calls::why(group.lead.correct(name, other).await), "other_subject");
    let planned = group.lead.plan(meeting("2018-11-13")).await.unwrap();
    walk.step("CorrectMark", "wrong state", call(request(&planned.name, absent(), "Line")).await, "MEETING_STATE");
    let small = group.lead.plan(pb::Meeting { persons_max_count: 1, ..meeting("2018-11-06") }).await.unwrap();
    group.lead.take(&small.name, vec![group.mark(0, "2018-11-06", Attended)]).await.unwrap();
    let second = request(&small.name, group.mark(1, "2018-11-06", Attended), "Late");
    walk.step("CorrectMark", "wrong state", call(second).await, "CAPACITY_EXCEEDED");
    walk.repeat("CorrectMark", events, 1, call, [request(name, absent(), "Line"), request(name, absent(), "Row")]).await;
}

async fn cancel(group: &Group, walk: &mut Walk, held: &str) {
    let events = async || group.fixture.events().await.len();
    let call_as = async |client: &Client, request| client.meetings.clone().cancel_meeting(request).await;
    let call = async |request| call_as(&group.lead, request).await;
    let request = |name: &str, etag: &str, reason: &str| pb::CancelMeetingRequest {
        request_id: "cancel".to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        reason: reason.to_owned(),
    };
    let planned = group.lead.plan(meeting("2018-12-04")).await.unwrap();
    let nothing = call(pb::CancelMeetingRequest::default()).await;
    walk.wrong("CancelMeeting", nothing, &["request_id", "name", "etag", "reason"]);
    let by_name = async |client: &Client, name: &str| call_as(client, request(name, "v1", "Snow")).await;
    target(group, walk, "CancelMeeting", "name", [&planned.name, "workGroups/g/meetings/none"], false, by_name).await;
    walk.step("CancelMeeting", "stale etag", call(request(&planned.name, "v9", "Snow")).await, "ETAG_STALE");
    let etag = group.lead.meetings.clone().get_meeting(pb::GetMeetingRequest { name: held.to_owned() }).await.unwrap();
    let etag = etag.into_inner().meeting.unwrap().etag;
    walk.step("CancelMeeting", "wrong state", call(request(held, &etag, "Snow")).await, "MEETING_STATE");
    let pair = ["Snow", "Flood"].map(|reason| request(&planned.name, "v1", reason));
    walk.repeat("CancelMeeting", events, 1, call, pair).await;
}
