//! What a school of the register is, and whether the programme counts it.

use std::{collections::HashMap, sync::Arc};

use time::Date;

use super::{Urn, geography::Region};

/// The phase by which the programme counts a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Primary and middle-deemed-primary.
    Primary,
    /// Secondary and middle-deemed-secondary.
    Secondary,
    /// Stands alone.
    AllThrough,
}

impl Phase {
    /// From GIAS' code: 2 primary, 3 middle deemed primary, 4 secondary, 5 middle deemed secondary, 7 all-through. Nurseries, 16 plus and schools
    /// without a phase are not counted.
    pub(crate) fn of_gias_code(code: i64) -> Option<Self> {
        match code {
            2 | 3 => Some(Self::Primary),
            4 | 5 => Some(Self::Secondary),
            7 => Some(Self::AllThrough),
            _ => None,
        }
    }
}

/// Why a row is in or out, on the extract's own day. Where several would apply, [`Reason::of`] says which does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// Counted.
    In,
    /// Status 2.
    Closed,
    /// Status 4.
    ProposedToOpen,
    /// Not of establishment type group 4 (maintained), 10 (academies) or 11 (free schools).
    NotStateFunded,
    /// Of no phase that is counted.
    PhaseNotCounted,
    /// In no region of England.
    NoRegion,
    /// The status is blank, or a code that is not known.
    UnknownStatus,
    /// Open, and the phase is blank, or a code that is not known.
    UnknownPhase,
}

impl Reason {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 8] = [
        Self::In,
        Self::Closed,
        Self::ProposedToOpen,
        Self::NotStateFunded,
        Self::PhaseNotCounted,
        Self::NoRegion,
        Self::UnknownStatus,
        Self::UnknownPhase,
    ];

    /// By the codes of a row; `None` is a field that has no number. "Open, but proposed to close" (3) counts as open.
    pub(crate) fn of(status_code: Option<i64>, type_group_code: i64, phase_code: Option<i64>, region: Option<&Region>) -> Self {
        match (status_code, phase_code) {
            (Some(2), _) => Self::Closed,
            (Some(4), _) => Self::ProposedToOpen,
            (Some(1 | 3), Some(phase_code @ 0..=7)) => {
                if !matches!(type_group_code, 4 | 10 | 11) {
                    Self::NotStateFunded
                } else if Phase::of_gias_code(phase_code).is_none() {
                    Self::PhaseNotCounted
                } else if region.is_none() {
                    Self::NoRegion
                } else {
                    Self::In
                }
            }
            (Some(1 | 3), _) => Self::UnknownPhase,
            _ => Self::UnknownStatus,
        }
    }
}

/// A row of the register. Its texts are shared: those of an authority by its schools, and all of them with the statement that writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct School {
    /// Its number.
    pub(crate) urn: Urn,
    /// Its name.
    pub(crate) school_name: Arc<str>,
    /// Three digits.
    pub(crate) old_la_code: Arc<str>,
    /// Three digits: of the authority to which it belonged before. Empty when none is known. The extract does not say it; an import sets it.
    pub(crate) former_old_la_code: Arc<str>,
    /// Nine characters, or empty outside England and where neither the extract nor the table of authorities gives one.
    pub(crate) new_la_code: Arc<str>,
    /// The authority's name.
    pub(crate) la_name: Arc<str>,
    /// Where it lies.
    pub(crate) region: Option<&'static Region>,
    /// GIAS' code.
    pub(crate) type_code: i64,
    /// GIAS' code.
    pub(crate) type_group_code: i64,
    /// 1 open, 2 closed, 3 open but proposed to close, 4 proposed to open, else unknown; 0 without a number.
    pub(crate) status_code: i64,
    /// 0 to 7, else unknown; 0 also without a number.
    pub(crate) phase_code: i64,
    /// As the programme counts it.
    pub(crate) phase: Option<Phase>,
    /// First day.
    pub(crate) open_date: Option<Date>,
    /// Last day.
    pub(crate) close_date: Option<Date>,
    /// In or out.
    pub(crate) reason: Reason,
    /// Share of disadvantaged pupils in tenths of a percent.
    pub(crate) fsm_permille: Option<i64>,
}

/// How the rows of an extract and its links were judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Rows of the extract.
    pub(crate) rows_count: i64,
    /// By reason, in the order of [`Reason::ALL`].
    pub(crate) reason_counts: [i64; 8],
    /// Rows with an unknown status or phase, by code; they add up to the two reasons' counts.
    pub(crate) unknown_codes: Vec<UnknownCode>,
    /// Fields of the extract that were encoded twice and were repaired.
    pub(crate) texts_repaired_count: i64,
    /// Rows of the links file.
    pub(crate) link_rows_count: i64,
    /// Links, each pair once.
    pub(crate) links_count: i64,
    /// Rows that name a URN which the extract does not list.
    pub(crate) link_rows_unknown_urn_count: i64,
    /// Other rows, that say no descent.
    pub(crate) link_rows_other_count: i64,
    /// These by type, the most frequent first.
    pub(crate) link_types: Vec<LinkType>,
    /// Rows of mergers of which nothing tells the direction.
    pub(crate) link_rows_undirected_count: i64,
    /// Schools that are in and have no opening day.
    pub(crate) open_date_blank_count: i64,
    /// How its schools got the nine-character codes of their authorities.
    pub(crate) new_la_codes: NewLaCodes,
}

/// How the schools of an extract got the nine-character codes of their authorities, as far as the extract does not give them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct NewLaCodes {
    /// Whether the extract lacks the column.
    pub(crate) column_missing: bool,
    /// Rows whose code is that of the table of authorities for the extract's day.
    pub(crate) from_table_count: i64,
    /// Rows in a region of England that have no code.
    pub(crate) unknown_count: i64,
}

/// Rows that are out because of one unknown code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownCode {
    /// [`Reason::UnknownStatus`] or [`Reason::UnknownPhase`].
    pub(crate) reason: Reason,
    /// As the extract gives it; empty when blank.
    pub(crate) code: String,
    /// How many there are.
    pub(crate) rows_count: i64,
}

/// Rows of links of one type that says no descent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkType {
    /// As the file gives it; empty when blank.
    pub(crate) link_type: String,
    /// How many there are.
    pub(crate) rows_count: i64,
}

/// Names that are counted each; the rows of all further ones are counted together.
const NAMES_MAX: usize = 20;

/// Rows by name, the most frequent first, those of equal frequency by name; all beyond [`NAMES_MAX`] together at the end, under `further`.
pub(crate) fn by_frequency(counts: HashMap<String, i64>, further: &str) -> Vec<(String, i64)> {
    let mut counts: Vec<(String, i64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|(one, rows), (other, other_rows)| other_rows.cmp(rows).then_with(|| one.cmp(other)));
    let rest: i64 = counts.iter().skip(NAMES_MAX).map(|(_, rows)| rows).sum();
    counts.truncate(NAMES_MAX);
    if rest > 0 {
        counts.push((further.to_owned(), rest));
    }
    counts
}

/// A number of things in memory, as it is stored.
pub(crate) fn count(things: usize) -> i64 {
    i64::try_from(things).expect("what fits into memory fits into 63 bits")
}

impl Summary {
    /// Of an extract alone.
    pub(crate) fn of(schools: &[School]) -> Self {
        let mut summary = Self { rows_count: count(schools.len()), ..Self::default() };
        for school in schools {
            summary.reason_counts[school.reason as usize] += 1;
            summary.open_date_blank_count += i64::from(school.reason == Reason::In && school.open_date.is_none());
        }
        summary
    }
}

/// A school as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As the newest extract that listed it describes it.
    pub(crate) school: School,
    /// Whether the newest extract lists it.
    pub(crate) listed: bool,
    /// Of this state of it.
    pub(crate) version: i64,
}

/// The register as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Register {
    /// Of this state of it; 0 before the first import.
    pub(crate) version: i64,
    /// The extract's day; `None` before the first import.
    pub(crate) as_of: Option<Date>,
    /// Of the extract.
    pub(crate) extract_sha256: String,
    /// Of the links, or empty.
    pub(crate) links_sha256: String,
    /// How the rows were judged.
    pub(crate) summary: Summary,
    /// The extract was generated.
    pub(crate) generated: bool,
    /// The suite was created for a demonstration.
    pub(crate) demonstration: bool,
}

/// What an import does to the schools.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    /// New, changed and unlisted ones, in order of URN, as they shall be.
    pub(crate) entries: Vec<Entry>,
    /// How many are new.
    pub(crate) added_count: usize,
    /// How many are described differently, or listed again.
    pub(crate) changed_count: usize,
    /// How many are no longer listed.
    pub(crate) unlisted_count: usize,
}

/// Schools or links that may go at once, however few there are.
const GONE_MAX: usize = 100;
/// Of many, one in so many may go.
const GONE_SHARE: usize = 20;

/// Whether files lack so many of the schools or links that were there that they must be cut off: GIAS keeps listing schools that closed, and whom they
/// descend from.
pub(crate) fn shrinks(gone: usize, of: usize) -> bool {
    gone > GONE_MAX && gone > of / GONE_SHARE
}

impl Difference {
    /// Between what is stored and what an extract says. Both are in order of URN.
    pub(crate) fn between(stored: Vec<Entry>, schools: Vec<School>) -> Self {
        let mut difference = Self::default();
        let mut stored = stored.into_iter().peekable();
        let unlist = |difference: &mut Self, entry: Entry| {
            if entry.listed {
                difference.unlisted_count += 1;
                difference.entries.push(Entry { listed: false, version: entry.version + 1, ..entry });
            }
        };
        for school in schools {
            while let Some(entry) = stored.next_if(|entry| entry.school.urn < school.urn) {
                unlist(&mut difference, entry);
            }
            match stored.next_if(|entry| entry.school.urn == school.urn) {
                None => {
                    difference.added_count += 1;
                    difference.entries.push(Entry { school, listed: true, version: 1 });
                }
                Some(entry) if entry.listed && entry.school == school => {}
                Some(entry) => {
                    difference.changed_count += 1;
                    difference.entries.push(Entry { school, listed: true, version: entry.version + 1 });
                }
            }
        }
        stored.for_each(|entry| unlist(&mut difference, entry));
        difference
    }
}
