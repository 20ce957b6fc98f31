//! `PaymentService`.

use proto::funding::v1::{self as pb, payment_service_server::PaymentService};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    batch::{Target, approve_batch, cancel_batch, release_batch},
    create_batch::create_batch,
    domain::Batch,
    store,
};

/// Request id and batch of a verb.
fn target(fields: &mut Fields, request_id: &str, name: &str, etag: &str) -> Option<(String, Target)> {
    let request_id = fields.request_id(request_id);
    let id = decode::batch_id(fields, "name", name);
    request_id.zip(id).map(|(request_id, id)| (request_id, Target { id, etag: etag.to_owned() }))
}

#[tonic::async_trait]
impl PaymentService for Api {
    async fn create_batch(&self, request: Request<pb::CreateBatchRequest>) -> Result<Response<pb::CreateBatchResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let hub = decode::filter(&mut fields, "hub", &message.hub, decode::hub_id);
        let Some(id) = id else { return Err(fields.refusal().into()) };
        fields.check()?;
        let once = self.once(&call, "/mathshubs.funding.v1.PaymentService/CreateBatch", &id, &message);
        Ok(Response::new(create_batch(&self.desk, once, hub, message.validate_only).await.map_err(ApiError::from)?))
    }

    async fn get_batch(&self, request: Request<pb::GetBatchRequest>) -> Result<Response<pb::GetBatchResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let Some(id) = decode::batch_id(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let found = self.read(|mut tx| Box::pin(async move { store::batch::find_batch(&mut tx, &id).await })).await?;
        let batch = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetBatchResponse { batch: Some((&batch).into()) }))
    }

    async fn list_batches(&self, request: Request<pb::ListBatchesRequest>) -> Result<Response<pb::ListBatchesResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let state = decode::batch_state(&mut fields, message.state);
        let same = pb::ListBatchesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.read(|mut tx| Box::pin(async move { store::batch::batch_page(&mut tx, state, &after, limit).await }));
        let key = |batch: &Batch| batch.id.as_str().to_owned();
        let (batches, next_page_token) = page.cut(read.await?, key, |batch| pb::Batch::from(&batch));
        Ok(Response::new(pb::ListBatchesResponse { batches, next_page_token }))
    }

    async fn approve_batch(
        &self,
        request: Request<pb::ApproveBatchRequest>,
    ) -> Result<Response<pb::ApproveBatchResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
        let Some((id, target)) = target else { return Err(fields.refusal().into()) };
        let once = self.once(&call, "/mathshubs.funding.v1.PaymentService/ApproveBatch", &id, &message);
        Ok(Response::new(approve_batch(&self.desk, once, target, message.validate_only).await.map_err(ApiError::from)?))
    }

    async fn release_batch(
        &self,
        request: Request<pb::ReleaseBatchRequest>,
    ) -> Result<Response<pb::ReleaseBatchResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
        let Some((id, target)) = target else { return Err(fields.refusal().into()) };
        let once = self.once(&call, "/mathshubs.funding.v1.PaymentService/ReleaseBatch", &id, &message);
        Ok(Response::new(release_batch(&self.desk, once, target, message.validate_only).await.map_err(ApiError::from)?))
    }

    async fn cancel_batch(&self, request: Request<pb::CancelBatchRequest>) -> Result<Response<pb::CancelBatchResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let target = target(&mut fields, &message.request_id, &message.name, &message.etag);
        let reason = decode::reason(&mut fields, &message.reason);
        let (Some((id, target)), Some(reason)) = (target, reason) else { return Err(fields.refusal().into()) };
        let once = self.once(&call, "/mathshubs.funding.v1.PaymentService/CancelBatch", &id, &message);
        Ok(Response::new(cancel_batch(&self.desk, once, target, reason).await.map_err(ApiError::from)?))
    }
}
