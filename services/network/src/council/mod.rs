//! The Maths Hubs Council: its meetings and decisions. Serves `CouncilService`.

mod list_decisions;
mod list_meetings;
mod propose_chair;
mod record_decision;
mod record_meeting;
mod rotation;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

use proto::network::v1::{self as pb, council_service_server::CouncilService};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{
    list_decisions::list_decisions, list_meetings::list_meetings, propose_chair::propose_chair, record_decision::record_decision,
    record_meeting::record_meeting,
};
use crate::service::Api;
use rules::{CouncilViolation, DecisionKind, Term};
pub(crate) use rules::{Decision, Meeting};

#[tonic::async_trait]
impl CouncilService for Api {
    async fn record_meeting(
        &self,
        request: Request<pb::RecordMeetingRequest>,
    ) -> Result<Response<pb::RecordMeetingResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let meeting = Fields::decode_mutation(&message, |fields| wire::meeting(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(record_meeting(cmd, meeting))).await
    }

    async fn list_meetings(
        &self,
        request: Request<pb::ListMeetingsRequest>,
    ) -> Result<Response<pb::ListMeetingsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (year, page) = Fields::decode(|fields| {
            let year = wire::year(fields, &message);
            Some((year, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_meetings(tx, year, page))).await
    }

    async fn propose_chair(
        &self,
        request: Request<pb::ProposeChairRequest>,
    ) -> Result<Response<pb::ProposeChairResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let day = Fields::decode(|fields| fields.date("as_of_date", &message.as_of_date))?;
        self.context.query(move |tx| Box::pin(propose_chair(tx, day))).await
    }

    async fn record_decision(
        &self,
        request: Request<pb::RecordDecisionRequest>,
    ) -> Result<Response<pb::RecordDecisionResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let decision = Fields::decode_mutation(&message, |fields| wire::decision(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(record_decision(cmd, decision))).await
    }

    async fn list_decisions(
        &self,
        request: Request<pb::ListDecisionsRequest>,
    ) -> Result<Response<pb::ListDecisionsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_decisions(tx, filter, page))).await
    }
}
