//! `EntitlementService`.

use proto::funding::v1::{self as pb, entitlement_service_server::EntitlementService};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    decide::{Decision, decide},
    domain::Entitlement,
    set_payee::set_payee,
    store::{self, ScopeKey, entitlement::Filter},
};

#[tonic::async_trait]
impl EntitlementService for Api {
    async fn get_entitlement(
        &self,
        request: Request<pb::GetEntitlementRequest>,
    ) -> Result<Response<pb::GetEntitlementResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let Some(id) = decode::entitlement_id(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let read = self.read(|mut tx| Box::pin(async move { store::entitlement::find_entitlement(&mut tx, &scope, &id).await }));
        let entitlement = read.await?.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetEntitlementResponse { entitlement: Some((&entitlement).into()) }))
    }

    async fn list_entitlements(
        &self,
        request: Request<pb::ListEntitlementsRequest>,
    ) -> Result<Response<pb::ListEntitlementsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let hub = decode::filter(&mut fields, "hub", &message.hub, decode::hub_id);
        let school = decode::filter(&mut fields, "school", &message.school, decode::urn);
        let batch = decode::filter(&mut fields, "batch", &message.batch, decode::batch_id);
        let year = decode::filter(&mut fields, "financial_year", &message.financial_year, decode::financial_year);
        let filter = Filter {
            hub: hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default(),
            urn: school.map_or(0, |urn| urn.number()),
            state: decode::entitlement_state(&mut fields, message.state),
            batch: batch.map(|batch| batch.as_str().to_owned()).unwrap_or_default(),
            financial_year: year.map(|year| year.to_string()).unwrap_or_default(),
            review: decode::review(&mut fields, message.review),
        };
        let same = pb::ListEntitlementsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.read(|mut tx| {
            Box::pin(async move { store::entitlement::entitlement_page(&mut tx, &scope, &filter, &after, limit).await })
        });
        let key = |entitlement: &Entitlement| entitlement.id().as_str().to_owned();
        let (entitlements, next_page_token) = page.cut(read.await?, key, |entitlement| pb::Entitlement::from(&entitlement));
        Ok(Response::new(pb::ListEntitlementsResponse { entitlements, next_page_token }))
    }

    async fn decide_entitlement(
        &self,
        request: Request<pb::DecideEntitlementRequest>,
    ) -> Result<Response<pb::DecideEntitlementResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let request_id = fields.request_id(&message.request_id);
        let id = decode::entitlement_id(&mut fields, "name", &message.name);
        let outcome = decode::outcome(&mut fields, message.outcome);
        let reason = decode::reason(&mut fields, &message.reason);
        let (Some(request_id), Some(id), Some(outcome), Some(reason)) = (request_id, id, outcome, reason) else {
            return Err(fields.refusal().into());
        };
        let once = self.once(&call, "/mathshubs.funding.v1.EntitlementService/DecideEntitlement", &request_id, &message);
        let asked = Decision { id, etag: message.etag, outcome, reason, validate_only: message.validate_only };
        Ok(Response::new(decide(&self.desk, once, asked).await.map_err(ApiError::from)?))
    }

    async fn set_payee(&self, request: Request<pb::SetPayeeRequest>) -> Result<Response<pb::SetPayeeResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let request_id = fields.request_id(&message.request_id);
        let id = decode::entitlement_id(&mut fields, "name", &message.name);
        let payee = decode::payee(&mut fields, message.payee.clone());
        let (Some(request_id), Some(id), Some(payee)) = (request_id, id, payee) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let once = self.once(&call, "/mathshubs.funding.v1.EntitlementService/SetPayee", &request_id, &message);
        Ok(Response::new(set_payee(&self.desk, once, id, message.etag, payee).await.map_err(ApiError::from)?))
    }
}
