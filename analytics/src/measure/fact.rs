//! Facts of school × academic year × programme × stage, by the engine from the tables of enrolment's events.
//!
//! - **Applied** for a year: an application for its round was submitted. Withdrawing it later does not change that.
//! - **Enrolled** in the first year: a place was accepted, and not given back by the year's first day. In a later year of the programme: the
//!   participation was active on that year's first day: not given back, not withdrawn before it (a school whose last day is the first day of
//!   the year took part on it), not completed.
//! - **Active**: a year was started. **Completed**: a year was completed. Both by the day in the event, not by the time of recording.
//!
//! An imported participation of earlier years is taken as enrolled from the first day of its first year on; its years are in its event.
//!
//! Distinct facts are few, however long the history: at most one for each school, year, programme and stage. The engine reads the events in parts, and
//! keeps only these, and the endings that cut a participation short.

use std::{collections::BTreeSet, ops::RangeInclusive};

use polars::prelude::*;
use time::AcademicYear;

use super::{
    Measure, Stage,
    known::Rows,
    programme::YEARS_MAX,
    rows::{collect, numbers, texts},
};
use crate::{Error, lake::date};

/// One fact. Facts are in order of these fields. The programme is an index into the programmes by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Fact {
    pub(super) urn: i32,
    pub(super) programme: u32,
    pub(super) year: i16,
    pub(super) stage: Stage,
}

/// The distinct facts that were true on a day.
#[derive(Debug)]
pub(super) struct Facts {
    /// Their programmes are indices into `programmes`.
    facts: Vec<Fact>,
    programmes: Vec<String>,
    measured: RangeInclusive<i16>,
}

impl Facts {
    pub(super) fn programmes(&self) -> BTreeSet<String> {
        self.programmes.iter().cloned().collect()
    }

    /// The facts in order, with indices into the ids of all programmes.
    pub(super) fn in_order(mut self, programmes: &[String]) -> Vec<Fact> {
        let index = |id: &String| {
            let index = programmes.binary_search(id).expect("every programme is listed");
            u32::try_from(index).expect("there are few programmes")
        };
        let indices: Vec<u32> = self.programmes.iter().map(index).collect();
        for fact in &mut self.facts {
            fact.programme = indices[fact.programme as usize];
        }
        self.facts.sort_unstable();
        self.facts.dedup();
        self.facts
    }

    /// Adds a fact if its year is measured.
    fn push(&mut self, year: i16, programme: &str, stage: Stage, urn: i32) {
        if !self.measured.contains(&year) {
            return;
        }
        let index = self.programmes.iter().position(|known| known == programme).unwrap_or_else(|| {
            self.programmes.push(programme.to_owned());
            self.programmes.len() - 1
        });
        let programme = u32::try_from(index).expect("there are few programmes");
        self.facts.push(Fact { urn, programme, year, stage });
    }

    /// Adds the facts of a stage, from rows with `year, programme, urn`.
    fn add(&mut self, rows: &DataFrame, stage: Stage) -> PolarsResult<()> {
        let (year, programme, urn) = (numbers(rows, "year")?, texts(rows, "programme")?, numbers(rows, "urn")?);
        for row in 0..rows.height() {
            self.push(i16::try_from(year[row]).expect("an academic year has four digits"), programme[row], stage, urn[row]);
        }
        Ok(())
    }
}

/// Reads the facts of the measured years. `of_specialists` count beside those of participations.
pub(super) fn facts(
    rows: &mut Rows<'_>,
    options: &Measure,
    of_specialists: Vec<(i16, String, Stage, i32)>,
) -> Result<Facts, Error> {
    let measured = options.first_year.first_year()..=AcademicYear::of(options.true_on).first_year();
    let mut facts = Facts { facts: Vec::new(), programmes: Vec::new(), measured };
    for (year, programme, stage, urn) in of_specialists {
        facts.push(year, &programme, stage, urn);
    }
    let applied = direct(
        rows.scan("enrolment_application_submitted")?,
        ["academic_year", "application_programme", "application_school", "event_happened_date"],
    );
    let of_year = |day| ["academic_year", "participation_programme", "participation_school", day];
    let active = direct(rows.scan("enrolment_year_started")?, of_year("start_date"));
    let completed = direct(rows.scan("enrolment_year_completed")?, of_year("completion_date"));
    let imported_years = imported_years(rows)?;
    let of_year = |day| ["academic_year", "programme", "school", day];
    let imported_active = direct(imported_years.clone(), of_year("start_date"));
    let imported_completed = direct(imported_years, of_year("completion_date"));
    let stages = [
        (Stage::Applied, applied),
        (Stage::Active, active),
        (Stage::Completed, completed),
        (Stage::Active, imported_active),
        (Stage::Completed, imported_completed),
    ];
    for (stage, rows) in stages {
        let distinct = rows
            .filter(col("day").lt_eq(date(options.true_on)))
            .group_by([col("academic_year"), col("programme"), urn_of("school").alias("urn")])
            .agg([])
            .with_columns([year_of("academic_year").alias("year")]);
        facts.add(&collect(distinct)?, stage)?;
    }
    let places = collect(places(rows, options)?)?;
    for later in 0..YEARS_MAX {
        let in_year = col("first_year") + lit(later);
        let mut taking_part = places
            .clone()
            .lazy()
            .filter(col("years_count").gt(lit(later)).and(col("last_year").is_null().or(col("last_year").gt_eq(in_year.clone()))))
            .with_columns([in_year.alias("year")]);
        if later > 0 {
            // A later year counts from its first day on.
            taking_part = taking_part.filter(col("year").lt_eq(lit(i32::from(AcademicYear::of(options.true_on).first_year()))));
        }
        facts.add(&taking_part.collect()?, Stage::Enrolled)?;
    }
    Ok(facts)
}

fn direct(rows: LazyFrame, [year, programme, school, day]: [&str; 4]) -> LazyFrame {
    rows.select([
        col(year).alias("academic_year"),
        col(programme).alias("programme"),
        col(school).alias("school"),
        col(day).alias("day"),
    ])
}

/// Years of imported participations: `academic_year, programme, school, start_date, completion_date`.
fn imported_years(rows: &mut Rows<'_>) -> Result<LazyFrame, Error> {
    let imported = rows.scan("enrolment_participation_imported")?.select([
        col("event_position"),
        col("participation_programme").alias("programme"),
        col("participation_school").alias("school"),
    ]);
    let years = rows.scan("enrolment_participation_imported_years")?.select([
        col("event_position"),
        col("academic_year"),
        col("start_date"),
        col("completion_date"),
    ]);
    Ok(years.join(imported, [col("event_position")], [col("event_position")], JoinArgs::new(JoinType::Inner)))
}

/// The key of a participation: the name of its application, or its own name if it was imported.
fn participation_key() -> Expr {
    when(col("participation_application").eq(lit("")))
        .then(col("participation_name"))
        .otherwise(col("participation_application"))
        .alias("participation")
}

/// Accepted places and imported participations: `programme, urn, first_year, years_count`, and `last_year`, the last academic year in which the participation counts; null for all.
fn places(rows: &mut Rows<'_>, options: &Measure) -> Result<LazyFrame, Error> {
    let true_on = date(options.true_on);
    let years_count = || col("participation_years_count");
    let years_count = when(years_count().lt(lit(1)))
        .then(lit(1))
        .when(years_count().gt(lit(YEARS_MAX)))
        .then(lit(YEARS_MAX))
        .otherwise(years_count());
    let accepted = rows.scan("enrolment_place_accepted")?.filter(col("event_happened_date").lt_eq(true_on.clone())).select([
        col("application_name").alias("participation"),
        col("participation_programme").alias("programme"),
        col("participation_school").alias("school"),
        col("participation_first_academic_year").alias("academic_year"),
        years_count.clone().alias("years_count"),
    ]);
    let this_year = i32::from(AcademicYear::of(options.true_on).first_year());
    let begun = year_of("participation_first_academic_year").lt_eq(lit(this_year));
    let imported = rows.scan("enrolment_participation_imported")?;
    let accepted_before = imported.clone().filter(begun).select([
        col("participation_name").alias("participation"),
        col("participation_programme").alias("programme"),
        col("participation_school").alias("school"),
        col("participation_first_academic_year").alias("academic_year"),
        years_count.alias("years_count"),
    ]);
    let accepted = concat([accepted, accepted_before], UnionArgs::default())?;
    // The academic years whose first day is on or after the day on which a place is given back do not count.
    let given_back = |day: Expr| academic_year((day.cast(DataType::Int32) - lit(1)).cast(DataType::Date));
    let withdrawn = rows.scan("enrolment_application_withdrawn")?.select([
        col("application_name").alias("participation"),
        col("event_happened_date").alias("day"),
        given_back(col("event_happened_date")).alias("last_year"),
    ]);
    let stated = when(col("withdraw_date").is_null()).then(col("event_happened_date")).otherwise(col("withdraw_date"));
    let cancelled = rows.scan("enrolment_participation_cancelled")?.select([
        participation_key(),
        stated.clone().alias("day"),
        given_back(stated).alias("last_year"),
    ]);
    // The academic years that begin after the last day do not count.
    let leaves =
        || [participation_key(), col("withdraw_date").alias("day"), academic_year(col("withdraw_date")).alias("last_year")];
    let left = rows.scan("enrolment_participation_withdrawn")?.select(leaves());
    let left_before = imported.filter(col("withdraw_date").is_not_null()).select(leaves());
    // A participation that was completed in its last year counts in all of them.
    let last_year = year_of("participation_first_academic_year") + col("participation_years_count") - lit(1);
    let completed = rows
        .scan("enrolment_year_completed")?
        .filter(col("participation_state").eq(lit("PARTICIPATION_STATE_COMPLETED")))
        .filter(academic_year(col("completion_date")).lt(last_year))
        .select([
            participation_key(),
            col("completion_date").alias("day"),
            academic_year(col("completion_date")).alias("last_year"),
        ]);
    let endings = concat([withdrawn, cancelled, left, left_before, completed], UnionArgs::default())?
        .filter(col("day").lt_eq(true_on))
        .group_by([col("participation")])
        .agg([col("last_year").min()]);
    // Endings are few, so that the engine keeps them in memory and reads the places in parts.
    let keep_endings = JoinArgs { build_side: Some(JoinBuildSide::ForceRight), ..JoinArgs::new(JoinType::Left) };
    Ok(accepted
        .join(collect(endings)?.lazy(), [col("participation")], [col("participation")], keep_endings)
        .with_columns([urn_of("school").alias("urn")])
        .group_by(["programme", "urn", "academic_year", "years_count", "last_year"].map(col))
        .agg([])
        .with_columns([year_of("academic_year").alias("first_year")]))
}

/// The calendar year in which an academic year such as `2018/19` begins. Errors for other texts.
fn year_of(column: &str) -> Expr {
    col(column).str().slice(lit(0), lit(4)).strict_cast(DataType::Int32)
}

/// The URN of a school such as `schools/100000`. Errors for other texts.
fn urn_of(column: &str) -> Expr {
    col(column).str().strip_prefix(lit("schools/")).strict_cast(DataType::Int32)
}

/// The calendar year in which the academic year of a day begins.
fn academic_year(day: Expr) -> Expr {
    day.clone().dt().year() - day.dt().month().lt(lit(9)).cast(DataType::Int32)
}
