//! The deny list: subjects and tokens that are refused before they expire.

use std::{collections::HashSet, path::Path, sync::Arc};

use crate::{MachineClock, file::WatchedFile};

/// The deny list cannot be read, in one sentence.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct DenyListError(String);

/// A file of denied subjects and tokens, read again when it changes, at most once a second.
pub(crate) struct DenyList(WatchedFile<Denied>);

/// Entries as `(issuer, subject)` and `(issuer, id of a token)`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Denied {
    subjects: HashSet<(String, String)>,
    tokens: HashSet<(String, String)>,
}

impl DenyList {
    /// Fails when the file cannot be read or has a line of another form.
    pub(crate) fn open(path: &Path, clock: MachineClock) -> Result<Self, DenyListError> {
        WatchedFile::open(path, clock, parse).map(Self).map_err(DenyListError)
    }

    pub(crate) fn value(&self) -> Arc<Denied> {
        self.0.value()
    }
}

/// Errors when a deny list cannot be read or has a line of another form.
pub fn check_deny_list(path: &Path) -> Result<(), DenyListError> {
    DenyList::open(path, MachineClock::system()).map(drop)
}

impl Denied {
    pub(crate) fn contains(&self, issuer: &str, subject: &str, token: Option<&str>) -> bool {
        if self.subjects.is_empty() && self.tokens.is_empty() {
            return false;
        }
        let entry = |name: &str| (issuer.to_owned(), name.to_owned());
        self.subjects.contains(&entry(subject)) || token.is_some_and(|id| self.tokens.contains(&entry(id)))
    }
}

/// One entry a line: `subject ISSUER SUBJECT` or `token ISSUER JTI`. Empty lines and lines that begin with `#` are skipped.
fn parse(text: &str) -> Result<Denied, String> {
    let mut denied = Denied::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.splitn(3, ' ');
        let entry = (words.next(), words.next(), words.next().map(str::trim));
        let (entries, issuer, name) = match entry {
            (Some("subject"), Some(issuer), Some(name)) => (&mut denied.subjects, issuer, name),
            (Some("token"), Some(issuer), Some(name)) => (&mut denied.tokens, issuer, name),
            _ => return Err(format!("has on line {} neither `subject ISSUER SUBJECT` nor `token ISSUER JTI`", index + 1)),
        };
        entries.insert((issuer.to_owned(), name.to_owned()));
    }
    Ok(denied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_subjects_and_tokens_of_one_issuer() {
        let denied =
            parse("# left in March\nsubject https://login ada lovelace\n\ntoken https://login t-1\n").expect("it is a deny list");
        for (issuer, subject, token, expected) in [
            ("https://login", "ada lovelace", None, true),
            ("https://other", "ada lovelace", None, false),
            ("https://login", "grace", Some("t-1"), true),
            ("https://other", "grace", Some("t-1"), false),
            ("https://login", "grace", None, false),
        ] {
            assert_eq!(denied.contains(issuer, subject, token), expected, "{issuer} {subject} {token:?}");
        }
    }

    #[test]
    fn a_line_of_another_form_is_named() {
        for text in ["subject ada", "user https://login ada", "token"] {
            let error = parse(&format!("# a comment\n{text}")).expect_err(text);
            assert!(error.contains("line 2"), "{text}: {error}");
        }
    }
}
