//! Steps of Work Groups: teachers, a group of one school, its meeting and the register.

use proto::{enrolment::v1 as enrolment, meeting::v1 as pb, network::v1 as network};
use time::{AcademicYear, Date};
use tonic::Status;

use crate::{Caller, Suite, steps::request_id};

/// First day of the persons and the appointment of [`Suite::attend`].
const FIRST_DAY: &str = "2018-09-01";

/// A mark of a register that is final.
#[derive(Debug, Clone)]
pub struct Attended {
    /// The meeting, `workGroups/{group}/meetings/{meeting}`.
    pub meeting: String,
    /// Of the teacher of the school, who attended.
    pub mark: pb::Mark,
}

impl Suite {
    /// A teacher of the school of a participation attends a meeting on a day: the hub appoints a teacher of another school, who leads a new group of the one school in
    /// that academic year, and the hub lead plans the meeting and takes its final register.
    pub async fn attend(&self, hub: &str, participation: &str, leader_urn: i32, day: &str) -> Attended {
        let lead = self.hub_lead(hub);
        let request = enrolment::GetParticipationRequest { name: participation.to_owned() };
        let found = lead.participations().get_participation(request).await.expect("the hub looks after the participation");
        let participation = found.into_inner().participation.expect("a participation");
        let leader =
            self.school(&format!("schools/{leader_urn}")).record_teacher(&format!("schools/{leader_urn}"), FIRST_DAY).await;
        let teacher = self.school(&participation.school).record_teacher(&participation.school, FIRST_DAY).await;
        let (leader, teacher) = (leader.expect("a person"), teacher.expect("a person"));
        self.ncetm().appoint(hub, &leader).await.expect("the seat is free");
        self.caught_up().await;
        let group = lead
            .form_group(hub, &leader, &participation, AcademicYear::of(Date::parse(day).expect("a day")))
            .await
            .expect("the leader is appointed");
        let meeting = lead.plan_meeting(&group.name, hub, day).await.expect("the group meets").name;
        let mark = pb::Mark {
            subject: participation.name,
            person: teacher,
            mark_date: day.to_owned(),
            kind: pb::MarkKind::Attended.into(),
            ..Default::default()
        };
        lead.take_register(&meeting, vec![mark.clone()]).await.expect("the day has come");
        Attended { meeting, mark }
    }
}

impl Caller {
    /// Records a teacher of a school from a day on, or from today on when it is empty. Returns the person's name.
    pub async fn record_teacher(&self, school: &str, start_date: &str) -> Result<String, Status> {
        let email_address = format!("teacher@{}.example", school.replace('/', "-"));
        let request = network::RecordPersonRequest {
            request_id: request_id(),
            details: Some(network::PersonDetails { display_name: "A teacher".to_owned(), email_address }),
            school: school.to_owned(),
            start_date: start_date.to_owned(),
        };
        Ok(self.persons().record_person(request).await?.into_inner().person.unwrap_or_default().name)
    }

    /// Appoints a person as the lead of a hub.
    async fn appoint(&self, hub: &str, person: &str) -> Result<(), Status> {
        let appointment = network::Appointment {
            role: network::AppointmentRole::HubLead.into(),
            hub: hub.to_owned(),
            seat: "1".to_owned(),
            holder: person.to_owned(),
            start_date: FIRST_DAY.to_owned(),
            ..Default::default()
        };
        let request = network::AppointRequest { request_id: request_id(), appointment: Some(appointment) };
        self.appointments().appoint(request).await.map(drop)
    }

    /// Forms a group of one participation in an academic year, from its first day on, or from the day on which the school resumed its years.
    async fn form_group(
        &self,
        hub: &str,
        leader: &str,
        participation: &enrolment::Participation,
        year: AcademicYear,
    ) -> Result<enrolment::WorkGroup, Status> {
        let first = AcademicYear::parse(&participation.first_academic_year).expect("an academic year");
        let years_count = i32::from(year.first_year() - first.first_year());
        let resumed = participation.deferrals.last().map(|deferral| deferral.resume_date.clone());
        let start_date = resumed.unwrap_or_default().max(year.start_date().to_string());
        let year_number = years_count + 1 - participation.deferred_years_count;
        let participations = [participation.name.clone()];
        self.form_work_group([hub, &participation.programme, leader], year_number, &participations, &start_date).await
    }

    /// Forms a group of a hub for a year of a programme, under a leader, from a day on.
    pub async fn form_work_group(
        &self,
        [hub, programme, leader]: [&str; 3],
        year_number: i32,
        participations: &[String],
        start_date: &str,
    ) -> Result<enrolment::WorkGroup, Status> {
        let request = enrolment::FormWorkGroupRequest {
            request_id: request_id(),
            work_group: Some(enrolment::WorkGroup {
                hub: hub.to_owned(),
                programme: programme.to_owned(),
                academic_year: AcademicYear::of(Date::parse(start_date).expect("a day")).to_string(),
                year_number,
                leader: leader.to_owned(),
                ..Default::default()
            }),
            participations: participations.to_vec(),
            start_date: start_date.to_owned(),
            validate_only: false,
        };
        Ok(self.work_groups().form_work_group(request).await?.into_inner().work_group.unwrap_or_default())
    }

    /// Plans a meeting of a group on a day.
    pub async fn plan_meeting(&self, group: &str, hub: &str, day: &str) -> Result<pb::Meeting, Status> {
        let meeting = pb::Meeting {
            kind: pb::MeetingKind::Group.into(),
            start_date: day.to_owned(),
            end_date: day.to_owned(),
            venue: "Town hall".to_owned(),
            hub: hub.to_owned(),
            ..Default::default()
        };
        let request = pb::PlanMeetingRequest { request_id: request_id(), parent: group.to_owned(), meeting: Some(meeting) };
        Ok(self.meetings().plan_meeting(request).await?.into_inner().meeting.unwrap_or_default())
    }

    /// Takes the final register of a meeting.
    pub async fn take_register(&self, meeting: &str, marks: Vec<pb::Mark>) -> Result<pb::Meeting, Status> {
        let request = pb::TakeRegisterRequest {
            request_id: request_id(),
            name: meeting.to_owned(),
            register_state: pb::RegisterState::Final.into(),
            marks,
        };
        Ok(self.meetings().take_register(request).await?.into_inner().meeting.unwrap_or_default())
    }

    /// Corrects a mark of a final register.
    pub async fn correct_mark(&self, meeting: &str, mark: pb::Mark) -> Result<pb::Mark, Status> {
        let (name, reason) = (meeting.to_owned(), "The wrong line".to_owned());
        let request = pb::CorrectMarkRequest { request_id: request_id(), name, mark: Some(mark), reason };
        Ok(self.meetings().correct_mark(request).await?.into_inner().mark.unwrap_or_default())
    }
}
