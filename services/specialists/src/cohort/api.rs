//! `CohortService`.

use proto::specialists::v1::{self as pb, cohort_service_server::CohortService};
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{create_cohort::create_cohort, create_score_weights::create_score_weights, domain::CohortId, store};

#[tonic::async_trait]
impl CohortService for Api {
    async fn create_cohort(
        &self,
        request: Request<pb::CreateCohortRequest>,
    ) -> Result<Response<pb::CreateCohortResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let cohort = Fields::decode_mutation(&message, |fields| {
            let id = fields.new_id("cohort_id", &message.cohort_id, CohortId::LENGTH_MAX).map(CohortId::trusted);
            decode::cohort(fields, id, message.cohort.as_ref())
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_cohort(cmd, cohort))).await
    }

    async fn get_cohort(&self, request: Request<pb::GetCohortRequest>) -> Result<Response<pb::GetCohortResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| decode::cohort_id(fields, "name", &message.name))?;
        let read = self.context.read(move |tx| Box::pin(async move { store::cohort::find_cohort(tx, &id).await }));
        let cohort = read.await?;
        let cohort = cohort.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetCohortResponse { cohort: Some((&cohort).into()) }))
    }

    async fn list_cohorts(&self, request: Request<pb::ListCohortsRequest>) -> Result<Response<pb::ListCohortsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let same = pb::ListCohortsRequest::default();
        let page = Fields::decode(|fields| Page::read(fields, message.page_size, &message.page_token, &same))?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.context.read(move |tx| Box::pin(async move { store::cohort::cohort_page(tx, &after, limit).await }));
        let rows = read.await?;
        let (cohorts, next_page_token) =
            page.cut(rows, |cohort| cohort.id.as_str().to_owned(), |cohort| pb::Cohort::from(&cohort));
        Ok(Response::new(pb::ListCohortsResponse { cohorts, next_page_token }))
    }

    async fn create_score_weights(
        &self,
        request: Request<pb::CreateScoreWeightsRequest>,
    ) -> Result<Response<pb::CreateScoreWeightsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let decoded = Fields::decode_mutation(&message, |fields| decode::score_weights(fields, message.score_weights.as_ref()));
        let (start, decision, weights) = decoded?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_score_weights(cmd, start, decision, weights))).await
    }

    async fn list_score_weights(
        &self,
        request: Request<pb::ListScoreWeightsRequest>,
    ) -> Result<Response<pb::ListScoreWeightsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let same = pb::ListScoreWeightsRequest::default();
        let page = Fields::decode(|fields| Page::read(fields, message.page_size, &message.page_token, &same))?;
        let (after, limit) = (super::number_after(&page), page.limit());
        let read = self.context.read(move |tx| Box::pin(async move { store::weights::weights_page(tx, after, limit).await }));
        let rows = read.await?;
        let (score_weights, next_page_token) =
            page.cut(rows, |version| version.version.to_string(), |version| pb::ScoreWeights::from(&version));
        Ok(Response::new(pb::ListScoreWeightsResponse { score_weights, next_page_token }))
    }
}
