//! Rounds: when schools may apply, for what, and in which order places are given. Serves `RoundService`.

mod cancel_round;
mod create_round;
mod get_round;
mod get_round_progress;
mod list_rounds;
mod place_order;
mod programmes;
mod rules;
pub(crate) mod store;
mod update_round;
mod wire;

use name::{HubId, ProgrammeId};
use proto::enrolment::v1::{self as pb, round_service_server::RoundService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{
    cancel_round::cancel_round, create_round::create_round, get_round::get_round, get_round_progress::get_round_progress,
    list_rounds::list_rounds, update_round::update_round,
};
use crate::{
    REASON_LENGTH_MAX,
    places::{self, list_places::list_places, propose_places::propose_places, set_places::set_places},
    service::Api,
};
pub(crate) use place_order::{PlaceOrder, PlaceOrderPolicy, Reserve, ReserveOnDay};
pub(crate) use rules::{Round, RoundFilter, RoundId, RoundProgramme, RoundViolation};

#[tonic::async_trait]
impl RoundService for Api {
    async fn create_round(&self, request: Request<pb::CreateRoundRequest>) -> Result<Response<pb::CreateRoundResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (round, programmes) = Fields::decode_mutation(&message, |fields| {
            let id = fields.new_id("round_id", &message.round_id, RoundId::LENGTH_MAX).map(RoundId::trusted);
            wire::round(fields, id, message.round.clone())
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_round(cmd, round, programmes))).await
    }

    async fn get_round(&self, request: Request<pb::GetRoundRequest>) -> Result<Response<pb::GetRoundResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| fields.read("name", RoundId::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_round(tx, id))).await
    }

    async fn list_rounds(&self, request: Request<pb::ListRoundsRequest>) -> Result<Response<pb::ListRoundsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_rounds(tx, page))).await
    }

    async fn update_round(&self, request: Request<pb::UpdateRoundRequest>) -> Result<Response<pb::UpdateRoundResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let ((round, programmes), etag) = Fields::decode_mutation(&message, |fields| {
            let sent = message.round.clone().unwrap_or_default();
            let id = fields.read("round.name", RoundId::parse(&sent.name));
            let etag = fields.etag("round.etag", &sent.etag);
            Some((wire::round(fields, id, message.round.clone())?, etag?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(update_round(cmd, round, programmes, etag))).await
    }

    async fn cancel_round(&self, request: Request<pb::CancelRoundRequest>) -> Result<Response<pb::CancelRoundResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, etag, reason) = Fields::decode_mutation(&message, |fields| {
            let id = fields.read("name", RoundId::parse(&message.name));
            let etag = fields.etag("etag", &message.etag);
            let reason = fields.text("reason", &message.reason, 1, REASON_LENGTH_MAX);
            Some((id?, etag?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(cancel_round(cmd, id, etag, reason))).await
    }

    async fn set_places(&self, request: Request<pb::SetPlacesRequest>) -> Result<Response<pb::SetPlacesResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (places, etag) = Fields::decode_mutation(&message, |fields| places::wire::places(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(set_places(cmd, places, etag))).await
    }

    async fn propose_places(
        &self,
        request: Request<pb::ProposePlacesRequest>,
    ) -> Result<Response<pb::ProposePlacesResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let today = self.context.clock.today();
        let wanted = Fields::decode(|fields| places::wire::wanted(fields, &message))?;
        self.context.query(move |tx| Box::pin(propose_places(tx, wanted, today))).await
    }

    async fn get_round_progress(
        &self,
        request: Request<pb::GetRoundProgressRequest>,
    ) -> Result<Response<pb::GetRoundProgressResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, today) = (Scope::of(&call)?, self.context.clock.today());
        let (id, programme) = Fields::decode(|fields| {
            let id = fields.read("name", RoundId::parse(&message.name));
            let programme = fields.optional("programme", &message.programme, ProgrammeId::parse);
            Some((id?, programme))
        })?;
        self.context.query(move |tx| Box::pin(get_round_progress(tx, scope, id, programme, today))).await
    }

    async fn list_places(&self, request: Request<pb::ListPlacesRequest>) -> Result<Response<pb::ListPlacesResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (round, hub, page) = Fields::decode(|fields| {
            let round = fields.read("parent", RoundFilter::parse(&message.parent));
            let hub = fields.optional("hub", &message.hub, HubId::parse);
            let page = Page::of(fields, &message);
            Some((round?, hub, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_places(tx, scope, round, hub, page))).await
    }
}
