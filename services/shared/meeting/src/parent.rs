//! The parent of meetings: the days on which subjects belong to it and persons lead it.

use name::{HubId, PersonId, Urn};
use time::{AcademicYear, Date};

name::id!(
    /// The parent of meetings, for example a Work Group.
    pub ParentId, 40
);
name::id!(
    /// A subject, which attends meetings: for example a participation.
    pub SubjectId, 40
);

/// A parent as its service describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parent {
    pub(crate) academic_year: AcademicYear,
    /// Its last day.
    pub(crate) end: Option<Date>,
    /// The hub that formed it.
    pub(crate) hub: HubId,
    /// The hub that looks after it today.
    pub(crate) current_hub: HubId,
}

/// The days on which a person leads a parent, and takes no seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leadership {
    pub(crate) person: PersonId,
    pub(crate) start: Date,
    /// The last day.
    pub(crate) end: Option<Date>,
}

impl Leadership {
    /// Whether it holds on a day.
    pub(crate) fn holds_on(&self, day: Date) -> bool {
        self.start <= day && self.end.is_none_or(|end| day <= end)
    }
}

/// The days of a subject below a parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) subject: SubjectId,
    /// Its school.
    pub(crate) urn: Urn,
    pub(crate) start: Date,
    /// The last day.
    pub(crate) end: Option<Date>,
}

impl Membership {
    /// Whether it holds on a day.
    pub(crate) fn holds_on(&self, day: Date) -> bool {
        self.start <= day && self.end.is_none_or(|end| day <= end)
    }
}
