//! A policy is recorded, and places that were accepted before it get their entitlements.

use proto::funding::v1 as pb;
use server::Once;

use crate::{act::Desk, arise::arise_missing, domain::Policy, error::Error, store};

/// Places whose entitlements arise in the transaction of the policy; the rest are the service's own work soon after.
const PLACES_MAX: i64 = 200;

pub(crate) async fn create_policy(desk: &Desk, request: Once, policy: Policy) -> Result<pb::CreatePolicyResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            if store::policy::find_policy(act.tx, &policy.id).await?.is_some() {
                return Err(Error::PolicyExists(policy.id.to_string()));
            }
            match store::policy::policy_insert(act.tx, &policy).await {
                Ok(true) => {}
                Ok(false) => return Err(Error::PolicyOverlap),
                // By another at once.
                Err(error) if error.is_unique_violation() => return Err(Error::PolicyExists(policy.id.to_string())),
                Err(error) => return Err(error.into()),
            }
            act.policy_created(&policy);
            arise_missing(&mut act, PLACES_MAX).await?;
            Ok(pb::CreatePolicyResponse { policy: Some((&policy).into()) })
        })
    })
    .await
}
