//! A Work Group with its schools, and the calls of its hub lead.

use db::testing::TestDatabase;
use proto::{
    enrolment::v1::PlaceOrder,
    meeting::v1::{self as pb, RegisterState},
    person::v1::{ListPersonRecordRequest, person_record_service_client::PersonRecordServiceClient},
};
use server::testing::Line;
use tonic_types::StatusExt;

use crate::fixture::*;

pub(crate) const GROUP: &str = "workGroups/g";

/// Schools of the north that started their first year on 10 September 2018 and are members of [`GROUP`], which `persons/leader` leads.
pub(crate) struct Group {
    pub(crate) fixture: Fixture,
    pub(crate) lead: Client,
    pub(crate) urns: Vec<i64>,
    pub(crate) places: Vec<String>,
    /// The number of events before the first meeting.
    pub(crate) events_before: usize,
}

impl Group {
    /// Each school has the teacher `persons/teacher-{urn}`.
    pub(crate) async fn open(database: &TestDatabase, urns: &[i64]) -> Self {
        let fixture = Fixture::with_round(database, PlaceOrder::Submission, i32::try_from(urns.len()).unwrap()).await;
        let lead = fixture.hub_lead(NORTH);
        let mut names = Vec::new();
        for urn in urns {
            names.push(lead.apply(*urn, NORTH).await.unwrap().name);
            fixture::person(fixture.pool(), &format!("teacher-{urn}"), *urn).await;
        }
        lead.offer(NORTH, 0).await.unwrap();
        let mut places = Vec::new();
        for name in &names {
            places.push(lead.accept(name).await.unwrap().participation);
        }
        fixture.clock.move_to(noon("2018-09-10"));
        for place in &places {
            lead.start_year(place, "2018-09-10").await.unwrap();
        }
        fixture.work_group("g", "2018-09-10", &places).await;
        fixture.work_group("other", "2018-09-10", &[]).await;
        let events_before = fixture.events().await.len();
        Self { fixture, lead, urns: urns.to_vec(), places, events_before }
    }

    /// A mark of the teacher of a school.
    pub(crate) fn mark(&self, school: usize, date: &str, kind: pb::MarkKind) -> pb::Mark {
        mark(&self.places[school], &format!("teacher-{}", self.urns[school]), date, kind)
    }

    /// A school moves to the group `other` on a day.
    pub(crate) async fn move_school(&self, school: usize, date: &str) {
        let (id, before) = (self.places[school].trim_start_matches("participations/"), day(date).plus_days(-1));
        self.fixture.sql(format!("UPDATE membership SET end_date = '{before}' WHERE participation = '{id}'")).await;
        self.fixture
            .sql(format!(
                "INSERT INTO membership (participation, academic_year, start_date, work_group) VALUES ('{id}', '2018/19', '{date}', 'other')"
            ))
            .await;
    }

    /// The first day of attendance of each school.
    pub(crate) async fn first_attendance(&self) -> Vec<String> {
        let mut days = Vec::new();
        for place in &self.places {
            days.push(self.lead.participation(place).await.unwrap().first_attendance_date);
        }
        days
    }
}

/// A meeting of one day, organised by the north.
pub(crate) fn meeting(date: &str) -> pb::Meeting {
    pb::Meeting {
        kind: pb::MeetingKind::Group.into(),
        start_date: date.to_owned(),
        end_date: date.to_owned(),
        venue: "Town hall".to_owned(),
        hub: NORTH.to_owned(),
        ..pb::Meeting::default()
    }
}

/// A visit of one day to a school.
pub(crate) fn as_host(kind: pb::MeetingKind, host: i64) -> impl Fn(&str) -> pb::Meeting {
    move |date| pb::Meeting { kind: kind.into(), host_school: school(host), ..meeting(date) }
}

pub(crate) fn mark(subject: &str, person: &str, date: &str, kind: pb::MarkKind) -> pb::Mark {
    pb::Mark {
        subject: subject.to_owned(),
        person: format!("persons/{person}"),
        mark_date: date.to_owned(),
        kind: kind.into(),
        ..pb::Mark::default()
    }
}

/// Why a mark was refused.
pub(crate) fn why<T: std::fmt::Debug>(refused: Answer<T>) -> String {
    let info = refused.expect_err("the call is refused").get_details_error_info().expect("a reason");
    assert_eq!(info.reason, "MARK_NOT_ALLOWED");
    info.metadata["why"].clone()
}

/// Resource and content of what enrolment stores about a person, without what the mirror has.
pub(crate) async fn person_record(line: Line, person: &str) -> Vec<(String, String)> {
    let request = ListPersonRecordRequest { person: person.to_owned(), ..Default::default() };
    let answer = PersonRecordServiceClient::new(line).list_person_record(request).await.unwrap().into_inner();
    let own = answer.person_records.into_iter().filter(|record| !["person", "employment"].contains(&record.kind.as_str()));
    own.map(|record| (record.resource, record.content)).collect()
}

impl Client {
    pub(crate) async fn plan(&self, meeting: pb::Meeting) -> Answer<pb::Meeting> {
        self.plan_in(GROUP, meeting).await
    }

    pub(crate) async fn plan_in(&self, group: &str, meeting: pb::Meeting) -> Answer<pb::Meeting> {
        let request = pb::PlanMeetingRequest { request_id: self.request_id(), parent: group.to_owned(), meeting: Some(meeting) };
        Ok(self.meetings.clone().plan_meeting(request).await?.into_inner().meeting.expect("a meeting"))
    }

    pub(crate) async fn update_meeting(&self, meeting: pb::Meeting) -> Answer<pb::Meeting> {
        let request = pb::UpdateMeetingRequest { request_id: self.request_id(), meeting: Some(meeting) };
        Ok(self.meetings.clone().update_meeting(request).await?.into_inner().meeting.expect("a meeting"))
    }

    pub(crate) async fn cancel_meeting(&self, name: &str, etag: &str) -> Answer<pb::Meeting> {
        let request = pb::CancelMeetingRequest {
            request_id: self.request_id(),
            name: name.to_owned(),
            etag: etag.to_owned(),
            reason: "Snow".to_owned(),
        };
        Ok(self.meetings.clone().cancel_meeting(request).await?.into_inner().meeting.expect("a meeting"))
    }

    /// Takes the final register.
    pub(crate) async fn take(&self, name: &str, marks: Vec<pb::Mark>) -> Answer<pb::Meeting> {
        self.register(name, RegisterState::Final, marks).await
    }

    pub(crate) async fn draft_register(&self, name: &str, marks: Vec<pb::Mark>) -> Answer<pb::Meeting> {
        self.register(name, RegisterState::Draft, marks).await
    }

    async fn register(&self, name: &str, state: RegisterState, marks: Vec<pb::Mark>) -> Answer<pb::Meeting> {
        let request =
            pb::TakeRegisterRequest { request_id: self.request_id(), name: name.to_owned(), register_state: state.into(), marks };
        Ok(self.meetings.clone().take_register(request).await?.into_inner().meeting.expect("a meeting"))
    }

    pub(crate) async fn correct(&self, name: &str, mark: pb::Mark) -> Answer<pb::Mark> {
        let request = pb::CorrectMarkRequest {
            request_id: self.request_id(),
            name: name.to_owned(),
            mark: Some(mark),
            reason: "The wrong line".to_owned(),
        };
        Ok(self.meetings.clone().correct_mark(request).await?.into_inner().mark.expect("a mark"))
    }

    pub(crate) async fn meetings_of(&self, request: pb::ListMeetingsRequest) -> Answer<Vec<pb::Meeting>> {
        Ok(self.meetings.clone().list_meetings(request).await?.into_inner().meetings)
    }

    /// The marks of a meeting that count.
    pub(crate) async fn marks_of(&self, name: &str) -> Answer<Vec<pb::Mark>> {
        self.list_marks(pb::ListMarksRequest { parent: name.to_owned(), ..Default::default() }).await
    }

    pub(crate) async fn list_marks(&self, request: pb::ListMarksRequest) -> Answer<Vec<pb::Mark>> {
        Ok(self.meetings.clone().list_marks(request).await?.into_inner().marks)
    }
}
