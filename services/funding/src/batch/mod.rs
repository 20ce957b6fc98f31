//! Batches: payments that one person creates, another approves and a third releases. Serves `PaymentService`.

mod approve_batch;
mod batch_ref;
mod cancel_batch;
mod create_batch;
mod get_batch;
mod list_batches;
mod release_batch;
mod rules;
mod store;
mod wire;

use name::HubId;
use proto::funding::v1::{self as pb, payment_service_server::PaymentService};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{cancel_batch::cancel_batch, get_batch::get_batch, list_batches::list_batches};
use crate::{REASON_LENGTH_MAX, review::reassess_lineage::reassess_all, service::Api};
pub(crate) use approve_batch::approve_batch;
pub(crate) use batch_ref::BatchRef;
pub(crate) use create_batch::create_batch;
pub(crate) use release_batch::release_batch;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{Batch, BatchId, BatchState, BatchViolation, Signature};

#[tonic::async_trait]
impl PaymentService for Api {
    async fn create_batch(&self, request: Request<pb::CreateBatchRequest>) -> Result<Response<pb::CreateBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let hub = Fields::decode_mutation(&message, |fields| Some(fields.optional("hub", &message.hub, HubId::parse)))?;
        if !message.validate_only {
            // In separate transactions, so that the questions stay when nothing is payable.
            reassess_all(&self.context).await.map_err(ApiError::from)?;
        }
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_batch(cmd, hub))).await
    }

    async fn get_batch(&self, request: Request<pb::GetBatchRequest>) -> Result<Response<pb::GetBatchResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| fields.read("name", BatchId::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_batch(tx, id))).await
    }

    async fn list_batches(&self, request: Request<pb::ListBatchesRequest>) -> Result<Response<pb::ListBatchesResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (state, page) = Fields::decode(|fields| {
            let state = wire::state(fields, message.state);
            Some((state, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_batches(tx, state, page))).await
    }

    async fn approve_batch(
        &self,
        request: Request<pb::ApproveBatchRequest>,
    ) -> Result<Response<pb::ApproveBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let batch = Fields::decode_mutation(&message, |fields| wire::batch_ref(fields, &message.name, &message.etag))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(approve_batch(cmd, batch))).await
    }

    async fn release_batch(
        &self,
        request: Request<pb::ReleaseBatchRequest>,
    ) -> Result<Response<pb::ReleaseBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let batch = Fields::decode_mutation(&message, |fields| wire::batch_ref(fields, &message.name, &message.etag))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(release_batch(cmd, batch))).await
    }

    async fn cancel_batch(&self, request: Request<pb::CancelBatchRequest>) -> Result<Response<pb::CancelBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (batch, reason) = Fields::decode_mutation(&message, |fields| {
            let batch = wire::batch_ref(fields, &message.name, &message.etag);
            let reason = fields.text("reason", &message.reason, 1, REASON_LENGTH_MAX);
            Some((batch?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(cancel_batch(cmd, batch, reason))).await
    }
}
