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

    /// The membership with a last day, which may not come before the first.
    pub(crate) fn end(&self, end: Date) -> Result<Self, WorkGroupViolation> {
        if end < self.start {
            return Err(WorkGroupViolation::DateBefore { date: end, last: self.start });
        }
        Ok(Self { end: Some(end), ..self.clone() })
    }

    /// The end of this membership because another begins on a day.
    pub(crate) fn give_way(&self, start: Date) -> Result<Self, WorkGroupViolation> {
        if start <= self.start {
            return Err(WorkGroupViolation::DateBefore { date: start, last: self.start });
        }
        self.end(start.plus_days(-1))
    }
}
