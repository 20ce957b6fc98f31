//! Teachers with an attendance, those of them who visited another school's classroom, and the meetings that were held: by year, programme and region.
//!
//! - **Teacher** of an academic year: a person whom the final register of a meeting of a Work Group marks as attended, part or substituted on a day of the year,
//!   by the newest mark of the meeting, the person and the day. Records that are merged are one person.
//! - **Visiting**: of these, the persons with such a mark at a peer visit to another school than the one of their participation.
//! - **Meeting**: one with a final register. It counts in the year of its first day, the programme of its group, and the region of the hub that organised it.
//!
//! A teacher counts once a year: in the programme and the region of the school of the first attendance, of several on that day the first programme by id, then
//! the first region by code. So the rows add up, which makes the hidden counts safe (`suppression.rs`). A region is the one of the school in the newest register.
//!
//! The engine reduces the marks to persons, years, programmes and schools; ids of persons stay in this module.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::*;
use time::{AcademicYear, Date};

use super::{
    Level, Measure, Phase, REGIONS,
    count::TOTAL,
    denominators::Denominators,
    fact::academic_year,
    known::Rows,
    register::Registers,
    rows::{collect, days, numbers, texts, truths},
    suppression::{self, Persons},
};
use crate::{Error, lake::date};

/// A row of the file of teachers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeacherFigure {
    /// Academic year.
    pub year: AcademicYear,
    /// England or a region.
    pub level: Level,
    /// Index into [`super::Reach::programmes`]; `None` for the total.
    pub programme: Option<usize>,
    /// False when the programme is not played in the year and nobody met: all values are `z`.
    pub played: bool,
    /// Meetings that were held.
    pub meetings_held_count: u32,
    /// Teachers with an attendance; `None` when the count is hidden.
    pub teachers_count: Option<u32>,
    /// Of these, the teachers who visited another school's classroom; `None` when the count is hidden.
    pub teachers_visiting_count: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    meetings: u32,
    persons: Persons,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.meetings += other.meetings;
        self.persons.teachers += other.persons.teachers;
        self.persons.visiting += other.persons.visiting;
    }
}

/// The day, the id of the programme and the index of the region of a teacher's first attendance of a year.
type First<'a> = (Date, &'a str, usize);

/// Counts by the calendar year in which the academic year begins, the id of the programme, and the index of the region.
#[derive(Debug, Default)]
pub(super) struct Teachers(BTreeMap<(i32, String, usize), Counts>);

impl Teachers {
    /// Counts what was true on the day of the measurement.
    pub(super) fn read(rows: &mut Rows<'_>, options: &Measure, registers: &Registers, newest: usize) -> Result<Self, Error> {
        let mut counts = Self::default();
        counts.add_meetings(rows, options)?;
        // Without a register there is no mark, and a lake may have no meeting at all.
        if !counts.0.is_empty() {
            counts.add_persons(rows, options, registers, newest)?;
        }
        Ok(counts)
    }

    /// The programmes of the groups that met.
    pub(super) fn programmes(&self) -> BTreeSet<String> {
        self.0.keys().map(|(_, programme, _)| programme.clone()).collect()
    }

    fn add_meetings(&mut self, rows: &mut Rows<'_>, options: &Measure) -> Result<(), Error> {
        let groups = rows.scan("enrolment_work_group_formed")?;
        let groups = groups.select([col("work_group_name"), col("work_group_programme").alias("programme")]);
        let hubs = rows.scan("network_hub_created")?.select([col("hub_name"), col("hub_region_code")]);
        let held = rows.scan("meeting_register_taken")?.filter(col("meeting_start_date").lt_eq(date(options.true_on)));
        let held = held.select([
            col("meeting_name").str().split(lit("/meetings/")).list().first().alias("group"),
            col("meeting_hub"),
            academic_year(col("meeting_start_date")).alias("year"),
        ]);
        let inner = || JoinArgs::new(JoinType::Inner);
        let held = held
            .join(groups, [col("group")], [col("work_group_name")], inner())
            .join(hubs, [col("meeting_hub")], [col("hub_name")], inner())
            .group_by([col("year"), col("programme"), col("hub_region_code")])
            .agg([len().cast(DataType::Int32).alias("meetings")]);
        let held = collect(held)?;
        let (years, meetings) = (numbers(&held, "year")?, numbers(&held, "meetings")?);
        let (programmes, regions) = (texts(&held, "programme")?, texts(&held, "hub_region_code")?);
        for row in 0..held.height() {
            let Some(region) = REGIONS.iter().position(|region| region.code == regions[row]) else { continue };
            let meetings = u32::try_from(meetings[row]).unwrap_or_default();
            *self.0.entry((years[row], programmes[row].to_owned(), region)).or_default() +=
                Counts { meetings, ..Counts::default() };
        }
        Ok(())
    }

    fn add_persons(&mut self, rows: &mut Rows<'_>, options: &Measure, registers: &Registers, newest: usize) -> Result<(), Error> {
        let records = Records::read(rows)?;
        let attended = collect(attended(rows, options)?)?;
        let (years, first_days, visits) =
            (numbers(&attended, "year")?, days(&attended, "first_day")?, truths(&attended, "visits")?);
        let (persons, programmes, schools) =
            (texts(&attended, "person")?, texts(&attended, "programme")?, texts(&attended, "school")?);
        let register = registers.snapshot(newest);
        let region = |school: &str| register.get(&school.strip_prefix("schools/")?.parse().ok()?)?.region;
        let mut teachers: HashMap<(&str, i32), (First<'_>, bool)> = HashMap::new();
        for row in 0..attended.height() {
            let Some((day, region)) = first_days[row].zip(region(schools[row])) else { continue };
            let first = (day, programmes[row], region);
            let (earliest, visiting) = teachers.entry((records.current(persons[row]), years[row])).or_insert((first, false));
            *earliest = first.min(*earliest);
            *visiting |= visits[row];
        }
        for ((_, year), ((_, programme, region), visiting)) in teachers {
            let persons = Persons { teachers: 1, visiting: u32::from(visiting) };
            *self.0.entry((year, programme.to_owned(), region)).or_default() += Counts { meetings: 0, persons };
        }
        Ok(())
    }

    /// The rows of the file: from the first year in which a meeting was held, by year, place and programme; a total comes before its parts.
    pub(super) fn figures(&self, denominators: &Denominators) -> Vec<TeacherFigure> {
        let first = self.0.keys().map(|(year, ..)| *year).min();
        let years = denominators.years.iter().copied().filter(|year| first.is_some_and(|first| i32::from(*year) >= first));
        years.flat_map(|year| self.figures_of_year(year, denominators)).collect()
    }

    fn figures_of_year(&self, year: i16, denominators: &Denominators) -> Vec<TeacherFigure> {
        // By programme and place; the total and England come first.
        let mut counts = vec![[Counts::default(); 1 + REGIONS.len()]; 1 + denominators.programmes.len()];
        for ((_, programme, region), cell) in self.0.iter().filter(|((of, ..), _)| *of == i32::from(year)) {
            let index = denominators.programmes.iter().position(|(id, _)| id == programme);
            let index = 1 + index.expect("programmes of groups are among the programmes");
            for programme in [0, index] {
                for place in [0, 1 + region] {
                    counts[programme][place] += *cell;
                }
            }
        }
        let persons: Vec<Vec<Persons>> = counts.iter().map(|places| places.iter().map(|cell| cell.persons).collect()).collect();
        let shown = suppression::shown(&persons);
        let mut figures = Vec::new();
        for place in 0..=REGIONS.len() {
            for (programme, id) in denominators.programmes_with_total().enumerate() {
                let played = Phase::ALL.into_iter().any(|phase| denominators.played(year, id, phase));
                let england = counts[programme][0];
                let [teachers_count, teachers_visiting_count] = shown[programme][place];
                figures.push(TeacherFigure {
                    year: AcademicYear::starting(year),
                    level: place.checked_sub(1).map_or(Level::National, |region| Level::Regional(REGIONS[region])),
                    programme: (id != TOTAL).then_some(id as usize),
                    played: played || england.meetings > 0 || england.persons.teachers > 0,
                    meetings_held_count: counts[programme][place].meetings,
                    teachers_count,
                    teachers_visiting_count,
                });
            }
        }
        figures
    }
}

/// Attendances: `person, year, programme, school`, with the first day and whether one of them was a visit to another school.
fn attended(rows: &mut Rows<'_>, options: &Measure) -> Result<LazyFrame, Error> {
    let key = ["meeting", "person", "mark_date"].map(col);
    let columns = ["meeting", "person", "mark_date", "subject", "kind"].map(col);
    let registered = rows.scan("meeting_register_taken_marks")?.select(&columns);
    let corrected = rows.scan("meeting_mark_corrected")?.select([
        col("mark_meeting").alias("meeting"),
        col("mark_person").alias("person"),
        col("mark_mark_date").alias("mark_date"),
        col("mark_subject").alias("subject"),
        col("mark_kind").alias("kind"),
        col("mark_number"),
    ]);
    // Corrections are few, so that the marks of registers are read in parts.
    let newest = |column: &str| col(column).sort_by([col("mark_number")], SortMultipleOptions::default()).last();
    let corrected = corrected.group_by(key.clone()).agg([newest("subject"), newest("kind")]);
    let registered = registered.join(corrected.clone(), key.clone(), key, JoinArgs::new(JoinType::Anti));
    let marks = concat([registered, corrected.select(columns)], UnionArgs::default())?;

    let participation = |table: LazyFrame| {
        table.select([
            col("participation_name").alias("subject"),
            col("participation_programme").alias("programme"),
            col("participation_school").alias("school"),
        ])
    };
    let accepted = participation(rows.scan("enrolment_place_accepted")?);
    let imported = participation(rows.scan("enrolment_participation_imported")?);
    let participations = concat([accepted, imported], UnionArgs::default())?;
    let visits = rows.scan("meeting_register_taken")?.filter(col("meeting_kind").eq(lit("MEETING_KIND_PEER_VISIT")));
    let visits = visits.select([col("meeting_name").alias("meeting"), col("meeting_host_school").alias("host")]);
    let attended = ["MARK_KIND_ATTENDED", "MARK_KIND_PART", "MARK_KIND_SUBSTITUTED"].map(|kind| col("kind").eq(lit(kind)));
    let attended = attended.into_iter().reduce(Expr::or).expect("there are three kinds");
    Ok(marks
        .filter(attended.and(col("mark_date").lt_eq(date(options.true_on))))
        .join(participations, [col("subject")], [col("subject")], JoinArgs::new(JoinType::Inner))
        .join(visits, [col("meeting")], [col("meeting")], JoinArgs::new(JoinType::Left))
        .group_by([col("person"), academic_year(col("mark_date")).alias("year"), col("programme"), col("school")])
        .agg([col("mark_date").min().alias("first_day"), col("host").neq(col("school")).any(true).alias("visits")]))
}

/// The records of persons that were merged, each with the one that stayed.
struct Records(HashMap<String, String>);

impl Records {
    fn read(rows: &mut Rows<'_>) -> Result<Self, Error> {
        let merged = rows.read("network_persons_merged", &["person_name", "merged_person"])?;
        let mut records = Self(HashMap::new());
        for (stays, merged) in texts(&merged, "person_name")?.into_iter().zip(texts(&merged, "merged_person")?) {
            let [stays, merged] = [stays, merged].map(|record| records.current(record).to_owned());
            if stays != merged {
                records.0.insert(merged, stays);
            }
        }
        Ok(records)
    }

    /// The record that an id means.
    fn current<'a>(&'a self, mut record: &'a str) -> &'a str {
        while let Some(stays) = self.0.get(record) {
            record = stays;
        }
        record
    }
}
