//! `WorkGroupService.ListMemberships` gives a page of memberships.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;
use time::{AcademicYear, Date};

use super::store;
use crate::{participation::ParticipationId, work_group::WorkGroupId};

/// The memberships of a list. An absent part does not filter.
#[derive(Debug, Clone)]
pub(crate) struct MembershipFilter {
    pub(crate) work_group: Option<WorkGroupId>,
    pub(crate) participation: Option<ParticipationId>,
    /// A day of the memberships.
    pub(crate) as_of: Option<Date>,
}

/// The end of a page: participation, academic year and first day of its last membership.
pub(crate) type MembershipKey = (ParticipationId, AcademicYear, Date);

pub(crate) async fn list_memberships(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    filter: MembershipFilter,
    page: Page<MembershipKey>,
) -> Result<pb::ListMembershipsResponse, Error> {
    let rows = store::membership_page(tx, &scope, &filter, page.after(), page.limit()).await?;
    let (memberships, next_page_token) = page.cut(rows, |row| row.key(), |membership| (&membership).into());
    Ok(pb::ListMembershipsResponse { memberships, next_page_token })
}
