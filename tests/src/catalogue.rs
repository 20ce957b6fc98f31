//! Steps of stories in the catalogue, and in the decisions on which it rests.

use proto::network::v1 as network;
use tonic::{Code, Status};

use crate::{
    Caller, DECISION, PROGRAMME, once_mirrored, reason,
    steps::{MIRRORED_LATER, request_id},
};

impl Caller {
    /// Records a meeting of the Council and [`DECISION`], unless they are recorded.
    pub async fn decide(&self) -> Result<(), Status> {
        let meeting = network::CouncilMeeting {
            academic_year: "2017/18".to_owned(),
            term: network::Term::Spring.into(),
            meeting_date: "2018-03-01".to_owned(),
            ..Default::default()
        };
        let meeting = network::RecordMeetingRequest {
            request_id: request_id(),
            meeting_id: "spring".to_owned(),
            council_meeting: Some(meeting),
        };
        unless_recorded(self.council().record_meeting(meeting).await)?;
        let decision = network::Decision {
            kind: network::DecisionKind::Policy.into(),
            text: "Policies of these tests".to_owned(),
            start_date: "2014-09-01".to_owned(),
            ..Default::default()
        };
        let decision = network::RecordDecisionRequest {
            request_id: request_id(),
            council_meeting: "councilMeetings/spring".to_owned(),
            decision_id: "policies".to_owned(),
            decision: Some(decision),
        };
        unless_recorded(self.council().record_decision(decision).await)
    }

    /// Puts [`PROGRAMME`] into the catalogue, unless it has it. Local leaders lead its Work Groups.
    pub async fn catalogue_programme(&self) -> Result<(), Status> {
        self.catalogue_programme_led_by(network::GroupLeader::LocalLeader).await
    }

    /// The same with another kind of leader.
    pub async fn catalogue_programme_led_by(&self, leader: network::GroupLeader) -> Result<(), Status> {
        let shape = network::WorkGroupShape {
            schools_min_count: 1,
            schools_max_count: 6,
            participants_per_school_count: 2,
            leader: leader.into(),
        };
        let terms = network::ProgrammeTerms {
            years: vec![programme_year("Development"), programme_year("Embedding")],
            work_group_shape: Some(shape),
            ..terms(&[2, 3])
        };
        self.catalogue_programme_of(PROGRAMME, terms).await
    }

    /// Puts a programme into the catalogue, unless it has it.
    pub async fn catalogue_programme_of(&self, id: &str, terms: network::ProgrammeTerms) -> Result<(), Status> {
        self.decide().await?;
        let priority = network::Priority {
            display_name: "Teaching for mastery".to_owned(),
            start_date: "2014-09-01".to_owned(),
            decision: DECISION.to_owned(),
            ..Default::default()
        };
        let (priority_id, priority) = ("mastery".to_owned(), Some(priority));
        let request = network::CreatePriorityRequest { request_id: request_id(), priority_id, priority };
        unless_recorded(self.catalogue().create_priority(request).await)?;
        let programme = network::Programme {
            display_name: id.replace('-', " "),
            kind: network::ProgrammeKind::Schools.into(),
            recurrence: network::Recurrence::Once.into(),
            priority: "priorities/mastery".to_owned(),
            ..Default::default()
        };
        let (programme_id, programme) = (id.to_owned(), Some(programme));
        let request = network::CreateProgrammeRequest { request_id: request_id(), programme_id, programme };
        match self.catalogue().create_programme(request).await {
            Err(status) if status.code() == Code::AlreadyExists => return Ok(()),
            created => created?,
        };
        let (parent, terms) = (format!("programmes/{id}"), Some(terms));
        let request = network::AddProgrammeTermsRequest { request_id: request_id(), parent, terms };
        self.catalogue().add_programme_terms(request).await.map(drop)
    }

    /// The answer of a call that rests on [`DECISION`] and names [`PROGRAMME`]. When the service does not know them, records them and waits until the service
    /// does.
    pub async fn decided<T, F: Future<Output = Result<T, Status>>>(&self, call: impl Fn() -> F) -> Result<T, Status> {
        match call().await {
            Err(status) if MIRRORED_LATER.contains(&reason(&status).as_str()) => {
                self.catalogue_programme().await?;
                once_mirrored(call).await
            }
            answer => answer,
        }
    }
}

/// Terms from September 2014 for state-funded schools of these phases, by the codes of GIAS, without years.
pub fn terms(phase_codes: &[i32]) -> network::ProgrammeTerms {
    let eligibility = network::Eligibility { type_group_codes: vec![4, 10, 11], phase_codes: phase_codes.to_vec(), ages: None };
    network::ProgrammeTerms {
        start_date: "2014-09-01".to_owned(),
        decision: DECISION.to_owned(),
        eligibility: Some(eligibility),
        ..Default::default()
    }
}

/// A year of six meetings, without support visits.
pub fn programme_year(name: &str) -> network::ProgrammeYear {
    network::ProgrammeYear { display_name: name.to_owned(), meetings_count: 6, ..Default::default() }
}

/// The answer of a call, unless it is that its record exists already.
fn unless_recorded<T>(answer: Result<T, Status>) -> Result<(), Status> {
    match answer {
        Err(status) if status.code() == Code::AlreadyExists => Ok(()),
        answer => answer.map(drop),
    }
}
