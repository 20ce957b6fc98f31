//! The registers that were known: which covers a day, and which of its schools are in that day's denominator.

use std::collections::{BTreeMap, HashMap};

use proto::network::v1 as pb;
use time::Date;

use super::{
    lineage::Lineage,
    school::{Location, SchoolRow, Undated, optional_date},
};

/// How a register covers a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// It is the register of the day: its status column decides.
    Status,
    /// It is a later one that lacks no opening day of a school that may have been open: opening and closing days decide.
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

/// One import: what changed, and the register that came of it.
#[derive(Debug)]
struct Import {
    register: pb::Register,
    as_of: Date,
    schools: Vec<SchoolRow>,
    /// Of all schools as they stood then, by type group: the days on which one of them may have been open or not.
    undated: BTreeMap<i32, Undated>,
}

/// All imports that were known, oldest first. Parts take effect with the import's end; those of an import that was not known to end do not.
#[derive(Debug, Default)]
pub(super) struct Registers {
    imports: Vec<Import>,
    /// The schools that have such days, as they stand now, with their type groups.
    undated: HashMap<i32, (i32, Undated)>,
    open_schools: Vec<SchoolRow>,
    open_links: Vec<(Vec<pb::SchoolLink>, Vec<pb::SchoolLink>)>,
    links: BTreeMap<(i32, i32), Option<Date>>,
    locations: HashMap<Location, usize>,
}

impl Registers {
    /// A part of an import. Errors with what is wrong.
    pub(super) fn schools_recorded(&mut self, part: pb::SchoolsRecorded) -> Result<(), String> {
        for school in part.schools {
            let next = self.locations.len();
            let index = |location| *self.locations.entry(location).or_insert(next);
            self.open_schools.push(SchoolRow::new(school, index)?);
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
        let schools = std::mem::take(&mut self.open_schools);
        for school in &schools {
            match school.undated() {
                Undated::Never => self.undated.remove(&school.urn),
                days => self.undated.insert(school.urn, (school.type_group_code, days)),
            };
        }
        let mut undated = BTreeMap::new();
        for (group, days) in self.undated.values() {
            let most = undated.entry(*group).or_insert(*days);
            *most = (*most).max(*days);
        }
        self.imports.push(Import { register, as_of, schools, undated });
        Ok(())
    }

    /// Which import covers a day, and how: the last one whose own day it is; else, of those after the day that say of every school whether it was
    /// open, the nearest, because it was rewritten least since. Closed schools must say it too: they are open on earlier days.
    pub(super) fn covering(&self, day: Date, type_group_codes: &[i32]) -> Option<(usize, Coverage)> {
        let own = self.imports.iter().rposition(|import| import.as_of == day).map(|index| (index, Coverage::Status));
        own.or_else(|| {
            let dated =
                |import: &Import| !type_group_codes.iter().any(|group| import.undated.get(group).is_some_and(|u| u.is_on(day)));
            let later = self.imports.iter().enumerate().rev();
            later
                .filter(|(_, import)| import.as_of > day && dated(import))
                .min_by_key(|(_, import)| import.as_of)
                .map(|(index, _)| (index, Coverage::Dates))
        })
    }

    /// Where schools lie, by the index that their rows name.
    pub(super) fn locations(&self) -> Vec<&Location> {
        let mut locations: Vec<(&Location, &usize)> = self.locations.iter().collect();
        locations.sort_unstable_by_key(|(_, index)| **index);
        locations.into_iter().map(|(location, _)| location).collect()
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
