//! `ParticipationService.RecordAgreement` records the day on which a school signed the agreement to take part.

use proto::enrolment::v1 as pb;
use service::{Command, Error};

use super::{ParticipationRef, rules::Agreement, store};

pub(super) async fn record_agreement(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    agreement: Agreement,
    document_sha256: String,
) -> Result<pb::RecordAgreementResponse, Error> {
    let sign_date = agreement.sign_date.to_string();
    let before = participation.lock(cmd).await?;
    cmd.concerns(&before.current_hub, before.urn);
    let after = before.agree(agreement, cmd.today())?;
    store::participation_update(cmd.tx, &after).await?;
    let event = pb::AgreementSigned { participation: Some((&after).into()), sign_date, document_sha256 };
    cmd.append(&after, &event);
    Ok(pb::RecordAgreementResponse { participation: Some((&after).into()), ..Default::default() })
}
