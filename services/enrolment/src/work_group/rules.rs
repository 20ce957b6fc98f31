//! Rules of Work Groups.

use std::collections::BTreeSet;

use meeting::{AttendanceEvidence, LaterRegisters};
use mirror::{GroupLeader, Hub, Programme};
use name::{HubId, PersonId, ProgrammeId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation, Transitions, next_state};
use time::{AcademicYear, Date};
use years::YearsState;

use crate::{
    leader::Leader,
    participation::{Participation, ParticipationId},
};

name::id!(
    /// A Work Group, `workGroups/{id}`.
    pub(crate) WorkGroupId, 40, "workGroups"
);

db::text_enum! {
    /// State of a Work Group.
    pub(crate) enum WorkGroupState {
        /// It meets, or will.
        Open = "open",
        /// It ended.
        Ended = "ended",
    }
}

db::text_enum! {
    /// A change of a Work Group's state.
    pub(crate) enum WorkGroupVerb {
        /// A school joins.
        PlaceSchool = "place_school",
        /// A school leaves.
        RemoveSchool = "remove_school",
        /// Another person leads it.
        ChangeLeader = "change_leader",
        /// It ends.
        End = "end",
    }
}

/// The state machine of Work Groups.
pub(crate) const TRANSITIONS: &Transitions<WorkGroupState, WorkGroupVerb> = &[
    (WorkGroupState::Open, WorkGroupVerb::PlaceSchool, WorkGroupState::Open),
    (WorkGroupState::Open, WorkGroupVerb::RemoveSchool, WorkGroupState::Open),
    (WorkGroupState::Open, WorkGroupVerb::ChangeLeader, WorkGroupState::Open),
    (WorkGroupState::Open, WorkGroupVerb::End, WorkGroupState::Ended),
];

/// The shape of a group by the terms of its programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) terms_version: i64,
    pub(crate) leader_kind: GroupLeader,
    pub(crate) schools_min_count: i64,
    pub(crate) schools_max_count: i64,
    pub(crate) meetings_count: i64,
    pub(crate) support_visits_per_term_count: i64,
}

impl Shape {
    /// The shape in a year of a programme.
    pub(crate) fn of(programme: &Programme, year_number: i64) -> Result<Self, WorkGroupViolation> {
        let year = usize::try_from(year_number - 1).ok().and_then(|index| programme.years.get(index));
        let (Some(shape), Some(year)) = (programme.work_group_shape, year) else {
            return Err(WorkGroupViolation::NoWorkGroups { terms: programme.terms_name(), year_number });
        };
        Ok(Self {
            terms_version: programme.terms_version,
            leader_kind: shape.leader,
            schools_min_count: shape.schools_min_count,
            schools_max_count: shape.schools_max_count,
            meetings_count: year.meetings_count,
            support_visits_per_term_count: year.support_visits_per_term_count,
        })
    }

    /// Whether a group may begin with this number of schools.
    fn check_count(&self, count: i64) -> Result<(), WorkGroupViolation> {
        if count > self.schools_max_count {
            return Err(WorkGroupViolation::TooMany { count, max: self.schools_max_count });
        }
        if count < self.schools_min_count {
            return Err(WorkGroupViolation::BelowMinimum { count, min: self.schools_min_count });
        }
        Ok(())
    }
}

/// The schools of a group: a year of a programme in an academic year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupYear {
    pub(crate) programme: ProgrammeId,
    pub(crate) academic_year: AcademicYear,
    pub(crate) year_number: i64,
}

impl GroupYear {
    /// The academic year in which its schools began, without deferrals. The terms of that year hold for all their years.
    pub(crate) fn first_academic_year(&self) -> AcademicYear {
        self.academic_year.plus(1 - i16::try_from(self.year_number).expect("a programme takes at most three years"))
    }
}

/// A group that is to be formed.
#[derive(Debug, Clone)]
pub(crate) struct NewGroup {
    pub(crate) hub: HubId,
    pub(crate) year: GroupYear,
    pub(crate) leader: PersonId,
    pub(crate) members: Vec<ParticipationId>,
    pub(crate) start: Date,
}

impl NewGroup {
    /// Whether the hub is open on the first day.
    pub(crate) fn check_hub(&self, hub: &Hub) -> Result<(), WorkGroupViolation> {
        let is_open = hub.is_open_on(self.start);
        if is_open { Ok(()) } else { Err(WorkGroupViolation::HubNotOpen { hub: hub.id.clone(), date: self.start }) }
    }
}

/// A Work Group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkGroup {
    pub(crate) id: WorkGroupId,
    /// The hub that formed it.
    pub(crate) hub: HubId,
    /// The hub that looks after it today. Not stored.
    pub(crate) current_hub: HubId,
    pub(crate) year: GroupYear,
    pub(crate) leader: PersonId,
    pub(crate) leader_start: Date,
    pub(crate) shape: Shape,
    pub(crate) schools_count: i64,
    pub(crate) state: WorkGroupState,
    pub(crate) end: Option<Date>,
    pub(crate) version: i64,
}

impl WorkGroup {
    /// Forms a group of participations, which are locked.
    pub(crate) fn form(
        id: WorkGroupId,
        new: NewGroup,
        shape: Shape,
        leader: &Leader,
        members: &[Participation],
    ) -> Result<Self, WorkGroupViolation> {
        check_date(&new.year, new.start)?;
        let count = i64::try_from(members.len()).expect("a request has at most 50");
        let group = Self {
            id,
            current_hub: new.hub.clone(),
            hub: new.hub,
            year: new.year,
            leader: leader.person.clone(),
            leader_start: new.start,
            shape,
            schools_count: count,
            state: WorkGroupState::Open,
            end: None,
            version: 1,
        };
        for member in members {
            group.check_member(member)?;
        }
        let schools: BTreeSet<Urn> = members.iter().map(|member| member.urn).collect();
        group.shape.check_count(i64::try_from(schools.len()).expect("a request has at most 50"))?;
        Ok(group)
    }

    /// Whether a participation may join it on a day, by everything but the number of schools.
    pub(crate) fn check_place(&self, participation: &Participation, start: Date) -> Result<(), WorkGroupViolation> {
        self.after(WorkGroupVerb::PlaceSchool)?;
        check_date(&self.year, start)?;
        if start < self.leader_start {
            return Err(WorkGroupViolation::DateBefore { date: start, last: self.leader_start });
        }
        self.check_member(participation)
    }

    /// Whether a participation is of the programme, the year and the hub of the group, and live.
    fn check_member(&self, participation: &Participation) -> Result<(), WorkGroupViolation> {
        let number = self.year.year_number;
        let of_group = |field, found: String, expected: String| {
            if found == expected {
                return Ok(());
            }
            Err(WorkGroupViolation::NotOfGroup { participation: participation.id.clone(), field, found, expected })
        };
        of_group("programme", participation.programme.as_str().to_owned(), self.year.programme.as_str().to_owned())?;
        let year = participation.academic_year(number);
        of_group("academic_year", year.to_string(), self.year.academic_year.to_string())?;
        of_group("current_hub", participation.current_hub.to_string(), self.current_hub.to_string())?;
        let is_going_on = matches!(participation.state, YearsState::Enrolled | YearsState::Active);
        if participation.years_completed_count >= number || !is_going_on {
            return Err(WorkGroupViolation::ParticipationEnded(participation.id.clone()));
        }
        Ok(())
    }

    /// Another person leads it from a day. `last_mark` is the last day of its registers with a mark of the person, because a leader has none.
    pub(crate) fn change_leader(
        &self,
        leader: &Leader,
        start: Date,
        last_mark: Option<Date>,
        today: Date,
    ) -> Result<Self, WorkGroupViolation> {
        let state = self.after(WorkGroupVerb::ChangeLeader)?;
        check_date(&self.year, start)?;
        if start > today {
            return Err(WorkGroupViolation::DateInFuture(start));
        }
        if start <= self.leader_start {
            return Err(WorkGroupViolation::DateBefore { date: start, last: self.leader_start });
        }
        if let Some(last) = last_mark.filter(|last| start <= *last) {
            return Err(WorkGroupViolation::DateBefore { date: start, last });
        }
        Ok(Self { state, leader: leader.person.clone(), leader_start: start, version: self.version + 1, ..self.clone() })
    }

    /// Ends after a day, or before its first day if that has not come. `start` is the latest first day of its memberships that have begun, `registers` are those
    /// after the day.
    pub(crate) fn end(
        &self,
        end: Date,
        start: Option<Date>,
        registers: Option<LaterRegisters>,
        today: Date,
    ) -> Result<Self, WorkGroupViolation> {
        let state = self.after(WorkGroupVerb::End)?;
        if end > today {
            return Err(WorkGroupViolation::DateInFuture(end));
        }
        let begun = start.max(Some(self.leader_start).filter(|start| *start <= today));
        if let Some(LaterRegisters { last, evidence }) = registers {
            let last = begun.map_or(last, |begun| last.max(begun));
            return Err(WorkGroupViolation::EndBefore { date: end, last, evidence });
        }
        if let Some(last) = begun.filter(|begun| end < *begun) {
            return Err(WorkGroupViolation::EndBefore { date: end, last, evidence: None });
        }
        Ok(Self { state, schools_count: 0, end: Some(end), version: self.version + 1, ..self.clone() })
    }

    /// The resource name of the terms that decide its shape.
    pub(crate) fn terms_name(&self) -> String {
        format!("programmes/{}/terms/{}", self.year.programme.as_str(), self.shape.terms_version)
    }

    pub(crate) fn after(&self, verb: WorkGroupVerb) -> Result<WorkGroupState, WorkGroupViolation> {
        next_state(TRANSITIONS, self.state, verb).ok_or_else(|| WorkGroupViolation::Ended(self.id.clone()))
    }
}

/// Whether a day lies in the academic year of a group.
fn check_date(year: &GroupYear, date: Date) -> Result<(), WorkGroupViolation> {
    let year = year.academic_year;
    if year.contains(date) { Ok(()) } else { Err(WorkGroupViolation::DateOutsideYear { date, year }) }
}

impl Resource for WorkGroup {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of Work Groups that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WorkGroupViolation {
    /// The group ended.
    Ended(WorkGroupId),
    /// The terms have no groups in this year of the programme.
    NoWorkGroups { terms: String, year_number: i64 },
    /// More schools than the terms allow.
    TooMany { count: i64, max: i64 },
    /// The group has as many schools as the terms allow.
    Full { group: WorkGroupId, max: i64 },
    /// Fewer schools than the terms ask for.
    BelowMinimum { count: i64, min: i64 },
    /// The participation is of another programme, year or hub.
    NotOfGroup { participation: ParticipationId, field: &'static str, found: String, expected: String },
    /// The participation has ended, is deferred, or has completed the year.
    ParticipationEnded(ParticipationId),
    /// The participation is in this group already, or in another.
    MemberOf { participation: ParticipationId, group: WorkGroupId },
    /// The participation is no member of the group.
    NotInGroup { participation: ParticipationId, group: WorkGroupId },
    /// The hub is not the caller's.
    HubNotOwn(HubId),
    /// The hub is not open on the first day.
    HubNotOpen { hub: HubId, date: Date },
    /// The day is not in the academic year.
    DateOutsideYear { date: Date, year: AcademicYear },
    /// The day is in the future.
    DateInFuture(Date),
    /// Registers of the group have the participation on later days.
    RegisterTaken { date: Date, registers: LaterRegisters },
    /// The group would end before a register, or before the first day of a membership or of the leader.
    EndBefore { date: Date, last: Date, evidence: Option<AttendanceEvidence> },
    /// The day is not after a day that is recorded.
    DateBefore { date: Date, last: Date },
}

impl RuleViolation for WorkGroupViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Ended(group) => {
                ApiError::new(Reason::StateEnded, format!("`{group}` has ended; form another group")).with("name", group)
            }
            Self::NoWorkGroups { terms, year_number } => {
                let message = format!("`{terms}` has no Work Groups in year {year_number}; correct the programme or the year");
                ApiError::new(Reason::NoWorkGroups, message).with("terms", terms)
            }
            Self::TooMany { count, max } => {
                let message = format!("{count} schools are more than the {max} of a group by the terms; form a second group");
                ApiError::new(Reason::WorkGroupFull, message).with("schools_max_count", max)
            }
            Self::Full { group, max } => {
                let message = format!("`{group}` has {max} schools, as many as its terms allow; choose another group");
                ApiError::new(Reason::WorkGroupFull, message).with("schools_max_count", max)
            }
            Self::BelowMinimum { count, min } => {
                let message = format!("{count} schools are fewer than the {min} of a group by the terms; add schools");
                ApiError::new(Reason::WorkGroupBelowMinimum, message).with("schools_min_count", min)
            }
            Self::NotOfGroup { participation, field, found, expected } => {
                let message = format!("the {field} of `{participation}` is {found}, and that of the group is {expected}");
                ApiError::new(Reason::ParticipationNotOfGroup, message).with("participation", participation).with("field", field)
            }
            Self::ParticipationEnded(participation) => {
                let message = format!("`{participation}` has ended, is deferred, or has completed the year; leave it out");
                ApiError::new(Reason::StateEnded, message).with("name", participation)
            }
            Self::MemberOf { participation, group } => {
                let message = format!("`{participation}` is in `{group}`; move it with PlaceSchool");
                ApiError::new(Reason::MemberOfGroup, message).with("participation", participation).with("work_group", group)
            }
            Self::NotInGroup { participation, group } => {
                let message = format!("`{participation}` is not a member of `{group}`");
                ApiError::new(Reason::NotInGroup, message).with("participation", participation).with("work_group", group)
            }
            Self::HubNotOwn(hub) => {
                ApiError::new(Reason::HubNotOwn, format!("a hub lead forms groups of its own hub only, not of `{hub}`"))
            }
            Self::HubNotOpen { hub, date } => {
                ApiError::new(Reason::HubNotOpen, format!("`{hub}` is not open on {date}; name another hub")).with("hub", hub)
            }
            Self::DateOutsideYear { date, year } => {
                let message = format!("{date} is not in the academic year {year} of the group; choose a day of that year");
                ApiError::new(Reason::DateOutsideYear, message).with("academic_year", year)
            }
            Self::DateInFuture(date) => {
                ApiError::new(Reason::DateInFuture, format!("{date} is in the future; choose a day up to today"))
                    .with("date", date)
            }
            Self::RegisterTaken { date, registers: LaterRegisters { last, evidence } } => {
                let message = format!("the register of {last} has the participation, so it cannot leave the group after {date}");
                AttendanceEvidence::refusal(evidence.as_ref(), Reason::DateBeforeLast, &message).with("last_date", last)
            }
            Self::EndBefore { date, last, evidence } => {
                let message = format!(
                    "{date} is too early: a register is of {last}, or the leader or a membership began on that day; choose {last} or a later day"
                );
                AttendanceEvidence::refusal(evidence.as_ref(), Reason::DateBeforeLast, &message).with("last_date", last)
            }
            Self::DateBefore { date, last } => {
                let message = format!(
                    "{date} is too early: the leader or a membership began on {last}, or a membership or a register is of that day; choose a later day"
                );
                ApiError::new(Reason::DateBeforeLast, message).with("last_date", last)
            }
        }
    }
}
