//! `ParticipationService.CompleteYear` completes the year that a school started.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{ParticipationRef, store};

pub(super) async fn complete_year(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::CompleteYearResponse, Error> {
    let after = participation.lock(cmd).await?.complete_year(date, cmd.today())?;
    store::participation_update(cmd.tx, &after).await?;
    let academic_year = after.academic_year(after.year_number).to_string();
    let event = pb::YearCompleted { participation: Some((&after).into()), academic_year, completion_date: date.to_string() };
    cmd.append(&after, &event);
    Ok(pb::CompleteYearResponse { participation: Some((&after).into()) })
}
