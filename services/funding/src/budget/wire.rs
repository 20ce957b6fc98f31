//! Budgets as messages, and messages as allocations.

use name::{DecisionId, HubId};
use proto::funding::v1 as pb;
use server::Fields;
use service::Resource;
use time::FinancialYear;

use super::{Budget, BudgetId, allocate_budget::Allocation};
use crate::ledger::Pence;

impl From<&Budget> for pb::Budget {
    fn from(budget: &Budget) -> Self {
        Self {
            name: budget.name(),
            hub: budget.id.hub.to_string(),
            financial_year: budget.id.financial_year.to_string(),
            allocated_pence: budget.allocated.number(),
            committed_pence: budget.committed.number(),
            spent_pence: budget.spent.number(),
            available_pence: budget.available().number(),
            etag: budget.etag(),
        }
    }
}

pub(super) fn allocation(fields: &mut Fields, message: &pb::AllocateBudgetRequest) -> Option<Allocation> {
    let hub = fields.read("hub", HubId::parse(&message.hub));
    let financial_year = fields.read("financial_year", FinancialYear::parse(&message.financial_year));
    let amount = fields.read("amount_pence", Pence::amount(message.amount_pence));
    let decision = fields.read("decision", DecisionId::parse(&message.decision));
    let budget = BudgetId { hub: hub?, financial_year: financial_year? };
    Some(Allocation { budget, amount: amount?, decision: decision? })
}
