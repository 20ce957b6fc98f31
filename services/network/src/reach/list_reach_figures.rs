//! `ReachService.ListReachFigures` gives a page of the figures of a publication, in the order in which they were published.

use db::Tx;
use proto::network::v1 as pb;
use server::Page;
use service::Error;
use time::AcademicYear;

use super::{Figure, Level, PublicationId, PublicationRef, ReachProgramme, figure_store};

/// The figures of a list. An absent part does not filter.
#[derive(Debug, Clone)]
pub(super) struct FigureFilter {
    pub(super) academic_year: Option<AcademicYear>,
    pub(super) level: Option<Level>,
    pub(super) programme: Option<ReachProgramme>,
}

/// The end of a page: publication and position. The publication makes the pages of the newest stay with one publication when a newer one comes.
type FigureKey = (PublicationId, i64);

pub(super) async fn list_reach_figures(
    tx: &mut Tx<'_>,
    parent: PublicationRef,
    filter: FigureFilter,
    page: Page<FigureKey>,
) -> Result<pb::ListReachFiguresResponse, Error> {
    let after = page.after();
    let id = parent.id().or(after.map(|(publication, _)| publication));
    let rows = figure_store::figure_page(tx, id, &filter, after.map_or(-1, |(_, position)| *position), page.limit()).await?;
    let (id, rows) = rows.ok_or_else(|| page.parent_not_found(&parent.to_string()))?;
    let id = PublicationId::trusted(id);
    let key = |(position, _): &(i64, Figure)| (id.clone(), *position);
    let (reach_figures, next_page_token) = page.cut(rows, key, |(_, figure)| (&figure).into());
    Ok(pb::ListReachFiguresResponse { reach_figures, next_page_token })
}
