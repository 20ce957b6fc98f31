//! `ParticipationService.ResumeParticipation` lets a school go on with its years.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{ParticipationRef, store};

pub(super) async fn resume_participation(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::ResumeParticipationResponse, Error> {
    let after = participation.lock(cmd).await?.resume(date, cmd.today())?;
    store::participation_update(cmd.tx, &after).await?;
    let event = pb::ParticipationResumed { participation: Some((&after).into()), resume_date: date.to_string() };
    cmd.append(&after, &event);
    Ok(pb::ResumeParticipationResponse { participation: Some((&after).into()) })
}
