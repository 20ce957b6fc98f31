//! `CatalogueService.CreateProgramme` records a programme.

use proto::network::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{Programme, rules::ProgrammeViolation, store};
use crate::priority;

pub(super) async fn create_programme(
    cmd: &mut Command<'_, '_>,
    programme: Programme,
) -> Result<pb::CreateProgrammeResponse, Error> {
    if !priority::store::priority_exists(cmd.tx, &programme.priority).await? {
        return Err(ApiError::not_found(&programme.priority.to_string()).into());
    }
    if !store::programme_insert(cmd.tx, &programme).await? {
        return Err(ProgrammeViolation::Exists(programme.id).into());
    }
    cmd.append(&programme, &pb::ProgrammeCreated { programme: Some((&programme).into()) });
    Ok(pb::CreateProgrammeResponse { programme: Some((&programme).into()) })
}
