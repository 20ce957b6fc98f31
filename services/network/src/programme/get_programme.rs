//! `CatalogueService.GetProgramme` gives one programme.

use db::Tx;
use name::ProgrammeId;
use proto::network::v1 as pb;
use service::Error;

use super::store;

pub(super) async fn get_programme(tx: &mut Tx<'_>, id: ProgrammeId) -> Result<pb::GetProgrammeResponse, Error> {
    let programme = store::programme_by_id(tx, &id).await?;
    Ok(pb::GetProgrammeResponse { programme: Some((&programme).into()) })
}
