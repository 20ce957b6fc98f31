//! Reading a CSV file that somebody downloaded: its encoding, its header, its rows, and where what is wrong with it stands.
//!
//! Rows are counted as a spreadsheet shows them: the header is row 1.

use std::{borrow::Cow, collections::HashMap};

use encoding_rs::WINDOWS_1252;
use time::Date;

use super::rows::Rows;

/// Violations that are told at once; reading stops after them.
pub(crate) const VIOLATIONS_MAX: usize = 20;
/// Longest text in a column that is kept.
const TEXT_CHARS_MAX: usize = 400;
/// Bytes that are looked at together.
const BLOCK_SIZE_BYTES: usize = 1024;

/// What is wrong, and where: `extract row 17, column OpenDate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The file, row and column.
    pub(crate) place: String,
    /// A sentence.
    pub(crate) why: String,
}

/// A file with a header, and what was found wrong with it so far.
pub(crate) struct File<'b> {
    name: &'static str,
    utf8: bool,
    rows: Rows<'b>,
    header_len: usize,
    columns: HashMap<String, usize>,
    row: usize,
    /// Everything that is wrong.
    pub(crate) violations: Vec<Violation>,
}

/// A column's place in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column(&'static str, usize);

impl<'b> File<'b> {
    /// Opens a file whose header must name `keys`; of columns of one name the first is read. Errors when it is empty, of another encoding, or
    /// lacks a key column. It may be windows-1252, as GIAS writes it, or UTF-8.
    pub(crate) fn open(name: &'static str, what: &str, bytes: &'b [u8], keys: &[&str]) -> Result<Self, Vec<Violation>> {
        let wrong = |place: String, why: String| Err(vec![Violation { place, why }]);
        if bytes.is_empty() {
            return wrong(name.to_owned(), "is empty".to_owned());
        }
        let (bytes, utf8) = match encoding(bytes) {
            Ok(known) => known,
            Err((offset, why)) => {
                let (row, column) = place_of(bytes, offset);
                return wrong(format!("{name} row {row}, column {column}"), why);
            }
        };
        let mut rows = Rows::new(bytes);
        let read = rows.next_row();
        let header: Vec<String> = (0..rows.len()).map(|place| text(rows.field(place), utf8).trim().to_owned()).collect();
        let missing: Vec<&str> = keys.iter().filter(|key| !header.iter().any(|column| column == *key)).copied().collect();
        if !read || !missing.is_empty() {
            return wrong(format!("{name} row 1"), format!("is no {what}: it lacks the columns {}", missing.join(", ")));
        }
        let mut columns = HashMap::with_capacity(header.len());
        for (place, column) in header.iter().enumerate() {
            columns.entry(column.clone()).or_insert(place);
        }
        let header_len = header.len();
        Ok(Self { name, utf8, rows, header_len, columns, row: 1, violations: Vec::new() })
    }

    /// A column that the header names.
    pub(crate) fn column(&self, name: &'static str) -> Option<Column> {
        self.columns.get(name).map(|place| Column(name, *place))
    }

    /// A column that is among the keys.
    pub(crate) fn key(&self, name: &'static str) -> Column {
        self.column(name).expect("a key column was looked for when the file was opened")
    }

    /// Goes to the next row that has all its fields. False at the end of the file, or when enough is wrong.
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
        self.violations.push(Violation { place: format!("{} row {}", self.name, self.row), why });
    }

    /// Says that a field of this row is wrong.
    pub(crate) fn wrong(&mut self, column: Column, why: String) {
        self.violations.push(Violation { place: format!("{} row {}, column {}", self.name, self.row, column.0), why });
    }

    /// A field's text, without space around it.
    pub(crate) fn text(&self, column: Column) -> Cow<'b, str> {
        match text(self.rows.field(column.1), self.utf8) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    /// A field's text, of bounded length.
    pub(crate) fn text_bounded(&mut self, column: Column) -> Option<Cow<'b, str>> {
        let text = self.text(column);
        if text.len() <= TEXT_CHARS_MAX || text.chars().count() <= TEXT_CHARS_MAX {
            return Some(text);
        }
        self.wrong(column, format!("is longer than {TEXT_CHARS_MAX} characters"));
        None
    }

    /// A field's number.
    pub(crate) fn number(&mut self, column: Column, allowed: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let text = self.text(column);
        let number = text.parse().ok().filter(|number| allowed.contains(number));
        if number.is_none() {
            let why = format!("`{text}` is not a number from {} to {}", allowed.start(), allowed.end());
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
        let text = self.text(column);
        if text.is_empty() {
            return Some(None);
        }
        let day = day(&text);
        if day.is_none() {
            let why = format!("`{text}` is not a day written DD-MM-YYYY");
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

fn text(field: Cow<'_, [u8]>, utf8: bool) -> Cow<'_, str> {
    let decode = |bytes: &[u8]| WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
    match field {
        field if !utf8 && !field.is_ascii() => Cow::Owned(decode(&field)),
        // Nearly always it is; to ask is quicker than to search for what is not.
        Cow::Borrowed(field) => std::str::from_utf8(field).map_or_else(|_| String::from_utf8_lossy(field), Cow::Borrowed),
        Cow::Owned(field) => Cow::Owned(String::from_utf8_lossy(&field).into_owned()),
    }
}

/// The bytes without their mark, and whether they are UTF-8; else the offset of the first byte that is wrong, and why.
fn encoding(bytes: &[u8]) -> Result<(&[u8], bool), (usize, String)> {
    let expected = "save it as downloaded from GIAS: windows-1252, or UTF-8";
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err((0, format!("the file is UTF-16; {expected}")));
    }
    if let Some(offset) = position(bytes, |block| block.contains(&0), |byte| byte == 0) {
        return Err((offset, format!("holds a zero byte, which is no text; {expected}")));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return match std::str::from_utf8(rest) {
            Ok(_) => Ok((rest, true)),
            Err(error) => Err((error.valid_up_to() + 3, format!("the file is marked as UTF-8 and is not; {expected}"))),
        };
    }
    // Text of windows-1252 that happens to be valid UTF-8 throughout has no accented letter in it, and then the two are the same.
    if std::str::from_utf8(bytes).is_ok() {
        return Ok((bytes, true));
    }
    // The five bytes that windows-1252 leaves undefined.
    match position(bytes, |block| !block.is_ascii(), |byte| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D)) {
        Some(offset) => {
            Err((offset, format!("holds the byte {:#04X}, which is no text in windows-1252; {expected}", bytes[offset])))
        }
        None => Ok((bytes, false)),
    }
}

/// Where the first byte of a kind stands. `may_hold` says quickly of most blocks that they hold none.
fn position(bytes: &[u8], may_hold: impl Fn(&[u8]) -> bool, kind: impl Fn(u8) -> bool) -> Option<usize> {
    let blocks = bytes.chunks(BLOCK_SIZE_BYTES).enumerate().filter(|(_, block)| may_hold(block));
    let found = |(number, block): (usize, &[u8])| {
        let place = block.iter().position(|byte| kind(*byte))?;
        Some(number * BLOCK_SIZE_BYTES + place)
    };
    blocks.filter_map(found).next()
}

/// The row and the column in which an offset lies.
fn place_of(bytes: &[u8], offset: usize) -> (usize, String) {
    let mut rows = Rows::new(&bytes[..=offset]);
    let (mut row, mut column, mut header) = (0, 0, Vec::new());
    while rows.next_row() {
        row += 1;
        column = rows.len().saturating_sub(1);
        if row == 1 {
            header = (0..rows.len()).map(|place| String::from_utf8_lossy(&rows.field(place)).into_owned()).collect();
        }
    }
    let name = if row > 1 { header.get(column).cloned() } else { None };
    (row, name.unwrap_or_else(|| (column + 1).to_string()))
}
