//! Reads a history file: CSV in UTF-8, with eleven columns in any order. Rows are counted as a spreadsheet shows them: the header is row 1.

use name::{HubId, ProgrammeId, Urn};
use time::{AcademicYear, Date};

/// Most rows of a file, so that its transaction is short.
pub(super) const ROWS_MAX: usize = 10_000;
/// Most faults that one answer names.
const FAULTS_MAX: usize = 20;

/// A column of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Urn,
    Programme,
    Hub,
    FirstAcademicYear,
    Year1Start,
    Year1Completion,
    Year2Start,
    Year2Completion,
    WithdrawDate,
    ReleaseSubsidyPaid,
    TextbookMatchPaid,
}

impl Column {
    const ALL: [Self; 11] = [
        Self::Urn,
        Self::Programme,
        Self::Hub,
        Self::FirstAcademicYear,
        Self::Year1Start,
        Self::Year1Completion,
        Self::Year2Start,
        Self::Year2Completion,
        Self::WithdrawDate,
        Self::ReleaseSubsidyPaid,
        Self::TextbookMatchPaid,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Urn => "urn",
            Self::Programme => "programme",
            Self::Hub => "hub",
            Self::FirstAcademicYear => "first_academic_year",
            Self::Year1Start => "year_1_start",
            Self::Year1Completion => "year_1_completion",
            Self::Year2Start => "year_2_start",
            Self::Year2Completion => "year_2_completion",
            Self::WithdrawDate => "withdraw_date",
            Self::ReleaseSubsidyPaid => "release_subsidy_paid",
            Self::TextbookMatchPaid => "textbook_match_paid",
        }
    }
}

/// A fault in a row. Faults are in order of row and column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    row: usize,
    /// `None` for the row as a whole.
    column: Option<Column>,
    why: String,
}

impl Fault {
    /// Of a column.
    pub(super) fn of(row: usize, column: Column, why: impl Into<String>) -> Self {
        Self { row, column: Some(column), why: why.into() }
    }

    fn of_row(row: usize, why: impl Into<String>) -> Self {
        Self { row, column: None, why: why.into() }
    }

    /// The first [`FAULTS_MAX`] faults as fields of an error and their descriptions, and the number of the others.
    pub(super) fn fields(mut faults: Vec<Self>) -> Vec<(String, String)> {
        faults.sort_unstable();
        let more = faults.len().saturating_sub(FAULTS_MAX);
        let shown = faults.into_iter().take(FAULTS_MAX).map(|fault| match fault.column {
            Some(column) => (format!("row {}, column {}", fault.row, column.name()), fault.why),
            None => (format!("row {}", fault.row), fault.why),
        });
        let rest = (more > 0).then(|| ("file".to_owned(), format!("has {more} more faults")));
        shown.chain(rest).collect()
    }
}

/// A row. A value is `None` when its field is blank or wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// As a spreadsheet shows it.
    pub(super) number: usize,
    pub(super) urn: Option<Urn>,
    pub(super) programme: Option<ProgrammeId>,
    pub(super) hub: Option<HubId>,
    pub(super) first_academic_year: Option<AcademicYear>,
    /// First day and day of completion of both years.
    pub(super) years: [(Option<Date>, Option<Date>); 2],
    pub(super) withdraw_date: Option<Date>,
    pub(super) release_subsidy_paid: Option<Date>,
    pub(super) textbook_match_paid: Option<Date>,
    /// All fields, in the order of [`Column::ALL`], separated by commas.
    pub(super) content: String,
    /// False when a field is wrong.
    pub(super) is_whole: bool,
}

/// A file, and the faults that were found in it so far.
#[derive(Debug, Default)]
pub(super) struct HistoryFile {
    pub(super) rows: Vec<Row>,
    pub(super) faults: Vec<Fault>,
}

impl HistoryFile {
    /// Reads a file whose days are not after `as_of`.
    pub(super) fn parse(bytes: &[u8], as_of: Date) -> Self {
        let mut file = Self::default();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let row = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
                file.faults.push(Fault::of_row(row, "holds a byte that is not UTF-8; save the file as CSV in UTF-8"));
                return file;
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).trim(csv::Trim::All);
        let mut records = reader.from_reader(text.as_bytes()).into_records().map(|record| record.expect("the text is UTF-8"));
        let header = records.next().unwrap_or_default();
        let columns = match columns(&header) {
            Ok(columns) => columns,
            Err(why) => {
                file.faults.push(Fault::of_row(1, why));
                return file;
            }
        };
        for record in records {
            let number = record.position().map_or(0, |position| row_number(text, position));
            if file.rows.len() == ROWS_MAX {
                let why = format!("is one row too many: a file has at most {ROWS_MAX} rows below its header; send it in parts");
                file.faults.push(Fault::of_row(number, why));
                break;
            }
            if record.len() != header.len() {
                let why = format!("has {} fields where the header has {}", record.len(), header.len());
                file.faults.push(Fault::of_row(number, why));
            } else {
                let row = file.row(number, columns.map(|index| record.get(index).unwrap_or_default()), as_of);
                file.rows.push(row);
            }
        }
        file
    }

    /// Reads a row from its fields, in the order of [`Column::ALL`].
    fn row(&mut self, number: usize, fields: [&str; 11], as_of: Date) -> Row {
        let faults = &mut self.faults;
        let before = faults.len();
        let [urn, programme, hub, first_year, days @ ..] = fields;
        let urn = required(
            faults,
            number,
            Column::Urn,
            Urn::parse(&format!("schools/{urn}")).map_err(|_| "must be a URN, 100000 to 999999"),
        );
        let programme = required(faults, number, Column::Programme, ProgrammeId::parse(programme));
        let hub = HubId::parse(&format!("hubs/{hub}")).map_err(|_| "must be the id of a hub");
        let hub = required(faults, number, Column::Hub, hub);
        let first_academic_year = required(faults, number, Column::FirstAcademicYear, AcademicYear::parse(first_year));
        let mut day = |column: Column| {
            let text = days[column as usize - Column::Year1Start as usize];
            if text.is_empty() {
                return None;
            }
            let day = required(faults, number, column, Date::parse(text))?;
            if day > as_of {
                faults.push(Fault::of(number, column, format!("{day} is after {as_of}, the day of the file")));
                return None;
            }
            Some(day)
        };
        let years =
            [(day(Column::Year1Start), day(Column::Year1Completion)), (day(Column::Year2Start), day(Column::Year2Completion))];
        let [withdraw_date, release_subsidy_paid, textbook_match_paid] =
            [Column::WithdrawDate, Column::ReleaseSubsidyPaid, Column::TextbookMatchPaid].map(day);
        let is_whole = faults.len() == before;
        Row {
            number,
            urn,
            programme,
            hub,
            first_academic_year,
            years,
            withdraw_date,
            release_subsidy_paid,
            textbook_match_paid,
            content: fields.join(","),
            is_whole,
        }
    }
}

/// The number of the row at a position, as a spreadsheet shows it. The position is before the blank rows and the end of the row before, which the reader skips.
fn row_number(text: &str, position: &csv::Position) -> usize {
    let [line, byte] = [position.line(), position.byte()].map(|number| usize::try_from(number).expect("a file is small"));
    let ends = text.as_bytes().iter().skip(byte).take_while(|byte| matches!(byte, b'\r' | b'\n'));
    line + ends.filter(|byte| **byte == b'\n').count()
}

/// A value that must be right.
fn required<T, E: std::fmt::Display>(faults: &mut Vec<Fault>, row: usize, column: Column, value: Result<T, E>) -> Option<T> {
    value.map_err(|why| faults.push(Fault::of(row, column, why.to_string()))).ok()
}

/// The index of each column in the file. Errors when the header has other columns than these, each once.
fn columns(header: &csv::StringRecord) -> Result<[usize; 11], String> {
    let expected = || Column::ALL.map(Column::name).join(",");
    if let Some(other) = header.iter().find(|name| !Column::ALL.iter().any(|column| column.name() == *name)) {
        return Err(format!("`{}` is no column of a history file; the columns are {}", text::excerpt(other), expected()));
    }
    let index = |column: Column| header.iter().position(|name| name == column.name());
    if header.len() != Column::ALL.len() || Column::ALL.iter().any(|column| index(*column).is_none()) {
        return Err(format!("must name each column once: {}", expected()));
    }
    Ok(Column::ALL.map(|column| index(column).expect("every column is named")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "urn,programme,hub,first_academic_year,year_1_start,year_1_completion,year_2_start,year_2_completion,\
                          withdraw_date,release_subsidy_paid,textbook_match_paid";

    fn parse(text: &str) -> HistoryFile {
        HistoryFile::parse(text.as_bytes(), Date::parse("2018-01-16").expect("a day"))
    }

    fn places(file: HistoryFile) -> Vec<String> {
        Fault::fields(file.faults).into_iter().map(|(place, _)| place).collect()
    }

    #[test]
    fn columns_may_be_in_any_order_and_fields_are_trimmed() {
        let reversed = HEADER.split(',').rev().collect::<Vec<_>>().join(",");
        let rows = [
            "100001,mastery,north,2016/17,2016-09-12,,,,,2016-12-01,",
            ",2016-12-01,,,,,2016-09-12, 2016/17 ,north,mastery,100001",
        ];
        for (header, row) in [HEADER, &reversed].into_iter().zip(rows) {
            let file = parse(&format!("\u{feff}{header}\r\n{row}\r\n"));
            assert_eq!(file.faults, []);
            assert_eq!(file.rows[0].urn, Some(Urn::trusted(100_001)));
            assert_eq!(file.rows[0].release_subsidy_paid, Some(Date::parse("2016-12-01").expect("a day")));
            assert_eq!(file.rows[0].content, "100001,mastery,north,2016/17,2016-09-12,,,,,2016-12-01,");
        }
    }

    #[test]
    fn every_fault_of_a_file_has_its_row_and_column() {
        let rows = "1,A b,?,2016,12-09-2016,2018-01-17,,,,,\n100001,mastery,north,2016/17,,,\n\n100001,mastery,north,2016/17,,,,,,\"2017-02-30\",\n";
        assert_eq!(
            places(parse(&format!("{HEADER}\n{rows}"))),
            [
                "row 2, column urn",
                "row 2, column programme",
                "row 2, column hub",
                "row 2, column first_academic_year",
                "row 2, column year_1_start",
                "row 2, column year_1_completion",
                "row 3",
                "row 5, column release_subsidy_paid",
            ]
        );
        let crlf = format!("{HEADER}\r\n\r\n1,mastery,north,2016/17,,,,,,,\r\n");
        assert_eq!(places(parse(&crlf)), ["row 3, column urn"]);
        assert_eq!(places(HistoryFile::parse(b"urn\n\xff\n", Date::parse("2018-01-16").expect("a day"))), ["row 2"]);
    }

    #[test]
    fn a_header_with_other_columns_is_refused() {
        for header in ["", "urn", &format!("{HEADER},hub"), &HEADER.replace("hub", "hub_id"), &HEADER.replace("hub", "urn")] {
            assert_eq!(places(parse(header)), ["row 1"], "{header}");
        }
    }

    #[test]
    fn an_answer_names_twenty_faults_and_the_number_of_the_others() {
        let rows = "x,mastery,north,2016/17,,,,,,,\n".repeat(25);
        let fields = Fault::fields(parse(&format!("{HEADER}\n{rows}")).faults);
        assert_eq!(fields.len(), 21);
        assert_eq!(fields[20], ("file".to_owned(), "has 5 more faults".to_owned()));
        let rows = "100001,mastery,north,2016/17,,,,,,,\n".repeat(ROWS_MAX + 5);
        assert_eq!(places(parse(&format!("{HEADER}\n{rows}"))), [format!("row {}", ROWS_MAX + 2)]);
    }
}
