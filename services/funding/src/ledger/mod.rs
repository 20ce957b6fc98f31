//! The ledger: accounts, and transfers between them that are added and never changed. A balance is the sum of transfers; it is not stored. Serves `LedgerService`.

mod get_account;
mod list_accounts;
mod list_transfers;
mod pence;
mod posting;
mod reverse_transfer;
mod rules;
pub(crate) mod store;
mod verify;
mod wire;

use name::HubId;
use proto::funding::v1::{self as pb, ledger_service_server::LedgerService};
use server::{Call, Fields, Page};
use time::FinancialYear;
use tonic::{Request, Response, Status};

use self::{get_account::get_account, list_accounts::list_accounts, list_transfers::list_transfers};
use crate::{REASON_LENGTH_MAX, service::Api};
pub(crate) use pence::Pence;
pub(crate) use posting::{Posting, post, post_batch};
pub(crate) use reverse_transfer::reverse_transfer;
pub(crate) use rules::{
    Account, AccountId, AccountKind, LedgerViolation, Settlement, Transfer, TransferFilter, TransferId, TransferKind, latest_day,
};
pub use verify::verify_ledger;

#[tonic::async_trait]
impl LedgerService for Api {
    async fn get_account(&self, request: Request<pb::GetAccountRequest>) -> Result<Response<pb::GetAccountResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (id, day) = Fields::decode(|fields| {
            let id = fields.read("name", AccountId::parse(&message.name));
            let day = wire::day(fields, &message.as_of_date);
            Some((id?, day?))
        })?;
        self.context.query(move |tx| Box::pin(get_account(tx, id, day))).await
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (hub, year, day, page) = Fields::decode(|fields| {
            let hub = fields.optional("hub", &message.hub, HubId::parse);
            let year = fields.optional("financial_year", &message.financial_year, FinancialYear::parse);
            let day = wire::day(fields, &message.as_of_date);
            let page = Page::of(fields, &message);
            Some((hub, year, day?, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_accounts(tx, hub, year, day, page))).await
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_transfers(tx, filter, page))).await
    }

    async fn reverse_transfer(
        &self,
        request: Request<pb::ReverseTransferRequest>,
    ) -> Result<Response<pb::ReverseTransferResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, reason) = Fields::decode_mutation(&message, |fields| {
            let id = fields.read("name", TransferId::parse(&message.name));
            let reason = fields.text("reason", &message.reason, 1, REASON_LENGTH_MAX);
            Some((id?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(reverse_transfer(cmd, id, reason))).await
    }
}
