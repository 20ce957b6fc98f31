//! Lineage: descent of schools as a graph of dated links.

use std::collections::{BTreeSet, HashMap};

use time::Date;

/// Links by the predecessor. A link without a day is always in force.
#[derive(Debug, Default)]
pub(super) struct Lineage(HashMap<i32, Vec<(i32, Option<Date>)>>);

impl Lineage {
    pub(super) fn add(&mut self, predecessor: i32, successor: i32, established: Option<Date>) {
        self.0.entry(predecessor).or_default().push((successor, established));
    }

    /// The school and all its descendants by links dated no later than the day. Cycles, which real files contain, are followed once.
    pub(super) fn descendants(&self, urn: i32, day: Date) -> BTreeSet<i32> {
        let mut found = BTreeSet::from([urn]);
        let mut open = vec![urn];
        while let Some(urn) = open.pop() {
            open.extend(self.successors(urn, day).filter(|successor| found.insert(*successor)).collect::<Vec<_>>());
        }
        found
    }

    /// The descendants without a further successor: the current URNs of the lineage on the day. The school itself when its links form a cycle.
    pub(super) fn newest(&self, urn: i32, day: Date) -> BTreeSet<i32> {
        let ends: BTreeSet<i32> =
            self.descendants(urn, day).into_iter().filter(|urn| self.successors(*urn, day).next().is_none()).collect();
        if ends.is_empty() { BTreeSet::from([urn]) } else { ends }
    }

    fn successors(&self, urn: i32, day: Date) -> impl Iterator<Item = i32> + '_ {
        let links = self.0.get(&urn).map(Vec::as_slice).unwrap_or_default();
        links
            .iter()
            .filter(move |(successor, established)| *successor != urn && established.is_none_or(|from| from <= day))
            .map(|l| l.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    #[test]
    fn a_link_is_in_force_from_its_day_on_and_an_undated_one_always() {
        let mut lineage = Lineage::default();
        lineage.add(1, 2, Some(day("2018-09-01")));
        lineage.add(2, 3, None);
        assert_eq!(lineage.descendants(1, day("2018-08-31")), BTreeSet::from([1]));
        assert_eq!(lineage.descendants(1, day("2018-09-01")), BTreeSet::from([1, 2, 3]));
        assert_eq!(lineage.newest(1, day("2018-09-01")), BTreeSet::from([3]));
    }

    #[test]
    fn a_cycle_of_links_ends() {
        let mut lineage = Lineage::default();
        lineage.add(1, 2, None);
        lineage.add(2, 1, None);
        lineage.add(2, 2, None);
        assert_eq!(lineage.descendants(1, day("2018-09-01")), BTreeSet::from([1, 2]));
        assert_eq!(lineage.newest(2, day("2018-09-01")), BTreeSet::from([2]));
    }
}
