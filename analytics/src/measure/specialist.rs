//! The schools of specialists, which count as reached where the policy says so: in the cohort's programme, in the first academic year of the cohort.
//!
//! - **Applied**: the school nominated a teacher. Taking the nomination back does not change that.
//! - **Enrolled**: the teacher was selected, and the nomination had not ended by the year's first day.
//!
//! The years that follow, and their completion, are in no event yet.

use std::collections::BTreeMap;

use time::{AcademicYear, Date};

use super::{
    Measure, Phase, Stage,
    known::{Rows, phase_by_name},
    rows::{days, texts},
};
use crate::Error;

/// Facts of specialists' schools, and the cohorts in whose programmes they count.
#[derive(Debug, Default)]
pub(super) struct Specialists {
    /// Year, programme, stage and URN.
    pub(super) facts: Vec<(i16, String, Stage, i32)>,
    pub(super) cohorts: BTreeMap<String, Cohort>,
}

/// A cohort of specialists, by its name.
#[derive(Debug)]
pub(super) struct Cohort {
    pub(super) programme: String,
    pub(super) first_year: i16,
    pub(super) phase: Option<Phase>,
}

struct Nomination {
    cohort: String,
    urn: i32,
    day: Date,
}

impl Specialists {
    /// Reads the facts that were true on the day of the measurement.
    pub(super) fn read(rows: &mut Rows<'_>, options: &Measure) -> Result<Self, Error> {
        let cohorts = cohorts(rows)?;
        let nominated = nominations(rows, "specialists_specialist_nominated")?;
        let selected = nominations(rows, "specialists_specialist_selected")?;
        let mut ended: BTreeMap<String, Date> = BTreeMap::new();
        for table in ["specialists_nomination_withdrawn", "specialists_nomination_lapsed", "specialists_nomination_overridden"] {
            let rows = rows.read(table, &["nomination_name", "nomination_state", "event_happened_date"])?;
            let (name, state, day) =
                (texts(&rows, "nomination_name")?, texts(&rows, "nomination_state")?, days(&rows, "event_happened_date")?);
            let ends = (0..rows.height()).filter(|row| state[*row] != "NOMINATION_STATE_SELECTED");
            for (name, day) in ends.filter_map(|row| Some((name[row], day[row]?))) {
                let first = ended.entry(name.to_owned()).or_insert(day);
                *first = day.min(*first);
            }
        }
        let mut facts = Vec::new();
        for (stage, nominations) in [(Stage::Applied, &nominated), (Stage::Enrolled, &selected)] {
            for (name, nomination) in nominations.iter().filter(|(_, nomination)| nomination.day <= options.true_on) {
                let Some(cohort) = cohorts.get(&nomination.cohort) else { continue };
                let first_day = AcademicYear::starting(cohort.first_year).start_date();
                let ended = ended.get(name).filter(|day| **day <= options.true_on);
                if stage == Stage::Enrolled && ended.is_some_and(|day| *day <= first_day) {
                    continue;
                }
                facts.push((cohort.first_year, cohort.programme.clone(), stage, nomination.urn));
            }
        }
        Ok(Self { facts, cohorts })
    }
}

fn cohorts(rows: &mut Rows<'_>) -> Result<BTreeMap<String, Cohort>, Error> {
    let columns = ["cohort_name", "cohort_programme", "cohort_first_academic_year", "cohort_education_phase"];
    let rows = rows.read("specialists_cohort_created", &columns)?;
    let [name, programme, year, phase] = columns.map(|column| texts(&rows, column));
    let (name, programme, year, phase) = (name?, programme?, year?, phase?);
    let cohort = |row: usize| {
        let first_year = AcademicYear::parse(year[row]).ok()?.first_year();
        Some((
            name[row].to_owned(),
            Cohort { programme: programme[row].to_owned(), first_year, phase: phase_by_name(phase[row]) },
        ))
    };
    Ok((0..rows.height()).filter_map(cohort).collect())
}

/// Nominations by name.
fn nominations(rows: &mut Rows<'_>, table: &str) -> Result<BTreeMap<String, Nomination>, Error> {
    let rows = rows.read(table, &["nomination_name", "nomination_school", "event_happened_date"])?;
    let (name, school, day) =
        (texts(&rows, "nomination_name")?, texts(&rows, "nomination_school")?, days(&rows, "event_happened_date")?);
    let nomination = |row: usize| {
        let (cohort, _) = name[row].split_once("/nominations/")?;
        let urn = school[row].strip_prefix("schools/")?.parse().ok()?;
        Some((name[row].to_owned(), Nomination { cohort: cohort.to_owned(), urn, day: day[row]? }))
    };
    Ok((0..rows.height()).filter_map(nomination).collect())
}
