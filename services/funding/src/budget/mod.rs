//! Budgets: the money of a hub for a financial year. Serves `BudgetService`.

mod allocate_budget;
mod get_budget;
mod list_budgets;
mod rules;
pub(crate) mod store;
mod wire;

use name::HubId;
use proto::funding::v1::{self as pb, budget_service_server::BudgetService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use time::FinancialYear;
use tonic::{Request, Response, Status};

use self::{get_budget::get_budget, list_budgets::list_budgets};
use crate::service::Api;
#[cfg(test)]
pub(crate) use allocate_budget::Allocation;
pub(crate) use allocate_budget::allocate_budget;
pub(crate) use rules::{Budget, BudgetId, BudgetViolation};

#[tonic::async_trait]
impl BudgetService for Api {
    async fn allocate_budget(
        &self,
        request: Request<pb::AllocateBudgetRequest>,
    ) -> Result<Response<pb::AllocateBudgetResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let allocation = Fields::decode_mutation(&message, |fields| wire::allocation(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(allocate_budget(cmd, allocation))).await
    }

    async fn get_budget(&self, request: Request<pb::GetBudgetRequest>) -> Result<Response<pb::GetBudgetResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let id = Fields::decode(|fields| fields.read("name", BudgetId::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_budget(tx, scope, id))).await
    }

    async fn list_budgets(&self, request: Request<pb::ListBudgetsRequest>) -> Result<Response<pb::ListBudgetsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (hub, year, page) = Fields::decode(|fields| {
            let hub = fields.optional("hub", &message.hub, HubId::parse);
            let year = fields.optional("financial_year", &message.financial_year, FinancialYear::parse);
            Some((hub, year, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_budgets(tx, scope, hub, year, page))).await
    }
}
