//! Reading extracts and links: the real ones where they are, and hand-made ones for everything that can be wrong.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use time::Date;

use super::{
    Urn, extract,
    file::Violation,
    lineage::{self, Descent, Direction, Link},
    register::{NewLaCodes, Phase, Reason, School, Summary},
};

const HEADER: &str = "URN,LA (code),LA (name),EstablishmentName,TypeOfEstablishment (code),EstablishmentTypeGroup (code),\
    EstablishmentStatus (code),OpenDate,CloseDate,PhaseOfEducation (code),GOR (code)";

/// A row of a primary school in Sheffield.
fn row(urn: u32) -> String {
    format!("{urn},\"373\",\"Sheffield\",\"School {urn}\",\"01\",\"4\",\"1\",\"01-09-1970\",\"\",\"2\",\"D\"")
}

fn file(rows: &[String]) -> Vec<u8> {
    let lines: Vec<&str> = std::iter::once(HEADER).chain(rows.iter().map(String::as_str)).collect();
    (lines.join("\r\n") + "\r\n").into_bytes()
}

fn wrong(bytes: &[u8]) -> Vec<(String, String)> {
    let violations = extract::parse(bytes).expect_err("the file is wrong");
    violations.into_iter().map(|Violation { place, why }| (place, why)).collect()
}

/// A real file, or `None`: then the test is named among those that were skipped.
fn real(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/gias").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        db::testing::skip(db::testing::NO_REGISTER);
    }
    bytes
}

fn real_schools() -> Option<Vec<School>> {
    Some(extract::parse(&real("edubasealldata20180901.csv")?).expect("the real extract is right").schools)
}

#[test]
fn real_extract_counts_each_region_as_domain_says_and_every_row_has_one_reason() {
    let Some(schools) = real_schools() else { return };
    let counted: Vec<&School> = schools.iter().filter(|school| school.reason == Reason::In).collect();
    let mut regions = [0; 9];
    for school in &counted {
        let place = super::geography::REGIONS.iter().position(|region| Some(region) == school.region);
        regions[place.expect("a school that is in lies in a region")] += 1;
    }
    assert_eq!(regions, [1032, 2898, 2064, 1901, 2154, 2368, 2307, 3089, 2200]);
    let of = |phase| counted.iter().filter(|school| school.phase == Some(phase)).count();
    assert_eq!((of(Phase::Primary), of(Phase::Secondary), of(Phase::AllThrough)), (16_653, 3_201, 159));
    let summary = Summary::of(&schools);
    assert_eq!((summary.rows_count, summary.reason_counts.iter().sum::<i64>()), (26_078, 26_078));
    assert_eq!(summary.reason_counts[0], 20_013);
    let undated = schools.iter().filter(|school| school.reason == Reason::ProposedToOpen && school.open_date.is_none());
    let undated = undated.filter(|school| matches!(school.type_group_code, 4 | 10 | 11) && school.phase.is_some()).count();
    assert_eq!(undated, 136);
    assert_eq!(schools.iter().filter(|school| school.region.is_none()).count(), 34);
    assert!(schools.iter().all(|school| school.region.is_none() || !school.new_la_code.is_empty()));
}

#[test]
fn real_links_join_as_many_rows_as_domain_says() {
    let (Some(schools), Some(bytes)) = (real_schools(), real("links_edubasealldata20250422.csv")) else { return };
    let rows = lineage::parse(&bytes).expect("the real links are right");
    let status: HashMap<_, _> = schools.iter().map(|school| (school.urn, school.status_code)).collect();
    let joins = rows.iter().filter(|row| row.direction == Direction::Successor(Descent::Plain));
    let joins: Vec<_> = joins.filter_map(|row| Some((*status.get(&row.urn)?, *status.get(&row.linked)?))).collect();
    let count = |from, to| joins.iter().filter(|pair| **pair == (from, to)).count();
    assert_eq!((joins.len(), count(2, 1), count(3, 4)), (1_871, 1_025, 840));
    let mut summary = Summary::of(&schools);
    let links = lineage::fold(&rows, &schools, &mut summary);
    assert_eq!(
        (summary.link_rows_count, summary.link_rows_unknown_urn_count, summary.link_rows_other_count),
        (33_801, 29_499, 117)
    );
    assert_eq!((summary.links_count, links.len()), (2_103, 2_103));
}

#[test]
fn real_links_split_more_schools_than_they_say() {
    let (Some(schools), Some(bytes)) = (real_schools(), real("links_edubasealldata20250422.csv")) else { return };
    let rows = lineage::parse(&bytes).expect("the real links are right");
    let splits = |schools: &[School]| {
        let links = lineage::fold(&rows, schools, &mut Summary::of(schools));
        (links.len(), links.iter().filter(|link| link.descent == Descent::Split).count())
    };
    // Each of these 22 is called a split: the extract of 2018 no longer lists those that are not.
    assert_eq!(splits(&schools), (2_103, 22));
    // By an extract that lists every school which a row names: 50 are called splits, and 178 not.
    let named: BTreeSet<Urn> = rows.iter().flat_map(|row| [row.urn, row.linked]).collect();
    let every: Vec<School> = named.into_iter().map(|urn| School { urn, ..schools[0].clone() }).collect();
    assert_eq!(splits(&every), (16_854, 228));
}

#[test]
fn columns_may_be_unknown_duplicate_and_in_any_order() {
    let columns: Vec<&str> = HEADER.split(',').rev().chain(["Unknown", "URN"]).collect();
    let fields = row(100_000);
    let fields: Vec<&str> = fields.split(',').rev().chain(["whatever", "999999"]).collect();
    let schools =
        extract::parse(format!("{}\n{}\n", columns.join(","), fields.join(",")).as_bytes()).expect("the file is right").schools;
    assert_eq!((schools[0].urn.number(), schools[0].school_name.as_ref()), (100_000, "School 100000"));
}

#[test]
fn a_file_that_is_not_gias_is_refused_with_the_columns_that_it_lacks() {
    let found = wrong(b"URN,Name,OpenDate,CloseDate\n1,2,3,4\n");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "extract row 1");
    assert!(
        found[0].1.contains("LA (code)") && found[0].1.contains("GOR (code)") && !found[0].1.contains("OpenDate"),
        "{found:?}"
    );
}

#[test]
fn an_impossible_date_is_named_by_row_column_and_value() {
    let found =
        wrong(&file(&[row(100_000), row(100_001).replace("01-09-1970", "31-02-1970"), row(100_002).replace("01-09", "1-9")]));
    assert_eq!(found[0].0, "extract row 3, column OpenDate");
    assert!(found[0].1.contains("31-02-1970"), "{found:?}");
    assert_eq!(found[1].0, "extract row 4, column OpenDate");
}

#[test]
fn a_urn_that_stands_twice_is_named_with_both_rows() {
    let found = wrong(&file(&[row(100_000), row(100_001), row(100_000)]));
    assert_eq!(found, [("extract row 4, column URN".to_owned(), "rows 2 and 4 both list URN 100000".to_owned())]);
}

#[test]
fn no_more_than_twenty_violations_are_told() {
    let rows: Vec<String> = (0..100).map(|urn| row(urn + 1)).collect();
    assert_eq!(wrong(&file(&rows)).len(), 20);
}

#[test]
fn a_file_that_is_cut_off_anywhere_in_its_last_row_is_refused() {
    let whole = file(&[row(100_000), row(100_001)]);
    let start = whole.len() - row(100_001).len() - 2;
    let fields_end = whole.len() - 5;
    for end in start + 1..fields_end {
        let found = wrong(&whole[..end]);
        assert!(
            found.iter().any(|(place, why)| place.starts_with("extract row 3") && why.contains("cut off")),
            "{end}: {found:?}"
        );
    }
}

/// A row with a three-digit code.
fn row_of(urn: u32, old_la_code: &str, region: &str) -> String {
    row(urn).replace("373", old_la_code).replace("\"D\"", &format!("\"{region}\""))
}

/// The nine-character codes of an extract of a day, in order of URN, and how they were found.
fn new_la_codes(bytes: &[u8], as_of: &str) -> (Vec<String>, NewLaCodes) {
    let mut extract = extract::parse(bytes).expect("the file is right");
    let counts = extract.complete_new_la_codes(Date::parse(as_of).expect("a day"));
    (extract.schools.iter().map(|school| school.new_la_code.to_string()).collect(), counts)
}

#[test]
fn without_the_column_codes_are_those_in_force_on_the_extracts_day() {
    let bytes = file(&[row(100_000), row_of(100_001, "815", "D"), row_of(100_002, "909", "B"), row_of(100_003, "702", "")]);
    let counts = NewLaCodes { column_missing: true, from_table_count: 3, unknown_count: 0 };
    for (day, sheffield, north_yorkshire) in [
        ("2018-09-01", "E08000019", "E10000023"),
        ("2023-04-01", "E08000019", "E06000065"),
        ("2026-11-01", "E08000039", "E06000065"),
    ] {
        let codes = [sheffield, north_yorkshire, "E10000006", ""].map(str::to_owned).to_vec();
        assert_eq!(new_la_codes(&bytes, day), (codes, counts), "{day}");
    }
}

#[test]
fn a_code_that_the_table_does_not_have_for_the_day_stays_empty_and_is_counted() {
    // Cumberland began in 2023, and there is no authority 950.
    let bytes = file(&[row_of(100_000, "942", "B"), row_of(100_001, "942", "B"), row_of(100_002, "950", "B")]);
    let empty = || vec![String::new(); 3];
    let counts = NewLaCodes { column_missing: true, from_table_count: 0, unknown_count: 3 };
    assert_eq!(new_la_codes(&bytes, "2022-09-01"), (empty(), counts));
    let counts = NewLaCodes { column_missing: true, from_table_count: 2, unknown_count: 1 };
    let cumberland = "E06000063".to_owned();
    assert_eq!(new_la_codes(&bytes, "2023-09-01"), (vec![cumberland.clone(), cumberland, String::new()], counts));
}

#[test]
fn a_code_that_the_row_gives_is_kept_and_only_a_blank_one_is_looked_up() {
    let rows = ["E08000039", "", "999999999", "E0800003", "W06000015"].into_iter().zip(100_000..);
    let rows = rows.map(|(code, urn)| format!("{},\"{code}\"\r\n", row(urn))).collect::<String>();
    let (codes, counts) = new_la_codes(format!("{HEADER},GSSLACode (name)\r\n{rows}").as_bytes(), "2018-09-01");
    assert_eq!(codes, ["E08000039", "E08000019", "E08000019", "E08000019", "E08000019"]);
    assert_eq!(counts, NewLaCodes { column_missing: false, from_table_count: 4, unknown_count: 0 });
}

#[test]
fn an_empty_file_and_one_without_rows_are_refused() {
    assert_eq!(wrong(b""), [("extract".to_owned(), "is empty".to_owned())]);
    assert_eq!(wrong(&file(&[])), [("extract".to_owned(), "has a header and no rows".to_owned())]);
}

#[test]
fn a_file_in_windows_1252_or_utf_8_is_read_and_any_other_is_refused_by_row_and_column() {
    let accented = file(&[row(100_000).replace("School 100000", "École d’Été")]);
    let read = |bytes: &[u8]| extract::parse(bytes).expect("the file is right").schools.remove(0).school_name.to_string();
    assert_eq!(read(&accented), "École d’Été");
    assert_eq!(read(&[&[0xEF, 0xBB, 0xBF], &accented[..]].concat()), "École d’Été");
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(std::str::from_utf8(&accented).expect("it is UTF-8"));
    assert_eq!(read(&windows), "École d’Été");
    let at = windows.iter().position(|byte| *byte == 0xC9).expect("the accent is there");
    let mut undefined = windows.to_vec();
    undefined[at] = 0x8D;
    let found = wrong(&undefined);
    assert_eq!(found[0].0, "extract row 2, column EstablishmentName");
    assert!(found[0].1.contains("0x8D"), "{found:?}");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(HEADER.bytes().flat_map(|byte| [byte, 0])).collect();
    assert!(wrong(&utf16)[0].1.contains("UTF-16"));
    let marked = [&[0xEF, 0xBB, 0xBF], &windows[..]].concat();
    assert_eq!(wrong(&marked)[0].0, "extract row 2, column EstablishmentName");
}

#[test]
fn reasons_come_in_their_order() {
    let change = |from: &str, to: &str| {
        let bytes = file(&[row(100_000).replacen(from, to, 1)]);
        extract::parse(&bytes).expect("the file is right").schools.remove(0).reason
    };
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"01\",\"4\",\"3\""), Reason::In);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"2\""), Reason::Closed);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"4\""), Reason::ProposedToOpen);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"1\""), Reason::NotStateFunded);
    assert_eq!(change("\"2\",\"D\"", "\"1\",\"D\""), Reason::PhaseNotCounted);
    assert_eq!(change("\"2\",\"D\"", "\"2\",\"\""), Reason::NoRegion);
}

fn folded(links: &str) -> (Vec<Link>, Summary) {
    let closed = row(100_000).replace("\"1\",\"01-09-1970\",\"\"", "\"2\",\"\",\"31-08-2017\"");
    let schools = extract::parse(&file(&[closed, row(100_001), row(100_002)])).expect("the file is right").schools;
    let rows = lineage::parse(format!("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n{links}").as_bytes()).expect("right");
    let mut summary = Summary::of(&schools);
    (lineage::fold(&rows, &schools, &mut summary), summary)
}

#[test]
fn two_directions_of_a_link_are_one_and_its_date_is_found() {
    let (links, summary) = folded(
        "100000,100002,x,Successor,31-08-2017\n100002,100000,x,Predecessor - merged,01-09-2017\n\
         100001,100002,x,Successor,\n100001,100002,x,Sixth Form Centre Link,\n100001,654321,x,Successor,\n",
    );
    let shown: Vec<_> = links
        .iter()
        .map(|link| {
            (link.predecessor.number(), link.successor.number(), link.descent, link.established.map(|day| day.to_string()))
        })
        .collect();
    assert_eq!(
        shown,
        [
            (100_000, 100_002, Descent::Merged, Some("2017-09-01".to_owned())),
            (100_001, 100_002, Descent::Plain, Some("1970-09-01".to_owned())),
        ]
    );
    assert_eq!((summary.link_rows_count, summary.link_rows_unknown_urn_count, summary.link_rows_other_count), (5, 1, 1));
}

/// What each link of a file says, between 100000, 100001 and 100002.
fn descents(links: &str) -> Vec<(i32, i32, Descent)> {
    let shown = |link: &Link| (link.predecessor.number(), link.successor.number(), link.descent);
    folded(links).0.iter().map(shown).collect()
}

#[test]
fn a_school_with_several_successors_was_split_whatever_its_rows_say() {
    use Descent::{Merged, Plain, Split};
    let to_both = |one: &str, other: &str| descents(&format!("100000,100001,x,{one},\n100000,100002,x,{other},\n"));
    for kinds in [["Successor", "Successor"], ["Successor - Split School", "Successor"], ["Successor", "Successor - merged"]] {
        assert_eq!(to_both(kinds[0], kinds[1]), [(100_000, 100_001, Split), (100_000, 100_002, Split)], "{kinds:?}");
    }
    let merged = "100000,100002,x,Successor - merged,\n100001,100002,x,Successor - merged,\n";
    assert_eq!(descents(merged), [(100_000, 100_002, Merged), (100_001, 100_002, Merged)]);
    // One after the other.
    let in_turn = "100000,100001,x,Successor,\n100001,100002,x,Successor,\n100000,100002,x,Successor,\n";
    assert_eq!(descents(in_turn), [(100_000, 100_001, Plain), (100_000, 100_002, Plain), (100_001, 100_002, Plain)]);
}
