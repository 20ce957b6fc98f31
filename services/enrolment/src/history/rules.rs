//! Rules of an import: the participation that a row of a history file becomes.

use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use time::{AcademicYear, Date};
use tonic::Status;
use years::Years;

use super::file::{Column, Fault, Row};
use crate::{
    participation::{Origin, Participation, ParticipationId},
    round::RoundProgramme,
};

/// The columns of the first day and of the completion of each year.
const YEARS: [(Column, Column); 2] =
    [(Column::Year1Start, Column::Year1Completion), (Column::Year2Start, Column::Year2Completion)];

/// The file of an import, as its header describes it.
#[derive(Debug, Clone)]
pub(super) struct HistorySource {
    /// The source of the rows, in words.
    pub(super) text: String,
    /// The day of which the file is true.
    pub(super) as_of: Date,
}

/// The participation that a row without wrong fields becomes, by the rules of the calls that would have recorded it. `programme` is that of the first year.
pub(super) fn participation(
    row: &Row,
    id: ParticipationId,
    programme: &RoundProgramme,
    source: &HistorySource,
) -> Result<Participation, Fault> {
    let missing = |column: Column| Fault::of(row.number, column, "must be set");
    let hub = row.hub.clone().ok_or_else(|| missing(Column::Hub))?;
    let mut participation = Participation {
        id,
        origin: Origin::Import { source: source.text.clone() },
        urn: row.urn.ok_or_else(|| missing(Column::Urn))?,
        current_hub: hub.clone(),
        hub,
        programme: programme.id.clone(),
        years: Years::enrolled(row.first_academic_year.ok_or_else(|| missing(Column::FirstAcademicYear))?, programme.years_count),
        agreement: None,
        attended: None,
        withdraw_reason: None,
        version: 1,
    };
    let by_rule =
        |column: Column, violation: &dyn RuleViolation| Fault::of(row.number, column, Status::from(violation.error()).message());
    let blank = |column: Column, other: Column| Fault::of(row.number, column, format!("is set, and `{}` is blank", other.name()));
    for (index, (started, completed)) in row.years.into_iter().enumerate() {
        let (start_column, completion_column) = YEARS[index];
        match (started, completed) {
            (None, None) => {}
            (None, Some(_)) => return Err(blank(completion_column, start_column)),
            (Some(_), _) if index > 0 && row.years[index - 1].1.is_none() => {
                return Err(blank(start_column, YEARS[index - 1].1));
            }
            (Some(_), _) if participation.years_completed_count == programme.years_count => {
                let why = format!("is set, and `{}` has fewer years", programme.terms_name());
                return Err(Fault::of(row.number, start_column, why));
            }
            (Some(start), completion) => {
                let next = participation.start_year(start, source.as_of);
                participation = next.map_err(|violation| by_rule(start_column, &violation))?;
                if let Some(day) = completion {
                    let next = participation.complete_year(day, source.as_of);
                    participation = next.map_err(|violation| by_rule(completion_column, &violation))?;
                }
            }
        }
    }
    if let Some(day) = row.withdraw_date {
        if participation.never_began() {
            return Err(blank(Column::WithdrawDate, Column::Year1Start));
        }
        let next = participation.withdraw(day, String::new(), source.as_of);
        participation = next.map_err(|violation| by_rule(Column::WithdrawDate, &violation))?;
    }
    Ok(Participation { withdraw_reason: None, version: 1, ..participation })
}

/// The span of claims of a programme and a first year: all time, or the year where the programme is yearly.
pub(super) fn claim_span(programme: &RoundProgramme, first_year: AcademicYear) -> String {
    if programme.is_yearly { first_year.to_string() } else { String::new() }
}

/// A rule of imports that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HistoryViolation {
    /// The day of the file has not come.
    InFuture { day: Date, today: Date },
    /// Rows of the file are wrong.
    Faults(Vec<Fault>),
}

impl RuleViolation for HistoryViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::InFuture { day, today } => {
                let message = format!("`as_of_date` is {day}, and today is {today}; a file cannot be true of a day to come");
                ApiError::new(Reason::DateInFuture, message).with("date", day)
            }
            Self::Faults(faults) => ApiError::fields(Fault::fields(faults.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use eligibility::Eligibility;
    use name::ProgrammeId;

    use super::*;
    use crate::history::file::HistoryFile;

    fn programme(years_count: i64) -> RoundProgramme {
        RoundProgramme {
            id: ProgrammeId::trusted("mastery"),
            display_name: "Mastery".to_owned(),
            terms_version: 1,
            eligibility: Eligibility::from_codes(&[4], &[2], None),
            years_count,
            is_yearly: false,
        }
    }

    /// The participation of a row with these days, or the place of its fault.
    fn imported(days: &str, years_count: i64) -> Result<Participation, String> {
        let header = "urn,programme,hub,first_academic_year,year_1_start,year_1_completion,year_2_start,year_2_completion,\
                      withdraw_date,release_subsidy_paid,textbook_match_paid";
        let as_of = Date::parse("2018-07-31").expect("a day");
        let file = HistoryFile::parse(format!("{header}\n100001,mastery,north,2016/17,{days},,").as_bytes(), as_of);
        let source = HistorySource { text: "a list".to_owned(), as_of };
        let made = participation(&file.rows[0], ParticipationId::trusted("p"), &programme(years_count), &source);
        made.map_err(|fault| Fault::fields(vec![fault]).remove(0).0)
    }

    #[test]
    fn a_row_becomes_the_participation_that_the_calls_would_have_made() {
        use years::YearsState::{Active, Completed, Enrolled, Withdrawn};
        for (days, state, years) in [
            (",,,,", Enrolled, (0, 0)),
            ("2016-09-12,,,,", Active, (1, 0)),
            ("2016-09-12,2017-07-01,,,", Active, (1, 1)),
            ("2016-09-12,2017-07-01,2017-09-11,,", Active, (2, 1)),
            ("2016-09-12,2017-07-01,2017-09-11,2018-07-01,", Completed, (2, 2)),
            ("2016-09-12,2017-07-01,,,2018-01-31", Withdrawn, (1, 1)),
        ] {
            let made = imported(days, 2).expect(days);
            assert_eq!((made.state, (made.year_number, made.years_completed_count)), (state, years), "{days}");
            assert_eq!((made.version, made.withdraw_reason.clone()), (1, None), "{days}");
        }
        assert_eq!(imported("2016-09-12,2017-07-01,,,", 1).expect("it is complete").state, Completed);
    }

    #[test]
    fn a_day_that_breaks_a_rule_is_a_fault_of_its_column() {
        for (days, years_count, column) in [
            ("2015-09-12,,,,", 2, "year_1_start"),
            (",2017-07-01,,,", 2, "year_1_completion"),
            ("2016-09-12,2017-09-01,,,", 2, "year_1_completion"),
            ("2016-09-12,2016-09-11,,,", 2, "year_1_completion"),
            ("2016-09-12,,2017-09-11,,", 2, "year_2_start"),
            ("2016-09-12,2017-07-01,2017-07-02,,", 2, "year_2_start"),
            ("2016-09-12,2017-07-01,2017-09-11,,", 1, "year_2_start"),
            ("2016-09-12,2017-07-01,,2018-07-01,", 2, "year_2_completion"),
            (",,,,2017-01-31", 2, "withdraw_date"),
            ("2016-09-12,,,,2016-09-11", 2, "withdraw_date"),
            ("2016-09-12,2017-07-01,2017-09-11,2018-07-01,2018-07-02", 2, "withdraw_date"),
        ] {
            assert_eq!(imported(days, years_count), Err(format!("row 2, column {column}")), "{days}");
        }
    }
}
