//! `RegisterService.GetSchool` gives one school, listed or not.

use db::Tx;
use name::Urn;
use proto::network::v1 as pb;
use service::Error;

use super::store;

pub(crate) async fn get_school(tx: &mut Tx<'_>, urn: Urn) -> Result<pb::GetSchoolResponse, Error> {
    let entry = store::school_by_urn(tx, urn).await?;
    Ok(pb::GetSchoolResponse { school: Some((&entry).into()) })
}
