//! `ReachService.ListReachFigures` gives a page of the figures of a publication, in the order in which they were published.

use db::Tx;
use proto::network::v1 as pb;
use server::{ApiError, Page};
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

/// The end of a page. It names the publication, so that the pages of the newest stay with one publication when a newer one comes.
#[derive(Debug, Clone)]
pub(super) struct FigureKey {
    publication: PublicationId,
    position: i64,
}

impl FigureKey {
    pub(super) fn parse(key: &str) -> Result<Self, &'static str> {
        let parts = key
            .split_once('/')
            .and_then(|(id, position)| Some(Self { publication: PublicationId::trusted(id), position: position.parse().ok()? }));
        parts.ok_or("is not a token of this list; begin again without it")
    }
}

/// `after` is the end of the page before.
pub(super) async fn list_reach_figures(
    tx: &mut Tx<'_>,
    parent: PublicationRef,
    filter: FigureFilter,
    page: Page,
    after: Option<FigureKey>,
) -> Result<pb::ListReachFiguresResponse, Error> {
    let id = parent.id().or(after.as_ref().map(|after| &after.publication));
    let position = after.as_ref().map_or(-1, |after| after.position);
    let rows = figure_store::figure_page(tx, id, &filter, position, page.limit()).await?;
    let (id, rows) = rows.ok_or_else(|| ApiError::not_found(&parent.to_string()))?;
    let key = |(position, _): &(i64, Figure)| format!("{id}/{position}");
    let (reach_figures, next_page_token) = page.cut(rows, key, |(_, figure)| (&figure).into());
    Ok(pb::ListReachFiguresResponse { reach_figures, next_page_token })
}
