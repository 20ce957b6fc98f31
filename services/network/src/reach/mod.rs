//! Reach: publications of the analytics job's figures and cold areas. Serves `ReachService`.

mod approve_reach;
mod check;
mod figure;
mod figure_store;
mod get_reach_publication;
mod list_cold_areas;
mod list_reach_figures;
mod list_reach_publications;
mod parts;
mod publish_reach;
mod rules;
pub(crate) mod store;
mod wire;

use prost::Message;
use proto::network::v1::{self as pb, publish_reach_request::Part, reach_service_server::ReachService};
use server::{ApiError, Call, Fields, Page};
use sha2::{Digest, Sha256};
use tonic::{Request, Response, Status, Streaming};
use upload::Messages;

use self::{
    approve_reach::approve_reach, get_reach_publication::get_reach_publication, list_cold_areas::list_cold_areas,
    list_reach_figures::list_reach_figures, list_reach_publications::list_reach_publications, parts::ReceivedParts,
    publish_reach::publish_reach,
};
use crate::{
    reach_policy::{
        self, ReachPolicy, ReachPolicyId, ReachRule, create_reach_policy::create_reach_policy,
        list_reach_policies::list_reach_policies,
    },
    service::Api,
};
pub(crate) use figure::Stage;
use figure::{ColdArea, Figure, FigureState, Level, ReachProgramme};
use rules::{
    Approval, ApprovingBody, FeedPosition, FeedPositions, Publication, PublicationHeader, PublicationId, PublicationRef,
    ReachViolation,
};

/// Largest message of a request: room for a part of 500 rows. Decoding takes up to 90 times the memory of a message, where its rows are empty.
pub(crate) const MESSAGE_SIZE_MAX_BYTES: usize = 256 * 1024;

#[tonic::async_trait]
impl ReachService for Api {
    async fn publish_reach(
        &self,
        request: Request<Streaming<pb::PublishReachRequest>>,
    ) -> Result<Response<pb::PublishReachResponse>, Status> {
        let call = Call::of(&request)?;
        let _slot = self.streams.publication()?;
        let mut messages = Messages::new(request.into_inner(), self.config.stream_timeout, MESSAGE_SIZE_MAX_BYTES);
        let Some(Part::Header(sent)) = messages.next().await?.and_then(|message| message.part) else {
            return Err(ApiError::field("header", "must be the first message").into());
        };
        let header = Fields::decode_mutation(&sent, |fields| wire::header(fields, &sent))?;
        let mut checksum = Sha256::new_with_prefix(sent.encode_length_delimited_to_vec());
        let parts = ReceivedParts::receive(&mut messages, header, &mut checksum, &self.config).await?;
        let _turn = self.streams.turn().await;
        publish_reach(&self.context, &call, &sent, &checksum.finalize(), parts).await
    }

    async fn approve_reach(
        &self,
        request: Request<pb::ApproveReachRequest>,
    ) -> Result<Response<pb::ApproveReachResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, etag, figures_sha256) = Fields::decode_mutation(&message, |fields| {
            let publication = fields.read("name", PublicationRef::parse(&message.name));
            let is_newest = publication == Some(PublicationRef::Newest);
            fields.require("name", !is_newest, "must name the publication that the approver looked at, not the newest");
            let etag = fields.etag("etag", &message.etag);
            let figures_sha256 = fields.sha256("figures_sha256", &message.figures_sha256);
            Some((publication?.id()?.clone(), etag?, figures_sha256?))
        })?;
        let role = call.caller.role;
        self.context.mutate(&call, &message, move |cmd| Box::pin(approve_reach(cmd, role, id, etag, figures_sha256))).await
    }

    async fn get_reach_publication(
        &self,
        request: Request<pb::GetReachPublicationRequest>,
    ) -> Result<Response<pb::GetReachPublicationResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let publication = Fields::decode(|fields| fields.read("name", PublicationRef::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_reach_publication(tx, publication))).await
    }

    async fn list_reach_publications(
        &self,
        request: Request<pb::ListReachPublicationsRequest>,
    ) -> Result<Response<pb::ListReachPublicationsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_reach_publications(tx, page))).await
    }

    async fn list_reach_figures(
        &self,
        request: Request<pb::ListReachFiguresRequest>,
    ) -> Result<Response<pb::ListReachFiguresResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (parent, filter, page) = Fields::decode(|fields| {
            let parent = fields.read("parent", PublicationRef::parse(&message.parent));
            let filter = wire::figure_filter(fields, &message);
            let page = Page::of(fields, &message);
            Some((parent?, filter, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_reach_figures(tx, parent, filter, page))).await
    }

    async fn list_cold_areas(
        &self,
        request: Request<pb::ListColdAreasRequest>,
    ) -> Result<Response<pb::ListColdAreasResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (parent, filter, page) = Fields::decode(|fields| {
            let parent = fields.read("parent", PublicationRef::parse(&message.parent));
            let filter = wire::area_filter(fields, &message);
            let page = Page::of(fields, &message);
            Some((parent?, filter, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_cold_areas(tx, parent, filter, page))).await
    }

    async fn create_reach_policy(
        &self,
        request: Request<pb::CreateReachPolicyRequest>,
    ) -> Result<Response<pb::CreateReachPolicyResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let policy = Fields::decode_mutation(&message, |fields| reach_policy::wire::policy(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_reach_policy(cmd, policy))).await
    }

    async fn list_reach_policies(
        &self,
        request: Request<pb::ListReachPoliciesRequest>,
    ) -> Result<Response<pb::ListReachPoliciesResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_reach_policies(tx, page))).await
    }
}
