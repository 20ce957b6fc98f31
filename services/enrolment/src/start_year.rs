//! A school takes up its next year.

use proto::enrolment::v1 as pb;
use service::Command;
use time::Date;

use crate::{error::Error, events, participation_ref::ParticipationRef, store};

pub(crate) async fn start_year(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::StartYearResponse, Error> {
    let next = participation.hold(cmd).await?.start_year(date, cmd.today())?;
    store::participation::participation_update(cmd.tx, &next).await?;
    events::year_started(cmd, &next, date);
    Ok(pb::StartYearResponse { participation: Some((&next).into()) })
}
