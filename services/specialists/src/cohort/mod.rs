//! Cohorts: for which schools, when they are recruited, and where their specialists work in each year. Serves `CohortService`.

mod create_cohort;
mod get_cohort;
mod list_cohorts;
mod rules;
pub(crate) mod store;
mod wire;

use proto::specialists::v1::{self as pb, cohort_service_server::CohortService};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{create_cohort::create_cohort, get_cohort::get_cohort, list_cohorts::list_cohorts};
use crate::{
    score_weights::{self, create_score_weights::create_score_weights, list_score_weights::list_score_weights},
    service::Api,
};
pub(crate) use rules::{Cohort, CohortId, CohortViolation, CohortYear, Terms, YearSetting};

#[tonic::async_trait]
impl CohortService for Api {
    async fn create_cohort(
        &self,
        request: Request<pb::CreateCohortRequest>,
    ) -> Result<Response<pb::CreateCohortResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let cohort = Fields::decode_mutation(&message, |fields| {
            let id = fields.new_id("cohort_id", &message.cohort_id, CohortId::LENGTH_MAX).map(CohortId::trusted);
            wire::cohort(fields, id, message.cohort.as_ref())
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_cohort(cmd, cohort))).await
    }

    async fn get_cohort(&self, request: Request<pb::GetCohortRequest>) -> Result<Response<pb::GetCohortResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| fields.read("name", CohortId::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_cohort(tx, id))).await
    }

    async fn list_cohorts(&self, request: Request<pb::ListCohortsRequest>) -> Result<Response<pb::ListCohortsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_cohorts(tx, page))).await
    }

    async fn create_score_weights(
        &self,
        request: Request<pb::CreateScoreWeightsRequest>,
    ) -> Result<Response<pb::CreateScoreWeightsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let draft =
            Fields::decode_mutation(&message, |fields| score_weights::wire::draft(fields, message.score_weights.as_ref()))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_score_weights(cmd, draft))).await
    }

    async fn list_score_weights(
        &self,
        request: Request<pb::ListScoreWeightsRequest>,
    ) -> Result<Response<pb::ListScoreWeightsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_score_weights(tx, page))).await
    }
}
