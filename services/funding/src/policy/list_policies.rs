//! `PolicyService.ListPolicies` gives a page of policies.

use db::Tx;
use proto::funding::v1 as pb;
use server::Page;
use service::Error;

use super::{Policy, PolicyId, store};

pub(super) async fn list_policies(tx: &mut Tx<'_>, page: Page<PolicyId>) -> Result<pb::ListPoliciesResponse, Error> {
    let rows = store::policy_page(tx, page.after(), page.limit()).await?;
    let (policies, next_page_token) = page.cut(rows, |policy: &Policy| policy.id.clone(), |policy| (&policy).into());
    Ok(pb::ListPoliciesResponse { policies, next_page_token })
}
