//! `ParticipationService.RecordAgreement` records the day on which a school signed the agreement to take part.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{ParticipationRef, store};

pub(super) async fn record_agreement(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::RecordAgreementResponse, Error> {
    let after = participation.lock(cmd).await?.agree(date, cmd.today())?;
    store::participation_update(cmd.tx, &after).await?;
    let event = pb::AgreementSigned { participation: Some((&after).into()), sign_date: date.to_string() };
    cmd.append(&after, &event);
    Ok(pb::RecordAgreementResponse { participation: Some((&after).into()) })
}
