//! Cohorts: for whom, when they are recruited, and what their years are for.

use time::{AcademicYear, Date, Instant};

use super::{Broken, CohortId, Phase, ProgrammeId};

/// Where the specialists of a cohort work in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum YearSetting {
    OwnTeaching,
    OwnDepartment,
    LocalSchools,
}

impl YearSetting {
    pub(crate) const ALL: [Self; 3] = [Self::OwnTeaching, Self::OwnDepartment, Self::LocalSchools];

    /// As it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::OwnTeaching => "own_teaching",
            Self::OwnDepartment => "own_department",
            Self::LocalSchools => "local_schools",
        }
    }
}

/// One year of a cohort; its number is its place in the list, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CohortYear {
    pub(crate) setting: YearSetting,
    /// 0 unless the setting is local schools.
    pub(crate) supported_schools_count: i32,
}

/// A cohort of specialists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cohort {
    pub(crate) id: CohortId,
    pub(crate) display_name: String,
    pub(crate) number: i32,
    /// Primary or secondary.
    pub(crate) phase: Phase,
    pub(crate) programme: ProgrammeId,
    pub(crate) first_academic_year: AcademicYear,
    pub(crate) window_start: Date,
    pub(crate) window_end: Date,
    pub(crate) years: Vec<CohortYear>,
    /// The number of the newest ranking; 0 before the first.
    pub(crate) rankings_count: i64,
    /// When the first of it was selected.
    pub(crate) select_time: Option<Instant>,
    pub(crate) version: i64,
}

impl Cohort {
    /// Whether a school can nominate now: from the first microsecond of the window's first day to the last of its last. Once one was selected the
    /// window has been closed, whatever an instant that was taken before says.
    pub(crate) fn check_window(&self, now: Instant) -> Result<(), Broken> {
        if self.window_start.start() <= now && now < self.figures_end() && self.select_time.is_none() {
            return Ok(());
        }
        Err(Broken::WindowClosed { start: self.window_start, end: self.window_end })
    }

    /// The year of the last of its years.
    pub(crate) fn last_academic_year(&self) -> AcademicYear {
        let count = i16::try_from(self.years.len()).expect("a cohort has a few years");
        self.first_academic_year.plus(count - 1)
    }

    /// Whether the window is over.
    pub(crate) fn check_closed(&self, now: Instant) -> Result<(), Broken> {
        if now >= self.figures_end() { Ok(()) } else { Err(Broken::WindowOpen { end: self.window_end }) }
    }

    /// Whether it can be ranked, or ranked again.
    pub(crate) fn check_rankable(&self) -> Result<(), Broken> {
        self.select_time.map_or(Ok(()), |time| Err(Broken::SelectionBegun(time)))
    }

    /// The first instant after the window: figures count that were published before it.
    pub(crate) fn figures_end(&self) -> Instant {
        self.window_end.end()
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
            first_academic_year: AcademicYear::starting(2019),
            window_start: day("2019-02-01"),
            window_end: day(window_end),
            years: Vec::new(),
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
        assert!(cohort.check_closed(end.plus_micros(-1)).is_err());
        assert!(cohort.check_window(end).is_err());
        assert_eq!(cohort.check_closed(end), Ok(()));
        assert!(cohort.check_window(cohort.window_start.start().plus_micros(-1)).is_err());
    }
}
