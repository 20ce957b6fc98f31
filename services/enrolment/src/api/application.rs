//! `ApplicationService`.

use proto::{
    Mutation,
    enrolment::v1::{self as pb, application_service_server::ApplicationService},
};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    accept_offer::accept_offer,
    application_ref::ApplicationRef,
    create_application::create_application,
    decline_offer::decline_offer,
    domain::Application,
    lapse_offers::lapse_offers,
    offer_places::{Offer, offer_places},
    store::{
        self, ScopeKey,
        application::{Filter, state_filter},
    },
    submit_application::submit_application,
    withdraw_application::withdraw_application,
};

/// The application of a request that is about one.
fn application_ref(call: &Call, message: &impl Mutation, name: &str) -> Result<ApplicationRef, ApiError> {
    let scope = Scope::of(call)?;
    Fields::decode_mutation(message, |fields| decode::application_ref(fields, scope, name))
}

#[tonic::async_trait]
impl ApplicationService for Api {
    async fn create_application(
        &self,
        request: Request<pb::CreateApplicationRequest>,
    ) -> Result<Response<pb::CreateApplicationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let draft = Fields::decode_mutation(&message, |fields| decode::draft(fields, &message))?;
        draft.check_scope(&scope).map_err(ApiError::from)?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_application(cmd, draft))).await
    }

    async fn get_application(
        &self,
        request: Request<pb::GetApplicationRequest>,
    ) -> Result<Response<pb::GetApplicationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (round, id) = Fields::decode(|fields| decode::application_name(fields, "name", &message.name))?;
        let found = self
            .context
            .read(move |tx| Box::pin(async move { store::application::find_application(tx, &scope, &round, &id).await }));
        let application = found.await?.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetApplicationResponse { application: Some((&application).into()) }))
    }

    async fn list_applications(
        &self,
        request: Request<pb::ListApplicationsRequest>,
    ) -> Result<Response<pb::ListApplicationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (round, filter, page) = Fields::decode(|fields| {
            let round = decode::round_id(fields, "parent", &message.parent);
            let state = state_filter(decode::application_state(fields, message.state));
            let (hub, urn) = decode::hub_and_school_filter(fields, &message.hub, &message.school);
            let same = pb::ListApplicationsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((round?, Filter { hub, urn, state }, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let rows = self.context.read(move |tx| {
            Box::pin(async move { store::application::application_page(tx, &scope, &round, &filter, &after, limit).await })
        });
        let rows = rows.await?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let key = |application: &Application| application.id.as_str().to_owned();
        let (applications, next_page_token) = page.cut(rows, key, |application| pb::Application::from(&application));
        Ok(Response::new(pb::ListApplicationsResponse { applications, next_page_token }))
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
        let offer = Fields::decode_mutation(&message, |fields| {
            let round = decode::round_id(fields, "parent", &message.parent);
            let hub = decode::hub_id(fields, "hub", &message.hub);
            let programme = decode::programme_id(fields, "programme", &message.programme);
            let offers_count = decode::offers_count(fields, message.offers_count);
            Some(Offer { round: round?, hub: hub?, programme: programme?, offers_count })
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(offer_places(cmd, scope, offer))).await
    }

    async fn accept_offer(&self, request: Request<pb::AcceptOfferRequest>) -> Result<Response<pb::AcceptOfferResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let application = application_ref(&call, &message, &message.name)?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(accept_offer(cmd, application))).await
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
            let application = decode::application_ref(fields, scope, &message.name);
            let reason = decode::reason(fields, &message.reason);
            Some((application?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(withdraw_application(cmd, application, reason))).await
    }

    async fn lapse_offers(&self, request: Request<pb::LapseOffersRequest>) -> Result<Response<pb::LapseOffersResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let round = Fields::decode_mutation(&message, |fields| decode::round_id(fields, "parent", &message.parent))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(lapse_offers(cmd, round))).await
    }
}
