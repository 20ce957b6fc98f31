//! The file in which people review the statements of a crate.

use std::{collections::BTreeSet, path::Path};

use crate::STATEMENTS;

/// Set to write the files instead of comparing them.
const UPDATE: &str = "UPDATE_REVIEWED";

/// Compares the statements of a crate with its `statements.sql`, beside its `Cargo.toml`: `statements_are_reviewed(env!("CARGO_PKG_NAME"),
/// env!("CARGO_MANIFEST_DIR"))`. Panics when they differ, and says how to write the file anew.
pub fn statements_are_reviewed(name: &str, folder: &str) {
    let prefix = format!("{name}::");
    let of_crate = STATEMENTS.iter().filter_map(|statement| Some((statement.origin().strip_prefix(&prefix)?, statement)));
    let statements: BTreeSet<String> =
        of_crate.map(|(origin, statement)| format!("-- {origin}\n{}", statement.reviewed())).collect();
    let head = format!(
        "-- The SQL statements of `{name}` as the databases get them, by the function that runs them. Generated; a test compares.\n"
    );
    let text = std::iter::once(head).chain(statements).collect::<Vec<_>>().join("\n");
    reviewed(&Path::new(folder).join("statements.sql"), &text);
}

/// Compares a generated text with the file in which people review it. Panics when they differ, and says how to write the file anew.
pub fn reviewed(path: &Path, text: &str) {
    if super::environment(UPDATE).is_some() {
        std::fs::write(path, text).expect("the file can be written");
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    let line = known.lines().zip(text.lines()).position(|(known, now)| known != now);
    let line = line.unwrap_or_else(|| known.lines().count().min(text.lines().count())) + 1;
    assert!(
        known == text,
        "{} is not up to date at line {line}; run this test with {UPDATE}=1 and review the change",
        path.display()
    );
}
