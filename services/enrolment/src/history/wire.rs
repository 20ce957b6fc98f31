//! The event of an imported participation.

use proto::enrolment::v1 as pb;
use time::Date;

use super::{file::Row, rules::HistorySource};
use crate::{participation::Participation, round::RoundProgramme};

/// The event of a row.
pub(super) fn imported(
    row: &Row,
    participation: &Participation,
    programme: &RoundProgramme,
    source: &HistorySource,
) -> pb::ParticipationImported {
    let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let years = row.years.iter().zip(1..).filter(|((start, _), _)| start.is_some());
    let years = years.map(|((start, completion), number)| pb::ImportedYear {
        academic_year: participation.academic_year(number).to_string(),
        start_date: text(*start),
        completion_date: text(*completion),
    });
    pb::ParticipationImported {
        participation: Some(participation.into()),
        programme: Some(programme.into()),
        as_of_date: source.as_of.to_string(),
        years: years.collect(),
        withdraw_date: text(row.withdraw_date),
        release_subsidy_paid_date: text(row.release_subsidy_paid),
        textbook_match_paid_date: text(row.textbook_match_paid),
    }
}
