//! `reasons.csv` lists every reason that an error can carry, with its code and what it means; the services' sources are held against it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Codes that are no reasons: logs and metrics name them.
const CODES: [&str; 9] = [
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
    "DATA_LOSS",
];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The list: reason to its codes, `FAILED_PRECONDITION` and so on.
fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("reasons.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("reason,code,meaning"));
    let mut reasons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines {
        let fields: Vec<_> = line.splitn(3, ',').collect();
        let [reason, code, meaning] = fields[..] else { panic!("`{line}` has not three fields") };
        assert!(is_reason(reason), "`{reason}` is not in capitals");
        assert!(meaning.trim_matches('"').ends_with('.'), "what `{reason}` means is not a sentence: {meaning}");
        let added = reasons.entry(reason.to_owned()).or_default().insert(code.to_owned());
        assert!(added, "`{reason}` is listed twice with `{code}`");
    }
    reasons
}

/// What the sources give: reason to codes; a reason that is given apart from its code has none.
fn given() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders = vec![project().join("services")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests" && name != "testing") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                for (reason, code) in reasons_in(&std::fs::read_to_string(&path).unwrap()) {
                    found.entry(reason).or_default().extend(code);
                }
            }
        }
    }
    found
}

/// `Code::NotFound, "NOT_FOUND"` wherever it stands, `with_error_info("NOT_FOUND"`, `=> "NOT_FOUND"` and `const NOT_FOUND: &str = "NOT_FOUND"`. The
/// last two only with an underscore, because other things are named in capitals too.
fn reasons_in(source: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for (start, _) in source.match_indices("Code::") {
        let rest = &source[start + "Code::".len()..];
        let end = rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len());
        let literal = rest[end..].trim_start().strip_prefix(',').and_then(|rest| literal(rest.trim_start()));
        if let Some(reason) = literal {
            found.push((reason.to_owned(), Some(wire_code(&rest[..end]))));
        }
    }
    for (start, opening) in source.match_indices("with_error_info(") {
        if let Some(reason) = literal(source[start + opening.len()..].trim_start()) {
            found.push((reason.to_owned(), None));
        }
    }
    for (start, opening) in source.match_indices("=> ") {
        if let Some(reason) =
            literal(&source[start + opening.len()..]).filter(|reason| reason.contains('_') && !CODES.contains(reason))
        {
            found.push((reason.to_owned(), None));
        }
    }
    for (start, _) in source.match_indices("const ") {
        let rest = &source[start + "const ".len()..];
        if let Some((name, value)) = rest.split_once(": &str = ")
            && literal(value) == Some(name)
            && name.contains('_')
        {
            found.push((name.to_owned(), None));
        }
    }
    found
}

/// The reason that a string literal at the beginning of a text holds.
fn literal(text: &str) -> Option<&str> {
    let reason = text.strip_prefix('"')?.split('"').next()?;
    is_reason(reason).then_some(reason)
}

fn is_reason(text: &str) -> bool {
    text.len() > 2 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// `FailedPrecondition` as the wire writes it.
fn wire_code(code: &str) -> String {
    let mut wire = String::new();
    for (index, letter) in code.char_indices() {
        if letter.is_uppercase() && index > 0 {
            wire.push('_');
        }
        wire.extend(letter.to_uppercase());
    }
    wire
}

#[test]
fn every_reason_that_the_services_give_is_listed_with_its_code() {
    let listed = listed();
    let given = given();
    assert!(given.len() > 5, "the scan finds nothing");
    let unlisted: Vec<_> =
        given.iter().filter(|(reason, codes)| !listed.get(*reason).is_some_and(|known| codes.is_subset(known))).collect();
    assert!(unlisted.is_empty(), "given, and not in proto/reasons.csv with these codes: {unlisted:#?}");
}

#[test]
fn every_reason_that_is_listed_is_given() {
    let given = given();
    let is_given =
        |reason: &String, codes: &BTreeSet<String>| given.get(reason).is_some_and(|used| used.is_empty() || used == codes);
    let unused: Vec<_> = listed().into_iter().filter(|(reason, codes)| !is_given(reason, codes)).collect();
    assert!(unused.is_empty(), "in proto/reasons.csv, and given by nobody with these codes: {unused:#?}");
}

#[test]
fn every_reason_that_the_contracts_speak_of_is_listed() {
    let listed = listed();
    let mut named = BTreeSet::new();
    for file in protos() {
        let text = std::fs::read_to_string(file).unwrap();
        for (start, opening) in text.match_indices("reason") {
            let word =
                text[start + opening.len()..].trim_start_matches([' ', '/', '\n']).split([' ', ',', ';', '.', '\n']).next();
            named.extend(word.filter(|word| is_reason(word)).map(str::to_owned));
        }
    }
    assert!(named.len() >= 5, "the contracts name {named:?} only");
    named.retain(|reason| !listed.contains_key(reason));
    assert!(named.is_empty(), "promised by a contract, and not in proto/reasons.csv: {named:?}");
}

fn protos() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("mathshubs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

#[test]
fn the_scan_sees_a_reason_however_the_line_is_broken() {
    let source = "ApiError::new(\n        Code::FailedPrecondition,\n        \"NO_PLACE_LEFT\",\n  x); const CURSOR_LOST: &str = \"CURSOR_LOST\"; \
                  ErrorDetails::with_error_info(\"TRY_LATER\", y); Code::Ok, \"lower\"; const NAME: &str = \"OTHER\"; \
                  const URN: &str = \"URN\"; Self::Old => \"TOKEN_OLD\", Self::Get => \"GET\"";
    let expected = [
        ("NO_PLACE_LEFT".to_owned(), Some("FAILED_PRECONDITION".to_owned())),
        ("TRY_LATER".to_owned(), None),
        ("TOKEN_OLD".to_owned(), None),
        ("CURSOR_LOST".to_owned(), None),
    ];
    assert_eq!(reasons_in(source), expected);
}
