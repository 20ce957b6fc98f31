//! A school completes the year that it has taken up.

use proto::enrolment::v1 as pb;
use service::Command;
use time::Date;

use crate::{error::Error, events, participation_ref::ParticipationRef, store};

pub(crate) async fn complete_year(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::CompleteYearResponse, Error> {
    let next = participation.hold(cmd).await?.complete_year(date, cmd.today())?;
    store::participation::participation_update(cmd.tx, &next).await?;
    events::year_completed(cmd, &next, date);
    Ok(pb::CompleteYearResponse { participation: Some((&next).into()) })
}
