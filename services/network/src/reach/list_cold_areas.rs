//! `ReachService.ListColdAreas` gives a page of the areas of a publication: ranked areas first, the coldest first of all.

use db::Tx;
use proto::network::v1 as pb;
use server::{ApiError, Page};
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

/// The end of a page. It names the publication, so that the pages of the newest stay with one publication when a newer one comes.
#[derive(Debug, Clone)]
pub(super) struct AreaPageKey {
    publication: PublicationId,
    area: AreaKey,
}

impl AreaPageKey {
    pub(super) fn parse(key: &str) -> Result<Self, &'static str> {
        let area = |parts: &[&str]| match parts {
            [publication, programme, phase, rank, position] => {
                let [phase, rank, position] = [phase, rank, position].map(|number| number.parse().ok());
                let area = AreaKey { programme: (*programme).to_owned(), phase: phase?, rank: rank?, position: position? };
                Some(Self { publication: PublicationId::trusted(*publication), area })
            }
            _ => None,
        };
        area(&key.split('/').collect::<Vec<_>>()).ok_or("is not a token of this list; begin again without it")
    }
}

/// `after` is the end of the page before.
pub(super) async fn list_cold_areas(
    tx: &mut Tx<'_>,
    parent: PublicationRef,
    filter: AreaFilter,
    page: Page,
    after: Option<AreaPageKey>,
) -> Result<pb::ListColdAreasResponse, Error> {
    let (held, after) = after.map(|after| (after.publication, after.area)).unzip();
    let id = parent.id().or(held.as_ref());
    let rows = figure_store::area_page(tx, id, &filter, &after.unwrap_or_else(AreaKey::first), page.limit()).await?;
    let (id, rows) = rows.ok_or_else(|| ApiError::not_found(&parent.to_string()))?;
    let key = |(key, _): &(AreaKey, ColdArea)| format!("{id}/{}/{}/{}/{}", key.programme, key.phase, key.rank, key.position);
    let (cold_areas, next_page_token) = page.cut(rows, key, |(_, area)| (&area).into());
    Ok(pb::ListColdAreasResponse { cold_areas, next_page_token })
}
