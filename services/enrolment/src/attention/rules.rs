//! The reasons, and the days by which they are decided. `store.rs` has the conditions as SQL.

use std::collections::BTreeSet;

use name::{PersonId, Urn};
use time::{AcademicYear, Date};

use crate::work_group::WorkGroupId;

db::code_enum! {
    /// A reason, by the number of the contract.
    pub(crate) enum AttentionReason {
        /// The school closes, and no successor goes on.
        ClosingSchool = 1,
        /// It is 1 October, and the participation is in no Work Group of the academic year.
        NoWorkGroup = 2,
        /// The last two meetings were missed.
        MeetingsMissed = 3,
        /// The school had no visit last term.
        NoVisit = 4,
        /// A planned meeting is over.
        RegisterOverdue = 5,
        /// The leader of the Work Group is erased or unknown.
        LeaderMissing = 6,
    }
}

/// The reasons for which a list asks. Empty for all participations, with and without reasons.
pub(crate) type AttentionFilter = BTreeSet<AttentionReason>;

/// A meeting, by the day that a reason names, its Work Group and its id.
pub(crate) type MeetingDay = (Date, WorkGroupId, String);

/// A reason with its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attention {
    /// The school closes. Its successors are in order.
    ClosingSchool { school: Urn, date: Option<Date>, successors: Vec<Urn>, group: Option<WorkGroupId> },
    /// It was to be in a group by this day.
    NoWorkGroup { date: Date },
    /// The meetings were missed, each by its first day, the earlier first.
    MeetingsMissed([MeetingDay; 2]),
    /// The group had no visit of the school in the term that ended on a day.
    NoVisit { group: WorkGroupId, term_end: Date },
    /// The meeting is over, by its last day, and has no final register.
    RegisterOverdue(MeetingDay),
    /// The leader of the group is erased or unknown.
    LeaderMissing { group: WorkGroupId, leader: PersonId },
}

/// The days by which the reasons of a day are decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttentionDays {
    /// The academic year of today.
    pub(crate) year: AcademicYear,
    /// 1 October of that year: from this day on, a participation should be in a Work Group.
    pub(crate) group_date: Date,
    /// The term before that of today.
    pub(crate) last_term: Term,
}

impl AttentionDays {
    /// Those of a day in London.
    pub(crate) fn of(today: Date) -> Self {
        let year = AcademicYear::of(today);
        let last_term = Term::of(Term::of(today).start.plus_days(-1));
        Self { year, group_date: year.start_date().plus_days(30), last_term }
    }
}

/// A school term: 1 September to 31 December, 1 January to 31 March, 1 April to 31 August. Schools and authorities set their own days, and Easter moves; for the
/// question whether a school was visited in a term, these are near enough and the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) start: Date,
    /// The last day.
    pub(crate) end: Date,
}

impl Term {
    /// The term of a day.
    pub(crate) fn of(day: Date) -> Self {
        let year = AcademicYear::of(day);
        let first_of = |month| Date::new_checked(year.first_year() + 1, month, 1).expect("every month has a first day");
        let (spring, summer) = (first_of(1), first_of(4));
        if day < spring {
            Self { start: year.start_date(), end: spring.plus_days(-1) }
        } else if day < summer {
            Self { start: spring, end: summer.plus_days(-1) }
        } else {
            Self { start: summer, end: year.end_date() }
        }
    }

    /// The middle day. The members of that day were in their group long enough to be visited.
    pub(crate) fn middle(self) -> Date {
        self.start.plus_days((self.end.days_since_1970() - self.start.days_since_1970()) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    #[test]
    fn every_day_of_an_academic_year_is_in_one_of_three_terms() {
        let year = AcademicYear::starting(2019);
        let (mut date, mut terms) = (year.start_date(), Vec::new());
        while date <= year.end_date() {
            let term = Term::of(date);
            assert!(term.start <= date && date <= term.end, "{date}");
            terms.push((term.start.to_string(), term.middle().to_string(), term.end.to_string()));
            date = date.plus_days(1);
        }
        terms.dedup();
        let expected = [
            ("2019-09-01", "2019-10-31", "2019-12-31"),
            ("2020-01-01", "2020-02-15", "2020-03-31"),
            ("2020-04-01", "2020-06-16", "2020-08-31"),
        ];
        assert_eq!(terms, expected.map(|(start, middle, end)| (start.to_owned(), middle.to_owned(), end.to_owned())));
    }

    #[test]
    fn the_last_term_of_autumn_is_the_summer_of_the_year_before() {
        for (today, year, last_end) in [
            ("2018-09-01", "2018/19", "2018-08-31"),
            ("2018-12-31", "2018/19", "2018-08-31"),
            ("2019-01-01", "2018/19", "2018-12-31"),
            ("2019-04-01", "2018/19", "2019-03-31"),
            ("2019-08-31", "2018/19", "2019-03-31"),
        ] {
            let days = AttentionDays::of(day(today));
            let found = (days.year.to_string(), days.group_date.to_string(), days.last_term.end.to_string());
            assert_eq!(found, (year.to_owned(), "2018-10-01".to_owned(), last_end.to_owned()), "{today}");
        }
    }
}
