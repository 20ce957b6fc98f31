//! CouncilService. The walk of hubs created `hubs/one`.

use proto::network::v1 as pb;
use server::testing::{Cases, Walk};

use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("RecordMeeting", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ListMeetings", &["wrong field"]),
    ("ProposeChair", &["wrong field"]),
    ("RecordDecision", &["wrong field", "wrong state", "repeated", "another body"]),
    ("ListDecisions", &["wrong field"]),
];

/// A change of a meeting, and the fields that it makes wrong.
type Wrong = (fn(&mut pb::CouncilMeeting), &'static [&'static str]);

/// A change of a decision, and the field that it makes wrong.
type WrongDecision = (fn(&mut pb::Decision), &'static str);

const WRONG: [Wrong; 8] = [
    (|meeting| meeting.academic_year = "2018".to_owned(), &["council_meeting.academic_year"]),
    (|meeting| meeting.term = 0, &["council_meeting.term"]),
    (|meeting| meeting.term = 4, &["council_meeting.term"]),
    (|meeting| meeting.meeting_date = "2018-05-01".to_owned(), &["council_meeting.meeting_date"]),
    (|meeting| meeting.meeting_date = "2019-03-01".to_owned(), &["council_meeting.meeting_date"]),
    (|meeting| meeting.present_persons = vec!["hubs/one".to_owned()], &["council_meeting.present_persons[0]"]),
    (|meeting| meeting.present_hubs = vec!["hubs/one".to_owned(); 2], &["council_meeting.present_hubs"]),
    (|meeting| meeting.present_hubs = (0..101).map(|id| format!("hubs/{id}")).collect(), &["council_meeting.present_hubs"]),
];

pub(super) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    meetings(fixture, walk).await;
    let wrong = pb::ProposeChairRequest { as_of_date: "soon".to_owned() };
    walk.wrong("ProposeChair", fixture.council_as("dfe").propose_chair(wrong).await, &["as_of_date"]);
    decisions(fixture, walk).await;
}

async fn meetings(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.council_as("ncetm").record_meeting(request).await;
    let request = |request_id: &str, id: &str| pb::RecordMeetingRequest {
        request_id: request_id.to_owned(),
        meeting_id: id.to_owned(),
        council_meeting: Some(pb::CouncilMeeting {
            academic_year: "2017/18".to_owned(),
            term: pb::Term::Spring.into(),
            meeting_date: "2018-03-01".to_owned(),
            ..Default::default()
        }),
    };
    let all = [
        "request_id",
        "meeting_id",
        "council_meeting",
        "council_meeting.academic_year",
        "council_meeting.term",
        "council_meeting.meeting_date",
    ];
    walk.wrong("RecordMeeting", call(pb::RecordMeetingRequest::default()).await, &all);
    for (change, fields) in WRONG {
        let mut wrong = request("meet", "spring");
        change(wrong.council_meeting.as_mut().unwrap());
        walk.wrong("RecordMeeting", call(wrong).await, fields);
    }
    walk.wrong("RecordMeeting", call(request("meet", "Spring 2018")).await, &["meeting_id"]);
    let mut nowhere = request("meet", "spring");
    nowhere.council_meeting.as_mut().unwrap().present_hubs = vec!["hubs/one".to_owned(), "hubs/none".to_owned()];
    walk.step("RecordMeeting", "wrong state", call(nowhere).await, "NOT_FOUND");
    let mut nobody = request("meet", "spring");
    nobody.council_meeting.as_mut().unwrap().present_persons = vec!["persons/nobody".to_owned()];
    walk.step("RecordMeeting", "wrong state", call(nobody).await, "NOT_FOUND");
    let mut ahead = request("meet", "spring");
    let meeting = ahead.council_meeting.as_mut().unwrap();
    (meeting.academic_year, meeting.meeting_date) = ("2098/99".to_owned(), "2099-03-01".to_owned());
    meeting.present_hubs = vec!["hubs/one".to_owned()];
    walk.step("RecordMeeting", "wrong state", call(ahead).await, "DATE_IN_FUTURE");
    walk.repeat("RecordMeeting", events, 1, call, ["spring", "summer"].map(|id| request("meet", id))).await;
    walk.step("RecordMeeting", "wrong state", call(request("again", "spring")).await, "COUNCIL_MEETING_EXISTS");
    walk.step("RecordMeeting", "wrong state", call(request("again", "second")).await, "COUNCIL_TERM_TAKEN");

    let list = |page_size, token: &str, year: &str| pb::ListMeetingsRequest {
        page_size,
        page_token: token.to_owned(),
        academic_year: year.to_owned(),
    };
    let wrong = fixture.council_as("school:schools/100001").list_meetings(list(-1, "x", "2018")).await;
    walk.wrong("ListMeetings", wrong, &["academic_year", "page_size", "page_token"]);
}

async fn decisions(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.council_as("ncetm").record_decision(request).await;
    let request = |request_id: &str, id: &str| pb::RecordDecisionRequest {
        request_id: request_id.to_owned(),
        council_meeting: "councilMeetings/spring".to_owned(),
        decision_id: id.to_owned(),
        decision: Some(pb::Decision {
            kind: pb::DecisionKind::Priority.into(),
            text: "Core Maths is a priority".to_owned(),
            start_date: "2018-09-01".to_owned(),
            ..Default::default()
        }),
    };
    let all =
        ["request_id", "council_meeting", "decision_id", "decision", "decision.kind", "decision.text", "decision.start_date"];
    walk.wrong("RecordDecision", call(pb::RecordDecisionRequest::default()).await, &all);
    let wrong: [WrongDecision; 4] = [
        (|decision| decision.kind = 4, "decision.kind"),
        (|decision| decision.text = "x".repeat(2_001), "decision.text"),
        (|decision| decision.text = " ".to_owned(), "decision.text"),
        (|decision| decision.start_date = "September".to_owned(), "decision.start_date"),
    ];
    for (change, field) in wrong {
        let mut wrong = request("decide", "core-maths");
        change(wrong.decision.as_mut().unwrap());
        walk.wrong("RecordDecision", call(wrong).await, &[field]);
    }
    let nowhere =
        pb::RecordDecisionRequest { council_meeting: "councilMeetings/none".to_owned(), ..request("decide", "core-maths") };
    walk.step("RecordDecision", "wrong state", call(nowhere).await, "NOT_FOUND");
    walk.repeat("RecordDecision", events, 1, call, ["core-maths", "other"].map(|id| request("decide", id))).await;
    walk.step("RecordDecision", "wrong state", call(request("again", "core-maths")).await, "DECISION_EXISTS");

    let list =
        pb::ListDecisionsRequest { page_size: -1, page_token: "x".to_owned(), council_meeting: "spring".to_owned(), kind: 9 };
    let wrong = fixture.council_as("school:schools/100001").list_decisions(list).await;
    walk.wrong("ListDecisions", wrong, &["kind", "council_meeting", "page_size", "page_token"]);
}
