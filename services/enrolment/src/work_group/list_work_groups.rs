//! `WorkGroupService.ListWorkGroups` gives a page of Work Groups.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;

use super::{
    rules::{WorkGroup, WorkGroupId},
    store::{self, WorkGroupFilter},
};

pub(super) async fn list_work_groups(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    filter: WorkGroupFilter,
    page: Page<WorkGroupId>,
) -> Result<pb::ListWorkGroupsResponse, Error> {
    let rows = store::work_group_page(tx, &scope, &filter, page.after(), page.limit()).await?;
    let (work_groups, next_page_token) = page.cut(rows, |group: &WorkGroup| group.id.clone(), |group| (&group).into());
    Ok(pb::ListWorkGroupsResponse { work_groups, next_page_token })
}
