//! `CatalogueService.ListProgrammes` gives a page of programmes, in order of id.

use db::Tx;
use name::ProgrammeId;
use proto::network::v1 as pb;
use server::Page;
use service::Error;

use super::{
    Programme,
    store::{self, ProgrammeFilter},
};

pub(super) async fn list_programmes(
    tx: &mut Tx<'_>,
    filter: ProgrammeFilter,
    page: Page<ProgrammeId>,
) -> Result<pb::ListProgrammesResponse, Error> {
    let rows = store::programme_page(tx, &filter, page.after(), page.limit()).await?;
    let (programmes, next_page_token) =
        page.cut(rows, |programme: &Programme| programme.id.clone(), |programme| (&programme).into());
    Ok(pb::ListProgrammesResponse { programmes, next_page_token })
}
