//! `ParticipationService.StartYear` starts the next year of a school.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{ParticipationRef, store};

pub(super) async fn start_year(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::StartYearResponse, Error> {
    let after = participation.lock(cmd).await?.start_year(date, cmd.today())?;
    store::participation_update(cmd.tx, &after).await?;
    let academic_year = after.academic_year(after.year_number).to_string();
    let event = pb::YearStarted { participation: Some((&after).into()), academic_year, start_date: date.to_string() };
    cmd.append(&after, &event);
    Ok(pb::StartYearResponse { participation: Some((&after).into()) })
}
