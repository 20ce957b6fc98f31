//! GIAS' links file: which school descends from which. The file has two rows for most links, one in each direction; they become one link.
//!
//! | type | meaning |
//! | --- | --- |
//! | `Predecessor`, `Successor` | descent |
//! | … `- merged`, … `- amalgamated` | descent by a merger |
//! | … `- Split School` | descent by a split |
//! | `Result of Amalgamation`, `Merged - …` (three spellings) | descent by a merger; both ends carry the same type, so the extract decides the direction |
//! | `Sixth Form Centre Link`, `Sixth Form Centre School` | no descent: open schools that share a sixth form |
//! | `Expansion` | no descent: a school grew; no row says that another school closed |
//! | `Closure` | no descent: a row of the school that closed or of the one that stays open; in all rows of 2025 the other end has `Merged - …` |
//! | `Other` | no descent: feeder schools that stay open; where a school closed, the other end has `Predecessor` or `Successor` |
//! | any other | no descent; the import counts its rows by name |

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use name::Urn;
use time::Date;

use super::{Descent, Link};
use crate::{
    register::{
        LinkType, Summary, by_frequency, count_of,
        file::{File, FileViolation},
    },
    school::School,
    stream::VIOLATIONS_MAX,
};

/// The type of rows that link a school to itself.
const ITSELF: &str = "(school linked to itself)";
/// The name under which the rows of all further types are counted together.
const FURTHER_TYPES: &str = "(further types)";

/// The meaning of a row, from its URN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The school descends from the linked one.
    Predecessor(Descent),
    /// The linked one descends from the school.
    Successor(Descent),
    /// One of the two descends from the other by a merger.
    Merger,
    /// No descent; the type.
    Other(Arc<str>),
}

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkRow {
    /// The school to which the row belongs.
    pub(crate) urn: Urn,
    /// The other school.
    pub(crate) linked: Urn,
    pub(crate) direction: Direction,
    /// The date of the row.
    pub(crate) date: Option<Date>,
}

/// Reads a links file. Errors name every row and column that is wrong.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<LinkRow>, Vec<FileViolation>> {
    let keys = ["URN", "LinkURN", "LinkType", "LinkEstablishedDate"];
    let mut file = File::open("links", "GIAS links file", bytes, &keys)?;
    let [urn, linked, kind, date] = keys.map(|key| file.key(key));
    let mut rows = Vec::with_capacity(bytes.len() / 64);
    while file.next_row() {
        let urns = 100_000..=999_999;
        let fields = (file.number(urn, urns.clone()), file.number(linked, urns), file.find_text(kind), file.day(date));
        let (Some(urn), Some(linked), Some(kind), Some(date)) = fields else { continue };
        let (urn, linked) = (Urn::trusted(urn), Urn::trusted(linked));
        let direction = if urn == linked { Direction::Other(ITSELF.into()) } else { direction(&kind) };
        rows.push(LinkRow { urn, linked, direction, date });
    }
    if file.row() == 1 {
        let why = "has a header and no rows; where there are no links, leave the file out".to_owned();
        file.violations.push(FileViolation { place: "links".to_owned(), why });
    }
    if file.violations.is_empty() {
        return Ok(rows);
    }
    file.violations.truncate(VIOLATIONS_MAX);
    Err(file.violations)
}

fn direction(link_type: &str) -> Direction {
    let lower = link_type.to_ascii_lowercase();
    match lower.as_str() {
        "predecessor" => Direction::Predecessor(Descent::Plain),
        "predecessor - merged" | "predecessor - amalgamated" => Direction::Predecessor(Descent::Merged),
        "predecessor - split school" => Direction::Predecessor(Descent::Split),
        "successor" => Direction::Successor(Descent::Plain),
        "successor - merged" | "successor - amalgamated" => Direction::Successor(Descent::Merged),
        "successor - split school" => Direction::Successor(Descent::Split),
        "result of amalgamation" => Direction::Merger,
        merged if merged.starts_with("merged - ") => Direction::Merger,
        _ => Direction::Other(text::excerpt(link_type).into()),
    }
}

/// Whether rows of a type say that one school descends from the other.
pub fn says_descent(link_type: &str) -> bool {
    !matches!(direction(link_type), Direction::Other(_))
}

/// Links by predecessor and successor.
type Links = BTreeMap<(Urn, Urn), (Descent, Option<Date>)>;

/// Folds rows into links between the schools of an extract, in order of predecessor and successor. Counts the rows that make no link: those that name a
/// school which the extract does not list, those of a type without descent (by type), and mergers without a direction. Where the two directions differ,
/// the greater kind and the later date hold: one end often gives the last day of the old school, the other the first of the new one. A school from which
/// several schools descend was split, also where its rows do not say so.
pub(crate) fn fold(rows: &[LinkRow], schools: &[School], summary: &mut Summary) -> Vec<Link> {
    let by_urn: HashMap<Urn, &School> = schools.iter().map(|school| (school.urn, school)).collect();
    let mut links = Links::new();
    let mut mergers = Vec::new();
    let mut types: HashMap<String, i64> = HashMap::new();
    summary.link_rows_count = count_of(rows.len());
    for row in rows {
        if !by_urn.contains_key(&row.urn) || !by_urn.contains_key(&row.linked) {
            summary.link_rows_unknown_urn_count += 1;
            continue;
        }
        match &row.direction {
            Direction::Predecessor(descent) => link(&mut links, (row.linked, row.urn), *descent, row.date),
            Direction::Successor(descent) => link(&mut links, (row.urn, row.linked), *descent, row.date),
            Direction::Merger => mergers.push(row),
            Direction::Other(link_type) => {
                summary.link_rows_other_count += 1;
                *types.entry(link_type.to_string()).or_default() += 1;
            }
        }
    }
    for row in mergers {
        let (pair, reverse) = ((row.linked, row.urn), (row.urn, row.linked));
        // Another row of the pair may give the direction.
        let known = [pair, reverse].into_iter().find(|pair| links.contains_key(pair));
        match known.or_else(|| find_older(by_urn[&row.urn], by_urn[&row.linked])) {
            Some(pair) => link(&mut links, pair, Descent::Merged, row.date),
            None => summary.link_rows_undirected_count += 1,
        }
    }
    for pair in splits(&links) {
        links.entry(pair).and_modify(|link| link.0 = Descent::Split);
    }
    summary.links_count = count_of(links.len());
    let types = by_frequency(types, FURTHER_TYPES).into_iter();
    summary.link_types = types.map(|(link_type, rows_count)| LinkType { link_type, rows_count }).collect();
    let dated = |((predecessor, successor), (descent, date)): ((Urn, Urn), (Descent, Option<Date>))| {
        let established = date.or(by_urn[&predecessor].close_date).or(by_urn[&successor].open_date);
        Link { predecessor, successor, descent, established }
    };
    links.into_iter().map(dated).collect()
}

/// Adds a row to the link of its pair.
fn link(links: &mut Links, pair: (Urn, Urn), descent: Descent, date: Option<Date>) {
    let link = links.entry(pair).or_insert((descent, date));
    *link = (link.0.max(descent), link.1.max(date));
}

/// The predecessor and the successor of two schools that merged, by the extract; `None` where both are equal in it. The predecessor is the school with the
/// later stage: closed before proposed to close, before open, before proposed to open. Of two schools of one stage it is the one that closed earlier, else
/// the one that opened earlier.
fn find_older(one: &School, other: &School) -> Option<(Urn, Urn)> {
    use std::cmp::Ordering;
    let earlier = |one: Option<Date>, other: Option<Date>| one.zip(other).map_or(Ordering::Equal, |(one, other)| one.cmp(&other));
    let by_status = stage(one).zip(stage(other)).map_or(Ordering::Equal, |(one, other)| one.cmp(&other));
    let order = by_status.then(earlier(one.close_date, other.close_date)).then(earlier(one.open_date, other.open_date));
    match order {
        Ordering::Less => Some((one.urn, other.urn)),
        Ordering::Greater => Some((other.urn, one.urn)),
        Ordering::Equal => None,
    }
}

/// The stage of a school's life, the last one first; `None` when its status is unknown.
fn stage(school: &School) -> Option<u8> {
    match school.status_code {
        2 => Some(0),
        3 => Some(1),
        1 => Some(2),
        4 => Some(3),
        _ => None,
    }
}

/// The links of schools that have several successors. Most rows of such schools call each a plain successor, but it is as unclear to which of them a place
/// or money passes as after a split. A successor that descends from another successor does not count: it came after that one.
fn splits(links: &Links) -> Vec<(Urn, Urn)> {
    let mut successors: BTreeMap<Urn, Vec<Urn>> = BTreeMap::new();
    for (predecessor, successor) in links.keys() {
        successors.entry(*predecessor).or_default().push(*successor);
    }
    let first_ones = |of: &[Urn]| {
        let is_first = |urn: &&Urn| !of.iter().any(|other| other != *urn && links.contains_key(&(*other, **urn)));
        of.iter().filter(is_first).take(2).count()
    };
    successors.retain(|_, of| of.len() > 1 && first_ones(of) > 1);
    successors.into_iter().flat_map(|(predecessor, of)| of.into_iter().map(move |successor| (predecessor, successor))).collect()
}
