//! Rules of memberships.

use name::Urn;
use time::{AcademicYear, Date};

use super::list_memberships::MembershipKey;
use crate::{
    participation::{Participation, ParticipationId},
    work_group::{WorkGroup, WorkGroupId, WorkGroupViolation},
};

/// A participation's days in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) participation: ParticipationId,
    pub(crate) academic_year: AcademicYear,
    pub(crate) start: Date,
    pub(crate) work_group: WorkGroupId,
    pub(crate) urn: Urn,
    /// Last day.
    pub(crate) end: Option<Date>,
}

impl Membership {
    /// The membership of a participation in a group from a day.
    pub(crate) fn begin(participation: &Participation, group: &WorkGroup, start: Date) -> Self {
        Self {
            participation: participation.id.clone(),
            academic_year: group.year.academic_year,
            start,
            work_group: group.id.clone(),
            urn: participation.urn,
            end: None,
        }
    }

    /// Its place in lists.
    pub(super) fn key(&self) -> MembershipKey {
        (self.participation.clone(), self.academic_year, self.start)
    }

    /// Whether a membership may begin on a day: after the last day of each other that the participation had in the academic year.
    pub(crate) fn check_begin(others: &[Self], start: Date) -> Result<(), WorkGroupViolation> {
        match others.iter().filter_map(|other| other.end).max().filter(|last| start <= *last) {
            Some(last) => Err(WorkGroupViolation::DateBefore { date: start, last }),
            None => Ok(()),
        }
    }

    /// The end of this membership after a day that has come, because the school leaves. One that has not begun ends before its first day.
    pub(crate) fn end(&self, end: Date, today: Date) -> Result<Self, WorkGroupViolation> {
        let (has_begun, year) = (self.start <= today, self.academic_year);
        if has_begun && !year.contains(end) {
            return Err(WorkGroupViolation::DateOutsideYear { date: end, year });
        }
        if end > today {
            return Err(WorkGroupViolation::DateInFuture(end));
        }
        if has_begun && end < self.start {
            return Err(WorkGroupViolation::DateBefore { date: end, last: self.start });
        }
        Ok(Self { end: Some(end), ..self.clone() })
    }

    /// The end of this membership because another begins on a day. One that has not begun ends before its first day.
    pub(crate) fn give_way(&self, start: Date, today: Date) -> Result<Self, WorkGroupViolation> {
        if self.start > today {
            return Ok(Self { end: Some(today), ..self.clone() });
        }
        if start > today {
            return Err(WorkGroupViolation::DateInFuture(start));
        }
        if start <= self.start {
            return Err(WorkGroupViolation::DateBefore { date: start, last: self.start });
        }
        Ok(Self { end: Some(start.plus_days(-1)), ..self.clone() })
    }

    /// Whether it ended before its first day.
    pub(super) fn never_began(&self) -> bool {
        self.end.is_some_and(|end| end < self.start)
    }
}
