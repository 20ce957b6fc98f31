//! Budgets: the money of a hub for a financial year.

mod allocate_budget;
mod api;
mod get_budget;
mod list_budgets;
mod rules;
pub(crate) mod store;
mod wire;

#[cfg(test)]
pub(crate) use allocate_budget::{Allocation, allocate_budget};
pub(crate) use rules::{Budget, BudgetId, BudgetViolation};
