//! `reasons.csv` lists the reasons of errors; the services' sources and the contracts are compared with it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use proto::Reason;

#[test]
fn every_reason_that_is_listed_is_given() {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("services");
    let sources: String = files(&services).iter().map(|file| std::fs::read_to_string(file).unwrap_or_default()).collect();
    let unused: Vec<_> = Reason::ALL.iter().filter(|reason| !sources.contains(&format!("Reason::{reason:?}"))).collect();
    assert!(unused.is_empty(), "in proto/reasons.csv, and given by no service: {unused:?}");
}

#[test]
fn every_meaning_is_a_sentence() {
    for line in include_str!("../reasons.csv").lines().skip(1) {
        assert!(line.trim_end_matches('"').ends_with('.'), "{line}");
    }
}

fn is_reason(text: &str) -> bool {
    text.len() > 2 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

#[test]
fn every_reason_that_the_contracts_speak_of_is_listed() {
    let mut named = BTreeSet::new();
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("mathshubs")) {
        let text = std::fs::read_to_string(file).unwrap();
        for (start, opening) in text.match_indices("reason") {
            let word =
                text[start + opening.len()..].trim_start_matches([' ', '/', '\n']).split([' ', ',', ';', '.', '\n']).next();
            named.extend(word.filter(|word| is_reason(word)).map(str::to_owned));
        }
    }
    assert!(named.len() >= 5, "the contracts name {named:?} only");
    named.retain(|reason| Reason::ALL.iter().all(|listed| listed.as_str() != reason));
    assert!(named.is_empty(), "promised by a contract, and not in proto/reasons.csv: {named:?}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}
