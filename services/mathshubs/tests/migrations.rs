//! Released migrations never change.

use std::{collections::BTreeMap, fs, path::Path};

use db::Migration;
use sha2::{Digest, Sha256};

/// The steps of every crate, by `crate,version,name`.
fn steps() -> BTreeMap<String, String> {
    let crates: [(&str, &[Migration]); 8] = [
        ("db", db::MIGRATIONS),
        ("feed", feed::MIGRATIONS),
        ("mirror", mirror::MIGRATIONS),
        ("meeting", meeting::MIGRATIONS),
        ("network", network::MIGRATIONS),
        ("enrolment", enrolment::MIGRATIONS),
        ("specialists", specialists::MIGRATIONS),
        ("funding", funding::MIGRATIONS),
    ];
    let sha256 = |step: &Migration| Sha256::digest(step.sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let of_crate = |(name, steps): (&str, &'static [Migration])| {
        steps.iter().map(move |step| (format!("{name},{},{}", step.version, step.name), sha256(step))).collect::<Vec<_>>()
    };
    crates.into_iter().flat_map(of_crate).collect()
}

/// The rows of a list of released steps that differ from the program's steps.
fn changed(released: &str, steps: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines = released.lines();
    assert_eq!(lines.next(), Some("crate,version,name,sha256"), "the header of released.csv");
    let is_changed =
        |line: &&str| line.rsplit_once(',').is_none_or(|(step, sha256)| steps.get(step).is_none_or(|now| now != sha256));
    lines.filter(is_changed).map(str::to_owned).collect()
}

#[test]
fn released_migrations_are_unchanged() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/released.csv");
    let released = fs::read_to_string(list).unwrap();
    assert_eq!(changed(&released, &steps()), Vec::<String>::new(), "add a new step instead of editing a released one");
}

#[test]
fn an_edited_or_removed_step_is_found() {
    let mut steps = steps();
    let header = "crate,version,name,sha256\n";
    let list: String = steps.iter().map(|(step, sha256)| format!("{step},{sha256}\n")).collect();
    assert_eq!(changed(&format!("{header}{list}"), &steps), Vec::<String>::new());
    steps.insert("network,100,network".to_owned(), "0".repeat(64));
    steps.remove("feed,10,event");
    assert_eq!(changed(&format!("{header}{list}"), &steps).len(), 2);
}
