//! GIAS' all-establishments extract: bytes in, schools out, each with its one reason.

use std::{collections::HashMap, sync::Arc};

use super::{
    Urn,
    file::{File, VIOLATIONS_MAX, Violation},
    geography,
    register::{Phase, Reason, School},
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
/// Columns that need not be there: the share of disadvantaged pupils, and the authority's nine-character code, which GIAS calls its name.
const FSM: &str = "PercentageFSM";
const NEW_LA_CODE: &str = "GSSLACode (name)";
/// The column by which this project marks an extract that it generated.
const GENERATED: &str = "MathsHubsGenerated";
/// The columns without which a file is no extract.
const KEYS: [&str; 11] = [URN, LA_CODE, LA_NAME, NAME, TYPE, TYPE_GROUP, STATUS, OPEN, CLOSE, PHASE, REGION];

/// What the schools of a local authority have in common.
struct Area {
    old_la_code: Arc<str>,
    new_la_code: Arc<str>,
    la_name: Arc<str>,
    /// Whether the name is the project's own, and not that of the file.
    named: bool,
}

impl Area {
    fn new(old_la_code: &str, la_name: &str) -> Self {
        let authority = geography::authority_by_old_code(old_la_code);
        Self {
            old_la_code: old_la_code.into(),
            new_la_code: authority.map_or("", |authority| authority.new_code).into(),
            la_name: authority.map_or(la_name, |authority| authority.name).into(),
            named: authority.is_some(),
        }
    }

    /// The row's own: codes change when an authority is made anew, and the project's table is that of one day.
    fn new_la_code(&self, of_the_row: &str) -> Arc<str> {
        if *self.new_la_code == *of_the_row || !geography::is_new_code(of_the_row) {
            return Arc::clone(&self.new_la_code);
        }
        of_the_row.into()
    }

    fn la_name(&self, of_the_row: &str) -> Arc<str> {
        if self.named || *self.la_name == *of_the_row { Arc::clone(&self.la_name) } else { of_the_row.into() }
    }
}

/// An extract that was read.
#[derive(Debug)]
pub(crate) struct Extract {
    /// In order of URN.
    pub(crate) schools: Vec<School>,
    /// It has the column `MathsHubsGenerated`.
    pub(crate) generated: bool,
}

/// Reads an extract. Errors name every row and column that is wrong, up to [`VIOLATIONS_MAX`].
pub(crate) fn parse(bytes: &[u8]) -> Result<Extract, Vec<Violation>> {
    let mut file = File::open("extract", "GIAS all-establishments extract", bytes, &KEYS)?;
    let [urn, la_code, la_name, name, type_code, group, status, open, close, phase, region] = KEYS.map(|key| file.key(key));
    let (fsm, new_la_code) = (file.column(FSM), file.column(NEW_LA_CODE));
    let mut schools = Vec::with_capacity(bytes.len() / ROW_SIZE_BYTES);
    let mut rows: HashMap<Urn, usize> = HashMap::with_capacity(bytes.len() / ROW_SIZE_BYTES);
    let mut areas: HashMap<String, Area> = HashMap::new();
    while file.next_row() {
        let row = file.row();
        let Some(number) = file.number(urn, 100_000..=999_999).and_then(Urn::new_checked) else { continue };
        if let Some(before) = rows.insert(number, row) {
            file.wrong(urn, format!("rows {before} and {row} both list URN {number}"));
            continue;
        }
        let old_la_code = file.text(la_code);
        if old_la_code.len() != 3 || !old_la_code.bytes().all(|byte| byte.is_ascii_digit()) {
            file.wrong(la_code, format!("`{old_la_code}` is not a code of three digits"));
        }
        let region = geography::region_by_gias_code(&file.text(region));
        let new_la_code = new_la_code.map(|column| file.text(column)).unwrap_or_default();
        let fsm_permille = fsm.and_then(|fsm| permille(&file.text(fsm)));
        let fields = (
            file.text_bounded(name),
            file.text_bounded(la_name),
            file.number(type_code, 0..=999),
            file.number(group, 0..=999),
            file.number(status, 1..=4),
            file.number(phase, 0..=7),
            file.day(open),
            file.day(close),
        );
        let (
            Some(school_name),
            Some(la_name),
            Some(type_code),
            Some(type_group_code),
            Some(status_code),
            Some(phase_code),
            Some(open_date),
            Some(close_date),
        ) = fields
        else {
            continue;
        };
        let phase = Phase::of_gias_code(phase_code);
        if !areas.contains_key(&*old_la_code) {
            areas.insert((*old_la_code).to_owned(), Area::new(&old_la_code, &la_name));
        }
        let area = &areas[&*old_la_code];
        schools.push(School {
            urn: number,
            school_name: school_name.into(),
            old_la_code: Arc::clone(&area.old_la_code),
            new_la_code: area.new_la_code(&new_la_code),
            la_name: area.la_name(&la_name),
            region,
            type_code,
            type_group_code,
            status_code,
            phase_code,
            phase,
            open_date,
            close_date,
            reason: Reason::of(status_code, type_group_code, phase, region),
            fsm_permille,
        });
    }
    if file.row() == 1 {
        let why = "has a header and no rows".to_owned();
        file.violations.push(Violation { place: "extract".to_owned(), why });
    }
    if !file.violations.is_empty() {
        file.violations.truncate(VIOLATIONS_MAX);
        return Err(file.violations);
    }
    schools.sort_unstable_by_key(|school| school.urn);
    Ok(Extract { schools, generated: file.column(GENERATED).is_some() })
}

/// `16.2` as 162. Blank, suppressed or more than everybody is absent: it is a need indicator, and no ground to refuse a register.
fn permille(percent: &str) -> Option<i64> {
    let (whole, tenths) = percent.split_once('.').unwrap_or((percent, "0"));
    if whole.len() > 3 || tenths.len() != 1 || !whole.bytes().chain(tenths.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let permille = whole.parse::<i64>().ok()? * 10 + tenths.parse::<i64>().ok()?;
    (permille <= 1000).then_some(permille)
}
