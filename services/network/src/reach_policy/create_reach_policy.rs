//! `ReachService.CreateReachPolicy` records the rule by which reach is measured from a day on.

use proto::network::v1 as pb;
use service::{Command, Error};

use super::{ReachPolicy, ReachPolicyViolation, store};
use crate::{council, reach};

/// A day on which published figures are true has a policy already, or had none: that never changes.
pub(crate) async fn create_reach_policy(
    cmd: &mut Command<'_, '_>,
    policy: ReachPolicy,
) -> Result<pb::CreateReachPolicyResponse, Error> {
    council::store::decision_check(cmd.tx, [&policy.decision]).await?;
    // No publication appears until this transaction ends.
    reach::store::publication_lock(cmd.tx).await?;
    if !store::reach_policy_insert(cmd.tx, &policy).await? {
        let other = store::find_reach_policy_of_start(cmd.tx, policy.start).await?;
        return Err(match other {
            Some(other) if other != policy.id => ReachPolicyViolation::StartTaken { start: policy.start, other },
            _ => ReachPolicyViolation::Exists(policy.id),
        }
        .into());
    }
    if let Some(true_on) = reach::store::find_last_true_on(cmd.tx).await?
        && policy.start <= true_on
    {
        return Err(ReachPolicyViolation::TooEarly { start: policy.start, true_on }.into());
    }
    cmd.append(&policy, &pb::ReachPolicyCreated { reach_policy: Some((&policy).into()) });
    Ok(pb::CreateReachPolicyResponse { reach_policy: Some((&policy).into()) })
}
