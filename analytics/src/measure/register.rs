//! The registers that were known: which covers a day, and which of its schools are in that day's denominator.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use proto::network::v1::{self as pb, RegisterReason};
use time::Date;

use super::{Phase, REGIONS, lineage::Lineage};

/// How a register covers a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// It is the register of the day: its status column decides.
    Status,
    /// It is a later one, without blanks among its opening days: opening and closing days decide.
    Dates,
    /// No register does.
    Uncovered,
}

/// The register that a year's denominator is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterUsed {
    /// The extract's day.
    pub as_of_date: String,
    /// SHA-256 of the extract.
    pub extract_sha256: String,
    /// SHA-256 of the links file; empty when there was none.
    pub links_sha256: String,
    /// Rows of the extract.
    pub rows_count: i32,
}

impl RegisterUsed {
    pub(super) fn new(register: &pb::Register) -> Self {
        Self {
            as_of_date: register.as_of_date.clone(),
            extract_sha256: register.extract_sha256.clone(),
            links_sha256: register.links_sha256.clone(),
            rows_count: register.rows_count,
        }
    }
}

/// A school, as one import describes it.
#[derive(Debug)]
pub(super) struct SchoolRow {
    pub(super) urn: i32,
    /// Index into [`REGIONS`].
    pub(super) region: Option<usize>,
    pub(super) old_la_code: Arc<str>,
    pub(super) new_la_code: Arc<str>,
    pub(super) la_name: Arc<str>,
    pub(super) phase: Option<Phase>,
    type_group_code: i32,
    status_code: i32,
    open: Option<Date>,
    close: Option<Date>,
    reason: RegisterReason,
    listed: bool,
}

/// Why a school is outside a day's denominator. The names are those of the report's manifest.
pub(super) mod outside {
    pub(in super::super) const UNKNOWN: &str = "urn_not_in_register";
    pub(in super::super) const CLOSED: &str = "closed";
    pub(in super::super) const NOT_OPEN: &str = "not_open_yet";
    pub(in super::super) const NOT_STATE_FUNDED: &str = "not_state_funded";
    pub(in super::super) const PHASE_NOT_COUNTED: &str = "phase_not_counted";
    pub(in super::super) const NO_REGION: &str = "no_region";
    pub(in super::super) const PHASE_NOT_PLAYED: &str = "programme_not_played_in_phase";
}

const STATUS_CLOSED: i32 = 2;
const STATUS_PROPOSED_TO_OPEN: i32 = 4;

impl SchoolRow {
    /// `None` when the school is in the denominator of the day, else why not.
    pub(super) fn outside(&self, coverage: Coverage, day: Date, type_group_codes: &[i32]) -> Option<&'static str> {
        if !self.listed {
            return Some(outside::UNKNOWN);
        }
        let by_kind = || {
            (!type_group_codes.contains(&self.type_group_code)).then_some(outside::NOT_STATE_FUNDED).or_else(|| self.unplaced())
        };
        match coverage {
            Coverage::Status => match self.reason {
                RegisterReason::In => self.unplaced(),
                RegisterReason::Closed => Some(outside::CLOSED),
                RegisterReason::ProposedToOpen => Some(outside::NOT_OPEN),
                RegisterReason::NotStateFunded => Some(outside::NOT_STATE_FUNDED),
                RegisterReason::PhaseNotCounted => Some(outside::PHASE_NOT_COUNTED),
                RegisterReason::NoRegion => Some(outside::NO_REGION),
                RegisterReason::Unspecified => Some(outside::UNKNOWN),
            },
            // In GIAS a school is closed on its closing day already: all four schools with CloseDate 01-09-2018 have the status "Closed"
            // in the extract of that day, and those with that OpenDate are open. What closed on a day that nobody wrote down is out.
            Coverage::Dates => by_kind().or_else(|| {
                if self.status_code == STATUS_PROPOSED_TO_OPEN || self.open.is_none_or(|open| open > day) {
                    Some(outside::NOT_OPEN)
                } else if self.close.is_some_and(|close| close <= day)
                    || (self.status_code == STATUS_CLOSED && self.close.is_none())
                {
                    Some(outside::CLOSED)
                } else {
                    None
                }
            }),
            Coverage::Uncovered => by_kind(),
        }
    }

    /// A school that lies in no region or is of no phase has no row to be counted in.
    fn unplaced(&self) -> Option<&'static str> {
        if self.phase.is_none() {
            Some(outside::PHASE_NOT_COUNTED)
        } else if self.region.is_none() {
            Some(outside::NO_REGION)
        } else {
            None
        }
    }
}

/// One import: what changed, and the register that came of it.
#[derive(Debug)]
struct Import {
    register: pb::Register,
    as_of: Date,
    schools: Vec<SchoolRow>,
}

/// All imports that were known, oldest first. Parts take effect with the import's end; those of an import that was not known to end do not.
#[derive(Debug, Default)]
pub(super) struct Registers {
    imports: Vec<Import>,
    open_schools: Vec<SchoolRow>,
    open_links: Vec<(Vec<pb::SchoolLink>, Vec<pb::SchoolLink>)>,
    links: BTreeMap<(i32, i32), Option<Date>>,
    texts: HashMap<String, Arc<str>>,
}

impl Registers {
    /// A part of an import. Errors with what is wrong.
    pub(super) fn schools_recorded(&mut self, part: pb::SchoolsRecorded) -> Result<(), String> {
        for school in part.schools {
            let row = SchoolRow {
                urn: school.urn,
                region: REGIONS.iter().position(|region| region.code == school.region_code),
                phase: Phase::from_proto(school.education_phase),
                type_group_code: school.type_group_code,
                status_code: school.status_code,
                open: optional_date(&school.open_date)?,
                close: optional_date(&school.close_date)?,
                reason: RegisterReason::try_from(school.register_reason).unwrap_or(RegisterReason::Unspecified),
                listed: school.listed,
                old_la_code: self.text(school.old_la_code),
                new_la_code: self.text(school.new_la_code),
                la_name: self.text(school.la_name),
            };
            self.open_schools.push(row);
        }
        Ok(())
    }

    /// A part of an import.
    pub(super) fn links_recorded(&mut self, part: pb::SchoolLinksRecorded) {
        self.open_links.push((part.removed_school_links, part.school_links));
    }

    /// The end of an import.
    pub(super) fn imported(&mut self, register: pb::Register) -> Result<(), String> {
        let as_of = Date::parse(&register.as_of_date).map_err(|error| error.to_string())?;
        // All removals before all additions: a link that was dated anew is both.
        let parts = std::mem::take(&mut self.open_links);
        for link in parts.iter().flat_map(|(removed, _)| removed) {
            self.links.remove(&(link.predecessor_urn, link.successor_urn));
        }
        for link in parts.iter().flat_map(|(_, added)| added) {
            if !matches!(link.kind(), pb::LinkKind::Other | pb::LinkKind::Unspecified) {
                self.links.insert((link.predecessor_urn, link.successor_urn), optional_date(&link.established_date)?);
            }
        }
        self.imports.push(Import { register, as_of, schools: std::mem::take(&mut self.open_schools) });
        Ok(())
    }

    fn text(&mut self, text: String) -> Arc<str> {
        self.texts.entry(text).or_insert_with_key(|text| text.as_str().into()).clone()
    }

    /// Which import covers a day, and how: the last one whose own day it is; else, of those after the day whose open schools all have an opening
    /// day, the nearest, because it was rewritten least since.
    pub(super) fn covering(&self, day: Date) -> Option<(usize, Coverage)> {
        let own = self.imports.iter().rposition(|import| import.as_of == day).map(|index| (index, Coverage::Status));
        own.or_else(|| {
            let later = self.imports.iter().enumerate().rev();
            later
                .filter(|(_, import)| import.as_of > day && import.register.open_date_blank_count == 0)
                .min_by_key(|(_, import)| import.as_of)
                .map(|(index, _)| (index, Coverage::Dates))
        })
    }

    /// The newest import; `None` before the first.
    pub(super) fn newest(&self) -> Option<usize> {
        self.imports.len().checked_sub(1)
    }

    pub(super) fn register(&self, index: usize) -> &pb::Register {
        &self.imports[index].register
    }

    /// All schools as they stood with an import.
    pub(super) fn snapshot(&self, index: usize) -> HashMap<i32, &SchoolRow> {
        self.imports[..=index].iter().flat_map(|import| &import.schools).map(|school| (school.urn, school)).collect()
    }

    /// The links that stand now; they carry their own days.
    pub(super) fn lineage(&self) -> Lineage {
        let mut lineage = Lineage::default();
        for (&(predecessor, successor), &established) in &self.links {
            lineage.add(predecessor, successor, established);
        }
        lineage
    }
}

fn optional_date(text: &str) -> Result<Option<Date>, String> {
    if text.is_empty() { Ok(None) } else { Date::parse(text).map(Some).map_err(|error| error.to_string()) }
}
