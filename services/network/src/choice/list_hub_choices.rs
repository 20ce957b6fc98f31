//! `HubService.ListHubChoices` gives a page of choices, by school and first day.

use db::Tx;
use name::{HubId, Urn};
use proto::network::v1 as pb;
use scope::ScopeKey;
use server::Page;
use service::Error;
use time::Date;

use super::{Choice, store};

/// The choices of a list. An absent part does not filter.
#[derive(Debug, Clone)]
pub(crate) struct ChoiceFilter {
    pub(crate) school: Option<Urn>,
    pub(crate) hub: Option<HubId>,
    /// A day on which the choices hold.
    pub(crate) as_of: Option<Date>,
}

/// The end of a page: the school and first day of its last choice.
pub(super) type ChoiceKey = (Urn, Date);

pub(crate) async fn list_hub_choices(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    filter: ChoiceFilter,
    page: Page<ChoiceKey>,
) -> Result<pb::ListHubChoicesResponse, Error> {
    let rows = store::choice_page(tx, &scope, &filter, page.after(), page.limit()).await?;
    let key = |choice: &Choice| (choice.urn, choice.start_date);
    let (hub_choices, next_page_token) = page.cut(rows, key, |choice| (&choice).into());
    Ok(pb::ListHubChoicesResponse { hub_choices, next_page_token })
}
