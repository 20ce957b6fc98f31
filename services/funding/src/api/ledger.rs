//! `LedgerService`.

use proto::funding::v1::{self as pb, ledger_service_server::LedgerService};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    domain::{Account, Transfer},
    reverse::reverse,
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
        let mut fields = Fields::new();
        let id = decode::account_id(&mut fields, "name", &message.name);
        let day = day(&mut fields, &message.as_of_date);
        let Some(id) = id else { return Err(fields.refusal().into()) };
        fields.check()?;
        let found = self.read(|mut tx| Box::pin(async move { store::account::find_account(&mut tx, &id, &day).await })).await?;
        let account = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetAccountResponse { account: Some((&account).into()) }))
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let hub = decode::filter(&mut fields, "hub", &message.hub, decode::hub_id);
        let hub = hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default();
        let year = decode::filter(&mut fields, "financial_year", &message.financial_year, decode::financial_year);
        let year = year.map(|year| year.to_string()).unwrap_or_default();
        let day = day(&mut fields, &message.as_of_date);
        let same = pb::ListAccountsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.read(|mut tx| {
            Box::pin(async move { store::account::account_page(&mut tx, (&hub, &year), &day, &after, limit).await })
        });
        let key = |account: &Account| account.id.as_str().to_owned();
        let (accounts, next_page_token) = page.cut(read.await?, key, |account| pb::Account::from(&account));
        Ok(Response::new(pb::ListAccountsResponse { accounts, next_page_token }))
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let account = decode::filter(&mut fields, "account", &message.account, decode::account_id);
        let entitlement = decode::filter(&mut fields, "entitlement", &message.entitlement, decode::entitlement_id);
        let batch = decode::filter(&mut fields, "batch", &message.batch, decode::batch_id);
        let filter = Filter {
            account: account.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            entitlement: entitlement.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            batch: batch.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        };
        let same = pb::ListTransfersRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.read(|mut tx| {
            Box::pin(async move {
                // The key is a time in microseconds, a space and an id.
                let (time, id) = after.split_once(' ').unwrap_or_default();
                store::transfer::transfer_page(&mut tx, &filter, (time.parse().unwrap_or(i64::MIN), id), limit).await
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
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let request_id = fields.request_id(&message.request_id);
        let id = decode::transfer_id(&mut fields, "name", &message.name);
        let reason = decode::reason(&mut fields, &message.reason);
        let (Some(request_id), Some(id), Some(reason)) = (request_id, id, reason) else { return Err(fields.refusal().into()) };
        let once = self.once(&call, "/mathshubs.funding.v1.LedgerService/ReverseTransfer", &request_id, &message);
        Ok(Response::new(reverse(&self.desk, once, id, reason, message.validate_only).await.map_err(ApiError::from)?))
    }
}
