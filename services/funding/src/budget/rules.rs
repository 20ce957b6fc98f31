//! Rules of budgets.

use name::HubId;
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::FinancialYear;

use crate::ledger::Pence;

/// The key of a budget, `hubs/{hub}/budgets/{financial_year}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BudgetId {
    pub(crate) hub: HubId,
    pub(crate) financial_year: FinancialYear,
}

impl BudgetId {
    /// Reads the name of a budget.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let parts = name.split_once("/budgets/");
        let id = parts.and_then(|(hub, year)| {
            Some(Self { hub: HubId::parse(hub).ok()?, financial_year: FinancialYear::parse(year).ok()? })
        });
        id.ok_or_else(|| {
            format!("must be `hubs/HUB/budgets/YEAR`, where YEAR is written 2018-19; found `{}`", text::excerpt(name))
        })
    }
}

impl std::fmt::Display for BudgetId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/budgets/{}", self.hub, self.financial_year)
    }
}

/// The money of a hub for a financial year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) id: BudgetId,
    pub(crate) allocated: Pence,
    pub(crate) committed: Pence,
    pub(crate) spent: Pence,
    /// Counts allocations and their reversals.
    pub(crate) version: i64,
}

impl Budget {
    /// Money that is neither committed nor spent. A CHECK of the table keeps it from falling below zero.
    pub(crate) fn available(&self) -> Pence {
        Pence::trusted(self.allocated.number() - self.committed.number() - self.spent.number())
    }
}

impl Resource for Budget {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of budgets that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BudgetViolation {
    /// The allocation would exceed the largest budget that the table takes.
    TooLarge,
    /// Less is available than was allocated.
    Exhausted(BudgetId),
}

impl RuleViolation for BudgetViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::TooLarge => {
                ApiError::field("amount_pence", "would raise the budget above 1,000,000,000,000,000 pence; allocate less")
            }
            Self::Exhausted(id) => {
                let message = format!("less of `{id}` is available than was allocated; release entitlements of the hub first");
                ApiError::new(Reason::BudgetExhausted, message).with("name", id)
            }
        }
    }
}
