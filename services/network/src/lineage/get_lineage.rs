//! `RegisterService.GetLineage` gives the schools from which a school descends, and those that descend from it.

use db::Tx;
use name::Urn;
use proto::network::v1 as pb;
use service::Error;
use time::Date;

use super::store;

/// `as_of` is `None` for the register's day.
pub(crate) async fn get_lineage(tx: &mut Tx<'_>, urn: Urn, as_of: Option<Date>) -> Result<pb::GetLineageResponse, Error> {
    let lineage = store::lineage_by_urn(tx, urn, as_of).await?;
    Ok((&lineage).into())
}
