//! `CouncilService.ListDecisions` gives a page of decisions, in order of their name.

use db::Tx;
use name::{CouncilMeetingId, DecisionId};
use proto::network::v1 as pb;
use server::Page;
use service::Error;

use super::{Decision, DecisionKind, store};

/// The decisions of a list. An absent part does not filter.
#[derive(Debug, Clone)]
pub(super) struct DecisionFilter {
    pub(super) meeting: Option<CouncilMeetingId>,
    pub(super) kind: Option<DecisionKind>,
}

pub(super) async fn list_decisions(
    tx: &mut Tx<'_>,
    filter: DecisionFilter,
    page: Page<DecisionId>,
) -> Result<pb::ListDecisionsResponse, Error> {
    let rows = store::decision_page(tx, &filter, page.after(), page.limit()).await?;
    let (decisions, next_page_token) = page.cut(rows, |decision: &Decision| decision.id.clone(), |decision| (&decision).into());
    Ok(pb::ListDecisionsResponse { decisions, next_page_token })
}
