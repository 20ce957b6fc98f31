//! `LedgerService.ListAccounts` gives a page of accounts with their balances at the end of a day.

use db::Tx;
use name::HubId;
use proto::funding::v1 as pb;
use server::Page;
use service::Error;
use time::{Date, FinancialYear};

use super::{Account, AccountId, store};

/// A filter that is `None` matches all.
pub(super) async fn list_accounts(
    tx: &mut Tx<'_>,
    hub: Option<HubId>,
    year: Option<FinancialYear>,
    day: Date,
    page: Page<AccountId>,
) -> Result<pb::ListAccountsResponse, Error> {
    let rows = store::account_page(tx, (hub.as_ref(), year), day, page.after(), page.limit()).await?;
    let key = |account: &Account| account.id.clone();
    let (accounts, next_page_token) = page.cut(rows, key, |account| (&account).into());
    Ok(pb::ListAccountsResponse { accounts, next_page_token })
}
