//! Registers in the layout of a GIAS extract and its links file, built row by row.

use std::fmt::Write as _;

/// Location of a school by GIAS' codes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Three digits.
    pub old_la_code: &'static str,
    /// The authority's name.
    pub la_name: &'static str,
    /// GIAS' letter of the region.
    pub region: &'static str,
}

/// In Yorkshire and The Humber.
pub const SHEFFIELD: Place = Place { old_la_code: "373", la_name: "Sheffield", region: "D" };
/// In Yorkshire and The Humber.
pub const BARNSLEY: Place = Place { old_la_code: "370", la_name: "Barnsley", region: "D" };
/// In London.
pub const CAMDEN: Place = Place { old_la_code: "202", la_name: "Camden", region: "H" };

const HEADER: &str = "URN,LA (code),LA (name),EstablishmentName,TypeOfEstablishment (code),EstablishmentTypeGroup (code),\
    EstablishmentStatus (code),OpenDate,CloseDate,PhaseOfEducation (code),GOR (code),PercentageFSM\n";

/// An extract and its links as uploaded files.
#[derive(Debug, Clone)]
pub struct Register {
    /// The extract's day, `YYYY-MM-DD`.
    pub as_of_date: String,
    /// The extract.
    pub extract: Vec<u8>,
    /// The links file; empty when there is none.
    pub links: Vec<u8>,
}

/// A register under construction.
#[derive(Debug)]
pub struct Rows {
    as_of_date: String,
    extract: String,
    links: String,
}

/// Starts a register of a day, `YYYY-MM-DD`.
pub fn as_of(day: &str) -> Rows {
    Rows {
        as_of_date: day.to_owned(),
        extract: HEADER.to_owned(),
        links: "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n".to_owned(),
    }
}

impl Rows {
    fn row(mut self, urn: i32, place: Place, group: u8, status: u8, [opened, closed]: [&str; 2], phase: u8) -> Self {
        let Place { old_la_code, la_name, region } = place;
        let written = writeln!(
            self.extract,
            "{urn},\"{old_la_code}\",\"{la_name}\",\"School {urn}\",\"01\",\"{group}\",\"{status}\",\"{opened}\",\"{closed}\",\"{phase}\",\"{region}\",\"10.0\""
        );
        written.expect("a text in memory can be written to");
        self
    }

    /// A maintained primary school, open since 1970.
    pub fn primary(self, urn: i32, place: Place) -> Self {
        self.row(urn, place, 4, 1, ["01-09-1970", ""], 2)
    }

    /// A range of them by URN.
    pub fn primaries(self, urns: std::ops::Range<i32>, place: Place) -> Self {
        urns.fold(self, |rows, urn| rows.primary(urn, place))
    }

    /// A secondary academy, open since 2012.
    pub fn secondary(self, urn: i32, place: Place) -> Self {
        self.row(urn, place, 10, 1, ["01-09-2012", ""], 4)
    }

    /// A primary school that closed; the day is written DD-MM-YYYY.
    pub fn closed_primary(self, urn: i32, place: Place, closed: &str) -> Self {
        self.row(urn, place, 4, 2, ["01-09-1970", closed], 2)
    }

    /// A primary academy that opened on a day, DD-MM-YYYY.
    pub fn primary_academy(self, urn: i32, place: Place, opened: &str) -> Self {
        self.row(urn, place, 10, 1, [opened, ""], 2)
    }

    /// An independent school, which the programme does not count.
    pub fn independent(self, urn: i32, place: Place) -> Self {
        self.row(urn, place, 3, 1, ["01-09-1970", ""], 2)
    }

    /// A link from both ends, as GIAS writes it: one school succeeded another on a day, DD-MM-YYYY, or without a date.
    pub fn successor(mut self, old: i32, new: i32, day: &str) -> Self {
        let written = writeln!(
            self.links,
            "{old},{new},\"School {new}\",\"Successor\",\"{day}\"\n{new},{old},\"School {old}\",\"Predecessor\",\"{day}\""
        );
        written.expect("a text in memory can be written to");
        self
    }

    /// One row of the links file, with GIAS' name of its type; the day is written DD-MM-YYYY, or empty.
    pub fn link(mut self, urn: i32, linked: i32, link_type: &str, day: &str) -> Self {
        let written = writeln!(self.links, "{urn},{linked},\"School {linked}\",\"{link_type}\",\"{day}\"");
        written.expect("a text in memory can be written to");
        self
    }

    /// The finished register.
    pub fn done(self) -> Register {
        let links = if self.links.lines().count() > 1 { self.links.into_bytes() } else { Vec::new() };
        Register { as_of_date: self.as_of_date, extract: self.extract.into_bytes(), links }
    }
}

impl Register {
    /// The same register without its links file.
    pub fn without_links(&self) -> Self {
        Self { links: Vec::new(), ..self.clone() }
    }
}

/// The real register and its links, from `../shared/data` beside the project; `None` if it is absent.
pub fn real() -> Option<Register> {
    let folder = crate::project().join("../shared/data/gias");
    let extract = std::fs::read(folder.join("edubasealldata20180901.csv")).ok()?;
    let links = std::fs::read(folder.join("links_edubasealldata20250422.csv")).ok()?;
    Some(Register { as_of_date: "2018-09-01".to_owned(), extract, links })
}
