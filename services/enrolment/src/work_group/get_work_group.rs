//! `WorkGroupService.GetWorkGroup` gives one Work Group.

use db::Tx;
use proto::enrolment::v1 as pb;
use scope::ScopeKey;
use service::Error;
use time::Date;

use super::{WorkGroupRef, store};

pub(super) async fn get_work_group(tx: &mut Tx<'_>, group: WorkGroupRef, today: Date) -> Result<pb::GetWorkGroupResponse, Error> {
    let scope = ScopeKey::new(&group.scope, today);
    let found = store::find_work_group(tx, &scope, &group.id).await?.ok_or_else(|| group.not_found())?;
    Ok(pb::GetWorkGroupResponse { work_group: Some((&found).into()) })
}
