//! `LedgerService.GetAccount` gives one account with its balance at the end of a day.

use db::Tx;
use proto::funding::v1 as pb;
use service::Error;
use time::Date;

use super::{AccountId, store};

pub(super) async fn get_account(tx: &mut Tx<'_>, id: AccountId, day: Date) -> Result<pb::GetAccountResponse, Error> {
    let account = store::account_by_id(tx, &id, day).await?;
    Ok(pb::GetAccountResponse { account: Some((&account).into()) })
}
