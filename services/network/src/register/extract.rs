//! GIAS' all-establishments extract: from bytes to schools, each with the reason why it is in or out.

use std::{collections::HashMap, sync::Arc};

use name::Urn;
use time::Date;

use super::{
    NewLaCodes, UnknownCode, by_frequency,
    file::{Column, File, FileViolation},
};
use crate::{
    school::{RegisterReason, School},
    stream::VIOLATIONS_MAX,
};

const URN: &str = "URN";
const LA_CODE: &str = "LA (code)";
const LA_NAME: &str = "LA (name)";
const NAME: &str = "EstablishmentName";
const TYPE: &str = "TypeOfEstablishment (code)";
const TYPE_GROUP: &str = "EstablishmentTypeGroup (code)";
const STATUS: &str = "EstablishmentStatus (code)";
const OPEN: &str = "OpenDate";
const CLOSE: &str = "CloseDate";
const PHASE: &str = "PhaseOfEducation (code)";
const REGION: &str = "GOR (code)";
/// Bytes that a row has at least, as GIAS writes it.
const ROW_SIZE_BYTES: usize = 400;
/// Largest statutory age in years, and largest coordinate of the National Grid.
const AGE_MAX: i64 = 99;
const GRID_MAX_METRES: i64 = 1_300_000;
/// Numbers that a status or phase may have, known or not.
const CODES: std::ops::RangeInclusive<i64> = 0..=999;
/// The name under which the rows of all further codes are counted together.
const FURTHER_CODES: &str = "(further codes)";
/// Columns that need not be there: the share of disadvantaged pupils, the authority's nine-character code, which GIAS calls its name, ages and places.
const FSM: &str = "PercentageFSM";
const NEW_LA_CODE: &str = "GSSLACode (name)";
const LOW_AGE: &str = "StatutoryLowAge";
const HIGH_AGE: &str = "StatutoryHighAge";
const POSTCODE: &str = "Postcode";
const EASTING: &str = "Easting";
const NORTHING: &str = "Northing";
/// The column by which this project marks an extract that it generated.
const GENERATED: &str = "MathsHubsGenerated";
/// The columns without which a file is no extract.
const KEYS: [&str; 11] = [URN, LA_CODE, LA_NAME, NAME, TYPE, TYPE_GROUP, STATUS, OPEN, CLOSE, PHASE, REGION];

/// The texts that the schools of a local authority share.
struct Area {
    old_la_code: Arc<str>,
    /// As the area's first row gives it.
    new_la_code: Arc<str>,
    la_name: Arc<str>,
    /// Whether the name is that of the table of authorities, and not that of the file.
    named: bool,
}

impl Area {
    fn new(old_la_code: &str, new_la_code: &str, la_name: &str) -> Self {
        let authority = geography::authority_by_old_code(old_la_code);
        Self {
            old_la_code: old_la_code.into(),
            new_la_code: new_la_code.into(),
            la_name: authority.map_or(la_name, |authority| authority.name).into(),
            named: authority.is_some(),
        }
    }

    fn new_la_code(&self, of_the_row: &str) -> Arc<str> {
        if *self.new_la_code == *of_the_row { Arc::clone(&self.new_la_code) } else { of_the_row.into() }
    }

    fn la_name(&self, of_the_row: &str) -> Arc<str> {
        if self.named || *self.la_name == *of_the_row { Arc::clone(&self.la_name) } else { of_the_row.into() }
    }
}

/// The contents of an extract.
#[derive(Debug)]
pub(crate) struct Extract {
    /// In order of URN.
    pub(crate) schools: Vec<School>,
    /// It has the column `MathsHubsGenerated`.
    pub(crate) generated: bool,
    /// Whether it lacks the column of the authorities' nine-character codes.
    pub(crate) new_la_code_column_missing: bool,
    /// Rows with an unknown status or phase, by code.
    pub(crate) unknown_codes: Vec<UnknownCode>,
    /// Fields that were encoded twice and were repaired.
    pub(crate) texts_repaired_count: i64,
}

/// Reads an extract. Errors name every row and column that is wrong, up to [`VIOLATIONS_MAX`].
pub(crate) fn parse(bytes: &[u8]) -> Result<Extract, Vec<FileViolation>> {
    let mut file = File::open("extract", "GIAS all-establishments extract", bytes, &KEYS)?;
    let [urn, la_code, la_name, name, type_code, group, status, open, close, phase, region] = KEYS.map(|key| file.key(key));
    let (fsm, new_la_code_column) = (file.column(FSM), file.column(NEW_LA_CODE));
    let [low_age, high_age, postcode, easting, northing] =
        [LOW_AGE, HIGH_AGE, POSTCODE, EASTING, NORTHING].map(|name| file.column(name));
    let mut schools = Vec::with_capacity(bytes.len() / ROW_SIZE_BYTES);
    let mut rows: HashMap<i64, usize> = HashMap::with_capacity(bytes.len() / ROW_SIZE_BYTES);
    let mut areas: HashMap<String, Area> = HashMap::new();
    let none: Arc<str> = Arc::from("");
    let (mut unknown_statuses, mut unknown_phases) = (HashMap::new(), HashMap::new());
    while file.next_row() {
        let row = file.row();
        let Some(number) = file.number(urn, 100_000..=999_999) else { continue };
        if let Some(before) = rows.insert(number, row) {
            file.wrong(urn, format!("rows {before} and {row} both list URN {number}"));
            continue;
        }
        let Some(old_la_code) = file.find_text(la_code) else { continue };
        if !geography::is_old_code(&old_la_code) {
            file.wrong(la_code, format!("`{}` is not a code of three digits", text::excerpt(&old_la_code)));
        }
        let region = geography::region_by_gias_code(&file.text(region));
        // Blank, `999` or a code of another country: as if there were none.
        let new_la_code = new_la_code_column.map(|column| file.text(column)).filter(|code| geography::is_new_code(code));
        let new_la_code = new_la_code.unwrap_or_default();
        let fsm_permille = fsm.and_then(|fsm| permille(&file.text(fsm)));
        let mut whole = |column: Option<Column>, max| column.and_then(|column| whole_number(&file.text(column), max));
        let (low_age, high_age) = (whole(low_age, AGE_MAX), whole(high_age, AGE_MAX));
        let coordinates = whole(easting, GRID_MAX_METRES).zip(whole(northing, GRID_MAX_METRES));
        let postcode = postcode.map(|column| file.text(column)).filter(|text| is_postcode(text));
        let postcode = postcode.map_or_else(|| Arc::clone(&none), |text| Arc::from(&*text));
        let fields = (
            file.title(name),
            file.title(la_name),
            file.number(type_code, 0..=999),
            file.number(group, 0..=999),
            file.find_text(status),
            file.find_text(phase),
            file.day(open),
            file.day(close),
        );
        let (
            Some(school_name),
            Some(la_name),
            Some(type_code),
            Some(type_group_code),
            Some(status),
            Some(phase),
            Some(open_date),
            Some(close_date),
        ) = fields
        else {
            continue;
        };
        let (status_code, phase_code) = (code(&status), code(&phase));
        let reason = RegisterReason::judge(status_code, type_group_code, phase_code, region);
        match reason {
            RegisterReason::UnknownStatus => *unknown_statuses.entry(text::excerpt(&status)).or_default() += 1,
            RegisterReason::UnknownPhase => *unknown_phases.entry(text::excerpt(&phase)).or_default() += 1,
            _ => {}
        }
        if !areas.contains_key(&*old_la_code) {
            areas.insert((*old_la_code).to_owned(), Area::new(&old_la_code, &new_la_code, &la_name));
        }
        let area = &areas[&*old_la_code];
        schools.push(School {
            urn: Urn::trusted(number),
            school_name: school_name.into(),
            old_la_code: Arc::clone(&area.old_la_code),
            former_old_la_code: Arc::clone(&none),
            new_la_code: area.new_la_code(&new_la_code),
            la_name: area.la_name(&la_name),
            region,
            type_code,
            type_group_code,
            status_code: status_code.unwrap_or_default(),
            phase_code: phase_code.unwrap_or_default(),
            phase: phase_code.and_then(eligibility::phase_of_code),
            open_date,
            close_date,
            reason,
            fsm_permille,
            low_age,
            high_age,
            postcode,
            coordinates,
        });
    }
    if file.row() == 1 {
        let why = "has a header and no rows".to_owned();
        file.violations.push(FileViolation { place: "extract".to_owned(), why });
    }
    if !file.violations.is_empty() {
        file.violations.truncate(VIOLATIONS_MAX);
        return Err(file.violations);
    }
    schools.sort_unstable_by_key(|school| school.urn);
    let counted = [(RegisterReason::UnknownStatus, unknown_statuses), (RegisterReason::UnknownPhase, unknown_phases)];
    let unknown_codes = counted.into_iter().flat_map(|(reason, codes)| {
        by_frequency(codes, FURTHER_CODES).into_iter().map(move |(code, rows_count)| UnknownCode { reason, code, rows_count })
    });
    let generated = file.column(GENERATED).is_some();
    Ok(Extract {
        schools,
        generated,
        new_la_code_column_missing: new_la_code_column.is_none(),
        unknown_codes: unknown_codes.collect(),
        texts_repaired_count: file.texts_repaired_count,
    })
}

impl Extract {
    /// Gives each school without a nine-character code the one that the table of authorities has for the extract's day, and counts these schools. A
    /// school of an authority that the table does not have on that day stays without a code: nothing is guessed.
    pub(crate) fn complete_new_la_codes(&mut self, as_of: Date) -> NewLaCodes {
        let mut counts = NewLaCodes { column_missing: self.new_la_code_column_missing, ..NewLaCodes::default() };
        let mut codes: HashMap<Arc<str>, Option<Arc<str>>> = HashMap::new();
        for school in self.schools.iter_mut().filter(|school| school.new_la_code.is_empty()) {
            let of_the_table = || geography::authority_by_old_code(&school.old_la_code)?.new_code(as_of).map(Arc::from);
            match codes.entry(Arc::clone(&school.old_la_code)).or_insert_with(of_the_table) {
                Some(code) => {
                    school.new_la_code = Arc::clone(code);
                    counts.from_table_count += 1;
                }
                // Outside England's regions there is no such code.
                None => counts.unknown_count += i64::from(school.region.is_some()),
            }
        }
        counts
    }
}

/// The number of a status or phase, known or not. GIAS adds codes, so an unknown one is no reason to refuse a register.
fn code(text: &str) -> Option<i64> {
    text.parse().ok().filter(|code| CODES.contains(code))
}

/// A number that only describes a school: one that is blank, suppressed or out of range is absent.
fn whole_number(text: &str, max: i64) -> Option<i64> {
    text.parse().ok().filter(|number| (0..=max).contains(number))
}

/// Whether a text has the characters and the length of a postcode. Any other text is as if there were none.
fn is_postcode(text: &str) -> bool {
    (5..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ')
}

/// `16.2` as 162. A value that is blank, suppressed or above 100 is absent: it only indicates need, so it is no reason to refuse a register.
fn permille(percent: &str) -> Option<i64> {
    let (whole, tenths) = percent.split_once('.').unwrap_or((percent, "0"));
    if whole.len() > 3 || tenths.len() != 1 || !whole.bytes().chain(tenths.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let permille = whole.parse::<i64>().ok()? * 10 + tenths.parse::<i64>().ok()?;
    (permille <= 1000).then_some(permille)
}
