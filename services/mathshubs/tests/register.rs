//! The generated register: the real numbers of schools, determinism, and the history of schools.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use encoding_rs::WINDOWS_1252;
use mathshubs::register::{Descent, GiasPhase, Status, generate};
use time::Date;

const SEED: u64 = 2018;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// The rows of a file by column.
fn rows(bytes: &[u8]) -> Vec<HashMap<String, String>> {
    let (text, _, broken) = WINDOWS_1252.decode(bytes);
    assert!(!broken);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|record| headers.iter().map(str::to_owned).zip(record.unwrap().iter().map(str::to_owned)).collect())
        .collect()
}

fn in_denominator(row: &HashMap<String, String>) -> bool {
    ["1", "3"].contains(&row["EstablishmentStatus (code)"].as_str())
        && ["4", "10", "11"].contains(&row["EstablishmentTypeGroup (code)"].as_str())
        && ["2", "3", "4", "5", "7"].contains(&row["PhaseOfEducation (code)"].as_str())
        && !row["GOR (code)"].is_empty()
}

#[test]
fn every_region_has_its_real_number_of_schools() {
    let extract = generate(SEED, day("2018-09-01")).extract(day("2018-09-01"));
    let mut regions: BTreeMap<String, usize> = BTreeMap::new();
    let mut phases: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows(&extract).iter().filter(|row| in_denominator(row)) {
        *regions.entry(row["GOR (code)"].clone()).or_default() += 1;
        let phase = match row["PhaseOfEducation (code)"].as_str() {
            "2" | "3" => "primary",
            "4" | "5" => "secondary",
            _ => "all-through",
        };
        *phases.entry(phase).or_default() += 1;
    }
    let expected =
        [("A", 1032), ("B", 2898), ("D", 2064), ("E", 1901), ("F", 2154), ("G", 2368), ("H", 2307), ("J", 3089), ("K", 2200)];
    assert_eq!(regions, expected.map(|(region, count)| (region.to_owned(), count)).into());
    assert_eq!(phases, [("primary", 16_653), ("secondary", 3_201), ("all-through", 159)].into());
}

#[test]
fn the_same_seed_gives_the_same_files_and_another_seed_different_ones() {
    let day = day("2018-09-01");
    let files = |seed| {
        let register = generate(seed, day);
        (register.extract(day), register.links(day))
    };
    assert!(files(1) == files(1));
    assert!(files(1) != files(2));
}

#[test]
fn every_row_has_a_urn_and_every_kind_of_row_occurs() {
    let extract = generate(SEED, day("2018-09-01")).extract(day("2018-09-01"));
    let rows = rows(&extract);
    let numbers: BTreeSet<&str> = rows.iter().map(|row| row["URN"].as_str()).collect();
    assert_eq!(numbers.len(), rows.len());
    assert!(numbers.iter().all(|urn| urn.parse::<u32>().is_ok_and(|urn| (100_000..1_000_000).contains(&urn))));
    let count = |holds: &dyn Fn(&HashMap<String, String>) -> bool| rows.iter().filter(|row| holds(row)).count();
    assert!((25_000..28_000).contains(&rows.len()), "{}", rows.len());
    assert!(count(&|row| row["EstablishmentStatus (code)"] == "2") > 500);
    assert!(count(&|row| row["EstablishmentStatus (code)"] == "3") > 200);
    assert!(count(&|row| row["EstablishmentStatus (code)"] == "4") > 200);
    assert!(count(&|row| row["EstablishmentTypeGroup (code)"] == "3") > 1_000);
    assert!(count(&|row| row["PhaseOfEducation (code)"] == "1") > 200);
    assert!(count(&|row| row["PhaseOfEducation (code)"] == "6") > 200);
    assert!(count(&|row| row["TypeOfEstablishment (code)"] == "14") > 200);
    assert!(count(&|row| row["GOR (code)"].is_empty() && row["EstablishmentTypeGroup (code)"] == "4") > 0);
}

#[test]
fn no_school_of_the_denominator_lacks_its_opening_day() {
    let register = generate(SEED, day("2018-09-01"));
    for year in 2014..=2018 {
        let extract = register.extract(Date::new_checked(year, 9, 1).unwrap());
        let rows = rows(&extract);
        let open: Vec<_> = rows.iter().filter(|row| in_denominator(row)).collect();
        assert!((19_500..20_500).contains(&open.len()), "{year}: {}", open.len());
        assert!(open.iter().all(|row| !row["OpenDate"].is_empty()));
    }
}

#[test]
fn hundreds_of_schools_became_academies_some_merged_and_some_were_split() {
    let as_of = day("2018-09-01");
    let register = generate(SEED, as_of);
    let count =
        |descent: Descent| register.links.iter().filter(|link| link.descent == descent && link.established <= as_of).count();
    assert!((300..800).contains(&count(Descent::Successor)), "{}", count(Descent::Successor));
    assert!(count(Descent::Merged) >= 20);
    assert!(count(Descent::Split) >= 4);
    assert!(register.links.iter().any(|link| link.established > as_of), "some are about to become academies");
    for link in &register.links {
        let (before, after) = (&register.establishments[link.predecessor], &register.establishments[link.successor]);
        assert_eq!(before.close.unwrap().plus_days(1), after.open.unwrap());
        assert_eq!(after.open, Some(link.established));
        assert!(before.open < after.open && before.urn < after.urn);
    }
}

#[test]
fn links_are_listed_from_both_ends_and_name_listed_schools() {
    let as_of = day("2018-09-01");
    let register = generate(SEED, as_of);
    let listed: BTreeSet<String> = rows(&register.extract(as_of)).into_iter().map(|row| row["URN"].clone()).collect();
    assert!(register.links(day("2010-09-01")).is_none(), "there is no link yet, and so no links file");
    let links = rows(&register.links(as_of).unwrap());
    let pairs: BTreeSet<(&str, &str)> = links.iter().map(|row| (row["URN"].as_str(), row["LinkURN"].as_str())).collect();
    for (one, other) in &pairs {
        assert!(pairs.contains(&(*other, *one)));
        assert!(listed.contains(*one) && listed.contains(*other));
    }
    assert_eq!(pairs.len(), links.len());
}

#[test]
fn a_school_is_closed_on_its_closing_day_and_its_successor_open_on_the_next() {
    let as_of = day("2018-09-01");
    let register = generate(SEED, as_of);
    let link = register.links.iter().find(|link| link.descent == Descent::Successor && link.established < as_of).unwrap();
    let status = |index: usize, day| register.establishments[index].find_status(day);
    let eve = link.established.plus_days(-1);
    assert_eq!(status(link.predecessor, eve), Some(Status::Closed));
    assert_eq!(status(link.predecessor, eve.plus_days(-1)), Some(Status::ProposedToClose));
    assert_eq!(status(link.successor, eve), Some(Status::ProposedToOpen));
    assert_eq!(status(link.successor, link.established), Some(Status::Open));
}

#[test]
fn names_with_accents_and_curly_apostrophes_survive_the_files_encoding() {
    let as_of = day("2018-09-01");
    let register = generate(SEED, as_of);
    let extract = register.extract(as_of);
    assert!(std::str::from_utf8(&extract).is_err(), "it is windows-1252");
    let names: BTreeSet<String> = rows(&extract).into_iter().map(|row| row["EstablishmentName"].clone()).collect();
    let listed = register.establishments.iter().filter(|each| each.find_status(as_of).is_some());
    assert!(listed.clone().all(|each| names.contains(&each.name)));
    assert!(listed.clone().any(|each| each.name.contains('é') && each.phase == GiasPhase::Primary));
}
