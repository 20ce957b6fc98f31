//! Facts of school × academic year × programme × stage, by the engine from the tables of enrolment's events.
//!
//! - **Applied** for a year: an application for its round was submitted. Withdrawing it later does not change that.
//! - **Enrolled** in the first year: a place was accepted, and not given back by the year's first day. In a later year of the programme: the
//!   participation was active on that year's first day: not given back, not withdrawn before it (a school whose last day is the first day of
//!   the year took part on it), not completed. One that was interrupted on that day counts once the school resumed in the year (`deferral.rs`).
//! - **Active**: a year was started. **Completed**: a year was completed. Both by the day in the event, not by the time of recording.
//!
//! An imported participation of earlier years is taken as enrolled from the first day of its first year on; its years are in its event.
//!
//! Distinct facts are few, however long the history: at most one for each school, year, programme and stage. The engine reads the events in parts, and
//! keeps only these (`key.rs`), and the endings that cut a participation short.

use std::{
    collections::{BTreeSet, HashMap},
    ops::RangeInclusive,
    sync::Arc,
};

use polars::prelude::*;
use time::AcademicYear;

use super::{
    Measure, Stage, deferral,
    key::{self, KEY, ProgrammeIds, year_of_key},
    known::Rows,
    programme::YEARS_MAX,
    rows::{collect, numbers, texts},
};
use crate::{Error, lake::date};

/// Before every academic year.
const NO_YEAR: i32 = 0;

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
        let of_facts: BTreeSet<u32> = self.facts.iter().map(|fact| fact.programme).collect();
        of_facts.into_iter().map(|programme| self.programmes[programme as usize].clone()).collect()
    }

    /// The facts in order, with indices into the ids of all programmes.
    pub(super) fn in_order(mut self, programmes: &[String]) -> Vec<Fact> {
        // Programmes with facts of other years only are not among them.
        let index = |id: &String| programmes.binary_search(id).ok().and_then(|index| u32::try_from(index).ok());
        let indices: Vec<Option<u32>> = self.programmes.iter().map(index).collect();
        for fact in &mut self.facts {
            fact.programme = indices[fact.programme as usize].expect("every programme of a fact is listed");
        }
        self.facts.sort_unstable();
        self.facts.dedup();
        self.facts
    }

    /// Adds a fact if its year is measured.
    fn push(&mut self, fact: Fact) {
        if self.measured.contains(&fact.year) {
            self.facts.push(fact);
        }
    }
}

/// Reads the facts of the measured years. `of_specialists` count beside those of participations.
pub(super) fn facts(
    rows: &mut Rows<'_>,
    options: &Measure,
    of_specialists: Vec<(i16, String, Stage, i32)>,
) -> Result<Facts, Error> {
    let last = AcademicYear::of(options.true_on).first_year();
    let mut facts = Facts { facts: Vec::new(), programmes: Vec::new(), measured: options.first_year.first_year()..=last };
    let ids = ProgrammeIds::default();
    for (year, programme, stage, urn) in of_specialists {
        facts.push(Fact { urn, programme: ids.index(&programme)?.into(), year, stage });
    }
    let of_year = |day| ["academic_year", "participation_programme", "participation_school", day];
    let applied = ["academic_year", "application_programme", "application_school", "event_happened_date"];
    let imported = |day| ["academic_year", "programme", "school", day];
    let imported_years = imported_years(rows)?;
    let direct = [
        (Stage::Applied, rows.scan_in_parts("enrolment_application_submitted")?, applied),
        (Stage::Active, rows.scan_in_parts("enrolment_year_started")?, of_year("start_date")),
        (Stage::Completed, rows.scan_in_parts("enrolment_year_completed")?, of_year("completion_date")),
        (Stage::Active, vec![imported_years.clone()], imported("start_date")),
        (Stage::Completed, vec![imported_years], imported("completion_date")),
    ];
    for (stage, parts, [year, programme, school, day]) in direct {
        let mut keys = PlHashSet::default();
        for rows in parts {
            let true_then = rows.filter(col(day).lt_eq(date(options.true_on)));
            let of_part = true_then.select([ids.key(stage, [year, programme, school])]).group_by([col(KEY)]).agg([]);
            keys.extend(key::keys(&collect(of_part)?)?);
        }
        keys.into_iter().for_each(|key| facts.push(key::fact(key)));
    }
    let mut endings = endings(rows, options)?;
    for (name, interrupted) in deferral::interrupted(rows, options, &ids)? {
        // Its place counts in no year, so that only these facts do.
        let ended = endings.insert(name.into(), NO_YEAR).unwrap_or(i32::MAX);
        interrupted.facts(ended.min(last.into())).for_each(|fact| facts.push(fact));
    }
    for (key, until) in places(rows, options, &ids, endings)? {
        // A later year counts from its first day on.
        let (first, until) = (key::fact(key), i16::try_from(until).unwrap_or(i16::MAX).min(last));
        (first.year..=until).for_each(|year| facts.push(Fact { year, ..first }));
    }
    facts.programmes = ids.ids();
    Ok(facts)
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

/// Accepted places and imported participations: the last academic year in which each one counts, by the key of its first year.
fn places(
    rows: &mut Rows<'_>,
    options: &Measure,
    ids: &ProgrammeIds,
    endings: HashMap<Box<str>, i32>,
) -> Result<PlHashMap<i64, i32>, Error> {
    let endings = Arc::new(endings);
    let place = |name: &str| {
        let endings = Arc::clone(&endings);
        let last_year = move |names: Column| {
            let years = names.str()?.iter().map(|name| endings.get(name?).copied());
            Ok(Column::new("last_year".into(), years.collect::<Vec<Option<i32>>>()))
        };
        let last_year = col(name).map(last_year, |_, _| Ok(Field::new("last_year".into(), DataType::Int32)));
        let year = ["participation_first_academic_year", "participation_programme", "participation_school"];
        [ids.key(Stage::Enrolled, year), last_year.alias("last_year"), col("participation_years_count")]
    };
    let accepted = rows.scan_in_parts("enrolment_place_accepted")?.into_iter();
    let accepted = accepted.map(|rows| rows.filter(col("event_happened_date").lt_eq(date(options.true_on))));
    // An imported one has no day of acceptance.
    let imported = rows.scan_in_parts("enrolment_participation_imported")?.into_iter();
    let places = accepted.map(|rows| rows.select(place("application_name")));
    let places = places.chain(imported.map(|rows| rows.select(place("participation_name"))));
    let planned = planned_year(year_of_key());
    let until = when(col("last_year").lt(planned.clone())).then(col("last_year")).otherwise(planned);
    let mut last_years = PlHashMap::default();
    for rows in places {
        let rows = rows.select([col(KEY), until.clone().alias("until")]).group_by([col(KEY)]).agg([col("until").max()]);
        let rows = collect(rows)?;
        for (key, until) in key::keys(&rows)?.zip(numbers(&rows, "until")?) {
            let last = last_years.entry(key).or_insert(until);
            *last = until.max(*last);
        }
    }
    Ok(last_years)
}

/// The last academic year of each participation that ended before its last planned year, by the name of its application, or its own one if it was imported.
/// Few participations end early, so that these are in memory while the engine reads the places in parts.
fn endings(rows: &mut Rows<'_>, options: &Measure) -> Result<HashMap<Box<str>, i32>, Error> {
    let ending =
        |name: Expr, day: Expr, last_year: Expr| [name.alias("participation"), day.alias("day"), last_year.alias("last_year")];
    // The academic years whose first day is on or after the day on which a place is given back do not count.
    let given_back = |name: Expr, day: Expr| {
        ending(name, day.clone(), academic_year((day.cast(DataType::Int32) - lit(1)).cast(DataType::Date)))
    };
    let stated = when(col("withdraw_date").is_null()).then(col("event_happened_date")).otherwise(col("withdraw_date"));
    // The academic years that begin after the day on which a school left or completed do not count.
    let ended = |rows: LazyFrame, day: &str| {
        // Files from before there were deferrals lack the column.
        let moved = col("participation_deferred_years_count").fill_null(lit(0));
        let planned = planned_year(year_of("participation_first_academic_year")) + moved;
        rows.filter(academic_year(col(day)).lt(planned)).select(ending(own_name(), col(day), academic_year(col(day))))
    };
    let completed = col("participation_state").eq(lit("PARTICIPATION_STATE_COMPLETED"));
    let withdrawn = given_back(col("application_name"), col("event_happened_date"));
    let cancelled = given_back(own_name(), stated);
    let ended: [(&str, &dyn Fn(LazyFrame) -> LazyFrame); 5] = [
        ("enrolment_application_withdrawn", &|rows| rows.select(&withdrawn)),
        ("enrolment_participation_cancelled", &|rows| rows.select(&cancelled)),
        ("enrolment_participation_withdrawn", &|rows| ended(rows, "withdraw_date")),
        ("enrolment_participation_imported", &|rows| ended(rows, "withdraw_date")),
        ("enrolment_year_completed", &|rows| ended(rows.filter(completed.clone()), "completion_date")),
    ];
    let mut endings = HashMap::new();
    for (table, ended) in ended {
        for rows in rows.scan_in_parts(table)? {
            let ended = collect(ended(rows).filter(col("day").lt_eq(date(options.true_on))))?;
            for (name, last_year) in texts(&ended, "participation")?.into_iter().zip(numbers(&ended, "last_year")?) {
                let first = endings.entry(Box::from(name)).or_insert(last_year);
                *first = last_year.min(*first);
            }
        }
    }
    Ok(endings)
}

/// The name of a participation's application, or its own one if it was imported.
pub(super) fn own_name() -> Expr {
    when(col("participation_application").eq(lit(""))).then(col("participation_name")).otherwise(col("participation_application"))
}

/// The last academic year of a participation as it was planned in the beginning, from its first one.
pub(super) fn planned_year(first: Expr) -> Expr {
    let years_count = || col("participation_years_count");
    let years_count = when(years_count().lt(lit(1)))
        .then(lit(1))
        .when(years_count().gt(lit(YEARS_MAX)))
        .then(lit(YEARS_MAX))
        .otherwise(years_count());
    first + years_count - lit(1)
}

/// The calendar year in which an academic year such as `2018/19` begins. Errors for other texts.
pub(super) fn year_of(column: &str) -> Expr {
    col(column).str().slice(lit(0), lit(4)).strict_cast(DataType::Int32)
}

/// The calendar year in which the academic year of a day begins.
pub(super) fn academic_year(day: Expr) -> Expr {
    day.clone().dt().year() - day.dt().month().lt(lit(9)).cast(DataType::Int32)
}
