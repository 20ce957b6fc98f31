//! Reading extracts: the real one where it is, and hand-made ones for each kind of error.

use std::path::Path;

use name::Phase;
use time::Date;

use super::{NewLaCodes, Summary, extract, file::FileViolation};
use crate::school::{RegisterReason, School};

const HEADER: &str = "URN,LA (code),LA (name),EstablishmentName,TypeOfEstablishment (code),EstablishmentTypeGroup (code),\
    EstablishmentStatus (code),OpenDate,CloseDate,PhaseOfEducation (code),GOR (code)";

/// A row of a primary school in Sheffield.
pub(crate) fn row(urn: u32) -> String {
    format!("{urn},\"373\",\"Sheffield\",\"School {urn}\",\"01\",\"4\",\"1\",\"01-09-1970\",\"\",\"2\",\"D\"")
}

pub(crate) fn file(rows: &[String]) -> Vec<u8> {
    let lines: Vec<&str> = std::iter::once(HEADER).chain(rows.iter().map(String::as_str)).collect();
    (lines.join("\r\n") + "\r\n").into_bytes()
}

fn wrong(bytes: &[u8]) -> Vec<(String, String)> {
    let violations = extract::parse(bytes).map(drop).expect_err("the file is wrong");
    violations.into_iter().map(|FileViolation { place, why }| (place, why)).collect()
}

/// The schools of an extract that is right.
pub(crate) fn read(bytes: &[u8]) -> Vec<School> {
    extract::parse(bytes).expect("the file is right").schools
}

/// A real file, or `None`: then the test is named among those that were skipped.
pub(crate) fn real(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/gias").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        db::testing::skip(db::testing::NO_REGISTER);
    }
    bytes
}

pub(crate) fn real_schools() -> Option<Vec<School>> {
    Some(read(&real("edubasealldata20180901.csv")?))
}

#[test]
fn real_extract_has_the_regional_counts_of_the_domain_and_one_reason_for_each_row() {
    let Some(schools) = real_schools() else { return };
    let counted: Vec<&School> = schools.iter().filter(|school| school.reason == RegisterReason::In).collect();
    let mut regions = [0; 9];
    for school in &counted {
        let place = geography::REGIONS.iter().position(|region| Some(region) == school.region);
        regions[place.expect("a school that is in lies in a region")] += 1;
    }
    assert_eq!(regions, [1032, 2898, 2064, 1901, 2154, 2368, 2307, 3089, 2200]);
    let of = |phase| counted.iter().filter(|school| school.phase == Some(phase)).count();
    assert_eq!((of(Phase::Primary), of(Phase::Secondary), of(Phase::AllThrough)), (16_653, 3_201, 159));
    let summary = Summary::of(&schools);
    assert_eq!((summary.rows_count, summary.reason_counts.iter().sum::<i64>()), (26_078, 26_078));
    assert_eq!(summary.reason_counts[0], 20_013);
    let undated = schools.iter().filter(|school| school.reason == RegisterReason::ProposedToOpen && school.open_date.is_none());
    let undated = undated.filter(|school| matches!(school.type_group_code, 4 | 10 | 11) && school.phase.is_some()).count();
    assert_eq!(undated, 136);
    assert_eq!(schools.iter().filter(|school| school.region.is_none()).count(), 34);
    assert!(schools.iter().all(|school| school.region.is_none() || !school.new_la_code.is_empty()));
}

#[test]
fn columns_may_be_unknown_duplicate_and_in_any_order() {
    let columns: Vec<&str> = HEADER.split(',').rev().chain(["Unknown", "URN"]).collect();
    let fields = row(100_000);
    let fields: Vec<&str> = fields.split(',').rev().chain(["anything", "999999"]).collect();
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
fn a_duplicate_urn_is_reported_with_both_rows() {
    let found = wrong(&file(&[row(100_000), row(100_001), row(100_000)]));
    assert_eq!(found, [("extract row 4, column URN".to_owned(), "rows 2 and 4 both list URN 100000".to_owned())]);
}

#[test]
fn at_most_twenty_violations_are_reported() {
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
fn a_code_of_the_row_is_kept_and_only_a_blank_one_comes_from_the_table() {
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
fn a_name_of_the_register_hides_no_character_and_is_no_formula() {
    let named = |name: &str| file(&[row(100_000).replace("School 100000", name)]);
    let read = |name: &str| {
        let extract = extract::parse(&named(name)).expect("the file is right");
        (extract.schools[0].school_name.to_string(), extract.texts_repaired_count)
    };
    assert_eq!(read("St\u{202E} Mary\u{200B}’s"), ("St Mary’s".to_owned(), 1));
    assert_eq!(read("Cafe\u{301}"), ("Café".to_owned(), 0));
    for formula in ["=HYPERLINK(A1)", "@SUM(A1)", "\u{200B}+1", "-1"] {
        let found = wrong(&named(formula));
        assert_eq!(found[0].0, "extract row 2, column EstablishmentName", "{formula}");
        assert!(found[0].1.contains("formula"), "{found:?}");
    }
}

#[test]
fn the_first_reason_that_applies_is_given() {
    let change = |from: &str, to: &str| {
        let bytes = file(&[row(100_000).replacen(from, to, 1)]);
        read(&bytes).remove(0).reason
    };
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"01\",\"4\",\"3\""), RegisterReason::In);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"2\""), RegisterReason::Closed);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"4\""), RegisterReason::ProposedToOpen);
    assert_eq!(change("\"01\",\"4\",\"1\"", "\"11\",\"3\",\"1\""), RegisterReason::NotStateFunded);
    assert_eq!(change("\"2\",\"D\"", "\"1\",\"D\""), RegisterReason::PhaseNotCounted);
    assert_eq!(change("\"2\",\"D\"", "\"2\",\"\""), RegisterReason::NoRegion);
    for unknown in ["", "0", "5", "-1", "1000", "open"] {
        assert_eq!(change("\"4\",\"1\"", &format!("\"3\",\"{unknown}\"")), RegisterReason::UnknownStatus, "{unknown}");
    }
    for unknown in ["", "8", "-1", "99999999999999999999", "primary"] {
        let phase = format!("\"{unknown}\",\"\"");
        assert_eq!(change("\"2\",\"D\"", &phase), RegisterReason::UnknownPhase, "{unknown}");
        let closed = row(100_000).replace("\"4\",\"1\"", "\"4\",\"2\"").replace("\"2\",\"D\"", &phase);
        assert_eq!(read(&file(&[closed])).remove(0).reason, RegisterReason::Closed, "{unknown}");
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
    assert!(codes.iter().all(|code| code.reason == RegisterReason::UnknownPhase));
    let shown: Vec<_> = codes.iter().map(|code| (code.code.as_str(), code.rows_count)).collect();
    assert_eq!((shown[0], shown[1], shown.len()), (("\u{FFFD}[2J", 2), ("100", 1), 21));
    assert_eq!(shown[20], ("(further codes)", 12));
    assert_eq!(codes.iter().map(|code| code.rows_count).sum::<i64>(), 33);
    let long = extract::parse(&file(&rows[32..])).expect("the file is right").unknown_codes;
    assert_eq!(long[0].code, "x".repeat(99) + "…");
}

#[test]
fn bytes_that_are_no_text_matter_only_in_a_column_that_is_read() {
    let with = |column: &str, name: &[u8], mark: &[u8]| {
        let header = format!("{HEADER},HeadLastName\r\n");
        let row = row(100_000).replace("School 100000", "~") + ",\"é\"\r\n";
        let (row, _, _) = encoding_rs::WINDOWS_1252.encode(&row);
        let at = if column == "HeadLastName" { 0xE9 } else { b'~' };
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
