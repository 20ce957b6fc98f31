//! Somebody says to whom an entitlement is paid.

use proto::funding::v1 as pb;
use service::Command;

use crate::{
    domain::{EntitlementId, Payee, Review},
    error::Error,
    events,
    reassess_lineage::reassess_relatives,
    store, wire,
};

pub(crate) async fn set_payee(
    cmd: &mut Command<'_, '_>,
    id: EntitlementId,
    etag: String,
    payee: Payee,
) -> Result<pb::SetPayeeResponse, Error> {
    let found = store::entitlement::find_entitlement_held(cmd.tx, &id).await?;
    let mut entitlement = found.ok_or_else(|| Error::NotFound(id.to_string()))?;
    if etag != wire::etag(entitlement.version) {
        return Err(Error::Stale(id.to_string()));
    }
    entitlement.check_open()?;
    if let Some(urn) = payee.school_urn()
        && mirror::find_school(cmd.tx, urn).await?.is_none()
    {
        return Err(Error::Field("payee.reference", format!("{urn} is no school that the register lists")));
    }
    entitlement.payee = payee;
    // That was the question, if that was asked; of another payee it may be asked again.
    entitlement.review = entitlement.review.filter(|review| *review != Review::Payee);
    entitlement.version += 1;
    store::entitlement::entitlement_update(cmd.tx, &entitlement).await?;
    events::payee_set(cmd, &entitlement);
    store::review::answer_forget(cmd.tx, &id, Review::Payee).await?;
    reassess_relatives(cmd, entitlement.participation.urn).await?;
    let stands = store::entitlement::find_entitlement_held(cmd.tx, &id).await?;
    Ok(pb::SetPayeeResponse { entitlement: stands.as_ref().map(Into::into) })
}
