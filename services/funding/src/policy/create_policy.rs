//! A policy is recorded, and places that were accepted before it get their entitlements.

use proto::funding::v1 as pb;
use service::Command;

use crate::{arise::arise_missing, domain::Policy, error::Error, events, store};

/// Places whose entitlements arise in the transaction of the policy; the rest are the service's own work soon after.
const PLACES_MAX: i64 = 200;

pub(crate) async fn create_policy(cmd: &mut Command<'_, '_>, policy: Policy) -> Result<pb::CreatePolicyResponse, Error> {
    if store::policy::find_policy(cmd.tx, &policy.id).await?.is_some() {
        return Err(Error::PolicyExists(policy.id.to_string()));
    }
    match store::policy::policy_insert(cmd.tx, &policy).await {
        Ok(true) => {}
        Ok(false) => return Err(Error::PolicyOverlap),
        // By another at once.
        Err(error) if error.is_unique_violation() => return Err(Error::PolicyExists(policy.id.to_string())),
        Err(error) => return Err(error.into()),
    }
    events::policy_created(cmd, &policy);
    arise_missing(cmd, PLACES_MAX).await?;
    Ok(pb::CreatePolicyResponse { policy: Some((&policy).into()) })
}
