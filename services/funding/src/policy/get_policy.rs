//! `PolicyService.GetPolicy` gives one policy.

use db::Tx;
use proto::funding::v1 as pb;
use service::Error;

use super::{PolicyId, store};

pub(super) async fn get_policy(tx: &mut Tx<'_>, id: PolicyId) -> Result<pb::GetPolicyResponse, Error> {
    let policy = store::policy_by_id(tx, &id).await?;
    Ok(pb::GetPolicyResponse { policy: Some((&policy).into()) })
}
