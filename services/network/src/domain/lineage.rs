//! GIAS' links file: who descends from whom, the file's two directions of one link folded into one.

use std::collections::{BTreeMap, HashMap};

use time::Date;

use super::{
    Urn,
    file::{File, VIOLATIONS_MAX, Violation},
    register::{School, Summary, count},
};

/// How a school descends from another. In the order of how much they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Descent {
    /// It took its place.
    Plain,
    /// It was made of several. An amalgamation is one.
    Merged,
    /// It is one of several that were made.
    Split,
}

/// What a row says, as seen from its URN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The school descends from the linked one.
    Predecessor(Descent),
    /// The linked one descends from the school.
    Successor(Descent),
    /// No descent.
    Other,
}

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkRow {
    /// Whose row it is.
    pub(crate) urn: Urn,
    /// The other school.
    pub(crate) linked: Urn,
    /// What it says.
    pub(crate) direction: Direction,
    /// Its own date.
    pub(crate) date: Option<Date>,
}

/// A link, in the direction of descent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The older school.
    pub(crate) predecessor: Urn,
    /// The newer one.
    pub(crate) successor: Urn,
    /// How.
    pub(crate) descent: Descent,
    /// From when it holds. Always when `None`.
    pub(crate) established: Option<Date>,
}

impl Link {
    fn pair(&self) -> (Urn, Urn) {
        (self.predecessor, self.successor)
    }
}

/// What an import does to the links.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// New ones, and those that are described differently, as they shall be.
    pub(crate) written: Vec<Link>,
    /// Those that stand no more.
    pub(crate) removed: Vec<Link>,
}

impl Change {
    /// Between what is stored and what the files say. Both are in order of predecessor and successor.
    pub(crate) fn between(stored: &[Link], wanted: &[Link]) -> Self {
        let find = |link: &Link, among: &[Link]| among.binary_search_by_key(&link.pair(), Link::pair).ok();
        let written = wanted.iter().filter(|link| find(link, stored).is_none_or(|place| stored[place] != **link));
        let removed = stored.iter().filter(|link| find(link, wanted).is_none());
        Self { written: written.cloned().collect(), removed: removed.cloned().collect() }
    }
}

/// Reads a links file. Errors name every row and column that is wrong.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<LinkRow>, Vec<Violation>> {
    let keys = ["URN", "LinkURN", "LinkType", "LinkEstablishedDate"];
    let mut file = File::open("links", "GIAS links file", bytes, &keys)?;
    let [urn, linked, kind, date] = keys.map(|key| file.key(key));
    let mut rows = Vec::with_capacity(bytes.len() / 64);
    while file.next_row() {
        let urns = 100_000..=999_999;
        let fields = (file.number(urn, urns.clone()), file.number(linked, urns), file.day(date));
        let (Some(urn), Some(linked), Some(date)) = fields else { continue };
        let (Some(urn), Some(linked)) = (Urn::new_checked(urn), Urn::new_checked(linked)) else { continue };
        let direction = if urn == linked { Direction::Other } else { direction(&file.text(kind)) };
        rows.push(LinkRow { urn, linked, direction, date });
    }
    if file.row() == 1 {
        let why = "has a header and no rows; where there are no links, leave the file out".to_owned();
        file.violations.push(Violation { place: "links".to_owned(), why });
    }
    if file.violations.is_empty() {
        return Ok(rows);
    }
    file.violations.truncate(VIOLATIONS_MAX);
    Err(file.violations)
}

fn direction(kind: &str) -> Direction {
    match kind {
        "Predecessor" => Direction::Predecessor(Descent::Plain),
        "Predecessor - merged" | "Predecessor - amalgamated" => Direction::Predecessor(Descent::Merged),
        "Predecessor - Split School" => Direction::Predecessor(Descent::Split),
        "Successor" => Direction::Successor(Descent::Plain),
        "Successor - merged" | "Successor - amalgamated" => Direction::Successor(Descent::Merged),
        "Successor - Split School" => Direction::Successor(Descent::Split),
        _ => Direction::Other,
    }
}

/// Links by predecessor and successor.
type Links = BTreeMap<(Urn, Urn), (Descent, Option<Date>)>;

/// Folds rows into links between the schools of an extract, in order of predecessor and successor, and counts the rows that are none: first those
/// that name a school which is not there, then those that say no descent. Where the two directions differ, the more telling kind and the later date
/// stand: one end often writes the last day of the old school, the other the first of the new one. Where several schools descend from one, it was split,
/// whatever its rows say.
pub(crate) fn fold(rows: &[LinkRow], schools: &[School], summary: &mut Summary) -> Vec<Link> {
    let by_urn: HashMap<Urn, &School> = schools.iter().map(|school| (school.urn, school)).collect();
    let mut links = Links::new();
    summary.link_rows_count = count(rows.len());
    for row in rows {
        if !by_urn.contains_key(&row.urn) || !by_urn.contains_key(&row.linked) {
            summary.link_rows_unknown_urn_count += 1;
            continue;
        }
        let (pair, descent) = match row.direction {
            Direction::Predecessor(descent) => ((row.linked, row.urn), descent),
            Direction::Successor(descent) => ((row.urn, row.linked), descent),
            Direction::Other => {
                summary.link_rows_other_count += 1;
                continue;
            }
        };
        let link = links.entry(pair).or_insert((descent, row.date));
        *link = (link.0.max(descent), link.1.max(row.date));
    }
    for pair in splits(&links) {
        links.entry(pair).and_modify(|link| link.0 = Descent::Split);
    }
    summary.links_count = count(links.len());
    let dated = |((predecessor, successor), (descent, date)): ((Urn, Urn), (Descent, Option<Date>))| {
        let established = date.or(by_urn[&predecessor].close_date).or(by_urn[&successor].open_date);
        Link { predecessor, successor, descent, established }
    };
    links.into_iter().map(dated).collect()
}

/// The links of schools that have several successors. Most rows of such call each a plain successor, and to whom a place or money passes is then as open
/// as where they say it. One that descends from another of the successors is not among the several: it came after that one.
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
