//! `ReachService.ListReachPolicies` gives a page of policies, in order of their first day.

use db::Tx;
use proto::network::v1 as pb;
use server::Page;
use service::Error;
use time::Date;

use super::{ReachPolicy, store};

pub(crate) async fn list_reach_policies(tx: &mut Tx<'_>, page: Page<Date>) -> Result<pb::ListReachPoliciesResponse, Error> {
    let rows = store::reach_policy_page(tx, page.after().copied(), page.limit()).await?;
    let (reach_policies, next_page_token) = page.cut(rows, |policy: &ReachPolicy| policy.start, |policy| (&policy).into());
    Ok(pb::ListReachPoliciesResponse { reach_policies, next_page_token })
}
