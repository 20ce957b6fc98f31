//! `ReachService.GetReachPublication` gives one publication, or the newest.

use db::Tx;
use proto::network::v1 as pb;
use service::Error;

use super::{PublicationRef, store};

pub(super) async fn get_reach_publication(
    tx: &mut Tx<'_>,
    publication: PublicationRef,
) -> Result<pb::GetReachPublicationResponse, Error> {
    let publication = store::publication_by_ref(tx, &publication).await?;
    Ok(pb::GetReachPublicationResponse { reach_publication: Some((&publication).into()) })
}
