//! `RoundService`.

use proto::enrolment::v1::{self as pb, round_service_server::RoundService};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    create_round::create_round,
    domain::{HubId, Places, Round, RoundId},
    set_places::set_places,
    store::{self, ScopeKey},
    update_round::update_round,
};

#[tonic::async_trait]
impl RoundService for Api {
    async fn create_round(&self, request: Request<pb::CreateRoundRequest>) -> Result<Response<pb::CreateRoundResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let round = Fields::decode_mutation(&message, |fields| {
            let id = fields.new_id("round_id", &message.round_id, RoundId::LENGTH_MAX).map(RoundId::trusted);
            decode::round(fields, id, message.round.clone())
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_round(cmd, round))).await
    }

    async fn get_round(&self, request: Request<pb::GetRoundRequest>) -> Result<Response<pb::GetRoundResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| decode::round_id(fields, "name", &message.name))?;
        let found = self.context.read(move |tx| Box::pin(async move { store::round::find_round(tx, &id).await }));
        let round = found.await?.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetRoundResponse { round: Some((&round).into()) }))
    }

    async fn list_rounds(&self, request: Request<pb::ListRoundsRequest>) -> Result<Response<pb::ListRoundsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let same = pb::ListRoundsRequest::default();
        let page = Fields::decode(|fields| Page::read(fields, message.page_size, &message.page_token, &same))?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let rows = self.context.read(move |tx| Box::pin(async move { store::round::round_page(tx, &after, limit).await }));
        let key = |round: &Round| round.id.as_str().to_owned();
        let (rounds, next_page_token) = page.cut(rows.await?, key, |round| pb::Round::from(&round));
        Ok(Response::new(pb::ListRoundsResponse { rounds, next_page_token }))
    }

    async fn update_round(&self, request: Request<pb::UpdateRoundRequest>) -> Result<Response<pb::UpdateRoundResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (round, etag) = Fields::decode_mutation(&message, |fields| {
            let (name, etag) = message.round.as_ref().map(|round| (round.name.clone(), round.etag.clone())).unwrap_or_default();
            let id = decode::round_id(fields, "round.name", &name);
            fields.require("round.etag", !etag.is_empty(), "must be that of the round as it was read");
            Some((decode::round(fields, id, message.round.clone())?, etag))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(update_round(cmd, round, etag))).await
    }

    async fn set_places(&self, request: Request<pb::SetPlacesRequest>) -> Result<Response<pb::SetPlacesResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (places, etag) = Fields::decode_mutation(&message, |fields| {
            let round = decode::round_id(fields, "parent", &message.parent);
            let etag = message.places.as_ref().map(|places| places.etag.clone()).unwrap_or_default();
            let (hub, programme, places_count) = decode::places(fields, message.places.as_ref())?;
            Some((Places { round: round?, hub, programme, places_count, accepted_count: 0, version: 1 }, etag))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(set_places(cmd, places, etag))).await
    }

    async fn list_places(&self, request: Request<pb::ListPlacesRequest>) -> Result<Response<pb::ListPlacesResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (round, hub, page) = Fields::decode(|fields| {
            let round = decode::round_id(fields, "parent", &message.parent);
            let hub = match message.hub.as_str() {
                "" => None,
                name => decode::hub_id(fields, "hub", name),
            };
            let same = pb::ListPlacesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((round?, hub, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let rows = self.context.read(move |tx| {
            Box::pin(async move {
                let hub = hub.as_ref().map_or("", HubId::as_str);
                // Neither part of the key can hold the dot that joins them.
                let after = after.split_once('.').unwrap_or_default();
                store::places::places_page(tx, &scope, &round, hub, after, limit).await
            })
        });
        let rows = rows.await?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let key = |places: &Places| format!("{}.{}", places.hub.as_str(), places.programme.as_str());
        let (places, next_page_token) = page.cut(rows, key, |places| pb::Places::from(&places));
        Ok(Response::new(pb::ListPlacesResponse { places, next_page_token }))
    }
}
