//! The schools of an academic year, and those that facts count for.

use super::Phase;

/// A school of a year: in a denominator, or, where no register covers the year, of the kind that would be in one if it was open.
#[derive(Debug, Clone, Copy)]
pub(super) struct YearSchool {
    pub(super) region: usize,
    /// Index of the authority's three-digit code.
    pub(super) la: u32,
    pub(super) kind: SchoolKind,
}

/// The part of a school by which it is in a denominator or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SchoolKind {
    /// `None` for 16 plus institutions.
    pub(super) phase: Option<Phase>,
    /// Index into the registers' classes.
    pub(super) class: usize,
    /// Whether it is in the denominator of the total: state-funded primary, secondary and all-through schools.
    pub(super) in_total: bool,
}

/// The schools of a year with their URNs, in order.
#[derive(Debug, Default)]
pub(super) struct YearSchools(Vec<(i32, YearSchool)>);

impl YearSchools {
    /// Schools in any order, each once.
    pub(super) fn new(mut schools: Vec<(i32, YearSchool)>) -> Self {
        schools.sort_unstable_by_key(|(urn, _)| *urn);
        Self(schools)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i32, &YearSchool)> {
        self.0.iter().map(|(urn, school)| (*urn, school))
    }

    /// The index of a school; `None` if the year does not have it.
    pub(super) fn index(&self, urn: i32) -> Option<usize> {
        self.0.binary_search_by_key(&urn, |(urn, _)| *urn).ok()
    }

    pub(super) fn urn(&self, index: usize) -> i32 {
        self.0[index].0
    }

    pub(super) fn kind(&self, index: usize) -> SchoolKind {
        self.0[index].1.kind
    }

    pub(super) fn find(&self, urn: i32) -> Option<&YearSchool> {
        self.index(urn).map(|index| &self.0[index].1)
    }
}

/// For each school with a fact, the schools of a year that its facts count for.
#[derive(Debug, Default)]
pub(super) struct CountedFor {
    /// URNs of schools with a fact, in order, each with the end of its part of `schools`.
    urns: Vec<(i32, usize)>,
    /// Indices into the year's schools.
    schools: Vec<usize>,
}

impl CountedFor {
    /// Adds the schools of the next URN.
    pub(super) fn push(&mut self, urn: i32, schools: impl IntoIterator<Item = usize>) {
        self.schools.extend(schools);
        self.urns.push((urn, self.schools.len()));
    }

    /// Indices of the schools that the facts of a URN count for.
    pub(super) fn schools(&self, urn: i32) -> &[usize] {
        match self.urns.binary_search_by_key(&urn, |(urn, _)| *urn) {
            Ok(place) => {
                let start = place.checked_sub(1).map_or(0, |before| self.urns[before].1);
                &self.schools[start..self.urns[place].1]
            }
            Err(_) => &[],
        }
    }
}
