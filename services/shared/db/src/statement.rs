//! The text of a statement, once for both databases.

use std::{fmt::Write, sync::OnceLock};

/// All statements of the program that [`sql!`](crate::sql) makes.
#[linkme::distributed_slice]
pub static STATEMENTS: [Statement];

/// A statement with named parameters. The text of a database is made when it is first needed.
#[derive(Debug)]
pub struct Statement {
    origin: fn() -> &'static str,
    text: &'static str,
    names: &'static [&'static [&'static str]],
    list: Option<(&'static str, usize)>,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Statement {
    /// For [`sql!`](crate::sql). `names` are the parameters in the order in which they are bound, after those of the list. `list` is the name of a list
    /// and the number of values of one item.
    #[doc(hidden)]
    pub const fn new(
        origin: fn() -> &'static str,
        text: &'static str,
        names: &'static [&'static [&'static str]],
        list: Option<(&'static str, usize)>,
    ) -> Self {
        check(text, names, list);
        Self { origin, text, names, list, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// Path of the function that runs it, for example `enrolment::round::store::find_round`.
    pub fn origin(&self) -> &'static str {
        let path = (self.origin)();
        let path = path.strip_suffix("::origin").unwrap_or(path);
        path.split("::{{closure}}").next().unwrap_or(path)
    }

    /// The first table that it names.
    pub(crate) fn table(&self) -> &'static str {
        let mut words = self.text.split_whitespace();
        let after = |word: &str| matches!(word, "FROM" | "UPDATE" | "INTO");
        while words.by_ref().any(after) {
            if let Some(table) = words.next().filter(|word| !word.starts_with('(')) {
                return table.trim_end_matches([',', ')']);
            }
        }
        "?"
    }

    /// The text for PostgreSQL; for [`postgres_text!`](crate::postgres_text).
    #[doc(hidden)]
    pub fn postgres_text(&'static self) -> &'static str {
        self.text(true)
    }

    /// The text without a list, as a database gets it.
    pub(crate) fn text(&'static self, postgres: bool) -> &'static str {
        let text = if postgres { &self.postgres } else { &self.sqlite };
        text.get_or_init(|| self.text_for(postgres, 1))
    }

    /// The text with a list of this number of items, as a database gets it.
    pub(crate) fn text_for(&self, postgres: bool, items: usize) -> String {
        let listed = self.list.map_or(0, |(_, columns)| items * columns);
        let names: Vec<&str> = self.names.concat();
        let mut text = String::with_capacity(self.text.len() + listed * 6);
        let mut rest = self.text;
        let mut parameters = 0;
        while let Some(index) = rest.find([':', '\'', '{', '}']) {
            text.push_str(&rest[..index]);
            rest = &rest[index..];
            let taken = match rest.as_bytes()[0] {
                b'\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
                b'{' => {
                    let (database, end) = if rest.starts_with("{postgres ") { (true, 10) } else { (false, 8) };
                    if database == postgres { end } else { rest.find('}').map_or(rest.len(), |end| end + 1) }
                }
                b'}' => 1,
                _ => {
                    let name = parameter(rest);
                    match names.iter().position(|known| *known == name) {
                        _ if name.is_empty() => {}
                        Some(position) => write!(text, "${}", listed + position + 1).expect("writing to a string cannot fail"),
                        // SQLite looks each numbered parameter up among all others, so that 40,000 take seconds; nameless ones count by themselves.
                        None => self.push_list(&mut text, items, postgres || parameters > 0),
                    }
                    parameters += usize::from(!name.is_empty());
                    if name.is_empty() { rest.len() - rest.trim_start_matches(':').len() } else { name.len() + 1 }
                }
            };
            if matches!(rest.as_bytes()[0], b'\'') || parameter(rest).is_empty() && rest.starts_with(':') {
                text.push_str(&rest[..taken]);
            }
            rest = &rest[taken..];
        }
        text.push_str(rest);
        text
    }

    fn push_list(&self, text: &mut String, items: usize, numbered: bool) {
        let columns = self.list.map_or(0, |(_, columns)| columns);
        if !numbered {
            // Thousands of items: joined by the library, which is fast in unoptimised builds too.
            let item = vec!["?"; columns].join(", ");
            let item = if columns > 1 { format!("({item})") } else { item };
            text.push_str(&vec![item; items].join(", "));
            return;
        }
        for item in 0..items {
            text.push_str(if item == 0 { "" } else { ", " });
            text.push_str(if columns > 1 { "(" } else { "" });
            for column in 0..columns {
                text.push_str(if column == 0 { "" } else { ", " });
                write!(text, "${}", item * columns + column + 1).expect("writing to a string cannot fail");
            }
            text.push_str(if columns > 1 { ")" } else { "" });
        }
    }

    /// Both texts for people, without indentation: one when they are equal, or when only one database has the statement.
    pub fn reviewed(&self) -> String {
        let lines = |postgres| -> String {
            let text = self.text_for(postgres, if self.list.is_some() { 2 } else { 1 });
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        };
        let (sqlite, postgres) = (lines(false), lines(true));
        match (sqlite.as_str(), postgres.as_str()) {
            (sqlite, postgres) if sqlite == postgres => format!("{sqlite};\n"),
            (sqlite, "") => format!("-- SQLite only\n{sqlite};\n"),
            ("", postgres) => format!("-- PostgreSQL only\n{postgres};\n"),
            (sqlite, postgres) => format!("-- SQLite\n{sqlite};\n-- PostgreSQL\n{postgres};\n"),
        }
    }
}

/// The name after a colon at the start of a text; empty when no name follows it.
fn parameter(text: &str) -> &str {
    let rest = text.strip_prefix(':').unwrap_or_default();
    let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && !letter.is_ascii_digit() && letter != '_');
    &rest[..end.unwrap_or(rest.len())]
}

/// Fails to compile when the text has a parameter that no value is given for, or a value is given for none.
const fn check(text: &str, names: &[&[&str]], list: Option<(&str, usize)>) {
    let bytes = text.as_bytes();
    let mut found = 0;
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'\'' {
            index += 1;
            while index < bytes.len() && bytes[index] != b'\'' {
                index += 1;
            }
        }
        let mut end = index + 1;
        if index < bytes.len() && bytes[index] == b':' {
            while end < bytes.len() && is_name(bytes[end]) {
                end += 1;
            }
            if end > index + 1 {
                assert!(
                    is_given(bytes, index + 1, end, names, list),
                    "the statement has a parameter for which no value is given"
                );
            } else if end < bytes.len() && bytes[end] == b':' {
                // A cast of PostgreSQL: the type's name is none of a parameter.
                end += 1;
                while end < bytes.len() && is_name(bytes[end]) {
                    end += 1;
                }
            }
        }
        index = end;
    }
    let mut group = 0;
    while group < names.len() {
        let mut name = 0;
        while name < names[group].len() {
            assert!(is_used(bytes, names[group][name]), "a value is given for a parameter that the statement does not have");
            name += 1;
            found += 1;
        }
        group += 1;
    }
    if let Some((name, _)) = list {
        assert!(is_used(bytes, name), "a list is given for a parameter that the statement does not have");
        found += 1;
    }
    assert!(found <= 60, "a statement has at most 60 parameters");
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

const fn is_given(text: &[u8], start: usize, end: usize, names: &[&[&str]], list: Option<(&str, usize)>) -> bool {
    let mut group = 0;
    while group < names.len() {
        let mut name = 0;
        while name < names[group].len() {
            if is_at(text, start, end, names[group][name]) {
                return true;
            }
            name += 1;
        }
        group += 1;
    }
    match list {
        Some((name, _)) => is_at(text, start, end, name),
        None => false,
    }
}

const fn is_used(text: &[u8], name: &str) -> bool {
    let mut index = 0;
    while index < text.len() {
        if text[index] == b':' {
            let mut end = index + 1;
            while end < text.len() && is_name(text[end]) {
                end += 1;
            }
            if is_at(text, index + 1, end, name) {
                return true;
            }
        }
        index += 1;
    }
    false
}

const fn is_at(text: &[u8], start: usize, end: usize, name: &str) -> bool {
    let name = name.as_bytes();
    if end - start != name.len() {
        return false;
    }
    let mut index = 0;
    while index < name.len() {
        if text[start + index] != name[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> &'static str {
        "db::statement::tests::origin::{{closure}}::origin"
    }

    #[test]
    fn names_become_numbers_in_the_order_of_binding() {
        let statement = Statement::new(
            origin,
            "SELECT ':no', a::text FROM t WHERE id = :id AND :day > b OR id <> :id",
            &[&["day"], &["id"]],
            None,
        );
        let text = "SELECT ':no', a::text FROM t WHERE id = $2 AND $1 > b OR id <> $2";
        assert_eq!([statement.text_for(false, 1), statement.text_for(true, 1)], [text, text]);
        assert_eq!(statement.origin(), "db::statement::tests::origin");
        assert_eq!(statement.reviewed(), format!("{text};\n"));
    }

    #[test]
    fn braces_hold_what_one_database_alone_gets() {
        let statement = Statement::new(origin, "SELECT 1 {postgres FOR UPDATE}{sqlite WHERE :a}", &[&["a"]], None);
        assert_eq!([statement.text_for(false, 1), statement.text_for(true, 1)], ["SELECT 1 WHERE $1", "SELECT 1 FOR UPDATE"]);
        assert_eq!(statement.reviewed(), "-- SQLite\nSELECT 1 WHERE $1;\n-- PostgreSQL\nSELECT 1 FOR UPDATE;\n");
    }

    #[test]
    fn a_statement_of_one_database_is_reviewed_once() {
        static ONLY: Statement = Statement::new(origin, "{postgres SELECT $1::text[]}", &[], None);
        assert_eq!((ONLY.postgres_text(), ONLY.text_for(false, 1).as_str()), ("SELECT $1::text[]", ""));
        assert_eq!(ONLY.reviewed(), "-- PostgreSQL only\nSELECT $1::text[];\n");
    }

    #[test]
    fn a_list_is_bound_first_and_nameless_on_sqlite_where_it_comes_first() {
        let rows = Statement::new(origin, "INSERT INTO t VALUES :rows RETURNING :x", &[&["x"]], Some(("rows", 2)));
        assert_eq!(rows.text_for(false, 2), "INSERT INTO t VALUES (?, ?), (?, ?) RETURNING $5");
        assert_eq!(rows.text_for(true, 2), "INSERT INTO t VALUES ($1, $2), ($3, $4) RETURNING $5");
        let ids = Statement::new(origin, "DELETE FROM t WHERE a = :a AND id IN (:ids)", &[&["a"]], Some(("ids", 1)));
        assert_eq!(ids.text_for(false, 3), "DELETE FROM t WHERE a = $4 AND id IN ($1, $2, $3)");
    }
}
