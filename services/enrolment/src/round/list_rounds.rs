//! `RoundService.ListRounds` gives a page of rounds.

use db::Tx;
use proto::enrolment::v1 as pb;
use server::Page;
use service::Error;

use super::{Round, RoundId, store};

pub(super) async fn list_rounds(tx: &mut Tx<'_>, page: Page<RoundId>) -> Result<pb::ListRoundsResponse, Error> {
    let rows = store::round_page(tx, page.after(), page.limit()).await?;
    let (rounds, next_page_token) = page.cut(rows, |round: &Round| round.id.clone(), |round| (&round).into());
    Ok(pb::ListRoundsResponse { rounds, next_page_token })
}
