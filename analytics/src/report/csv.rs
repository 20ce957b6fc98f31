//! The text of a CSV file: UTF-8 without a byte order mark, lines that end in LF, and no cell that a spreadsheet takes for a formula.

/// The text of a header and its rows, and the number of rows.
pub(super) fn csv(header: &[String], rows: impl IntoIterator<Item = Vec<String>>) -> (String, usize) {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(header).expect("writing to memory succeeds");
    let mut rows_count = 0;
    for row in rows {
        let cells = row.iter().map(|cell| text::cell(cell));
        writer.write_record(cells.map(|cell| cell.into_owned())).expect("every row has the header's columns");
        rows_count += 1;
    }
    let bytes = writer.into_inner().expect("writing to memory succeeds");
    (String::from_utf8(bytes).expect("text was written"), rows_count)
}
