//! Cells: the counted schools from which every published figure is made. They are an interface: another engine can count them.
//! `README.md` describes the columns.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::Path,
};

use polars::prelude::*;
use time::Date;

use super::{Measure, Phase, REGIONS, Stage, rows::days};
use crate::Error;

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CellKey {
    pub(crate) year: i16,
    /// Index into the programmes; `None` for the total.
    pub(crate) programme: Option<u32>,
    /// Index into [`REGIONS`].
    pub(crate) region: usize,
    /// Index of the three-digit code.
    pub(crate) la: u32,
    /// `None` for 16 plus institutions.
    pub(crate) phase: Option<Phase>,
}

/// Numbers of schools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Reached in the year.
    pub(crate) reached: u32,
    /// Of these, the schools that no earlier year reached.
    pub(crate) new: u32,
    /// Reached in the year or an earlier one.
    pub(crate) since: u32,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.reached += other.reached;
        self.new += other.new;
        self.since += other.since;
    }
}

/// The counts of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Schools of the denominator; `None` where no register covers the year.
    pub(crate) schools: Option<u32>,
    /// By [`Stage::ALL`].
    pub(crate) stages: [Counts; 4],
}

/// All cells, with the codes of their authorities and the ids of their programmes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    pub(crate) cells: BTreeMap<CellKey, Cell>,
    /// Three-digit codes by index.
    pub(crate) las: Vec<String>,
    /// Ids by index.
    pub(crate) programmes: Vec<String>,
}

/// The days for which a file of cells was counted, in each of its rows.
const DAYS: [&str; 2] = ["true_on_date", "known_on_date"];
const COLUMNS: [&str; 10] = [
    "academic_year",
    "programme",
    "region_code",
    "old_la_code",
    "education_phase",
    "stage",
    "schools_count",
    "reached_count",
    "reached_new_count",
    "reached_since_count",
];

impl Cells {
    /// The table of cells, counted for the days of a measurement.
    pub(crate) fn frame(&self, options: &Measure) -> PolarsResult<DataFrame> {
        let mut rows: Vec<_> = self.cells.iter().flat_map(|(key, cell)| Stage::ALL.map(|stage| (key, cell, stage))).collect();
        let text = |key: &CellKey| {
            let programme = key.programme.map(|index| self.programmes[index as usize].as_str());
            (key.year, programme, REGIONS[key.region].code, self.las[key.la as usize].as_str(), key.phase.map(Phase::name))
        };
        rows.sort_by(|a, b| text(a.0).cmp(&text(b.0)));
        let number = |number: u32| i32::try_from(number).expect("there are fewer schools than 31 bits hold");
        let counts = |of: fn(&Counts) -> u32| -> Vec<i32> {
            rows.iter().zip(0..).map(|((_, cell, _), row)| number(of(&cell.stages[row % Stage::ALL.len()]))).collect()
        };
        let days = [options.true_on, options.known_on].map(|day| vec![day.days_since_1970(); rows.len()]);
        let mut frame = df!(
            DAYS[0] => &days[0],
            DAYS[1] => &days[1],
            COLUMNS[0] => rows.iter().map(|(key, ..)| i32::from(key.year)).collect::<Vec<_>>(),
            COLUMNS[1] => rows.iter().map(|(key, ..)| text(key).1).collect::<Vec<_>>(),
            COLUMNS[2] => rows.iter().map(|(key, ..)| text(key).2).collect::<Vec<_>>(),
            COLUMNS[3] => rows.iter().map(|(key, ..)| text(key).3).collect::<Vec<_>>(),
            COLUMNS[4] => rows.iter().map(|(key, ..)| text(key).4).collect::<Vec<_>>(),
            COLUMNS[5] => rows.iter().map(|(_, _, stage)| stage.name()).collect::<Vec<_>>(),
            COLUMNS[6] => rows.iter().map(|(_, cell, _)| cell.schools.map(number)).collect::<Vec<_>>(),
            COLUMNS[7] => counts(|counts| counts.reached),
            COLUMNS[8] => counts(|counts| counts.new),
            COLUMNS[9] => counts(|counts| counts.since),
        )?;
        for name in DAYS {
            let dates = frame.column(name)?.cast(&DataType::Date)?;
            frame.with_column(dates)?;
        }
        Ok(frame)
    }

    /// Reads cells that another engine counted for the days of a measurement, with the authorities and programmes of these. Errors with the row that does not
    /// fit them, or whose counts contradict each other, and with the days of a file that was counted for other ones.
    pub(crate) fn read(&self, path: &Path, options: &Measure) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Cells { path: path.to_owned(), reason };
        let file = File::open(path).map_err(Error::file("read", path))?;
        let frame = ParquetReader::new(file).finish().map_err(|error| wrong(error.to_string()))?;
        for counted in counted_days(&frame).map_err(|error| wrong(error.to_string()))? {
            let [Some(true_on), Some(known_on)] = counted else {
                return Err(wrong("true_on_date or known_on_date is empty".to_owned()));
            };
            if (true_on, known_on) != (options.true_on, options.known_on) {
                let (counted, wanted) = ([true_on, known_on], [options.true_on, options.known_on]);
                let [counted, wanted] = [counted, wanted].map(|days| days.map(|day| day.to_string()));
                return Err(Error::CellsOfOtherDays { path: path.to_owned(), counted, wanted });
            }
        }
        let table = self.parse(&frame);
        let mut cells = table.map_err(|error| wrong(error.to_string()))?.map_err(wrong)?;
        // A denominator without a row of some stage would lose the stage's zeros only; they are the same.
        cells.las.clone_from(&self.las);
        cells.programmes.clone_from(&self.programmes);
        Ok(cells)
    }

    fn parse(&self, frame: &DataFrame) -> PolarsResult<Result<Self, String>> {
        let frame = frame.select(COLUMNS)?;
        let numbers = |column: &str| -> PolarsResult<Vec<Option<i64>>> {
            Ok(frame.column(column)?.strict_cast(&DataType::Int64)?.i64()?.iter().collect())
        };
        let texts = |column: &str| -> PolarsResult<Vec<Option<&str>>> { Ok(frame.column(column)?.str()?.iter().collect()) };
        let (year, programme, region) = (numbers(COLUMNS[0])?, texts(COLUMNS[1])?, texts(COLUMNS[2])?);
        let (la, phase, stage) = (texts(COLUMNS[3])?, texts(COLUMNS[4])?, texts(COLUMNS[5])?);
        let (schools, reached) = (numbers(COLUMNS[6])?, numbers(COLUMNS[7])?);
        let (new, since) = (numbers(COLUMNS[8])?, numbers(COLUMNS[9])?);
        let mut read = Self::default();
        let mut stages = BTreeSet::new();
        for row in 0..frame.height() {
            let mut parse = || -> Option<Result<(), &'static str>> {
                let key = CellKey {
                    year: i16::try_from(year[row]?).ok()?,
                    programme: match programme[row] {
                        None => None,
                        Some(id) => Some(u32::try_from(self.programmes.iter().position(|known| known == id)?).ok()?),
                    },
                    region: REGIONS.iter().position(|one| Some(one.code) == region[row])?,
                    la: u32::try_from(self.las.iter().position(|known| Some(known.as_str()) == la[row])?).ok()?,
                    phase: match phase[row] {
                        None => None,
                        Some(name) => Some(Phase::ALL.into_iter().find(|phase| phase.name() == name)?),
                    },
                };
                let stage = Stage::ALL.iter().position(|one| Some(one.name()) == stage[row])?;
                let number = |number: Option<i64>| u32::try_from(number?).ok();
                let counts = Counts { reached: number(reached[row])?, new: number(new[row])?, since: number(since[row])? };
                let schools = schools[row].map(|count| u32::try_from(count).ok()).map_or(Some(None), |count| count.map(Some))?;
                let cell = read.cells.entry(key).or_insert(Cell { schools, ..Cell::default() });
                if !stages.insert((key, stage)) {
                    return Some(Err("the cell has two rows"));
                }
                if cell.schools != schools {
                    return Some(Err("schools_count differs between the stages of the cell"));
                }
                if counts.new > counts.reached
                    || counts.reached > counts.since
                    || schools.is_some_and(|schools| counts.since > schools)
                {
                    return Some(Err("reached_new_count ≤ reached_count ≤ reached_since_count ≤ schools_count does not hold"));
                }
                cell.stages[stage] = counts;
                Some(Ok(()))
            };
            match parse() {
                Some(Ok(())) => {}
                Some(Err(reason)) => return Ok(Err(format!("row {}: {reason}", row + 1))),
                None => {
                    let reason =
                        "a value that the lake's registers and programmes do not have, a negative count, or an empty column";
                    return Ok(Err(format!("row {}: {reason}", row + 1)));
                }
            }
        }
        // Denominators follow from the register: a file of another lake has others.
        let denominators = |cells: &Self| -> BTreeMap<CellKey, u32> {
            cells.cells.iter().filter_map(|(key, cell)| Some((*key, cell.schools.filter(|count| *count > 0)?))).collect()
        };
        if denominators(&read) != denominators(self) {
            return Ok(Err("its schools_count differ from the denominators of this lake on these days".to_owned()));
        }
        Ok(Ok(read))
    }
}

/// The true-on and known-on days of the rows, each pair once.
fn counted_days(frame: &DataFrame) -> PolarsResult<BTreeSet<[Option<Date>; 2]>> {
    let [true_on, known_on] = DAYS.map(|column| days(frame, column));
    Ok(true_on?.into_iter().zip(known_on?).map(<[_; 2]>::from).collect())
}
