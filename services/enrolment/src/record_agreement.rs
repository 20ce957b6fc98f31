//! The agreement to take part was signed.

use proto::enrolment::v1 as pb;
use service::Command;
use time::Date;

use crate::{error::Error, events, participation_ref::ParticipationRef, store};

pub(crate) async fn record_agreement(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::RecordAgreementResponse, Error> {
    let next = participation.hold(cmd).await?.agree(date, cmd.today())?;
    store::participation::participation_update(cmd.tx, &next).await?;
    events::agreement_signed(cmd, &next, date);
    Ok(pb::RecordAgreementResponse { participation: Some((&next).into()) })
}
