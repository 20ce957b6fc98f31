//! Reads a downloaded CSV file: its header, rows and fields, and the place of every error in it.
//!
//! Rows are counted as a spreadsheet shows them: the header is row 1.

use std::{borrow::Cow, collections::HashMap};

use time::Date;

use super::{
    encoding::{self, Encoding},
    rows::Rows,
};
use crate::stream::VIOLATIONS_MAX;

/// Longest text in a column that is kept.
const TEXT_CHARS_MAX: usize = 400;

/// An error in a file, and its place: `extract row 17, column OpenDate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileViolation {
    /// The file, row and column.
    pub(crate) place: String,
    /// The fault.
    pub(crate) why: String,
}

/// A file with a header, and the errors that were found in it so far.
pub(crate) struct File<'b> {
    name: &'static str,
    encoding: Encoding,
    rows: Rows<'b>,
    header_len: usize,
    columns: HashMap<String, usize>,
    row: usize,
    /// Fields that were encoded twice and were repaired.
    pub(crate) texts_repaired_count: i64,
    /// The errors.
    pub(crate) violations: Vec<FileViolation>,
}

/// A column: its name, and its index in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column(&'static str, usize);

impl<'b> File<'b> {
    /// Opens a file whose header must name `keys`; of columns of one name the first is read. Errors when it is empty, of another encoding, or
    /// lacks a key column. It may be windows-1252, as GIAS writes it, or UTF-8, with any number of byte-order marks.
    pub(crate) fn open(name: &'static str, what: &str, bytes: &'b [u8], keys: &[&str]) -> Result<Self, Vec<FileViolation>> {
        let wrong = |place: String, why: String| Err(vec![FileViolation { place, why }]);
        if bytes.is_empty() {
            return wrong(name.to_owned(), "is empty".to_owned());
        }
        let (bytes, encoding) = match encoding::detect(bytes) {
            Ok(known) => known,
            Err((row, column, why)) => return wrong(format!("{name} row {row}, column {column}"), why),
        };
        let mut rows = Rows::new(bytes);
        let read = rows.next_row();
        let header: Vec<String> =
            (0..rows.len()).map(|index| encoding::decode_lossy(&rows.field(index), encoding).trim().to_owned()).collect();
        let missing: Vec<&str> = keys.iter().filter(|key| !header.iter().any(|column| column == *key)).copied().collect();
        if !read || !missing.is_empty() {
            return wrong(format!("{name} row 1"), format!("is no {what}: it lacks the columns {}", missing.join(", ")));
        }
        let mut columns = HashMap::with_capacity(header.len());
        for (index, column) in header.iter().enumerate() {
            columns.entry(column.clone()).or_insert(index);
        }
        let header_len = header.len();
        Ok(Self { name, encoding, rows, header_len, columns, row: 1, texts_repaired_count: 0, violations: Vec::new() })
    }

    /// A column that the header names.
    pub(crate) fn column(&self, name: &'static str) -> Option<Column> {
        self.columns.get(name).map(|index| Column(name, *index))
    }

    /// A column that is among the keys.
    pub(crate) fn key(&self, name: &'static str) -> Column {
        self.column(name).expect("a key column was looked for when the file was opened")
    }

    /// Goes to the next row that has all its fields. False at the end of the file, or after [`VIOLATIONS_MAX`] errors.
    pub(crate) fn next_row(&mut self) -> bool {
        while self.violations.len() < VIOLATIONS_MAX {
            if !self.rows.next_row() {
                return false;
            }
            self.row += 1;
            if self.rows.ends_inside_quotes() {
                self.wrong_row("ends inside a quoted field: the file is cut off".to_owned());
                return false;
            }
            let found = self.rows.len();
            if found == self.header_len {
                return true;
            }
            let cut = if self.rows.is_last() && found < self.header_len { ": the file is cut off" } else { "" };
            self.wrong_row(format!("has {found} fields where the header has {}{cut}", self.header_len));
        }
        false
    }

    /// The row's number, as a spreadsheet shows it.
    pub(crate) fn row(&self) -> usize {
        self.row
    }

    fn wrong_row(&mut self, why: String) {
        self.violations.push(FileViolation { place: format!("{} row {}", self.name, self.row), why });
    }

    /// Adds an error in a field of this row.
    pub(crate) fn wrong(&mut self, column: Column, why: String) {
        self.violations.push(FileViolation { place: format!("{} row {}, column {}", self.name, self.row, column.0), why });
    }

    /// A field's text, without space around it. `None` when its bytes are no text, which is then among the violations.
    pub(crate) fn find_text(&mut self, column: Column) -> Option<Cow<'b, str>> {
        let decoded = match encoding::decode(self.rows.field(column.1), self.encoding) {
            Ok(decoded) => decoded,
            Err(why) => {
                self.wrong(column, why);
                return None;
            }
        };
        self.texts_repaired_count += i64::from(decoded.repaired);
        Some(match decoded.text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }

    /// A field's text, without space around it. Empty when its bytes are no text.
    pub(crate) fn text(&mut self, column: Column) -> Cow<'b, str> {
        self.find_text(column).unwrap_or_default()
    }

    /// A name in a field, of bounded length and in normal form C. Hidden characters are removed, which counts as a repair.
    pub(crate) fn title(&mut self, column: Column) -> Option<Cow<'b, str>> {
        let mut title = self.find_text(column)?;
        if title.chars().any(text::is_hidden) {
            self.texts_repaired_count += 1;
            title = Cow::Owned(title.chars().filter(|character| !text::is_hidden(*character)).collect());
        }
        if let Cow::Owned(normal) = text::normalize(&title) {
            title = Cow::Owned(normal);
        }
        if title.len() > TEXT_CHARS_MAX && title.chars().count() > TEXT_CHARS_MAX {
            self.wrong(column, format!("is longer than {TEXT_CHARS_MAX} characters"));
            return None;
        }
        if text::is_formula(&title) {
            let why = "begins with `=`, `+`, `-` or `@`, which a spreadsheet takes for a formula; correct the field in GIAS";
            self.wrong(column, why.to_owned());
            return None;
        }
        Some(title)
    }

    /// A field's number.
    pub(crate) fn number(&mut self, column: Column, allowed: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let text = self.find_text(column)?;
        let number = text.parse().ok().filter(|number| allowed.contains(number));
        if number.is_none() {
            let why = format!("`{}` is not a number from {} to {}", text::excerpt(&text), allowed.start(), allowed.end());
            self.wrong(column, why);
        }
        number
    }

    /// A field's day, written `DD-MM-YYYY`, or `None` in the inner option when it is blank.
    #[expect(
        clippy::option_option,
        reason = "the outer one says whether the field is right, the inner one whether there is a day"
    )]
    pub(crate) fn day(&mut self, column: Column) -> Option<Option<Date>> {
        let text = self.find_text(column)?;
        if text.is_empty() {
            return Some(None);
        }
        let day = day(&text);
        if day.is_none() {
            let why = format!("`{}` is not a day written DD-MM-YYYY", text::excerpt(&text));
            self.wrong(column, why);
        }
        day.map(Some)
    }
}

fn day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[2] != b'-' || bytes[5] != b'-' {
        return None;
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (day, month, year) = (text.get(..2)?, text.get(3..5)?, text.get(6..)?);
    if !(digits(day) && digits(month) && digits(year)) {
        return None;
    }
    Date::new_checked(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
