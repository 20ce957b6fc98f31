//! `CatalogueService.CreatePriority` records a priority.

use proto::network::v1 as pb;
use service::{Command, Error};

use super::{Priority, rules::PriorityViolation, store};
use crate::council;

pub(crate) async fn create_priority(cmd: &mut Command<'_, '_>, priority: Priority) -> Result<pb::CreatePriorityResponse, Error> {
    council::store::decision_check(cmd.tx, [&priority.decision]).await?;
    if !store::priority_insert(cmd.tx, &priority).await? {
        return Err(PriorityViolation::Exists(priority.id).into());
    }
    cmd.append(&priority, &pb::PriorityCreated { priority: Some((&priority).into()) });
    Ok(pb::CreatePriorityResponse { priority: Some((&priority).into()) })
}
