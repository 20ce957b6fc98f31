//! Interrupted participations, by the tables of deferrals and resumptions. They are few, so that they are in memory.
//!
//! An interruption moves the years of the programme that are not completed. The academic years that begin during it do not count, except the one in which the
//! school resumed.

use std::{collections::BTreeMap, ops::Range};

use polars::prelude::*;
use time::{AcademicYear, Date};

use super::{
    Measure, Stage,
    fact::{Fact, own_name, planned_year, year_of},
    key::{self, ProgrammeIds},
    known::Rows,
    rows::{collect, days, numbers, positions, texts},
};
use crate::{Error, lake::date};

/// A participation with an interruption that is true on a day.
#[derive(Debug)]
pub(super) struct Interrupted {
    /// The fact of its first year.
    first: Fact,
    /// The last academic year as it was planned in the beginning.
    planned_year: i32,
    /// Academic years by which interruptions have moved it.
    moved_years_count: i32,
    /// Academic years that do not count.
    missed: Vec<Range<i16>>,
}

impl Interrupted {
    /// The facts of the years in which it is enrolled, none later than `last_year`.
    pub(super) fn facts(&self, last_year: i32) -> impl Iterator<Item = Fact> {
        let until = last_year.min(self.planned_year + self.moved_years_count);
        let years = self.first.year..=i16::try_from(until).unwrap_or(i16::MAX);
        let is_missed = |year| year > self.first.year && self.missed.iter().any(|missed| missed.contains(&year));
        years.filter(move |year| !is_missed(*year)).map(|year| Fact { year, ..self.first })
    }

    /// From a day on.
    fn defer(&mut self, date: Date) {
        self.missed.push(AcademicYear::of(date.plus_days(-1)).first_year() + 1..i16::MAX);
    }

    /// On a day, which has moved the years by a number of academic years in all.
    fn resume(&mut self, date: Date, moved_years_count: i32) {
        if let Some(missed) = self.missed.last_mut() {
            missed.end = AcademicYear::of(date).first_year();
        }
        self.moved_years_count = moved_years_count;
    }
}

/// A change of a participation, on a day.
enum Change {
    Deferred { first: Fact, planned_year: i32 },
    Resumed { moved_years_count: i32 },
}

/// The interrupted participations by the name of their application, or their own one if they were imported.
pub(super) fn interrupted(
    rows: &mut Rows<'_>,
    options: &Measure,
    ids: &ProgrammeIds,
) -> Result<BTreeMap<String, Interrupted>, Error> {
    let mut changes = deferred(rows, options, ids)?;
    changes.extend(resumed(rows, options)?);
    let mut interrupted: BTreeMap<String, Interrupted> = BTreeMap::new();
    for (name, day, change) in changes.into_values() {
        match change {
            Change::Deferred { first, planned_year } => {
                let new = Interrupted { first, planned_year, moved_years_count: 0, missed: Vec::new() };
                interrupted.entry(name).or_insert(new).defer(day);
            }
            Change::Resumed { moved_years_count } => {
                interrupted.entry(name).and_modify(|one| one.resume(day, moved_years_count));
            }
        }
    }
    Ok(interrupted)
}

/// By the position of their events.
type Changes = BTreeMap<i64, (String, Date, Change)>;

fn deferred(rows: &mut Rows<'_>, options: &Measure, ids: &ProgrammeIds) -> Result<Changes, Error> {
    let year = ["participation_first_academic_year", "participation_programme", "participation_school"];
    let more = [ids.key(Stage::Enrolled, year), planned_year(year_of(year[0])).alias("planned_year")];
    let rows = changes(rows, options, "enrolment_participation_deferred", "defer_date", &more)?;
    let changes = key::keys(&rows)?.map(key::fact).zip(numbers(&rows, "planned_year")?);
    let changes: Vec<Change> = changes.map(|(first, planned_year)| Change::Deferred { first, planned_year }).collect();
    by_position(&rows, changes)
}

fn resumed(rows: &mut Rows<'_>, options: &Measure) -> Result<Changes, Error> {
    let more = [col("participation_deferred_years_count")];
    let rows = changes(rows, options, "enrolment_participation_resumed", "resume_date", &more)?;
    let changes = numbers(&rows, "participation_deferred_years_count")?.into_iter();
    by_position(&rows, changes.map(|moved_years_count| Change::Resumed { moved_years_count }).collect())
}

/// The rows of a table that are true on the day: `event_position, name, day` and more columns.
fn changes(rows: &mut Rows<'_>, options: &Measure, table: &str, day: &str, more: &[Expr]) -> Result<DataFrame, Error> {
    let columns = [col("event_position"), own_name().alias("name"), col(day).alias("day")];
    let true_then = rows.scan(table)?.filter(col(day).lt_eq(date(options.true_on)));
    Ok(collect(true_then.select([&columns, more].concat()))?)
}

fn by_position(rows: &DataFrame, changes: Vec<Change>) -> Result<Changes, Error> {
    let days = days(rows, "day")?.into_iter().map(|day| day.expect("the rows are of days up to the true-on day"));
    let changes = texts(rows, "name")?.into_iter().zip(days).zip(changes);
    let changes = changes.map(|((name, day), change)| (name.to_owned(), day, change));
    Ok(positions(rows)?.into_iter().zip(changes).collect())
}
