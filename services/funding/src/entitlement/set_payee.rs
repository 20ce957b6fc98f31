//! `EntitlementService.SetPayee` sets the payee of an entitlement, which answers an open question about the payee.

use proto::funding::v1 as pb;
use service::{Command, Error};

use super::{EntitlementRef, store};
use crate::{
    payee::{Payee, PayeeViolation},
    review::{self, Review, reassess_lineage::reassess_relatives},
};

pub(super) async fn set_payee(
    cmd: &mut Command<'_, '_>,
    entitlement: EntitlementRef,
    payee: Payee,
) -> Result<pb::SetPayeeResponse, Error> {
    let mut entitlement = entitlement.for_update(cmd).await?;
    let participation = &entitlement.participation;
    cmd.concerns(&participation.hub, participation.urn);
    entitlement.check_releasable()?;
    if let Some(urn) = payee.school_urn()
        && mirror::find_school(cmd.tx, urn).await?.is_none()
    {
        return Err(PayeeViolation::SchoolNotListed(urn).into());
    }
    entitlement.change_payee(payee, cmd.now());
    store::entitlement_update(cmd.tx, &mut entitlement).await?;
    cmd.append(&entitlement, &pb::PayeeSet { entitlement: Some((&entitlement).into()) });
    review::store::answer_delete(cmd.tx, entitlement.id(), Review::Payee).await?;
    reassess_relatives(cmd, entitlement.participation.urn).await?;
    let entitlement = store::entitlement_by_id_for_update(cmd.tx, entitlement.id()).await?;
    Ok(pb::SetPayeeResponse { entitlement: Some((&entitlement).into()), ..Default::default() })
}
