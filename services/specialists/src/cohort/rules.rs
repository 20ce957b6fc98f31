//! Rules of cohorts.

use eligibility::Eligibility;
use name::{Phase, ProgrammeId};
use proto::Reason;
use serde::{Deserialize, Serialize};
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date, Instant};

name::id!(
    /// A cohort, `cohorts/{id}`.
    pub(crate) CohortId, 40, "cohorts"
);

db::text_enum! {
    /// The classes and schools in which a cohort works in a year.
    pub(crate) enum YearSetting {
        /// In their own teaching.
        OwnTeaching = "own_teaching",
        /// With the rest of their department.
        OwnDepartment = "own_department",
        /// With the departments of schools nearby.
        LocalSchools = "local_schools",
    }
}

/// One year of a cohort; its number is its place in the list, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CohortYear {
    pub(crate) setting: YearSetting,
    /// 0 unless the setting is local schools.
    pub(crate) supported_schools_count: i64,
    /// Its specialists may lead Work Groups.
    pub(crate) leads_groups: bool,
}

/// The terms of a programme by which schools may nominate for a cohort. By default none may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) version: i64,
    pub(crate) eligibility: Eligibility,
}

/// A cohort of specialists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cohort {
    pub(crate) id: CohortId,
    pub(crate) display_name: String,
    pub(crate) number: i64,
    /// Primary or secondary.
    pub(crate) phase: Phase,
    pub(crate) programme: ProgrammeId,
    pub(crate) terms: Terms,
    pub(crate) first_academic_year: AcademicYear,
    pub(crate) window_start: Date,
    pub(crate) window_end: Date,
    pub(crate) years: Vec<CohortYear>,
    /// Figures that nobody has approved count too.
    pub(crate) provisional_figures_count: bool,
    /// The number of the newest ranking; 0 before the first.
    pub(crate) rankings_count: i64,
    /// When its first nomination was selected.
    pub(crate) select_time: Option<Instant>,
    pub(crate) version: i64,
}

impl Cohort {
    /// The resource name of the terms by which schools may nominate.
    pub(crate) fn terms_name(&self) -> String {
        format!("programmes/{}/terms/{}", self.programme.as_str(), self.terms.version)
    }

    /// Whether a school can nominate now: from the first microsecond of the window's first day to the last microsecond of its last day. After the first
    /// selection the window is closed in any case: the instant of a concurrent request may lie before it.
    pub(crate) fn check_window(&self, now: Instant) -> Result<(), CohortViolation> {
        if self.window_start.start() <= now && now < self.figures_end() && self.select_time.is_none() {
            return Ok(());
        }
        Err(CohortViolation::WindowClosed { start: self.window_start, end: self.window_end })
    }

    /// The academic year of the last of its years.
    pub(crate) fn last_academic_year(&self) -> AcademicYear {
        let count = i16::try_from(self.years.len()).expect("a cohort has a few years");
        self.first_academic_year.plus(count - 1)
    }

    /// Whether the window is over.
    pub(crate) fn check_window_over(&self, now: Instant) -> Result<(), CohortViolation> {
        if now >= self.figures_end() { Ok(()) } else { Err(CohortViolation::WindowOpen { end: self.window_end }) }
    }

    /// Whether its nominations can be ranked.
    pub(crate) fn check_rankable(&self) -> Result<(), CohortViolation> {
        self.select_time.map_or(Ok(()), |time| Err(CohortViolation::SelectionBegun(time)))
    }

    /// The first instant after the window. Published figures count when their publication is earlier.
    pub(crate) fn figures_end(&self) -> Instant {
        self.window_end.end()
    }
}

impl Resource for Cohort {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of cohorts that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CohortViolation {
    /// The id is taken, or the number for the programme and phase.
    Exists(CohortId),
    /// Schools nominate within the window only.
    WindowClosed { start: Date, end: Date },
    /// Schools can still nominate, to the end of this day.
    WindowOpen { end: Date },
    /// A nomination of the cohort was selected at this time.
    SelectionBegun(Instant),
}

impl RuleViolation for CohortViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Exists(id) => {
                let message = format!(
                    "`{id}` exists already, or another cohort of its programme and phase has its number; choose another id or number"
                );
                ApiError::new(Reason::CohortExists, message).with("name", id)
            }
            Self::WindowClosed { start, end } => {
                let message = format!("schools can nominate from {start} to {end}, in London");
                ApiError::new(Reason::WindowClosed, message).with("window_start_date", start).with("window_end_date", end)
            }
            Self::WindowOpen { end } => {
                let message = format!("schools can still nominate, to the end of {end}, in London; wait until then");
                ApiError::new(Reason::WindowOpen, message).with("window_end_date", end)
            }
            Self::SelectionBegun(time) => {
                let message =
                    format!("the first nomination of the cohort was selected at {time}; the order cannot change after that");
                ApiError::new(Reason::SelectionBegun, message).with("select_time", time)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cohort(window_end: &str) -> Cohort {
        let day = |text| Date::parse(text).expect("a day");
        Cohort {
            id: CohortId::trusted("secondary-5"),
            display_name: "Cohort 5".to_owned(),
            number: 5,
            phase: Phase::Secondary,
            programme: ProgrammeId::trusted("secondary-teaching-for-mastery"),
            terms: Terms { version: 1, eligibility: Eligibility { type_groups: vec![4], phases: vec![4], ages: None } },
            first_academic_year: AcademicYear::starting(2019),
            window_start: day("2019-02-01"),
            window_end: day(window_end),
            years: Vec::new(),
            provisional_figures_count: false,
            rankings_count: 0,
            select_time: None,
            version: 1,
        }
    }

    #[test]
    fn the_window_ends_with_the_last_microsecond_of_its_last_day_also_when_the_clocks_change() {
        // 31 March 2019 has 23 hours.
        let cohort = cohort("2019-03-31");
        let end = cohort.window_end.start().plus_micros(23 * 3_600_000_000);
        assert_eq!(cohort.figures_end(), end);
        assert_eq!(cohort.check_window(end.plus_micros(-1)), Ok(()));
        assert!(cohort.check_window_over(end.plus_micros(-1)).is_err());
        assert!(cohort.check_window(end).is_err());
        assert_eq!(cohort.check_window_over(end), Ok(()));
        assert!(cohort.check_window(cohort.window_start.start().plus_micros(-1)).is_err());
    }
}
