//! Meetings and decisions as messages, and messages as meetings and decisions.

use std::{collections::BTreeSet, fmt::Display};

use db::Column;
use name::{CouncilMeetingId, DecisionId, HubId, PersonId};
use proto::network::v1 as pb;
use server::Fields;
use service::{Resource, count};
use time::{AcademicYear, Date};

use super::{
    Decision, DecisionKind, Meeting, Term,
    list_decisions::DecisionFilter,
    rotation::{Candidate, ChairReason},
};

/// Most persons, and most hubs, that were present at a meeting.
const PRESENT_MAX: usize = 100;
/// Longest words of a decision, in characters.
const TEXT_LENGTH_MAX: usize = 2_000;

impl From<&Meeting> for pb::CouncilMeeting {
    fn from(meeting: &Meeting) -> Self {
        Self {
            name: meeting.name(),
            academic_year: meeting.academic_year.to_string(),
            term: count(meeting.term.number()),
            meeting_date: meeting.date.to_string(),
            present_persons: meeting.present_persons.iter().map(ToString::to_string).collect(),
            present_hubs: meeting.present_hubs.iter().map(ToString::to_string).collect(),
            chair: meeting.chair.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

impl From<&Decision> for pb::Decision {
    fn from(decision: &Decision) -> Self {
        Self {
            name: decision.name(),
            kind: count(decision.kind.number()),
            text: decision.text.clone(),
            start_date: decision.start.to_string(),
        }
    }
}

/// A candidate, and the reason for which it comes before the next one.
pub(super) fn candidate((candidate, reason): (Candidate, ChairReason)) -> pb::ChairCandidate {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    pb::ChairCandidate {
        person: candidate.person.to_string(),
        hub: candidate.hub.to_string(),
        region_code: candidate.region_code,
        region_chair_date: day(candidate.region_chaired),
        hub_chair_date: day(candidate.hub_chaired),
        office_date: candidate.office_start.to_string(),
        reason: pb::ChairReason::from(reason).into(),
    }
}

impl From<ChairReason> for pb::ChairReason {
    fn from(reason: ChairReason) -> Self {
        match reason {
            ChairReason::RegionNeverChaired => Self::RegionNeverChaired,
            ChairReason::RegionChairedLongerAgo => Self::RegionChairedLongerAgo,
            ChairReason::RegionCode => Self::RegionCode,
            ChairReason::HubNeverChaired => Self::HubNeverChaired,
            ChairReason::HubChairedLongerAgo => Self::HubChairedLongerAgo,
            ChairReason::LongerInOffice => Self::LongerInOffice,
            ChairReason::Id => Self::Id,
            ChairReason::Last => Self::Last,
        }
    }
}

/// A new meeting.
pub(crate) fn meeting(fields: &mut Fields, message: &pb::RecordMeetingRequest) -> Option<Meeting> {
    let id = fields.new_id("meeting_id", &message.meeting_id, CouncilMeetingId::LENGTH_MAX).map(CouncilMeetingId::trusted);
    fields.require("council_meeting", message.council_meeting.is_some(), "must be set");
    let sent = message.council_meeting.clone().unwrap_or_default();
    let academic_year = fields.read("council_meeting.academic_year", AcademicYear::parse(&sent.academic_year));
    let term = fields.read("council_meeting.term", Term::from_stored(sent.term.into()));
    let date = fields.date("council_meeting.meeting_date", &sent.meeting_date);
    if let (Some(year), Some(term), Some(date)) = (academic_year, term, date) {
        fields.require("council_meeting.meeting_date", term.contains(year, date), "must lie in the term of the year");
    }
    let present_persons = present(fields, "council_meeting.present_persons", &sent.present_persons, PersonId::parse);
    let present_hubs = present(fields, "council_meeting.present_hubs", &sent.present_hubs, HubId::parse);
    Some(Meeting {
        id: id?,
        academic_year: academic_year?,
        term: term?,
        date: date?,
        present_persons: present_persons?,
        present_hubs: present_hubs?,
        chair: None,
    })
}

/// The names of those who were present, none twice.
fn present<T: Ord + Clone, E: Display>(
    fields: &mut Fields,
    field: &str,
    names: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<Vec<T>> {
    fields.require(field, names.len() <= PRESENT_MAX, &format!("must have at most {PRESENT_MAX} names"));
    let read = names.iter().take(PRESENT_MAX).enumerate();
    let ids: Vec<Option<T>> = read.map(|(index, name)| fields.read(&format!("{field}[{index}]"), parse(name))).collect();
    let ids: Vec<T> = ids.into_iter().collect::<Option<_>>()?;
    let distinct = ids.iter().collect::<BTreeSet<_>>().len();
    fields.require(field, distinct == ids.len(), "must have no name twice");
    Some(ids)
}

/// A new decision.
pub(crate) fn decision(fields: &mut Fields, message: &pb::RecordDecisionRequest) -> Option<Decision> {
    let meeting = fields.read("council_meeting", CouncilMeetingId::parse(&message.council_meeting));
    let id = fields.new_id("decision_id", &message.decision_id, DecisionId::LENGTH_MAX);
    fields.require("decision", message.decision.is_some(), "must be set");
    let sent = message.decision.clone().unwrap_or_default();
    let kind = fields.read("decision.kind", DecisionKind::from_stored(sent.kind.into()));
    let text = fields.text("decision.text", &sent.text, 1, TEXT_LENGTH_MAX);
    let start = fields.date("decision.start_date", &sent.start_date);
    Some(Decision { id: DecisionId::trusted(meeting?, id?), kind: kind?, text: text?, start: start? })
}

/// The year of a list of meetings. A field that is wrong does not filter.
pub(super) fn year(fields: &mut Fields, message: &pb::ListMeetingsRequest) -> Option<AcademicYear> {
    fields.optional("academic_year", &message.academic_year, AcademicYear::parse)
}

/// The filter of a list of decisions. A field that is wrong does not filter.
pub(super) fn filter(fields: &mut Fields, message: &pb::ListDecisionsRequest) -> DecisionFilter {
    let kind = (message.kind != 0).then(|| fields.read("kind", DecisionKind::from_stored(message.kind.into())));
    DecisionFilter {
        meeting: fields.optional("council_meeting", &message.council_meeting, CouncilMeetingId::parse),
        kind: kind.flatten(),
    }
}
