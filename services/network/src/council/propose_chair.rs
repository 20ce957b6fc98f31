//! `CouncilService.ProposeChair` gives the candidates for the chair in the order of the rotation.

use db::Tx;
use proto::network::v1 as pb;
use service::Error;
use time::Date;

use super::{rotation::rotate, store, wire};

pub(super) async fn propose_chair(tx: &mut Tx<'_>, day: Date) -> Result<pb::ProposeChairResponse, Error> {
    let candidates = rotate(store::candidate_list(tx, day).await?);
    Ok(pb::ProposeChairResponse { candidates: candidates.into_iter().map(wire::candidate).collect() })
}
