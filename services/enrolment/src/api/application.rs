//! `ApplicationService`.

use proto::enrolment::v1::{self as pb, application_service_server::ApplicationService};
use scope::Scope;
use server::{ApiError, Call, Fields, Once, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    accept::accept,
    decline::decline,
    domain::{Application, RoundId},
    draft::{Draft, draft},
    lapse::lapse,
    offer::{Offer, offer},
    store::{
        self, ScopeKey,
        application::{Filter, state_filter},
    },
    submit::submit,
    target::Target,
    withdraw::withdraw,
};

/// Request id and target of a verb on one application.
fn target(fields: &mut Fields, call: &Call, request_id: &str, name: &str) -> Result<Option<(String, Target)>, ApiError> {
    let scope = Scope::of(call)?;
    let id = fields.request_id(request_id);
    let name = decode::application_name(fields, "name", name);
    Ok(id.zip(name).map(|(request_id, (round, id))| (request_id, Target { round, id, scope })))
}

#[tonic::async_trait]
impl ApplicationService for Api {
    async fn create_application(
        &self,
        request: Request<pb::CreateApplicationRequest>,
    ) -> Result<Response<pb::CreateApplicationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = Scope::of(&call)?;
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let round = decode::round_id(&mut fields, "parent", &message.parent);
        let asked = message.application.clone().unwrap_or_default();
        let urn = decode::urn(&mut fields, "application.school", &asked.school);
        let hub = decode::hub_id(&mut fields, "application.hub", &asked.hub);
        let programme = decode::programme_id(&mut fields, "application.programme", &asked.programme);
        let (Some(id), Some(round), Some(urn), Some(hub), Some(programme)) = (id, round, urn, hub, programme) else {
            return Err(fields.refusal().into());
        };
        let once = Once::new(
            &call,
            "/mathshubs.enrolment.v1.ApplicationService/CreateApplication",
            &id,
            &message,
            self.desk.clock.now(),
        );
        let answer = draft(&self.desk, once, scope, Draft { round, urn, hub, programme }).await;
        Ok(Response::new(answer.map_err(ApiError::from)?))
    }

    async fn get_application(
        &self,
        request: Request<pb::GetApplicationRequest>,
    ) -> Result<Response<pb::GetApplicationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let name = decode::application_name(&mut fields, "name", &message.name);
        let Some((round, id)) = name else { return Err(fields.refusal().into()) };
        let read = self
            .desk
            .pool
            .read(|mut tx| Box::pin(async move { store::application::find_application(&mut tx, &scope, &round, &id).await }));
        let found = read.await.map_err(|error| ApiError::database(&error))?;
        let application = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetApplicationResponse { application: Some((&application).into()) }))
    }

    async fn list_applications(
        &self,
        request: Request<pb::ListApplicationsRequest>,
    ) -> Result<Response<pb::ListApplicationsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let round: Option<RoundId> = decode::round_id(&mut fields, "parent", &message.parent);
        let mut filter =
            Filter { state: state_filter(decode::application_state(&mut fields, message.state)), ..Filter::default() };
        if !message.hub.is_empty() {
            filter.hub = decode::hub_id(&mut fields, "hub", &message.hub).map(|hub| hub.as_str().to_owned()).unwrap_or_default();
        }
        if !message.school.is_empty() {
            filter.urn = decode::urn(&mut fields, "school", &message.school).map_or(0, |urn| urn.number());
        }
        let same = pb::ListApplicationsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let (Some(round), Some(page)) = (round, page) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.desk.pool.read(|mut tx| {
            Box::pin(async move { store::application::application_page(&mut tx, &scope, &round, &filter, &after, limit).await })
        });
        let rows = read.await.map_err(|error| ApiError::database(&error))?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let key = |application: &Application| application.id.as_str().to_owned();
        let (applications, next_page_token) = page.cut(rows, key, |application| pb::Application::from(&application));
        Ok(Response::new(pb::ListApplicationsResponse { applications, next_page_token }))
    }

    async fn submit_application(
        &self,
        request: Request<pb::SubmitApplicationRequest>,
    ) -> Result<Response<pb::SubmitApplicationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let Some((id, target)) = target(&mut fields, &call, &message.request_id, &message.name)? else {
            return Err(fields.refusal().into());
        };
        let once = Once::new(
            &call,
            "/mathshubs.enrolment.v1.ApplicationService/SubmitApplication",
            &id,
            &message,
            self.desk.clock.now(),
        );
        Ok(Response::new(submit(&self.desk, once, target, message.etag).await.map_err(ApiError::from)?))
    }

    async fn offer_places(&self, request: Request<pb::OfferPlacesRequest>) -> Result<Response<pb::OfferPlacesResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = Scope::of(&call)?;
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let round = decode::round_id(&mut fields, "parent", &message.parent);
        let hub = decode::hub_id(&mut fields, "hub", &message.hub);
        let programme = decode::programme_id(&mut fields, "programme", &message.programme);
        let offers_count = decode::offers_count(&mut fields, message.offers_count);
        let (Some(id), Some(round), Some(hub), Some(programme)) = (id, round, hub, programme) else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        let asked = Offer { round, hub, programme, offers_count, validate_only: message.validate_only };
        let once =
            Once::new(&call, "/mathshubs.enrolment.v1.ApplicationService/OfferPlaces", &id, &message, self.desk.clock.now());
        Ok(Response::new(offer(&self.desk, once, scope, asked).await.map_err(ApiError::from)?))
    }

    async fn accept_offer(&self, request: Request<pb::AcceptOfferRequest>) -> Result<Response<pb::AcceptOfferResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let Some((id, target)) = target(&mut fields, &call, &message.request_id, &message.name)? else {
            return Err(fields.refusal().into());
        };
        let once =
            Once::new(&call, "/mathshubs.enrolment.v1.ApplicationService/AcceptOffer", &id, &message, self.desk.clock.now());
        Ok(Response::new(accept(&self.desk, once, target).await.map_err(ApiError::from)?))
    }

    async fn decline_offer(
        &self,
        request: Request<pb::DeclineOfferRequest>,
    ) -> Result<Response<pb::DeclineOfferResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let Some((id, target)) = target(&mut fields, &call, &message.request_id, &message.name)? else {
            return Err(fields.refusal().into());
        };
        let once =
            Once::new(&call, "/mathshubs.enrolment.v1.ApplicationService/DeclineOffer", &id, &message, self.desk.clock.now());
        Ok(Response::new(decline(&self.desk, once, target).await.map_err(ApiError::from)?))
    }

    async fn withdraw_application(
        &self,
        request: Request<pb::WithdrawApplicationRequest>,
    ) -> Result<Response<pb::WithdrawApplicationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let target = target(&mut fields, &call, &message.request_id, &message.name)?;
        let reason = decode::reason(&mut fields, &message.reason);
        let (Some((id, target)), Some(reason)) = (target, reason) else { return Err(fields.refusal().into()) };
        let once = Once::new(
            &call,
            "/mathshubs.enrolment.v1.ApplicationService/WithdrawApplication",
            &id,
            &message,
            self.desk.clock.now(),
        );
        Ok(Response::new(withdraw(&self.desk, once, target, reason).await.map_err(ApiError::from)?))
    }

    async fn lapse_offers(&self, request: Request<pb::LapseOffersRequest>) -> Result<Response<pb::LapseOffersResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let round = decode::round_id(&mut fields, "parent", &message.parent);
        let (Some(id), Some(round)) = (id, round) else { return Err(fields.refusal().into()) };
        let once =
            Once::new(&call, "/mathshubs.enrolment.v1.ApplicationService/LapseOffers", &id, &message, self.desk.clock.now());
        Ok(Response::new(lapse(&self.desk, once, round).await.map_err(ApiError::from)?))
    }
}
