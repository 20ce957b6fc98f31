//! `PolicyService.CreatePolicy` records a policy and recognises the entitlements of places that were accepted before.

use proto::funding::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{Policy, PolicyViolation, store};
use crate::entitlement::recognise::recognise_missing;

/// Maximum number of places whose entitlements are recognised in the transaction of the policy; the sweep does the rest.
const PLACES_MAX: i64 = 200;

pub(super) async fn create_policy(cmd: &mut Command<'_, '_>, policy: Policy) -> Result<pb::CreatePolicyResponse, Error> {
    if store::find_policy(cmd.tx, &policy.id).await?.is_some() {
        return Err(PolicyViolation::Exists(policy.id).into());
    }
    if let Some(unknown) = mirror::find_unknown_decision(cmd.tx, [&policy.decision]).await? {
        return Err(ApiError::decision_unknown(&unknown).into());
    }
    mirror::programme_of_year::<Error>(cmd.tx, &policy.programme, policy.first_year()).await?;
    store::policy_insert(cmd.tx, &policy).await?;
    cmd.append(&policy, &pb::PolicyCreated { policy: Some((&policy).into()) });
    recognise_missing(cmd, PLACES_MAX).await?;
    Ok(pb::CreatePolicyResponse { policy: Some((&policy).into()) })
}
