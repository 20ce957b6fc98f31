//! Meetings as messages, and messages as meetings.

use name::{HubId, PersonId, Urn};
use proto::meeting::v1 as pb;
use scope::Scope;
use server::Fields;
use service::{Resource, count};
use time::{Date, Instant};

use crate::{
    Names,
    mark::{self, page_store::MarkFilter},
    meeting_ref::{MeetingRef, ParentRef},
    parent::{ParentId, SubjectId},
    rules::{Meeting, MeetingId, MeetingKind, MeetingState, Plan, RegisterState},
    store::MeetingFilter,
    take_register::Register,
};

/// Most expected subjects of a meeting.
const EXPECTED_MAX: usize = 100;
/// Most days between the first and the last day of a meeting.
const DAYS_MAX: i32 = 30;
/// Most persons of a day.
const PERSONS_MAX: i32 = 1_000;
/// Longest venue and longest reason, in characters.
const VENUE_LENGTH_MAX: usize = 200;
const REASON_LENGTH_MAX: usize = 500;

impl From<MeetingKind> for pb::MeetingKind {
    fn from(kind: MeetingKind) -> Self {
        match kind {
            MeetingKind::Group => Self::Group,
            MeetingKind::SupportVisit => Self::SupportVisit,
            MeetingKind::PeerVisit => Self::PeerVisit,
            MeetingKind::Residential => Self::Residential,
        }
    }
}

impl From<MeetingState> for pb::MeetingState {
    fn from(state: MeetingState) -> Self {
        match state {
            MeetingState::Planned => Self::Planned,
            MeetingState::Held => Self::Held,
            MeetingState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<RegisterState> for pb::RegisterState {
    fn from(state: RegisterState) -> Self {
        match state {
            RegisterState::None => Self::Unspecified,
            RegisterState::Draft => Self::Draft,
            RegisterState::Final => Self::Final,
        }
    }
}

impl From<&Meeting> for pb::Meeting {
    fn from(meeting: &Meeting) -> Self {
        let plan = &meeting.plan;
        let subject = |subject: &SubjectId| format!("{}/{}", meeting.names.subjects, subject.as_str());
        Self {
            name: meeting.name(),
            kind: pb::MeetingKind::from(plan.kind).into(),
            start_date: plan.start.to_string(),
            end_date: plan.end.to_string(),
            host_school: plan.host.map(|host| host.to_string()).unwrap_or_default(),
            venue: plan.venue.clone(),
            hub: plan.hub.to_string(),
            expected_subjects: plan.expected.iter().map(subject).collect(),
            persons_max_count: count(plan.persons_max),
            state: pb::MeetingState::from(meeting.state).into(),
            register_state: pb::RegisterState::from(meeting.register).into(),
            register_time: meeting.register_time.map(Instant::to_proto),
            cancel_reason: meeting.cancel_reason.clone().unwrap_or_default(),
            etag: meeting.etag(),
        }
    }
}

/// The subject in a field.
pub(crate) fn subject(fields: &mut Fields, names: Names, field: &str, name: &str) -> Option<SubjectId> {
    fields.read(field, name::resource_id(name, names.subjects, SubjectId::LENGTH_MAX)).map(SubjectId::trusted)
}

/// The parent that a caller of this scope names in the field `parent`.
pub(crate) fn parent_ref(fields: &mut Fields, names: Names, scope: Scope, name: &str) -> Option<ParentRef> {
    Some(ParentRef { names, id: fields.read("parent", parse_parent(names, name))?, scope })
}

fn parse_parent(names: Names, name: &str) -> Result<ParentId, String> {
    name::resource_id(name, names.parents, ParentId::LENGTH_MAX).map(ParentId::trusted)
}

/// The meeting that a caller of this scope names in a field.
pub(crate) fn meeting_ref(fields: &mut Fields, names: Names, scope: Scope, field: &str, name: &str) -> Option<MeetingRef> {
    let (parent, id) = fields.read(field, parse_meeting(names, name))?;
    Some(MeetingRef { parent: ParentRef { names, id: parent, scope }, id })
}

fn parse_meeting(names: Names, name: &str) -> Result<(ParentId, MeetingId), String> {
    let parse = || {
        let (parent, id) = name.split_at(name.find("/meetings/")?);
        Some((parse_parent(names, parent).ok()?, MeetingId::parse(&id[1..]).ok()?))
    };
    parse().ok_or_else(|| format!("must be `{}/PARENT/meetings/MEETING`; found `{}`", names.parents, text::excerpt(name)))
}

/// The part of a meeting that a caller decides.
pub(crate) fn plan(fields: &mut Fields, names: Names, meeting: &pb::Meeting) -> Option<Plan> {
    let kind = known_kind(meeting.kind);
    fields.require("meeting.kind", kind.is_some(), "must be one of the kinds");
    let start = fields.date("meeting.start_date", &meeting.start_date);
    let end = fields.date("meeting.end_date", &meeting.end_date);
    if let Some((start, end)) = start.zip(end) {
        let fits = start <= end && end <= start.plus_days(DAYS_MAX);
        fields.require("meeting.end_date", fits, "must be the first day, or one of the 30 days after it");
    }
    let host = fields.optional("meeting.host_school", &meeting.host_school, Urn::parse);
    let needs_host = kind.is_some_and(MeetingKind::is_visit) && meeting.host_school.is_empty();
    fields.require("meeting.host_school", !needs_host, "must be the school that is visited");
    let venue = fields.text("meeting.venue", &meeting.venue, 0, VENUE_LENGTH_MAX);
    let is_somewhere = !meeting.venue.is_empty() || !meeting.host_school.is_empty() || needs_host;
    fields.require("meeting.venue", is_somewhere, "must say where, when there is no host school");
    let hub = fields.read("meeting.hub", HubId::parse(&meeting.hub));
    let expected = expected(fields, names, &meeting.expected_subjects);
    let persons_max = meeting.persons_max_count;
    fields.require("meeting.persons_max_count", (0..=PERSONS_MAX).contains(&persons_max), "must be 0 to 1000");
    Some(Plan {
        kind: kind?,
        start: start?,
        end: end?,
        host,
        venue: venue?,
        hub: hub?,
        expected: expected?,
        persons_max: persons_max.into(),
    })
}

/// In order.
fn expected(fields: &mut Fields, names: Names, subjects: &[String]) -> Option<Vec<SubjectId>> {
    if subjects.len() > EXPECTED_MAX {
        fields.wrong("meeting.expected_subjects", "must be at most 100");
        return None;
    }
    let mut expected = Vec::with_capacity(subjects.len());
    for (index, name) in subjects.iter().enumerate() {
        let field = format!("meeting.expected_subjects[{index}]");
        let read = subject(fields, names, &field, name);
        fields.require(&field, !subjects[..index].contains(name), "is duplicated");
        expected.push(read);
    }
    let mut expected: Vec<SubjectId> = expected.into_iter().collect::<Option<_>>()?;
    expected.sort();
    Some(expected)
}

/// The reason of a cancellation or a correction.
pub(crate) fn reason(fields: &mut Fields, text: &str) -> Option<String> {
    fields.text("reason", text, 1, REASON_LENGTH_MAX)
}

/// A register.
pub(crate) fn register(fields: &mut Fields, names: Names, message: &pb::TakeRegisterRequest) -> Option<Register> {
    let is_final = match pb::RegisterState::try_from(message.register_state) {
        Ok(pb::RegisterState::Draft) => Some(false),
        Ok(pb::RegisterState::Final) => Some(true),
        _ => None,
    };
    fields.require("register_state", is_final.is_some(), "must be a draft or the final register");
    let entries = mark::wire::entries(fields, names, &message.marks);
    Some(Register { is_final: is_final?, entries: entries? })
}

fn known_kind(number: i32) -> Option<MeetingKind> {
    MeetingKind::ALL.iter().copied().find(|kind| i32::from(pb::MeetingKind::from(*kind)) == number)
}

/// The filter of a list of meetings. `today` is the day on which registers are overdue.
pub(crate) fn meeting_filter(fields: &mut Fields, names: Names, message: &pb::ListMeetingsRequest, today: Date) -> MeetingFilter {
    let is_of_all = message.parent.strip_prefix(names.parents) == Some("/-");
    let parent = if is_of_all { None } else { fields.read("parent", parse_parent(names, &message.parent)) };
    let hub = fields.optional("hub", &message.hub, HubId::parse);
    let kind = known_kind(message.kind);
    fields.require("kind", message.kind == 0 || kind.is_some(), "must be one of the kinds");
    let state = MeetingState::ALL.iter().copied().find(|state| i32::from(pb::MeetingState::from(*state)) == message.state);
    fields.require("state", message.state == 0 || state.is_some(), "must be one of the states");
    let from = fields.optional_date("from_date", &message.from_date);
    let to = fields.optional_date("to_date", &message.to_date);
    MeetingFilter { parent, hub, kind, state, from, to, overdue_on: message.register_overdue.then_some(today) }
}

/// The filter of a list of marks.
pub(crate) fn mark_filter(fields: &mut Fields, names: Names, message: &pb::ListMarksRequest) -> Option<MarkFilter> {
    let is_of_all = message.parent.strip_prefix(names.parents) == Some("/-/meetings/-");
    let meeting = if is_of_all { None } else { fields.read("parent", parse_meeting(names, &message.parent)) };
    let subject = if message.subject.is_empty() { None } else { subject(fields, names, "subject", &message.subject) };
    let person = fields.optional("person", &message.person, PersonId::parse);
    let is_narrow = !is_of_all || !message.subject.is_empty() || !message.person.is_empty();
    fields.require("subject", is_narrow, "must be a subject, unless a person is given, for marks of all meetings");
    let view = mark::wire::view(fields, message.view);
    Some(MarkFilter { meeting, subject, person, view: view? })
}
