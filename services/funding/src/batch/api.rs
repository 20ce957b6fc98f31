//! `PaymentService`.

use proto::funding::v1::{self as pb, payment_service_server::PaymentService};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    approve_batch::approve_batch, cancel_batch::cancel_batch, create_batch::create_batch, domain::Batch,
    reassess_lineage::reassess_all, release_batch::release_batch, store,
};

#[tonic::async_trait]
impl PaymentService for Api {
    async fn create_batch(&self, request: Request<pb::CreateBatchRequest>) -> Result<Response<pb::CreateBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let decoded =
            Fields::decode_mutation(&message, |fields| Some(decode::filter(fields, "hub", &message.hub, decode::hub_id)));
        let hub = decoded?;
        if !message.validate_only {
            // In transactions of their own, so that the questions stay when nothing is left to be paid.
            reassess_all(&self.context).await.map_err(ApiError::from)?;
        }
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_batch(cmd, hub))).await
    }

    async fn get_batch(&self, request: Request<pb::GetBatchRequest>) -> Result<Response<pb::GetBatchResponse>, Status> {
        let message = request.into_inner();
        let id = Fields::decode(|fields| decode::batch_id(fields, "name", &message.name))?;
        let found = self.context.read(move |tx| Box::pin(async move { store::batch::find_batch(tx, &id).await })).await?;
        let batch = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetBatchResponse { batch: Some((&batch).into()) }))
    }

    async fn list_batches(&self, request: Request<pb::ListBatchesRequest>) -> Result<Response<pb::ListBatchesResponse>, Status> {
        let message = request.into_inner();
        let (state, page) = Fields::decode(|fields| {
            let state = decode::batch_state(fields, message.state);
            let same = pb::ListBatchesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((state, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.context.read(move |tx| Box::pin(async move { store::batch::batch_page(tx, state, &after, limit).await }));
        let key = |batch: &Batch| batch.id.as_str().to_owned();
        let (batches, next_page_token) = page.cut(read.await?, key, |batch| pb::Batch::from(&batch));
        Ok(Response::new(pb::ListBatchesResponse { batches, next_page_token }))
    }

    async fn approve_batch(
        &self,
        request: Request<pb::ApproveBatchRequest>,
    ) -> Result<Response<pb::ApproveBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let decoded = Fields::decode_mutation(&message, |fields| decode::batch_ref(fields, &message.name, &message.etag));
        let batch = decoded?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(approve_batch(cmd, batch))).await
    }

    async fn release_batch(
        &self,
        request: Request<pb::ReleaseBatchRequest>,
    ) -> Result<Response<pb::ReleaseBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let decoded = Fields::decode_mutation(&message, |fields| decode::batch_ref(fields, &message.name, &message.etag));
        let batch = decoded?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(release_batch(cmd, batch))).await
    }

    async fn cancel_batch(&self, request: Request<pb::CancelBatchRequest>) -> Result<Response<pb::CancelBatchResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (batch, reason) = Fields::decode_mutation(&message, |fields| {
            let batch = decode::batch_ref(fields, &message.name, &message.etag);
            let reason = decode::reason(fields, &message.reason);
            Some((batch?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(cancel_batch(cmd, batch, reason))).await
    }
}
