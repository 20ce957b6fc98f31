//! The checks that planning and changing a meeting share.

use server::ApiError;
use service::{Command, Error};

use crate::{meeting_ref::ParentRef, parent::Parent, rules::Plan, store};

/// Whether the parent, the hub, the host school and the expected subjects of a plan are possible.
pub(crate) async fn check_plan(cmd: &mut Command<'_, '_>, parent: &ParentRef, found: &Parent, plan: &Plan) -> Result<(), Error> {
    plan.check_parent(found)?;
    let hub = mirror::find_hub(cmd.tx, &plan.hub).await?.ok_or_else(|| ApiError::not_found(&plan.hub.to_string()))?;
    plan.check_hub(&hub)?;
    if let Some(host) = plan.host {
        let end = mirror::find_school_end(cmd.tx, host).await?.ok_or_else(|| ApiError::not_found(&host.to_string()))?;
        plan.check_host(host, &end, cmd.today())?;
    }
    if !plan.expected.is_empty() {
        let members = store::membership_list(cmd.tx, &parent.id).await?;
        plan.check_expected(&members, parent.names)?;
    }
    Ok(())
}
