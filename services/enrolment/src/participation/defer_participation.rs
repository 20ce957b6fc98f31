//! `ParticipationService.DeferParticipation` interrupts the years of a school.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{ParticipationRef, store};
use crate::membership::leave_groups;

pub(super) async fn defer_participation(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::DeferParticipationResponse, Error> {
    let after = participation.lock(cmd).await?.defer(date, cmd.today())?;
    store::participation_update(cmd.tx, &after).await?;
    leave_groups(cmd, &after.id, date.plus_days(-1)).await?;
    let event = pb::ParticipationDeferred { participation: Some((&after).into()), defer_date: date.to_string() };
    cmd.append(&after, &event);
    Ok(pb::DeferParticipationResponse { participation: Some((&after).into()) })
}
