//! Work Groups as messages, and messages as Work Groups.

use std::collections::BTreeSet;

use name::{HubId, PersonId, ProgrammeId, Urn};
use proto::{Mutation, enrolment::v1 as pb};
use scope::Scope;
use server::{ApiError, Call, Fields};
use service::{Resource, count};
use time::{AcademicYear, Date};

use super::{
    WorkGroupRef,
    rules::{GroupYear, NewGroup, WorkGroup, WorkGroupId, WorkGroupState},
    store::WorkGroupFilter,
};
use crate::{
    membership::list_memberships::MembershipFilter,
    participation::{ParticipationId, ParticipationRef},
};

/// Most members of a new group.
const MEMBERS_MAX: usize = 50;
/// Most years of a programme.
const YEAR_NUMBER_MAX: i32 = 3;

impl From<WorkGroupState> for pb::WorkGroupState {
    fn from(state: WorkGroupState) -> Self {
        match state {
            WorkGroupState::Open => Self::Open,
            WorkGroupState::Ended => Self::Ended,
        }
    }
}

impl From<&WorkGroup> for pb::WorkGroup {
    fn from(group: &WorkGroup) -> Self {
        Self {
            name: group.name(),
            hub: group.hub.to_string(),
            current_hub: group.current_hub.to_string(),
            programme: group.year.programme.as_str().to_owned(),
            academic_year: group.year.academic_year.to_string(),
            year_number: count(group.year.year_number),
            leader: group.leader.to_string(),
            leader_start_date: group.leader_start.to_string(),
            schools_count: count(group.schools_count),
            schools_min_count: count(group.shape.schools_min_count),
            schools_max_count: count(group.shape.schools_max_count),
            meetings_count: count(group.shape.meetings_count),
            support_visits_per_term_count: count(group.shape.support_visits_per_term_count),
            terms: group.terms_name(),
            state: pb::WorkGroupState::from(group.state).into(),
            end_date: group.end.map(|day| day.to_string()).unwrap_or_default(),
            etag: group.etag(),
        }
    }
}

/// The group that a caller of this scope names in the field `name`.
pub(super) fn work_group_ref(fields: &mut Fields, scope: Scope, name: &str) -> Option<WorkGroupRef> {
    Some(WorkGroupRef { id: fields.read("name", WorkGroupId::parse(name))?, scope })
}

/// A group that is to be formed. Its members are in the order of their ids.
pub(super) fn new_group(fields: &mut Fields, message: &pb::FormWorkGroupRequest) -> Option<NewGroup> {
    fields.require("work_group", message.work_group.is_some(), "must be set");
    let sent = message.work_group.clone().unwrap_or_default();
    let hub = fields.read("work_group.hub", HubId::parse(&sent.hub));
    let year = group_year(fields, "work_group.", (&sent.programme, &sent.academic_year, sent.year_number));
    let leader = fields.read("work_group.leader", PersonId::parse(&sent.leader));
    let fits = (1..=MEMBERS_MAX).contains(&message.participations.len());
    fields.require("participations", fits, "must be 1 to 50 participations");
    let mut members = BTreeSet::new();
    for (index, name) in message.participations.iter().take(MEMBERS_MAX).enumerate() {
        let field = format!("participations[{index}]");
        let id = fields.read(&field, ParticipationId::parse(name))?;
        let is_new = members.insert(id);
        fields.require(&field, is_new, "is duplicated; name each participation once");
    }
    let start = fields.date("start_date", &message.start_date);
    Some(NewGroup { hub: hub?, year: year?, leader: leader?, members: members.into_iter().collect(), start: start? })
}

/// A year of a programme in an academic year, of fields that begin with a prefix.
pub(super) fn group_year(
    fields: &mut Fields,
    prefix: &str,
    (programme, academic_year, year_number): (&str, &str, i32),
) -> Option<GroupYear> {
    let field = |name: &str| format!("{prefix}{name}");
    let programme = fields.read(&field("programme"), ProgrammeId::parse(programme));
    let academic_year = fields.read(&field("academic_year"), AcademicYear::parse(academic_year));
    let fits = (1..=YEAR_NUMBER_MAX).contains(&year_number);
    fields.require(&field("year_number"), fits, "must be 1 to 3");
    Some(GroupYear { programme: programme?, academic_year: academic_year?, year_number: year_number.into() })
}

/// The group, the participation and the day of a request that has them; `field` and `text` are the name and the value of the day's field.
pub(super) fn of_school(
    call: &Call,
    message: &impl Mutation,
    (name, participation): (&str, &str),
    (field, text): (&str, &str),
) -> Result<(WorkGroupRef, ParticipationRef, Date), ApiError> {
    let scope = Scope::of(call)?;
    Fields::decode_mutation(message, |fields| {
        let group = work_group_ref(fields, scope.clone(), name);
        let id = fields.read("participation", ParticipationId::parse(participation));
        let date = fields.date(field, text);
        Some((group?, ParticipationRef { id: id?, scope }, date?))
    })
}

/// The filter of a list.
pub(super) fn filter(fields: &mut Fields, message: &pb::ListWorkGroupsRequest) -> WorkGroupFilter {
    WorkGroupFilter {
        hub: fields.optional("hub", &message.hub, HubId::parse),
        programme: fields.optional("programme", &message.programme, ProgrammeId::parse),
        academic_year: fields.optional("academic_year", &message.academic_year, AcademicYear::parse),
        leader: fields.optional("leader", &message.leader, PersonId::parse),
        urn: fields.optional("school", &message.school, Urn::parse),
        state: state(fields, message.state),
    }
}

fn state(fields: &mut Fields, number: i32) -> Option<WorkGroupState> {
    match pb::WorkGroupState::try_from(number) {
        Ok(pb::WorkGroupState::Unspecified) => None,
        Ok(pb::WorkGroupState::Open) => Some(WorkGroupState::Open),
        Ok(pb::WorkGroupState::Ended) => Some(WorkGroupState::Ended),
        Err(_) => {
            fields.wrong("state", "is none of the states");
            None
        }
    }
}

/// The filter of a list of memberships.
pub(super) fn membership_filter(fields: &mut Fields, message: &pb::ListMembershipsRequest) -> MembershipFilter {
    MembershipFilter {
        work_group: fields.optional("work_group", &message.work_group, WorkGroupId::parse),
        participation: fields.optional("participation", &message.participation, ParticipationId::parse),
        as_of: fields.optional_date("as_of_date", &message.as_of_date),
    }
}
