//! The table of authorities against itself and, where they are present, the reference files.

use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
};

use super::*;

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

fn new_code(old_code: &str, on: &str) -> Option<&'static str> {
    authority_by_old_code(old_code).expect("the authority is known").new_code(day(on))
}

#[test]
fn every_code_belongs_to_one_authority_and_codes_follow_each_other() {
    assert_eq!(AUTHORITIES.iter().map(|authority| authority.old_code).collect::<HashSet<_>>().len(), AUTHORITIES.len());
    let codes: Vec<&NewCode> = AUTHORITIES.iter().flat_map(|authority| authority.new_codes).collect();
    assert_eq!(codes.iter().map(|code| code.code).collect::<HashSet<_>>().len(), codes.len());
    assert!(codes.iter().all(|code| is_new_code(code.code) && code.first_day >= CODES_FIRST_DAY));
    for authority in AUTHORITIES {
        assert!(authority.old_code.len() == 3 && !authority.new_codes.is_empty());
        for pair in authority.new_codes.windows(2) {
            assert_eq!(day(pair[0].last_day).plus_days(1), day(pair[1].first_day), "{}", authority.name);
        }
    }
}

#[test]
fn a_successor_begins_on_the_day_after_its_predecessors_end() {
    for authority in AUTHORITIES {
        for predecessor in authority.predecessors {
            let before = authority_by_old_code(predecessor).expect("a predecessor is in the table");
            let last = before.new_codes.last().expect("it has a code").last_day;
            assert_eq!(day(last).plus_days(1), day(authority.new_codes[0].first_day), "{} to {}", before.name, authority.name);
            assert_eq!(before.region, authority.region);
        }
    }
}

#[test]
fn a_code_is_that_of_the_day() {
    assert_eq!(new_code("373", "2025-04-30"), Some("E08000019"));
    assert_eq!(new_code("373", "2025-05-01"), Some("E08000039"));
    assert_eq!(new_code("815", "2023-03-31"), Some("E10000023"));
    assert_eq!(new_code("815", "2026-11-01"), Some("E06000065"));
    // Closed schools keep the code of an authority that has ended.
    assert_eq!(new_code("909", "2026-11-01"), Some("E10000006"));
    assert_eq!(new_code("942", "2023-03-31"), None);
    assert_eq!(newest_change(), "2025-05-01");
}

#[test]
fn authorities_of_april_2019_are_151() {
    let in_force = |code: &NewCode| code.first_day <= "2019-04-01" && (code.last_day.is_empty() || code.last_day >= "2019-04-01");
    assert_eq!(AUTHORITIES.iter().filter(|authority| authority.new_codes.iter().any(in_force)).count(), 151);
}

#[test]
fn a_school_lies_in_the_authority_of_the_day() {
    let on = |old_code: &str, on: &str| {
        let schools_count = |code: &str| usize::from(code == "943");
        authority_by_old_code(old_code).expect("the authority is known").on(day(on), &schools_count).old_code
    };
    // Cumbria was split on 1 April 2023.
    assert_eq!((on("942", "2022-09-01"), on("943", "2022-09-01"), on("909", "2022-09-01")), ("909", "909", "909"));
    assert_eq!((on("942", "2023-09-01"), on("943", "2023-09-01"), on("909", "2023-09-01")), ("942", "943", "943"));
    // Bournemouth, Poole and a part of Dorset were joined in 2019, and no code tells from which a school came.
    assert_eq!((on("839", "2018-09-01"), on("836", "2018-09-01"), on("837", "2018-09-01")), ("839", "839", "839"));
    assert_eq!((on("838", "2018-09-01"), on("835", "2018-09-01")), ("838", "838"));
    assert_eq!((on("373", "2018-09-01"), on("815", "2022-09-01")), ("373", "815"));
}

#[test]
fn an_authority_and_those_that_replaced_it_never_appear_together() {
    for year in 2009..2030 {
        let day = Date::parse(&format!("{year}-09-01")).expect("a day");
        let appear: BTreeSet<&str> = AUTHORITIES.iter().map(|authority| authority.on(day, &|_| 0).old_code).collect();
        for authority in AUTHORITIES.iter().filter(|authority| appear.contains(authority.old_code)) {
            for successor in authority.successors() {
                assert!(!appear.contains(successor.old_code), "{} and {} on {day}", authority.name, successor.name);
            }
        }
    }
}

#[test]
fn only_one_predecessor_is_unambiguous() {
    let of = |old_code| authority_by_old_code(old_code).expect("the authority is known").only_predecessor();
    assert_eq!((of("942"), of("941"), of("838")), (Some("909"), Some("928"), Some("835")));
    // Bournemouth, Christchurch and Poole came from three; Sheffield from none.
    assert_eq!((of("839"), of("373")), (None, None));
}

/// The rows of a reference file as fields, or `None`: then the test is named among those that were skipped.
fn reference(name: &str) -> Option<Vec<Vec<String>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/reference").join(name);
    let Ok(mut reader) = csv::Reader::from_path(path) else {
        db::testing::skip(db::testing::NO_REFERENCE);
        return None;
    };
    let rows = reader.records().map(|row| row.expect("the file is a table").iter().map(str::to_owned).collect());
    Some(rows.collect())
}

/// Whether a row is of one authority of the table's time: others have `x` for a code, or join two authorities.
fn is_single(old_code: &str, new_code: &str) -> bool {
    old_code.len() == 3 && is_new_code(new_code)
}

#[test]
fn real_codes_and_their_days_are_those_of_the_table() {
    let Some(rows) = reference("las.csv") else { return };
    let iso = |text: &str| match text.split('/').collect::<Vec<_>>()[..] {
        [day, month, year] => format!("{year}-{month}-{day}"),
        _ => String::new(),
    };
    let rows = rows.iter().filter(|row| is_single(&row[8], &row[0]));
    let expected: BTreeSet<_> =
        rows.map(|row| (row[8].clone(), row[0].clone(), row[1].clone(), iso(&row[2]), iso(&row[3]), row[4].clone())).collect();
    let found = AUTHORITIES.iter().flat_map(|authority| {
        authority.new_codes.iter().map(|code| {
            let fields = [authority.old_code, code.code, authority.name, code.first_day, code.last_day, authority.region.code];
            let [old_code, new_code, name, first_day, last_day, region] = fields.map(str::to_owned);
            (old_code, new_code, name, first_day, last_day, region)
        })
    });
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
}

#[test]
fn real_hierarchy_puts_each_authority_into_its_region() {
    let Some(rows) = reference("region_la_hierarchy.csv") else { return };
    let rows = rows.iter().filter(|row| is_single(&row[2], &row[4]));
    let expected: BTreeSet<_> = rows.map(|row| (row[0].clone(), row[2].clone(), row[4].clone())).collect();
    let found = AUTHORITIES.iter().flat_map(|authority| {
        let region = authority.region.code.to_owned();
        authority.new_codes.iter().map(move |code| (region.clone(), authority.old_code.to_owned(), code.code.to_owned()))
    });
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
}

#[test]
fn regions_are_numbered_in_their_order() {
    for (place, region) in REGIONS.iter().enumerate() {
        assert_eq!(region.code, format!("E1200000{}", place + 1));
        assert!(AUTHORITIES.iter().any(|authority| authority.region == region), "{} has authorities", region.name);
    }
}
