//! `ReachService.ListColdAreas` gives a page of the areas of a publication: ranked areas first, the coldest first of all.

use db::Tx;
use name::Phase;
use proto::network::v1 as pb;
use server::Page;
use service::Error;

use super::{ColdArea, PublicationId, PublicationRef, ReachProgramme, figure_store};
use crate::school::column::PhaseOrZero;

/// The areas of a list. An absent part does not filter.
#[derive(Debug, Clone)]
pub(super) struct AreaFilter {
    pub(super) programme: Option<ReachProgramme>,
    pub(super) phase: PhaseOrZero,
}

/// The position of an area in the list.
#[derive(Debug, Clone)]
pub(super) struct AreaKey {
    pub(super) programme: String,
    pub(super) phase: i64,
    pub(super) rank: i64,
    pub(super) position: i64,
}

impl AreaKey {
    /// Before every area.
    fn first() -> Self {
        Self { programme: String::new(), phase: 0, rank: 0, position: -1 }
    }
}

/// The end of a page: publication, programme, phase, rank and position. The publication makes the pages of the newest stay with one publication when a
/// newer one comes.
type AreaPageKey = (PublicationId, ReachProgramme, Phase, i64, i64);

pub(super) async fn list_cold_areas(
    tx: &mut Tx<'_>,
    parent: PublicationRef,
    filter: AreaFilter,
    page: Page<AreaPageKey>,
) -> Result<pb::ListColdAreasResponse, Error> {
    let id = parent.id().or(page.after().map(|(publication, ..)| publication));
    let after = page.after().map_or_else(AreaKey::first, |(_, programme, phase, rank, position)| AreaKey {
        programme: programme.as_str().to_owned(),
        phase: phase.number(),
        rank: *rank,
        position: *position,
    });
    let rows = figure_store::area_page(tx, id, &filter, &after, page.limit()).await?;
    let (id, rows) = rows.ok_or_else(|| page.parent_not_found(&parent.to_string()))?;
    let id = PublicationId::trusted(id);
    let key = |(key, area): &(AreaKey, ColdArea)| (id.clone(), area.programme.clone(), area.phase, key.rank, key.position);
    let (cold_areas, next_page_token) = page.cut(rows, key, |(_, area)| (&area).into());
    Ok(pb::ListColdAreasResponse { cold_areas, next_page_token })
}
