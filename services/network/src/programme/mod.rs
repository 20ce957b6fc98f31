//! Programmes and their dated terms. Serves `CatalogueService`.

mod add_programme_terms;
mod create_programme;
mod get_programme;
mod list_programmes;
mod rules;
pub(crate) mod store;
pub(crate) mod wire;

use name::ProgrammeId;
use proto::network::v1::{self as pb, catalogue_service_server::CatalogueService};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{
    add_programme_terms::add_programme_terms, create_programme::create_programme, get_programme::get_programme,
    list_programmes::list_programmes,
};
use crate::{
    priority::{self, create_priority::create_priority, list_priorities::list_priorities},
    service::Api,
};
pub(crate) use rules::{
    GroupLeader, Offer, Programme, ProgrammeKind, ProgrammeViolation, Recurrence, Reference, Target, TargetMeasure, Terms,
    TermsDraft, WorkGroupShape, Year,
};

#[tonic::async_trait]
impl CatalogueService for Api {
    async fn create_priority(
        &self,
        request: Request<pb::CreatePriorityRequest>,
    ) -> Result<Response<pb::CreatePriorityResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let priority = Fields::decode_mutation(&message, |fields| priority::wire::priority(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_priority(cmd, priority))).await
    }

    async fn list_priorities(
        &self,
        request: Request<pb::ListPrioritiesRequest>,
    ) -> Result<Response<pb::ListPrioritiesResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (day, page) = Fields::decode(|fields| {
            let day = fields.optional_date("as_of_date", &message.as_of_date);
            Some((day, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_priorities(tx, day, page))).await
    }

    async fn create_programme(
        &self,
        request: Request<pb::CreateProgrammeRequest>,
    ) -> Result<Response<pb::CreateProgrammeResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let programme = Fields::decode_mutation(&message, |fields| wire::programme(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_programme(cmd, programme))).await
    }

    async fn get_programme(
        &self,
        request: Request<pb::GetProgrammeRequest>,
    ) -> Result<Response<pb::GetProgrammeResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| fields.read("name", rules::parse_name(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_programme(tx, id))).await
    }

    async fn list_programmes(
        &self,
        request: Request<pb::ListProgrammesRequest>,
    ) -> Result<Response<pb::ListProgrammesResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            Some((filter, Page::<ProgrammeId>::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_programmes(tx, filter, page))).await
    }

    async fn add_programme_terms(
        &self,
        request: Request<pb::AddProgrammeTermsRequest>,
    ) -> Result<Response<pb::AddProgrammeTermsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (programme, draft) = Fields::decode_mutation(&message, |fields| {
            let programme = fields.read("parent", rules::parse_name(&message.parent));
            let draft = wire::terms(fields, "terms", message.terms.as_ref());
            Some((programme?, draft?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(add_programme_terms(cmd, programme, draft))).await
    }
}
