//! AppointmentService. The register lists 100001 to 100150, and the walk of hubs created `hubs/one`.

use proto::network::v1 as pb;
use server::testing::{Cases, Walk};

use crate::fixture::*;

/// The RPCs with their cases.
pub(super) const CASES: &[Cases] = &[
    ("Appoint", &["wrong field", "wrong state", "repeated", "another body"]),
    ("EndAppointment", &["wrong field", "wrong state", "stale etag", "repeated", "another body"]),
    ("ListAppointments", &["wrong field"]),
];

/// A change of an appointment, and the fields that it makes wrong.
type Wrong = (fn(&mut pb::Appointment), &'static [&'static str]);

const WRONG: [Wrong; 12] = [
    (|made| made.role = 9, &["appointment.role"]),
    (|made| made.hub = "one".to_owned(), &["appointment.hub"]),
    (|made| made.seat = "10".to_owned(), &["appointment.seat"]),
    (|made| made.holder = "teachers/1".to_owned(), &["appointment.holder"]),
    (|made| made.holder = "schools/100002".to_owned(), &["appointment.holder"]),
    (|made| made.start_date = "now".to_owned(), &["appointment.start_date"]),
    (|made| made.end_date = "2018-08-31".to_owned(), &["appointment.end_date"]),
    (|made| made.remit.clear(), &["appointment.remit"]),
    (|made| made.remit = "x".repeat(501), &["appointment.remit"]),
    (|made| made.region_code = "North".to_owned(), &["appointment.region_code"]),
    (|made| made.role = pb::AppointmentRole::CohortLead.into(), &["appointment.remit", "appointment.region_code"]),
    (
        |made| made.role = pb::AppointmentRole::CouncilMember.into(),
        &["appointment.seat", "appointment.hub", "appointment.remit", "appointment.region_code"],
    ),
];

/// A change of an appointment, and the reason for which it is refused.
type WrongState = (fn(&mut pb::Appointment), &'static str);

fn chair(made: &mut pb::Appointment) {
    made.role = pb::AppointmentRole::CouncilChair.into();
    (made.remit, made.region_code) = (String::new(), String::new());
}

fn lead_school(made: &mut pb::Appointment) {
    chair(made);
    (made.role, made.holder) = (pb::AppointmentRole::LeadSchool.into(), "schools/100999".to_owned());
}

pub(super) async fn walk(fixture: &Fixture, walk: &mut Walk) {
    let events = async || fixture.events().await.len();
    let person = recorded(fixture, "lead@school.example").await;
    let call = async |request| fixture.appointments_as("ncetm").appoint(request).await;
    let made = pb::Appointment {
        role: pb::AppointmentRole::AssistantHubLead.into(),
        hub: "hubs/one".to_owned(),
        seat: "1".to_owned(),
        holder: person.clone(),
        start_date: "2018-09-01".to_owned(),
        remit: "Secondary schools".to_owned(),
        region_code: "E12000003".to_owned(),
        ..Default::default()
    };
    let request = |request_id: &str, change: &dyn Fn(&mut pb::Appointment)| {
        let mut changed = made.clone();
        change(&mut changed);
        pb::AppointRequest { request_id: request_id.to_owned(), appointment: Some(changed) }
    };
    let all = ["request_id", "appointment", "appointment.role", "appointment.start_date"];
    walk.wrong("Appoint", call(pb::AppointRequest::default()).await, &all);
    for (change, fields) in WRONG {
        walk.wrong("Appoint", call(request("appoint", &change)).await, fields);
    }
    let wrong_states: [WrongState; 4] = [
        (|made| made.hub = "hubs/none".to_owned(), "NOT_FOUND"),
        (|made| made.holder = "persons/nobody".to_owned(), "NOT_FOUND"),
        (lead_school, "SCHOOL_NOT_LISTED"),
        (chair, "CHAIR_NOT_MEMBER"),
    ];
    for (change, reason) in wrong_states {
        walk.step("Appoint", "wrong state", call(request("appoint", &change)).await, reason);
    }
    let pair = [request("appoint", &|_| {}), request("appoint", &|made| made.seat = "2".to_owned())];
    let appointed = walk.repeat("Appoint", events, 1, call, pair).await.appointment.unwrap();
    walk.step("Appoint", "wrong state", call(request("again", &|_| {})).await, "SEAT_TAKEN");
    let erase = pb::ErasePersonRequest { request_id: fresh(), name: person };
    walk.step("ErasePerson", "wrong state", fixture.persons_as("ncetm").erase_person(erase).await, "PERSON_APPOINTED");

    end(fixture, walk, &appointed).await;
    let list = pb::ListAppointmentsRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        hub: "one".to_owned(),
        council: true,
        role: 9,
        holder: "one".to_owned(),
        as_of_date: "today".to_owned(),
    };
    let wrong = fixture.appointments_as("school:schools/100001").list_appointments(list).await;
    walk.wrong("ListAppointments", wrong, &["hub", "role", "hub", "holder", "as_of_date", "page_size", "page_token"]);
}

async fn end(fixture: &Fixture, walk: &mut Walk, appointed: &pb::Appointment) {
    let events = async || fixture.events().await.len();
    let call = async |request| fixture.appointments_as("ncetm").end_appointment(request).await;
    let request = |request_id: &str, name: &str, etag: &str, day: &str| pb::EndAppointmentRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        end_date: day.to_owned(),
    };
    let name = &appointed.name;
    walk.wrong("EndAppointment", call(request("", "x", "", "x")).await, &["request_id", "name", "etag", "end_date"]);
    walk.wrong("EndAppointment", call(request("end", name, "v1", "2018-08-31")).await, &["end_date"]);
    walk.step("EndAppointment", "wrong state", call(request("end", "appointments/none", "v1", "2019-08-31")).await, "NOT_FOUND");
    walk.step("EndAppointment", "stale etag", call(request("end", name, "v2", "2019-08-31")).await, "ETAG_STALE");
    let pair = ["2019-08-31", "2019-07-31"].map(|day| request("end", name, "v1", day));
    walk.repeat("EndAppointment", events, 1, call, pair).await;
    walk.step("EndAppointment", "wrong state", call(request("later", name, "v2", "2019-09-30")).await, "APPOINTMENT_ENDED");
}
