//! Applications of schools for places, their waiting lists and offers. Serves `ApplicationService`.

mod accept_offer;
mod application_ref;
mod claim;
mod create_application;
mod decline_offer;
mod eligibility;
mod end_application;
mod get_application;
pub(crate) mod lapse_offers;
mod list_applications;
mod offer_places;
mod open_reserve;
mod promote;
mod rules;
mod store;
mod submission_basis;
mod submit_application;
mod waiting_list;
mod wire;
mod withdraw_application;

use proto::{
    Mutation,
    enrolment::v1::{self as pb, application_service_server::ApplicationService},
};
use scope::{Scope, ScopeKey};
use server::{ApiError, Call, Fields, Page};
use service::RuleViolation;
use tonic::{Request, Response, Status};

use self::{
    accept_offer::accept_offer, create_application::create_application, decline_offer::decline_offer,
    get_application::get_application, lapse_offers::lapse_offers, list_applications::list_applications,
    offer_places::offer_places, rules::ApplicationViolation, submit_application::submit_application,
    withdraw_application::withdraw_application,
};
use crate::{REASON_LENGTH_MAX, round::RoundId, service::Api};
pub(crate) use application_ref::ApplicationRef;
pub(crate) use end_application::{end_application, end_imported};
pub(crate) use open_reserve::open_reserve;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{Application, ApplicationId, ApplicationState, Coldness};

/// The application of a request that names one.
fn application_ref(call: &Call, message: &impl Mutation, name: &str) -> Result<ApplicationRef, ApiError> {
    let scope = Scope::of(call)?;
    Fields::decode_mutation(message, |fields| wire::application_ref(fields, scope, name))
}

#[tonic::async_trait]
impl ApplicationService for Api {
    async fn create_application(
        &self,
        request: Request<pb::CreateApplicationRequest>,
    ) -> Result<Response<pb::CreateApplicationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let draft = Fields::decode_mutation(&message, |fields| wire::draft(fields, &message))?;
        if !scope.contains(&draft.hub, draft.urn) {
            return Err(ApplicationViolation::NotOwn { hub: draft.hub, urn: draft.urn }.error().into());
        }
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_application(cmd, draft))).await
    }

    async fn get_application(
        &self,
        request: Request<pb::GetApplicationRequest>,
    ) -> Result<Response<pb::GetApplicationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, today) = (Scope::of(&call)?, self.context.clock.today());
        let application = Fields::decode(|fields| wire::application_ref(fields, scope, &message.name))?;
        self.context.query(move |tx| Box::pin(get_application(tx, application, today))).await
    }

    async fn list_applications(
        &self,
        request: Request<pb::ListApplicationsRequest>,
    ) -> Result<Response<pb::ListApplicationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            let page = Page::of(fields, &message);
            Some((filter?, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_applications(tx, scope, filter, page))).await
    }

    async fn submit_application(
        &self,
        request: Request<pb::SubmitApplicationRequest>,
    ) -> Result<Response<pb::SubmitApplicationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (application, etag) = (application_ref(&call, &message, &message.name)?, message.etag.clone());
        self.context.mutate(&call, &message, move |cmd| Box::pin(submit_application(cmd, application, etag))).await
    }

    async fn offer_places(&self, request: Request<pb::OfferPlacesRequest>) -> Result<Response<pb::OfferPlacesResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let offer = Fields::decode_mutation(&message, |fields| wire::offer(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(offer_places(cmd, scope, offer))).await
    }

    async fn accept_offer(&self, request: Request<pb::AcceptOfferRequest>) -> Result<Response<pb::AcceptOfferResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (application, document_sha256) = Fields::decode_mutation(&message, |fields| {
            let application = wire::application_ref(fields, scope, &message.name);
            let document_sha256 = fields.document_sha256(&call.caller, &message.document_sha256);
            Some((application?, document_sha256?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(accept_offer(cmd, application, document_sha256))).await
    }

    async fn decline_offer(
        &self,
        request: Request<pb::DeclineOfferRequest>,
    ) -> Result<Response<pb::DeclineOfferResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let application = application_ref(&call, &message, &message.name)?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(decline_offer(cmd, application))).await
    }

    async fn withdraw_application(
        &self,
        request: Request<pb::WithdrawApplicationRequest>,
    ) -> Result<Response<pb::WithdrawApplicationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (application, reason) = Fields::decode_mutation(&message, |fields| {
            let application = wire::application_ref(fields, scope, &message.name);
            let reason = fields.text("reason", &message.reason, 1, REASON_LENGTH_MAX);
            Some((application?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(withdraw_application(cmd, application, reason))).await
    }

    async fn lapse_offers(&self, request: Request<pb::LapseOffersRequest>) -> Result<Response<pb::LapseOffersResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let round = Fields::decode_mutation(&message, |fields| fields.read("parent", RoundId::parse(&message.parent)))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(lapse_offers(cmd, round))).await
    }
}
