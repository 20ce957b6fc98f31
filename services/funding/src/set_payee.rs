//! Somebody says to whom an entitlement is paid.

use proto::funding::v1 as pb;
use server::Once;

use crate::{
    act::Desk,
    domain::{EntitlementId, Payee, Review},
    error::Error,
    look_again::look_at_kin,
    store, wire,
};

pub(crate) async fn set_payee(
    desk: &Desk,
    request: Once,
    id: EntitlementId,
    etag: String,
    payee: Payee,
) -> Result<pb::SetPayeeResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let found = store::entitlement::find_entitlement_held(act.tx, &id).await?;
            let mut entitlement = found.ok_or_else(|| Error::NotFound(id.to_string()))?;
            if etag != wire::etag(entitlement.version) {
                return Err(Error::Stale(id.to_string()));
            }
            entitlement.check_open()?;
            if let Some(urn) = payee.school_urn()
                && mirror::find_school(act.tx, urn).await?.is_none()
            {
                return Err(Error::Field("payee.reference", format!("{urn} is no school that the register lists")));
            }
            entitlement.payee = payee;
            // That was the question, if that was asked; of another payee it may be asked again.
            entitlement.review = entitlement.review.filter(|review| *review != Review::Payee);
            entitlement.version += 1;
            store::entitlement::entitlement_update(act.tx, &entitlement).await?;
            act.payee_set(&entitlement);
            store::review::answer_forget(act.tx, &id, Review::Payee).await?;
            look_at_kin(&mut act, entitlement.participation.urn).await?;
            let stands = store::entitlement::find_entitlement_held(act.tx, &id).await?;
            Ok(pb::SetPayeeResponse { entitlement: stands.as_ref().map(Into::into) })
        })
    })
    .await
}
