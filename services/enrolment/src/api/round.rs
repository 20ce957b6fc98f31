//! `RoundService`.

use proto::enrolment::v1::{self as pb, round_service_server::RoundService};
use scope::Scope;
use server::{ApiError, Call, Fields, Once, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    create_round::create_round,
    domain::{HubId, Places, RoundId},
    error::Error,
    set_places::set_places,
    store::{self, ScopeKey},
    update_round::update_round,
};

#[tonic::async_trait]
impl RoundService for Api {
    async fn create_round(&self, request: Request<pb::CreateRoundRequest>) -> Result<Response<pb::CreateRoundResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let round_id = fields.new_id("round_id", &message.round_id, RoundId::LENGTH_MAX).map(RoundId::trusted);
        let round = decode::round(&mut fields, round_id, message.round.clone());
        let (Some(id), Some(round)) = (id, round) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let once = Once::new(&call, "/mathshubs.enrolment.v1.RoundService/CreateRound", &id, &message, self.desk.clock.now());
        Ok(Response::new(create_round(&self.desk, once, round).await.map_err(ApiError::from)?))
    }

    async fn get_round(&self, request: Request<pb::GetRoundRequest>) -> Result<Response<pb::GetRoundResponse>, Status> {
        Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let Some(id) = decode::round_id(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let read = self.desk.pool.read(|mut tx| Box::pin(async move { store::round::find_round(&mut tx, &id).await }));
        let round = read.await.map_err(|error| ApiError::database(&error))?;
        let round = round.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetRoundResponse { round: Some((&round).into()) }))
    }

    async fn list_rounds(&self, request: Request<pb::ListRoundsRequest>) -> Result<Response<pb::ListRoundsResponse>, Status> {
        Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &pb::ListRoundsRequest::default());
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.desk.pool.read(|mut tx| Box::pin(async move { store::round::round_page(&mut tx, &after, limit).await }));
        let rows = read.await.map_err(|error| ApiError::database(&error))?;
        let (rounds, next_page_token) = page.cut(rows, |round| round.id.as_str().to_owned(), |round| pb::Round::from(&round));
        Ok(Response::new(pb::ListRoundsResponse { rounds, next_page_token }))
    }

    async fn update_round(&self, request: Request<pb::UpdateRoundRequest>) -> Result<Response<pb::UpdateRoundResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let (name, etag) = message.round.as_ref().map(|round| (round.name.clone(), round.etag.clone())).unwrap_or_default();
        let round_id = decode::round_id(&mut fields, "round.name", &name);
        fields.require("round.etag", !etag.is_empty(), "must be that of the round as it was read");
        let round = decode::round(&mut fields, round_id, message.round.clone());
        let (Some(id), Some(round)) = (id, round) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let once = Once::new(&call, "/mathshubs.enrolment.v1.RoundService/UpdateRound", &id, &message, self.desk.clock.now());
        Ok(Response::new(update_round(&self.desk, once, round, etag).await.map_err(ApiError::from)?))
    }

    async fn set_places(&self, request: Request<pb::SetPlacesRequest>) -> Result<Response<pb::SetPlacesResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let round = decode::round_id(&mut fields, "parent", &message.parent);
        let etag = message.places.as_ref().map(|places| places.etag.clone()).unwrap_or_default();
        let places = decode::places(&mut fields, message.places.as_ref());
        let (Some(id), Some(round), Some((hub, programme, places_count))) = (id, round, places) else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        let places = Places { round, hub, programme, places_count, accepted_count: 0, version: 1 };
        let once = Once::new(&call, "/mathshubs.enrolment.v1.RoundService/SetPlaces", &id, &message, self.desk.clock.now());
        Ok(Response::new(set_places(&self.desk, once, places, etag).await.map_err(ApiError::from)?))
    }

    async fn list_places(&self, request: Request<pb::ListPlacesRequest>) -> Result<Response<pb::ListPlacesResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let round: Option<RoundId> = decode::round_id(&mut fields, "parent", &message.parent);
        let hub: Option<HubId> = match message.hub.as_str() {
            "" => None,
            name => decode::hub_id(&mut fields, "hub", name),
        };
        let filter = pb::ListPlacesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &filter);
        let (Some(round), Some(page)) = (round, page) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.desk.pool.read(|mut tx| {
            Box::pin(async move {
                let hub = hub.as_ref().map_or("", HubId::as_str);
                // Neither part of the key can hold the dot that joins them.
                let after = after.split_once('.').unwrap_or_default();
                store::places::places_page(&mut tx, &scope, &round, hub, after, limit).await
            })
        });
        let rows =
            read.await.map_err(Error::from).map_err(ApiError::from)?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let key = |places: &Places| format!("{}.{}", places.hub.as_str(), places.programme.as_str());
        let (places, next_page_token) = page.cut(rows, key, |places| pb::Places::from(&places));
        Ok(Response::new(pb::ListPlacesResponse { places, next_page_token }))
    }
}
