//! `BudgetService`.

use proto::funding::v1::{self as pb, budget_service_server::BudgetService};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    allocate_budget::{Allocation, allocate_budget},
    domain::Budget,
    store::{self, ScopeKey},
};

#[tonic::async_trait]
impl BudgetService for Api {
    async fn allocate_budget(
        &self,
        request: Request<pb::AllocateBudgetRequest>,
    ) -> Result<Response<pb::AllocateBudgetResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let asked = Fields::decode_mutation(&message, |fields| {
            let hub = decode::hub_id(fields, "hub", &message.hub);
            let financial_year = decode::financial_year(fields, "financial_year", &message.financial_year);
            let amount = decode::amount(fields, "amount_pence", message.amount_pence);
            let decision = decode::decision(fields, "decision", &message.decision);
            Some(Allocation { hub: hub?, financial_year: financial_year?, amount: amount?, decision: decision? })
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(allocate_budget(cmd, asked))).await
    }

    async fn get_budget(&self, request: Request<pb::GetBudgetRequest>) -> Result<Response<pb::GetBudgetResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (hub, year) = Fields::decode(|fields| decode::budget_name(fields, "name", &message.name))?;
        let read = self.context.read(move |tx| Box::pin(async move { store::budget::find_budget(tx, &scope, &hub, year).await }));
        let budget = read.await?.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetBudgetResponse { budget: Some((&budget).into()) }))
    }

    async fn list_budgets(&self, request: Request<pb::ListBudgetsRequest>) -> Result<Response<pb::ListBudgetsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (hub, year, page) = Fields::decode(|fields| {
            let hub = decode::filter(fields, "hub", &message.hub, decode::hub_id);
            let hub = hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default();
            let year = decode::filter(fields, "financial_year", &message.financial_year, decode::financial_year);
            let year = year.map(|year| year.to_string()).unwrap_or_default();
            let same = pb::ListBudgetsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((hub, year, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.context.read(move |tx| {
            Box::pin(async move {
                // The key is a year, a space and a hub.
                let after = after.split_once(' ').unwrap_or_default();
                store::budget::budget_page(tx, &scope, (&hub, &year), after, limit).await
            })
        });
        let key = |budget: &Budget| format!("{} {}", budget.financial_year, budget.hub.as_str());
        let (budgets, next_page_token) = page.cut(read.await?, key, |budget| pb::Budget::from(&budget));
        Ok(Response::new(pb::ListBudgetsResponse { budgets, next_page_token }))
    }
}
