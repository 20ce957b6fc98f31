//! `BudgetService`.

use proto::funding::v1::{self as pb, budget_service_server::BudgetService};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    allocate::{Allocation, allocate},
    domain::Budget,
    store::{self, ScopeKey},
};

#[tonic::async_trait]
impl BudgetService for Api {
    async fn allocate_budget(
        &self,
        request: Request<pb::AllocateBudgetRequest>,
    ) -> Result<Response<pb::AllocateBudgetResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let hub = decode::hub_id(&mut fields, "hub", &message.hub);
        let financial_year = decode::financial_year(&mut fields, "financial_year", &message.financial_year);
        let amount = decode::amount(&mut fields, "amount_pence", message.amount_pence);
        let decision = decode::decision(&mut fields, "decision", &message.decision);
        let (Some(id), Some(hub), Some(financial_year), Some(amount), Some(decision)) =
            (id, hub, financial_year, amount, decision)
        else {
            return Err(fields.refusal().into());
        };
        let asked = Allocation { hub, financial_year, amount, decision, validate_only: message.validate_only };
        let once = self.once(&call, "/mathshubs.funding.v1.BudgetService/AllocateBudget", &id, &message);
        Ok(Response::new(allocate(&self.desk, once, asked).await.map_err(ApiError::from)?))
    }

    async fn get_budget(&self, request: Request<pb::GetBudgetRequest>) -> Result<Response<pb::GetBudgetResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let name = decode::budget_name(&mut fields, "name", &message.name);
        let Some((hub, year)) = name else { return Err(fields.refusal().into()) };
        let read = self.read(|mut tx| Box::pin(async move { store::budget::find_budget(&mut tx, &scope, &hub, year).await }));
        let budget = read.await?.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetBudgetResponse { budget: Some((&budget).into()) }))
    }

    async fn list_budgets(&self, request: Request<pb::ListBudgetsRequest>) -> Result<Response<pb::ListBudgetsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let hub = decode::filter(&mut fields, "hub", &message.hub, decode::hub_id);
        let hub = hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default();
        let year = decode::filter(&mut fields, "financial_year", &message.financial_year, decode::financial_year);
        let year = year.map(|year| year.to_string()).unwrap_or_default();
        let same = pb::ListBudgetsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.read(|mut tx| {
            Box::pin(async move {
                // The key is a year, a space and a hub.
                let after = after.split_once(' ').unwrap_or_default();
                store::budget::budget_page(&mut tx, &scope, (&hub, &year), after, limit).await
            })
        });
        let key = |budget: &Budget| format!("{} {}", budget.financial_year, budget.hub.as_str());
        let (budgets, next_page_token) = page.cut(read.await?, key, |budget| pb::Budget::from(&budget));
        Ok(Response::new(pb::ListBudgetsResponse { budgets, next_page_token }))
    }
}
