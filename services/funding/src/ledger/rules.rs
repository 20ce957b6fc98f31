//! Rules of accounts and transfers.

use name::{DecisionId, HubId};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{Date, FinancialYear};

use super::{Pence, Posting};
use crate::{
    batch::BatchId,
    budget::BudgetId,
    entitlement::{Entitlement, EntitlementId},
    payee::Payee,
};

name::id!(
    /// An account, `accounts/{id}`: its kind, then year and hub, for example `free-2018-19-north`.
    pub(crate) AccountId, 60, "accounts"
);
name::id!(
    /// A transfer, `transfers/{id}`. The id of a payment consists of the ids of its batch and its entitlement.
    pub(crate) TransferId, 81, "transfers"
);

db::text_enum! {
    /// The use of an account's money.
    pub(crate) enum AccountKind {
        /// The grant of DfE, from which all money comes. There is one such account.
        Grant = "grant",
        /// Available money of a budget.
        Free = "free",
        /// Money of a budget that is committed to entitlements.
        Committed = "committed",
        /// Money of a budget that was paid.
        Paid = "paid",
    }
}

impl AccountKind {
    /// The account of this kind for a budget.
    pub(crate) fn of(self, budget: &BudgetId) -> AccountId {
        match self {
            Self::Grant => AccountId::trusted("grant"),
            kind => AccountId::trusted(format!("{kind}-{}-{}", budget.financial_year, budget.hub.as_str())),
        }
    }
}

/// An account with its balance at the end of a day.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) kind: AccountKind,
    /// `None` for the grant, like `financial_year`.
    pub(crate) hub: Option<HubId>,
    pub(crate) financial_year: Option<FinancialYear>,
    /// Credits less debits; the grant's is below zero.
    pub(crate) balance_pence: i64,
}

/// A day after that of every transfer.
pub(crate) fn latest_day() -> Date {
    Date::new_checked(9999, 12, 31).expect("the last day of the calendar exists")
}

db::text_enum! {
    /// The purpose of a transfer.
    pub(crate) enum TransferKind {
        /// From the grant to a budget.
        Allocate = "allocate",
        /// From available to committed money, for an entitlement.
        Commit = "commit",
        /// The payment of an entitlement in a batch.
        Post = "post",
        /// From committed to available money, because an entitlement ended.
        Release = "release",
        /// The opposite of an allocation or a payment.
        Reverse = "reverse",
    }
}

/// The transfer that another one settles or reverses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settlement {
    /// None.
    None,
    /// The transfer settles this one, by which the entitlement got its commitment.
    Settles(TransferId),
    /// The transfer is the opposite of this one.
    Reverses(TransferId),
}

/// A movement of money from one account (debit) to another (credit).
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) posting: Posting,
    pub(crate) debit: AccountId,
    pub(crate) credit: AccountId,
    pub(crate) amount: Pence,
    pub(crate) kind: TransferKind,
    pub(crate) entitlement: Option<EntitlementId>,
    pub(crate) batch: Option<BatchId>,
    pub(crate) payee: Option<Payee>,
    pub(crate) settlement: Settlement,
    pub(crate) reason: String,
}

impl Transfer {
    /// Allocates money of the grant to a budget, by a decision.
    pub(crate) fn allocation(posting: Posting, budget: &BudgetId, amount: Pence, decision: &DecisionId) -> Self {
        Self {
            posting,
            debit: AccountKind::Grant.of(budget),
            credit: AccountKind::Free.of(budget),
            amount,
            kind: TransferKind::Allocate,
            entitlement: None,
            batch: None,
            payee: None,
            settlement: Settlement::None,
            reason: decision.to_string(),
        }
    }

    /// Commits available money to an entitlement.
    pub(crate) fn commitment(posting: Posting, entitlement: &Entitlement) -> Self {
        let (from, to) = (AccountKind::Free, AccountKind::Committed);
        Self::of_entitlement(posting, entitlement, (TransferKind::Commit, from, to), Settlement::None)
    }

    /// Releases the money that was committed to an entitlement by the transfer `commitment`.
    pub(crate) fn release(posting: Posting, entitlement: &Entitlement, commitment: TransferId) -> Self {
        let (from, to) = (AccountKind::Committed, AccountKind::Free);
        Self::of_entitlement(posting, entitlement, (TransferKind::Release, from, to), Settlement::Settles(commitment))
    }

    fn of_entitlement(
        posting: Posting,
        entitlement: &Entitlement,
        (kind, from, to): (TransferKind, AccountKind, AccountKind),
        settlement: Settlement,
    ) -> Self {
        let budget = entitlement.budget();
        Self {
            posting,
            debit: from.of(&budget),
            credit: to.of(&budget),
            amount: entitlement.terms.amount,
            kind,
            entitlement: Some(entitlement.id().clone()),
            batch: None,
            payee: None,
            settlement,
            reason: String::new(),
        }
    }

    /// Whether the transfer can be reversed: an allocation or a payment.
    pub(crate) fn check_reversible(&self) -> Result<(), LedgerViolation> {
        match self.kind {
            TransferKind::Allocate | TransferKind::Post => Ok(()),
            TransferKind::Commit | TransferKind::Release | TransferKind::Reverse => Err(LedgerViolation::Kind(self.kind)),
        }
    }

    /// The opposite of the transfer.
    pub(crate) fn reversal(&self, posting: Posting, reason: String) -> Self {
        Self {
            posting,
            debit: self.credit.clone(),
            credit: self.debit.clone(),
            kind: TransferKind::Reverse,
            batch: None,
            payee: None,
            settlement: Settlement::Reverses(self.posting.id.clone()),
            reason,
            ..self.clone()
        }
    }
}

impl TransferId {
    /// The id of the payment of an entitlement in a batch.
    pub(crate) fn of_payment(batch: &BatchId, entitlement: &EntitlementId) -> Self {
        Self::trusted(format!("{}-{}", batch.as_str(), entitlement.as_str()))
    }
}

impl Resource for Transfer {
    fn name(&self) -> String {
        self.posting.id.to_string()
    }

    /// Transfers never change.
    fn version(&self) -> i64 {
        1
    }
}

/// Filter of transfers; `None` matches all.
#[derive(Debug, Clone)]
pub(crate) struct TransferFilter {
    pub(crate) account: Option<AccountId>,
    pub(crate) entitlement: Option<EntitlementId>,
    pub(crate) batch: Option<BatchId>,
}

/// A rule of the ledger that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LedgerViolation {
    /// Transfers of this kind are not reversed.
    Kind(TransferKind),
    /// The transfer was reversed before.
    Reversed(TransferId),
}

impl RuleViolation for LedgerViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Kind(kind) => {
                let message = format!("only allocations and payments can be reversed; the kind of this transfer is `{kind}`");
                ApiError::new(Reason::TransferKind, message).with("kind", kind)
            }
            Self::Reversed(id) => {
                let message = format!("`{id}` was reversed before; a transfer can be reversed once");
                ApiError::new(Reason::TransferReversed, message).with("name", id)
            }
        }
    }
}
