//! `EntitlementService`.

use proto::funding::v1::{self as pb, entitlement_service_server::EntitlementService};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    decide_entitlement::{Decision, decide_entitlement},
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
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let id = Fields::decode(|fields| decode::entitlement_id(fields, "name", &message.name))?;
        let read =
            self.context.read(move |tx| Box::pin(async move { store::entitlement::find_entitlement(tx, &scope, &id).await }));
        let entitlement = read.await?.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetEntitlementResponse { entitlement: Some((&entitlement).into()) }))
    }

    async fn list_entitlements(
        &self,
        request: Request<pb::ListEntitlementsRequest>,
    ) -> Result<Response<pb::ListEntitlementsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let hub = decode::filter(fields, "hub", &message.hub, decode::hub_id);
            let school = decode::filter(fields, "school", &message.school, decode::urn);
            let batch = decode::filter(fields, "batch", &message.batch, decode::batch_id);
            let year = decode::filter(fields, "financial_year", &message.financial_year, decode::financial_year);
            let filter = Filter {
                hub: hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default(),
                urn: school.map_or(0, |urn| urn.number()),
                state: decode::entitlement_state(fields, message.state),
                batch: batch.map(|batch| batch.as_str().to_owned()).unwrap_or_default(),
                financial_year: year.map(|year| year.to_string()).unwrap_or_default(),
                review: decode::review(fields, message.review),
            };
            let same = pb::ListEntitlementsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((filter, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.context.read(move |tx| {
            Box::pin(async move { store::entitlement::entitlement_page(tx, &scope, &filter, &after, limit).await })
        });
        let key = |entitlement: &Entitlement| entitlement.id().as_str().to_owned();
        let (entitlements, next_page_token) = page.cut(read.await?, key, |entitlement| pb::Entitlement::from(&entitlement));
        Ok(Response::new(pb::ListEntitlementsResponse { entitlements, next_page_token }))
    }

    async fn decide_entitlement(
        &self,
        request: Request<pb::DecideEntitlementRequest>,
    ) -> Result<Response<pb::DecideEntitlementResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let asked = Fields::decode_mutation(&message, |fields| {
            let id = decode::entitlement_id(fields, "name", &message.name);
            let outcome = decode::outcome(fields, message.outcome);
            let reason = decode::reason(fields, &message.reason);
            Some(Decision { id: id?, etag: message.etag.clone(), outcome: outcome?, reason: reason? })
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(decide_entitlement(cmd, asked))).await
    }

    async fn set_payee(&self, request: Request<pb::SetPayeeRequest>) -> Result<Response<pb::SetPayeeResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, payee) = Fields::decode_mutation(&message, |fields| {
            let id = decode::entitlement_id(fields, "name", &message.name);
            let payee = decode::payee(fields, message.payee.clone());
            Some((id?, payee?))
        })?;
        let etag = message.etag.clone();
        self.context.mutate(&call, &message, move |cmd| Box::pin(set_payee(cmd, id, etag, payee))).await
    }
}
