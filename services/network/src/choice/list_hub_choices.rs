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

/// The end of a page: number of the school and first day of its last choice.
#[derive(Debug, Clone)]
pub(crate) struct ChoiceKey {
    pub(super) urn: i64,
    pub(super) start_date: String,
}

impl ChoiceKey {
    /// Before every choice.
    fn first() -> Self {
        Self { urn: 0, start_date: String::new() }
    }

    pub(crate) fn parse(key: &str) -> Result<Self, &'static str> {
        let parts = key.split_once('/').and_then(|(urn, day)| Some(Self { urn: urn.parse().ok()?, start_date: day.to_owned() }));
        parts.ok_or("is not a token of this list; begin again without it")
    }
}

/// `after` is the end of the page before.
pub(crate) async fn list_hub_choices(
    tx: &mut Tx<'_>,
    scope: ScopeKey,
    filter: ChoiceFilter,
    page: Page,
    after: Option<ChoiceKey>,
) -> Result<pb::ListHubChoicesResponse, Error> {
    let after = after.unwrap_or_else(ChoiceKey::first);
    let rows = store::choice_page(tx, &scope, &filter, &after, page.limit()).await?;
    let key = |choice: &Choice| format!("{}/{}", choice.urn.number(), choice.start_date);
    let (hub_choices, next_page_token) = page.cut(rows, key, |choice| (&choice).into());
    Ok(pb::ListHubChoicesResponse { hub_choices, next_page_token })
}
