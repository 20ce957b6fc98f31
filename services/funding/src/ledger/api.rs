//! `LedgerService`.

use proto::funding::v1::{self as pb, ledger_service_server::LedgerService};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    domain::{Account, Transfer},
    reverse_transfer::reverse_transfer,
    store::{self, account::FOREVER, transfer::Filter},
};

/// The day of a balance, as it is stored: later than any when none is asked for.
fn day(fields: &mut Fields, text: &str) -> String {
    decode::filter(fields, "as_of_date", text, Fields::date).map_or_else(|| FOREVER.to_owned(), |date| date.to_string())
}

#[tonic::async_trait]
impl LedgerService for Api {
    async fn get_account(&self, request: Request<pb::GetAccountRequest>) -> Result<Response<pb::GetAccountResponse>, Status> {
        let message = request.into_inner();
        let (id, day) = Fields::decode(|fields| {
            let id = decode::account_id(fields, "name", &message.name);
            let day = day(fields, &message.as_of_date);
            Some((id?, day))
        })?;
        let found =
            self.context.read(move |tx| Box::pin(async move { store::account::find_account(tx, &id, &day).await })).await?;
        let account = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetAccountResponse { account: Some((&account).into()) }))
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        let message = request.into_inner();
        let (hub, year, day, page) = Fields::decode(|fields| {
            let hub = decode::filter(fields, "hub", &message.hub, decode::hub_id);
            let hub = hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default();
            let year = decode::filter(fields, "financial_year", &message.financial_year, decode::financial_year);
            let year = year.map(|year| year.to_string()).unwrap_or_default();
            let day = day(fields, &message.as_of_date);
            let same = pb::ListAccountsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((hub, year, day, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self
            .context
            .read(move |tx| Box::pin(async move { store::account::account_page(tx, (&hub, &year), &day, &after, limit).await }));
        let key = |account: &Account| account.id.as_str().to_owned();
        let (accounts, next_page_token) = page.cut(read.await?, key, |account| pb::Account::from(&account));
        Ok(Response::new(pb::ListAccountsResponse { accounts, next_page_token }))
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        let message = request.into_inner();
        let (filter, page) = Fields::decode(|fields| {
            let account = decode::filter(fields, "account", &message.account, decode::account_id);
            let entitlement = decode::filter(fields, "entitlement", &message.entitlement, decode::entitlement_id);
            let batch = decode::filter(fields, "batch", &message.batch, decode::batch_id);
            let filter = Filter {
                account: account.map(|id| id.as_str().to_owned()).unwrap_or_default(),
                entitlement: entitlement.map(|id| id.as_str().to_owned()).unwrap_or_default(),
                batch: batch.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            };
            let same = pb::ListTransfersRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((filter, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.context.read(move |tx| {
            Box::pin(async move {
                // The key is a time in microseconds, a space and an id.
                let (time, id) = after.split_once(' ').unwrap_or_default();
                store::transfer::transfer_page(tx, &filter, (time.parse().unwrap_or(i64::MIN), id), limit).await
            })
        });
        let key = |transfer: &Transfer| format!("{} {}", transfer.posted.micros(), transfer.id.as_str());
        let (transfers, next_page_token) = page.cut(read.await?, key, |transfer| pb::Transfer::from(&transfer));
        Ok(Response::new(pb::ListTransfersResponse { transfers, next_page_token }))
    }

    async fn reverse_transfer(
        &self,
        request: Request<pb::ReverseTransferRequest>,
    ) -> Result<Response<pb::ReverseTransferResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, reason) = Fields::decode_mutation(&message, |fields| {
            let id = decode::transfer_id(fields, "name", &message.name);
            let reason = decode::reason(fields, &message.reason);
            Some((id?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(reverse_transfer(cmd, id, reason))).await
    }
}
