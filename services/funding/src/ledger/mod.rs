//! The ledger: accounts, and transfers between them that are added and never changed. A balance is the sum of transfers; it is not stored.

mod api;
mod get_account;
mod list_accounts;
mod list_transfers;
mod pence;
mod posting;
mod reverse_transfer;
mod rules;
pub(crate) mod store;
mod wire;

pub(crate) use pence::Pence;
pub(crate) use posting::Posting;
#[cfg(test)]
pub(crate) use reverse_transfer::reverse_transfer;
pub(crate) use rules::{
    Account, AccountId, AccountKind, LedgerViolation, Settlement, Transfer, TransferFilter, TransferId, TransferKind, latest_day,
};
