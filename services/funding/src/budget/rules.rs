//! What a hub may commit in a financial year.

use name::HubId;
use time::FinancialYear;

use super::Pence;

/// A hub's money of one financial year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) hub: HubId,
    pub(crate) financial_year: FinancialYear,
    pub(crate) allocated: Pence,
    pub(crate) committed: Pence,
    pub(crate) spent: Pence,
    pub(crate) version: i64,
}

impl Budget {
    /// The resource's name.
    pub(crate) fn name(&self) -> String {
        Self::name_of(&self.hub, self.financial_year)
    }

    /// The name of a hub's budget of a year.
    pub(crate) fn name_of(hub: &HubId, financial_year: FinancialYear) -> String {
        format!("{hub}/budgets/{financial_year}")
    }

    /// What nothing holds. Never below zero: the database sees to it.
    pub(crate) fn available(&self) -> Pence {
        Pence::trusted(self.allocated.number() - self.committed.number() - self.spent.number())
    }
}
