//! `PersonService.ListPersonMatches` gives a page of pairs of records with one email address.

use db::Tx;
use name::PersonId;
use proto::network::v1 as pb;
use server::Page;
use service::Error;

use super::{Owner, store};

/// Two records with one address, the earlier first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PersonMatch {
    pub(super) id: PersonId,
    pub(super) owner: Owner,
    pub(super) other: PersonId,
    pub(super) other_owner: Owner,
}

pub(super) async fn list_person_matches(
    tx: &mut Tx<'_>,
    page: Page<(PersonId, PersonId)>,
) -> Result<pb::ListPersonMatchesResponse, Error> {
    let rows = store::match_page(tx, page.after(), page.limit()).await?;
    let key = |pair: &PersonMatch| (pair.id.clone(), pair.other.clone());
    let (person_matches, next_page_token) = page.cut(rows, key, Into::into);
    Ok(pb::ListPersonMatchesResponse { person_matches, next_page_token })
}
