//! Reading extracts and links: the real ones where they are, and hand-made ones for everything that can be wrong.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use time::Date;

use super::{
    Urn, extract,
    file::Violation,
    lineage::{self, Descent, Direction, Link, LinkRow},
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
    let violations = extract::parse(bytes).map(drop).expect_err("the file is wrong");
    violations.into_iter().map(|Violation { place, why }| (place, why)).collect()
}

/// The schools of an extract that is right.
fn read(bytes: &[u8]) -> Vec<School> {
    extract::parse(bytes).expect("the file is right").schools
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
    Some(read(&real("edubasealldata20180901.csv")?))
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
        (33_801, 29_499, 90)
    );
    assert_eq!((summary.links_count, links.len(), summary.link_rows_undirected_count), (2_111, 2_111, 8));
    let types: Vec<_> = summary.link_types.iter().map(|each| (each.link_type.as_str(), each.rows_count)).collect();
    assert_eq!(types, [("Sixth Form Centre Link", 41), ("Sixth Form Centre School", 41), ("Other", 7), ("Closure", 1)]);
}

/// Pairs of schools that rows call a merger without a direction, and no row anything else that says descent.
fn merged_pairs(rows: &[LinkRow]) -> Vec<(Urn, Urn)> {
    let pair = |row: &LinkRow| (row.urn.min(row.linked), row.urn.max(row.linked));
    let of = |wanted: fn(&Direction) -> bool| -> BTreeSet<(Urn, Urn)> {
        rows.iter().filter(|row| wanted(&row.direction)).map(pair).collect()
    };
    let said = of(|direction| matches!(direction, Direction::Predecessor(_) | Direction::Successor(_)));
    of(|direction| *direction == Direction::Merger).difference(&said).copied().collect()
}

#[test]
fn real_mergers_that_have_no_other_link_become_links() {
    let (Some(schools), Some(bytes)) = (real_schools(), real("links_edubasealldata20250422.csv")) else { return };
    let rows = lineage::parse(&bytes).expect("the real links are right");
    let pairs = merged_pairs(&rows);
    assert_eq!(pairs.len(), 66);
    let fold = |schools: &[School]| {
        let mut summary = Summary::of(schools);
        (lineage::fold(&rows, schools, &mut summary), summary)
    };
    let joined = |links: &[Link]| -> Vec<(i32, i32)> {
        let is_merged =
            |link: &&Link| pairs.contains(&(link.predecessor.min(link.successor), link.predecessor.max(link.successor)));
        links.iter().filter(is_merged).map(|link| (link.predecessor.number(), link.successor.number())).collect()
    };
    // The extract of 2018 lists both schools of 13 pairs. In eight one had closed; of the others both are open.
    let expected = [
        (104_307, 104_303),
        (105_374, 105_373),
        (107_105, 107_025),
        (107_105, 107_150),
        (114_654, 114_621),
        (116_236, 116_237),
        (135_387, 130_490),
        (143_910, 140_046),
    ];
    assert_eq!(joined(&fold(&schools).0), expected);
    // By an extract that lists every school which a row names, and has the lower number of each pair closed or opened earlier.
    let lower: BTreeSet<Urn> = pairs.iter().map(|(lower, _)| *lower).collect();
    let named: BTreeSet<Urn> = rows.iter().flat_map(|row| [row.urn, row.linked]).collect();
    let every: Vec<School> = named
        .into_iter()
        .map(|urn| School {
            urn,
            status_code: if lower.contains(&urn) { 2 } else { 1 },
            close_date: lower
                .contains(&urn)
                .then(|| Date::parse("2000-01-01").expect("it is a day").plus_days(urn.number() - 100_000)),
            ..schools[0].clone()
        })
        .collect();
    let (links, summary) = fold(&every);
    let upward: Vec<(i32, i32)> = pairs.iter().map(|(lower, higher)| (lower.number(), higher.number())).collect();
    assert_eq!(joined(&links), upward);
    assert_eq!(summary.link_rows_undirected_count, 0);
}

#[test]
fn the_direction_of_a_merger_comes_from_what_became_of_the_schools() {
    let school = |urn: u32, status: &str, open: &str, close: &str| {
        row(urn).replace("\"1\",\"01-09-1970\",\"\"", &format!("\"{status}\",\"{open}\",\"{close}\""))
    };
    // Which of 100000 and 100001 is the older one: its number, or 0 where that is not clear.
    let older = |one: [&str; 3], other: [&str; 3]| {
        let schools = read(&file(&[school(100_000, one[0], one[1], one[2]), school(100_001, other[0], other[1], other[2])]));
        let rows = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n\
                    100000,100001,x,Merged - change in age range,01-01-2018\n100001,100000,x,Merged - change in age range,31-12-2017\n";
        let rows = lineage::parse(rows.as_bytes()).expect("right");
        let mut summary = Summary::of(&schools);
        let links = lineage::fold(&rows, &schools, &mut summary);
        assert_eq!(summary.link_rows_undirected_count, if links.is_empty() { 2 } else { 0 });
        let [link] = links.as_slice() else { return 0 };
        assert_eq!((link.descent, link.established.map(|day| day.to_string()).as_deref()), (Descent::Merged, Some("2018-01-01")));
        link.predecessor.number()
    };
    // One closed, or is going to; one is not open yet.
    assert_eq!(older(["2", "", ""], ["1", "", ""]), 100_000);
    assert_eq!(older(["1", "01-09-1950", ""], ["2", "01-09-1970", "31-12-2017"]), 100_001);
    assert_eq!(older(["1", "", ""], ["3", "", ""]), 100_001);
    assert_eq!(older(["4", "", ""], ["1", "", ""]), 100_001);
    // Both closed, and one before the other.
    assert_eq!(older(["2", "", "31-08-2018"], ["2", "", "31-12-2017"]), 100_001);
    // Both open, or closed on one day, and one opened before the other.
    assert_eq!(older(["1", "01-09-2017", ""], ["1", "01-09-1970", ""]), 100_001);
    assert_eq!(older(["2", "01-09-1970", "31-12-2017"], ["2", "01-09-1990", "31-12-2017"]), 100_000);
    // Nothing tells them apart.
    assert_eq!(older(["1", "", ""], ["1", "", ""]), 0);
    assert_eq!(older(["1", "", ""], ["1", "01-09-1970", ""]), 0);
    assert_eq!(older(["2", "", ""], ["2", "", "31-12-2017"]), 0);
    assert_eq!(older(["5", "", ""], ["2", "", "31-12-2017"]), 0);
}

#[test]
fn a_merger_takes_the_direction_that_another_row_of_the_pair_says() {
    use Descent::Merged;
    // 100000 is closed, and yet the successor: one row says so.
    let links = "100000,100001,x,Predecessor,\n100001,100000,x,Result of Amalgamation,\n";
    assert_eq!(descents(links), [(100_001, 100_000, Merged)]);
    // Three spellings of `Merged - …`, and any letter case.
    for link_type in [
        "Merged - expansion in school capacity and changer in age range",
        "Merged - expansion of school capacity",
        "MERGED - Change in age range",
        "result of amalgamation",
    ] {
        assert_eq!(descents(&format!("100000,100001,x,{link_type},\n")), [(100_000, 100_001, Merged)], "{link_type}");
    }
}

#[test]
fn a_school_that_merged_into_several_was_split() {
    use Descent::Split;
    let links = "100000,100001,x,Result of Amalgamation,\n100000,100002,x,Merged - change in age range,\n";
    assert_eq!(descents(links), [(100_000, 100_001, Split), (100_000, 100_002, Split)]);
}

#[test]
fn real_links_split_more_schools_than_they_say() {
    let (Some(schools), Some(bytes)) = (real_schools(), real("links_edubasealldata20250422.csv")) else { return };
    let rows = lineage::parse(&bytes).expect("the real links are right");
    let splits = |schools: &[School]| {
        let links = lineage::fold(&rows, schools, &mut Summary::of(schools));
        (links.len(), links.iter().filter(|link| link.descent == Descent::Split).count())
    };
    // 22 of these are called splits: the extract of 2018 no longer lists those that are not. The other two are a junior school that merged into two
    // infant schools, 107105.
    assert_eq!(splits(&schools), (2_111, 24));
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
    let schools = read(format!("{}\n{}\n", columns.join(","), fields.join(",")).as_bytes());
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
    let read = |bytes: &[u8]| read(bytes).remove(0).school_name.to_string();
    assert_eq!(read(&accented), "École d’Été");
    for marks in 1..4 {
        let marked = [&[0xEF, 0xBB, 0xBF].repeat(marks), &accented[..]].concat();
        assert_eq!(read(&marked), "École d’Été", "{marks} byte-order marks");
    }
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
        read(&bytes).remove(0).reason
    };
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"01\",\"4\",\"3\""), Reason::In);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"2\""), Reason::Closed);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"4\""), Reason::ProposedToOpen);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"1\""), Reason::NotStateFunded);
    assert_eq!(change("\"2\",\"D\"", "\"1\",\"D\""), Reason::PhaseNotCounted);
    assert_eq!(change("\"2\",\"D\"", "\"2\",\"\""), Reason::NoRegion);
    for unknown in ["", "0", "5", "-1", "1000", "open"] {
        assert_eq!(change("\"4\",\"1\"", &format!("\"3\",\"{unknown}\"")), Reason::UnknownStatus, "{unknown}");
    }
    for unknown in ["", "8", "-1", "99999999999999999999", "primary"] {
        let phase = format!("\"{unknown}\",\"\"");
        assert_eq!(change("\"2\",\"D\"", &phase), Reason::UnknownPhase, "{unknown}");
        let closed = row(100_000).replace("\"4\",\"1\"", "\"4\",\"2\"").replace("\"2\",\"D\"", &phase);
        assert_eq!(read(&file(&[closed])).remove(0).reason, Reason::Closed, "{unknown}");
    }
}

#[test]
fn unknown_codes_are_counted_up_to_a_limit_and_shown_without_control_characters() {
    let phase = |urn: u32, code: &str| row(urn).replace("\"2\",\"D\"", &format!("\"{code}\",\"D\""));
    let mut rows: Vec<String> = (0..30).map(|place| phase(100_000 + place, &format!("{}", 100 + place))).collect();
    rows.push(phase(100_030, "\u{1b}[2J"));
    rows.push(phase(100_031, "\u{1b}[2J"));
    rows.push(phase(100_032, &"x".repeat(300)));
    let codes = extract::parse(&file(&rows)).expect("the file is right").unknown_codes;
    assert!(codes.iter().all(|code| code.reason == Reason::UnknownPhase));
    let shown: Vec<_> = codes.iter().map(|code| (code.code.as_str(), code.rows_count)).collect();
    assert_eq!((shown[0], shown[1], shown.len()), (("\u{FFFD}[2J", 2), ("100", 1), 21));
    assert_eq!(shown[20], ("(further codes)", 12));
    assert_eq!(codes.iter().map(|code| code.rows_count).sum::<i64>(), 33);
    let long = extract::parse(&file(&rows[32..])).expect("the file is right").unknown_codes;
    assert_eq!(long[0].code, "x".repeat(59) + "…");
}

#[test]
fn bytes_that_are_no_text_matter_only_in_a_column_that_is_read() {
    let with = |column: &str, name: &[u8], mark: &[u8]| {
        let header = format!("{HEADER},HeadLastName\r\n");
        let row = row(100_000).replace("School 100000", "@") + ",\"é\"\r\n";
        let (row, _, _) = encoding_rs::WINDOWS_1252.encode(&row);
        let at = if column == "HeadLastName" { 0xE9 } else { b'@' };
        let place = row.iter().position(|byte| *byte == at).expect("it is there");
        extract::parse(&[mark, header.as_bytes(), &row[..place], name, &row[place + 1..]].concat())
    };
    // `Á` as UTF-8, whose second byte is undefined in windows-1252; the byte alone.
    for bytes in [&b"\xC3\x81lvarez"[..], b"\x81"] {
        assert_eq!(with("HeadLastName", bytes, b"").expect("it is not read").texts_repaired_count, 0);
        with("HeadLastName", bytes, b"\xEF\xBB\xBF").expect("it is not read");
    }
    let repaired = with("EstablishmentName", b"\xC3\x81lvarez", b"").expect("it is clear");
    assert_eq!((repaired.schools[0].school_name.as_ref(), repaired.texts_repaired_count), ("Álvarez", 1));
    for (bytes, mark) in [(&b"\x81"[..], &b""[..]), (b"\xC4\x92", b""), (b"\xC9", b"\xEF\xBB\xBF")] {
        let refused = with("EstablishmentName", bytes, mark).map(drop).expect_err("it is read");
        assert_eq!(refused[0].place, "extract row 2, column EstablishmentName");
    }
}

#[test]
fn a_zip_is_refused_with_the_advice_to_unpack_it() {
    let found = wrong(b"PK\x03\x04\x14\0\0\0\x08\0");
    assert!(found[0].1.contains("is a zip archive: unpack it"), "{found:?}");
}

fn folded(links: &str) -> (Vec<Link>, Summary) {
    let closed = row(100_000).replace("\"1\",\"01-09-1970\",\"\"", "\"2\",\"\",\"31-08-2017\"");
    let schools = read(&file(&[closed, row(100_001), row(100_002)]));
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
