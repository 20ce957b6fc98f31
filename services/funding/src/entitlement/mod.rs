//! Entitlements: money that a school is entitled to for one place, funded by a budget, proven by evidence and paid in a batch. Serves `EntitlementService`.

pub(crate) mod apply_evidence;
pub(crate) mod commitment;
mod decide_entitlement;
mod entitlement_ref;
mod get_entitlement;
mod list_entitlements;
pub(crate) mod recognise;
mod rules;
mod set_payee;
mod state;
pub(crate) mod store;
mod wire;

use proto::funding::v1::{self as pb, entitlement_service_server::EntitlementService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{
    decide_entitlement::decide_entitlement, get_entitlement::get_entitlement, list_entitlements::list_entitlements,
    set_payee::set_payee,
};
use crate::{payee, service::Api};
pub(crate) use entitlement_ref::EntitlementRef;
pub(crate) use rules::{DecisionOutcome, Entitlement, EntitlementBasis, EntitlementFilter, EntitlementId, EvidenceEffect, Terms};
pub(crate) use state::EntitlementState;
#[cfg(test)]
pub(crate) use state::TRANSITIONS;

#[tonic::async_trait]
impl EntitlementService for Api {
    async fn get_entitlement(
        &self,
        request: Request<pb::GetEntitlementRequest>,
    ) -> Result<Response<pb::GetEntitlementResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let id = Fields::decode(|fields| fields.read("name", EntitlementId::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_entitlement(tx, scope, id))).await
    }

    async fn list_entitlements(
        &self,
        request: Request<pb::ListEntitlementsRequest>,
    ) -> Result<Response<pb::ListEntitlementsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_entitlements(tx, scope, filter, page))).await
    }

    async fn decide_entitlement(
        &self,
        request: Request<pb::DecideEntitlementRequest>,
    ) -> Result<Response<pb::DecideEntitlementResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let decision = Fields::decode_mutation(&message, |fields| wire::decision(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(decide_entitlement(cmd, decision))).await
    }

    async fn set_payee(&self, request: Request<pb::SetPayeeRequest>) -> Result<Response<pb::SetPayeeResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (entitlement, payee) = Fields::decode_mutation(&message, |fields| {
            let entitlement = wire::entitlement_ref(fields, &message.name, &message.etag);
            let payee = payee::wire::payee(fields, message.payee.clone());
            Some((entitlement?, payee?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(set_payee(cmd, entitlement, payee))).await
    }
}
