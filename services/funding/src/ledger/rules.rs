//! Accounts, and what moves between them.

use name::HubId;
use time::{FinancialYear, Instant};

use super::{AccountId, BatchId, EntitlementId, Payee, Pence, TransferId};

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountKind {
    Grant,
    Free,
    Committed,
    Paid,
}

impl AccountKind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Grant, Self::Free, Self::Committed, Self::Paid];

    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Free => "free",
            Self::Committed => "committed",
            Self::Paid => "paid",
        }
    }

    /// The account of this kind of a hub and year. There is one grant.
    pub(crate) fn of(self, hub: &HubId, financial_year: FinancialYear) -> AccountId {
        match self {
            Self::Grant => AccountId::trusted("grant"),
            kind => AccountId::trusted(format!("{}-{financial_year}-{}", kind.as_str(), hub.as_str())),
        }
    }
}

/// An account with its balance as of some day.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) kind: AccountKind,
    pub(crate) hub: Option<HubId>,
    pub(crate) financial_year: Option<FinancialYear>,
    /// Credits less debits; the grant's is below zero.
    pub(crate) balance_pence: i64,
}

/// Why money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransferKind {
    Allocate,
    Commit,
    Post,
    Release,
    Reverse,
}

impl TransferKind {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Allocate, Self::Commit, Self::Post, Self::Release, Self::Reverse];

    /// As it is stored and told.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Allocate => "allocate",
            Self::Commit => "commit",
            Self::Post => "post",
            Self::Release => "release",
            Self::Reverse => "reverse",
        }
    }
}

/// What a transfer settles or undoes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// Nothing: it is the first of its money.
    None,
    /// That by which the entitlement came to hold the money.
    Settles(TransferId),
    /// The transfer whose opposite it is.
    Reverses(TransferId),
}

/// A movement of money.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) id: TransferId,
    pub(crate) debit: AccountId,
    pub(crate) credit: AccountId,
    pub(crate) amount: Pence,
    pub(crate) kind: TransferKind,
    pub(crate) posted: Instant,
    pub(crate) entitlement: Option<EntitlementId>,
    pub(crate) batch: Option<BatchId>,
    pub(crate) payee: Option<Payee>,
    pub(crate) settlement: Settlement,
    pub(crate) actor: String,
    pub(crate) request_id: String,
    pub(crate) reason: String,
}
