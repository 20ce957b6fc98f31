//! `CohortService`.

use proto::specialists::v1::{self as pb, cohort_service_server::CohortService};
use server::{ApiError, Call, Fields, Once, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{create_cohort::create_cohort, domain::CohortId, publish_weights::publish_weights, store};

#[tonic::async_trait]
impl CohortService for Api {
    async fn create_cohort(
        &self,
        request: Request<pb::CreateCohortRequest>,
    ) -> Result<Response<pb::CreateCohortResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let cohort_id = fields.new_id("cohort_id", &message.cohort_id, CohortId::LENGTH_MAX).map(CohortId::trusted);
        let cohort = decode::cohort(&mut fields, cohort_id, message.cohort.as_ref());
        let (Some(id), Some(cohort)) = (id, cohort) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let method = "/mathshubs.specialists.v1.CohortService/CreateCohort";
        let once = Once::new(&call, method, &id, &message, self.desk.clock.now());
        Ok(Response::new(create_cohort(&self.desk, once, cohort).await.map_err(ApiError::from)?))
    }

    async fn get_cohort(&self, request: Request<pb::GetCohortRequest>) -> Result<Response<pb::GetCohortResponse>, Status> {
        Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let Some(id) = decode::cohort_id(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let read = self.desk.pool.read(|mut tx| Box::pin(async move { store::cohort::find_cohort(&mut tx, &id).await }));
        let cohort = read.await.map_err(|error| ApiError::database(&error))?;
        let cohort = cohort.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetCohortResponse { cohort: Some((&cohort).into()) }))
    }

    async fn list_cohorts(&self, request: Request<pb::ListCohortsRequest>) -> Result<Response<pb::ListCohortsResponse>, Status> {
        Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &pb::ListCohortsRequest::default());
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read =
            self.desk.pool.read(|mut tx| Box::pin(async move { store::cohort::cohort_page(&mut tx, &after, limit).await }));
        let rows = read.await.map_err(|error| ApiError::database(&error))?;
        let (cohorts, next_page_token) =
            page.cut(rows, |cohort| cohort.id.as_str().to_owned(), |cohort| pb::Cohort::from(&cohort));
        Ok(Response::new(pb::ListCohortsResponse { cohorts, next_page_token }))
    }

    async fn create_score_weights(
        &self,
        request: Request<pb::CreateScoreWeightsRequest>,
    ) -> Result<Response<pb::CreateScoreWeightsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let weights = decode::score_weights(&mut fields, message.score_weights.as_ref());
        let (Some(id), Some((start, decision, weights))) = (id, weights) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let method = "/mathshubs.specialists.v1.CohortService/CreateScoreWeights";
        let once = Once::new(&call, method, &id, &message, self.desk.clock.now());
        let answer = publish_weights(&self.desk, once, start, decision, weights).await;
        Ok(Response::new(answer.map_err(ApiError::from)?))
    }

    async fn list_score_weights(
        &self,
        request: Request<pb::ListScoreWeightsRequest>,
    ) -> Result<Response<pb::ListScoreWeightsResponse>, Status> {
        Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &pb::ListScoreWeightsRequest::default());
        let Some(page) = page else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (super::number_after(&page), page.limit());
        let read =
            self.desk.pool.read(|mut tx| Box::pin(async move { store::weights::weights_page(&mut tx, after, limit).await }));
        let rows = read.await.map_err(|error| ApiError::database(&error))?;
        let (score_weights, next_page_token) =
            page.cut(rows, |version| version.version.to_string(), |version| pb::ScoreWeights::from(&version));
        Ok(Response::new(pb::ListScoreWeightsResponse { score_weights, next_page_token }))
    }
}
