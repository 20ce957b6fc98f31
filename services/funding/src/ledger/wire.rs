//! Accounts and transfers as messages, and messages as filters.

use proto::funding::v1 as pb;
use server::Fields;
use time::Date;

use super::{Account, AccountId, AccountKind, Settlement, Transfer, TransferFilter, TransferKind, latest_day};
use crate::{batch::BatchId, entitlement::EntitlementId};

impl From<&Account> for pb::Account {
    fn from(account: &Account) -> Self {
        let kind = match account.kind {
            AccountKind::Grant => pb::AccountKind::Grant,
            AccountKind::Free => pb::AccountKind::Free,
            AccountKind::Committed => pb::AccountKind::Committed,
            AccountKind::Paid => pb::AccountKind::Paid,
        };
        Self {
            name: account.id.to_string(),
            kind: kind.into(),
            hub: text(account.hub.as_ref()),
            financial_year: text(account.financial_year.as_ref()),
            balance_pence: account.balance_pence,
        }
    }
}

impl From<&Transfer> for pb::Transfer {
    fn from(transfer: &Transfer) -> Self {
        let kind = match transfer.kind {
            TransferKind::Allocate => pb::TransferKind::Allocate,
            TransferKind::Commit => pb::TransferKind::Commit,
            TransferKind::Post => pb::TransferKind::Post,
            TransferKind::Release => pb::TransferKind::Release,
            TransferKind::Reverse => pb::TransferKind::Reverse,
        };
        let (settled, reversed) = match &transfer.settlement {
            Settlement::None => (None, None),
            Settlement::Settles(settled) => (Some(settled), None),
            Settlement::Reverses(reversed) => (None, Some(reversed)),
        };
        let posting = &transfer.posting;
        Self {
            name: posting.id.to_string(),
            debit_account: transfer.debit.to_string(),
            credit_account: transfer.credit.to_string(),
            amount_pence: transfer.amount.number(),
            kind: kind.into(),
            post_date: posting.time.date().to_string(),
            post_time: Some(posting.time.to_proto()),
            entitlement: text(transfer.entitlement.as_ref()),
            batch: text(transfer.batch.as_ref()),
            payee: transfer.payee.as_ref().map(Into::into),
            settled_transfer: text(settled),
            reversed_transfer: text(reversed),
            actor: posting.actor.clone(),
            request_id: posting.request_id.clone(),
            reason: transfer.reason.clone(),
        }
    }
}

/// A value as text; empty when it is absent.
fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// The day of a balance: [`latest_day`] when the field is empty.
pub(super) fn day(fields: &mut Fields, as_of_date: &str) -> Option<Date> {
    if as_of_date.is_empty() { Some(latest_day()) } else { fields.date("as_of_date", as_of_date) }
}

pub(super) fn filter(fields: &mut Fields, message: &pb::ListTransfersRequest) -> TransferFilter {
    TransferFilter {
        account: fields.optional("account", &message.account, AccountId::parse),
        entitlement: fields.optional("entitlement", &message.entitlement, EntitlementId::parse),
        batch: fields.optional("batch", &message.batch, BatchId::parse),
    }
}
