//! Former codes: the authority of a school before its authority was reorganised.
//!
//! Published figures are by authority. After a reorganisation the newest figures are still those of the old authority, while schools already carry the code
//! of the new one. So each school keeps its former code, by which a selection finds the figures.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use name::Urn;

use super::{RegisterEntry, School};
use crate::lineage::{Descent, Link};

/// Sets the former code of each school of an import. In this order:
///
/// 1. A school whose code changes gets the stored code as its former code, and keeps it until its code changes again.
/// 2. A school without a stored former code gets the code of the schools from which it descends, if that differs from its code; else their former code.
///    Splits do not count, and neither do predecessors that disagree.
/// 3. Otherwise it gets the code of the authority from which its authority was made, by the table of authorities, if there is exactly one.
///
/// `stored` and `schools` are in order of URN.
pub(crate) fn set_former_codes(schools: &mut [School], stored: &[RegisterEntry], links: &[Link]) {
    let mut codes = Vec::with_capacity(schools.len());
    for school in &*schools {
        let before = stored.binary_search_by_key(&school.urn, |entry| entry.school.urn).ok().map(|index| &stored[index].school);
        codes.push(before.and_then(|before| {
            let former = if before.old_la_code == school.old_la_code { &before.former_old_la_code } else { &before.old_la_code };
            (!former.is_empty()).then(|| Arc::clone(former))
        }));
    }
    let descent = Descended::new(schools, links);
    let derived: Vec<Option<Arc<str>>> = (0..schools.len())
        .map(|index| match &codes[index] {
            Some(_) => None,
            None => descent.former(index, &codes, &mut HashSet::new()).or_else(|| of_the_table(&schools[index])),
        })
        .collect();
    for ((school, code), derived) in schools.iter_mut().zip(codes).zip(derived) {
        school.former_old_la_code = code.or(derived).unwrap_or_else(|| Arc::from(""));
    }
}

fn of_the_table(school: &School) -> Option<Arc<str>> {
    geography::authority_by_old_code(&school.old_la_code)?.only_predecessor().map(Arc::from)
}

/// Schools, and the positions of the schools from which each descends.
struct Descended<'s> {
    schools: &'s [School],
    predecessors: HashMap<usize, Vec<usize>>,
}

impl<'s> Descended<'s> {
    fn new(schools: &'s [School], links: &[Link]) -> Self {
        let index = |urn: Urn| schools.binary_search_by_key(&urn, |school| school.urn).ok();
        let mut predecessors: HashMap<usize, Vec<usize>> = HashMap::new();
        for link in links.iter().filter(|link| link.descent != Descent::Split) {
            if let (Some(older), Some(newer)) = (index(link.predecessor), index(link.successor)) {
                predecessors.entry(newer).or_default().push(older);
            }
        }
        Self { schools, predecessors }
    }

    /// The code on which the predecessors of a school agree. `known` are former codes that need not be derived; `seen` ends circles of links.
    fn former(&self, index: usize, known: &[Option<Arc<str>>], seen: &mut HashSet<usize>) -> Option<Arc<str>> {
        if !seen.insert(index) {
            return None;
        }
        let mut agreed = None;
        for older in self.predecessors.get(&index)? {
            let code = if self.schools[*older].old_la_code == self.schools[index].old_la_code {
                known[*older].clone().or_else(|| self.former(*older, known, seen))
            } else {
                Some(Arc::clone(&self.schools[*older].old_la_code))
            };
            match (&agreed, code) {
                (_, None) => {}
                (None, code) => agreed = code,
                (Some(agreed), Some(code)) if *agreed == code => {}
                _ => return None,
            }
        }
        agreed
    }
}

#[cfg(test)]
mod tests {
    use name::Phase;

    use super::*;
    use crate::school::RegisterReason;

    fn school(number: i64, old_la_code: &str) -> School {
        School {
            urn: Urn::trusted(number),
            school_name: "School".into(),
            old_la_code: old_la_code.into(),
            former_old_la_code: "".into(),
            new_la_code: "".into(),
            la_name: "Authority".into(),
            region: geography::region_by_gias_code("B"),
            type_code: 1,
            type_group_code: 4,
            status_code: 1,
            phase_code: 2,
            phase: Some(Phase::Primary),
            open_date: None,
            close_date: None,
            reason: RegisterReason::In,
            fsm_permille: None,
            low_age: None,
            high_age: None,
            postcode: "".into(),
            coordinates: None,
        }
    }

    fn link(predecessor: i64, successor: i64, descent: Descent) -> Link {
        Link { predecessor: Urn::trusted(predecessor), successor: Urn::trusted(successor), descent, established: None }
    }

    /// Imports one extract after another; gives the former codes that the last one leaves.
    fn former_codes(imports: &[&[(i64, &str)]], links: &[Link]) -> Vec<String> {
        let mut stored: Vec<RegisterEntry> = Vec::new();
        for import in imports {
            let mut schools: Vec<School> = import.iter().map(|(number, code)| school(*number, code)).collect();
            set_former_codes(&mut schools, &stored, links);
            stored = schools.into_iter().map(RegisterEntry::new).collect();
        }
        stored.iter().map(|entry| entry.school.former_old_la_code.to_string()).collect()
    }

    #[test]
    fn a_code_that_changes_becomes_the_former_code_and_remains_it() {
        // Surrey is not in the table of reorganised authorities: only the register has its changes.
        let imports: [&[(i64, &str)]; 4] = [
            &[(100_000, "936"), (100_001, "373")],
            &[(100_000, "950"), (100_001, "373")],
            &[(100_000, "950"), (100_001, "373")],
            &[(100_000, "960"), (100_001, "373")],
        ];
        for (count, former) in [(1, ""), (2, "936"), (3, "936"), (4, "950")] {
            assert_eq!(former_codes(&imports[..count], &[]), [former, ""], "after {count}");
        }
    }

    #[test]
    fn schools_of_a_merged_authority_keep_their_own_former_codes() {
        let before: &[(i64, &str)] = &[(100_000, "835"), (100_001, "836"), (100_002, "837")];
        let after: &[(i64, &str)] = &[(100_000, "839"), (100_001, "839"), (100_002, "839"), (100_003, "839")];
        assert_eq!(former_codes(&[before, after], &[]), ["835", "836", "837", ""]);
        // In the first register no stored code distinguishes them.
        assert_eq!(former_codes(&[after], &[]), ["", "", "", ""]);
    }

    #[test]
    fn a_new_school_has_the_code_of_its_predecessor_else_that_of_the_table() {
        let before: &[(i64, &str)] = &[(100_000, "836"), (100_001, "837")];
        // 100000 closed and keeps its code; 100001 stays open, and an academy replaces it later.
        let after: &[(i64, &str)] =
            &[(100_000, "836"), (100_001, "839"), (100_002, "839"), (100_003, "839"), (100_004, "839"), (100_005, "943")];
        let links = [
            link(100_000, 100_002, Descent::Plain),
            link(100_001, 100_003, Descent::Plain),
            link(100_003, 100_004, Descent::Plain),
        ];
        assert_eq!(former_codes(&[before, after], &links), ["", "837", "836", "837", "837", "909"]);
    }

    #[test]
    fn predecessors_that_disagree_splits_and_circles_give_no_code() {
        let before: &[(i64, &str)] = &[(100_000, "836"), (100_001, "837")];
        let after: &[(i64, &str)] = &[(100_000, "836"), (100_001, "837"), (100_002, "839"), (100_003, "839"), (100_004, "839")];
        let links = [
            link(100_000, 100_002, Descent::Merged),
            link(100_001, 100_002, Descent::Merged),
            link(100_000, 100_003, Descent::Split),
            link(100_003, 100_004, Descent::Plain),
            link(100_004, 100_003, Descent::Plain),
        ];
        assert_eq!(former_codes(&[before, after], &links), ["", "", "", "", ""]);
    }
}
