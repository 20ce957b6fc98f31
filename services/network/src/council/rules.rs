//! Rules of the Council's meetings and decisions.

use std::ops::RangeInclusive;

use name::{CouncilMeetingId, DecisionId, HubId, PersonId};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date};

db::code_enum! {
    /// A term of an academic year.
    pub(super) enum Term {
        /// September to December.
        Autumn = 1,
        /// January to April.
        Spring = 2,
        /// April to August.
        Summer = 3,
    }
}

impl Term {
    /// Whether a day lies in the term of a year. Easter divides spring from summer, so April is in both.
    pub(super) fn contains(self, year: AcademicYear, day: Date) -> bool {
        let months: RangeInclusive<i8> = match self {
            Self::Autumn => 9..=12,
            Self::Spring => 1..=4,
            Self::Summer => 4..=8,
        };
        year.contains(day) && months.contains(&day.month())
    }
}

db::code_enum! {
    /// The subject of a decision.
    pub(super) enum DecisionKind {
        /// A priority of the programme.
        Priority = 1,
        /// A policy by which hubs work.
        Policy = 2,
        /// Anything else.
        Other = 3,
    }
}

/// A meeting of the Council. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meeting {
    pub(super) id: CouncilMeetingId,
    pub(super) academic_year: AcademicYear,
    pub(super) term: Term,
    pub(super) date: Date,
    pub(super) present_persons: Vec<PersonId>,
    pub(super) present_hubs: Vec<HubId>,
    /// The chair of the Council on the day. Appointments say it, and no row of the meeting.
    pub(super) chair: Option<PersonId>,
}

impl Meeting {
    /// A meeting that lies ahead has no presence.
    pub(super) fn check_presence(&self, today: Date) -> Result<(), CouncilViolation> {
        let is_noted = !self.present_persons.is_empty() || !self.present_hubs.is_empty();
        if is_noted && self.date > today { Err(CouncilViolation::PresentAhead(self.date)) } else { Ok(()) }
    }
}

impl Resource for Meeting {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        1
    }
}

/// A decision of a meeting. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(super) id: DecisionId,
    pub(super) kind: DecisionKind,
    pub(super) text: String,
    /// The first day on which it holds.
    pub(super) start: Date,
}

impl Resource for Decision {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        1
    }
}

/// A rule of the Council's records that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CouncilViolation {
    /// The id of the meeting is taken.
    MeetingExists(CouncilMeetingId),
    /// The term has this meeting.
    TermTaken(CouncilMeetingId),
    /// The presence is given for a meeting of this later day.
    PresentAhead(Date),
    /// The id of the decision is taken.
    DecisionExists(DecisionId),
}

impl RuleViolation for CouncilViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::MeetingExists(id) => {
                let message = format!("`{id}` exists already; choose another id");
                ApiError::new(Reason::CouncilMeetingExists, message).with("council_meeting", id)
            }
            Self::TermTaken(other) => {
                let message = format!("`{other}` is the meeting of the term, and a term has one; record its decisions there");
                ApiError::new(Reason::CouncilTermTaken, message).with("council_meeting", other)
            }
            Self::PresentAhead(date) => {
                let message = format!("the meeting is on {date}, which has not come yet; leave out who was present");
                ApiError::new(Reason::DateInFuture, message).with("meeting_date", date)
            }
            Self::DecisionExists(id) => {
                let message = format!("`{id}` exists already; choose another id");
                ApiError::new(Reason::DecisionExists, message).with("decision", id)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_year_is_in_one_term_and_a_day_in_april_in_two() {
        let year = AcademicYear::starting(2018);
        let terms = |day: Date| Term::ALL.iter().filter(|term| term.contains(year, day)).count();
        let days = (0..365).map(|days| year.start_date().plus_days(days));
        assert!(days.into_iter().all(|day| terms(day) == if day.month() == 4 { 2 } else { 1 }));
        assert_eq!([year.start_date().plus_days(-1), year.end_date().plus_days(1)].map(terms), [0, 0]);
    }
}
