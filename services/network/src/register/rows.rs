//! Cuts CSV into rows and fields, in place: of an extract's 88 columns a dozen are read, so fields are found, not copied.
//!
//! Rows end with LF, CR or both; blank lines are no rows. A field that begins with a quote ends with the next one that is not doubled, and may hold
//! commas and ends of lines.

use std::borrow::Cow;

/// A file's rows, one after another.
#[derive(Debug)]
pub(crate) struct Rows<'b> {
    bytes: &'b [u8],
    /// Start of the rest.
    at: usize,
    /// Start and end of the fields of this row, quotes included.
    fields: Vec<(usize, usize)>,
    inside_quotes: bool,
}

impl<'b> Rows<'b> {
    /// Before the first row.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, fields: Vec::new(), inside_quotes: false }
    }

    /// Goes to the next row. False at the end.
    pub(crate) fn next_row(&mut self) -> bool {
        self.fields.clear();
        let mut start = self.at + self.blank_len();
        if start == self.bytes.len() {
            return false;
        }
        self.at = loop {
            let end = self.field_end(start);
            self.fields.push((start, end));
            if self.bytes.get(end) != Some(&b',') {
                break end;
            }
            start = end + 1;
        };
        true
    }

    /// Number of fields of this row.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// A field of this row, without its quotes.
    pub(crate) fn field(&self, index: usize) -> Cow<'b, [u8]> {
        let (start, end) = self.fields[index];
        unquoted(&self.bytes[start..end])
    }

    /// Whether no row follows.
    pub(crate) fn is_last(&self) -> bool {
        self.at + self.blank_len() == self.bytes.len()
    }

    /// Whether the file ended inside a quoted field of this row.
    pub(crate) fn ends_inside_quotes(&self) -> bool {
        self.inside_quotes
    }

    fn blank_len(&self) -> usize {
        self.bytes[self.at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
    }

    fn field_end(&mut self, start: usize) -> usize {
        let bytes = self.bytes;
        let mut at = start;
        while bytes.get(at) == Some(&b'"') {
            // To the next quote, and behind it. If another one follows, the two were one that belongs to the text.
            let Some(len) = bytes[at + 1..].iter().position(|byte| *byte == b'"') else {
                self.inside_quotes = true;
                return bytes.len();
            };
            at += len + 2;
        }
        while at < bytes.len() && !matches!(bytes[at], b',' | b'\r' | b'\n') {
            at += 1;
        }
        at
    }
}

fn unquoted(field: &[u8]) -> Cow<'_, [u8]> {
    let Some(quoted) = field.strip_prefix(b"\"") else { return Cow::Borrowed(field) };
    if let Some(inner) = quoted.strip_suffix(b"\"")
        && !inner.contains(&b'"')
    {
        return Cow::Borrowed(inner);
    }
    let (mut text, mut rest) = (Vec::with_capacity(field.len()), quoted);
    while let Some(len) = rest.iter().position(|byte| *byte == b'"') {
        text.extend_from_slice(&rest[..len]);
        rest = &rest[len + 1..];
        match rest.strip_prefix(b"\"") {
            Some(after) => {
                text.push(b'"');
                rest = after;
            }
            None => break,
        }
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut rows = Rows::new(bytes);
        let mut all = Vec::new();
        while rows.next_row() {
            all.push((0..rows.len()).map(|index| String::from_utf8_lossy(&rows.field(index)).into_owned()).collect());
        }
        all
    }

    #[test]
    fn fields_are_found_and_unquoted() {
        assert_eq!(
            cut(b"a,\"b\",,\"\"\r\n\"c, d\",\"say \"\"e\"\"\",f\"g,\n"),
            [vec!["a", "b", "", ""], vec!["c, d", "say \"e\"", "f\"g", ""]]
        );
        assert_eq!(cut(b"\"\"\"\",\"a\r\nb\"\n"), [["\"", "a\r\nb"]]);
    }

    #[test]
    fn rows_end_in_any_way_and_blank_lines_are_none() {
        assert_eq!(cut(b"\n\na\rb\r\n\r\nc\nd"), [["a"], ["b"], ["c"], ["d"]]);
        assert_eq!(cut(b""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn any_bytes_are_cut_as_the_csv_crate_cuts_them() {
        // Every text of up to seven of the characters that matter.
        for length in 0..=7_u32 {
            for number in 0..5_usize.pow(length) {
                let bytes: Vec<u8> = (0..length).map(|index| b"a,\"\r\n"[number / 5_usize.pow(index) % 5]).collect();
                let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
                let theirs: Vec<Vec<String>> =
                    reader.records().map(|row| row.expect("it is text").iter().map(str::to_owned).collect()).collect();
                assert_eq!(cut(&bytes), theirs, "{:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}
