//! The register: the schools of the newest GIAS extract, and the links between them. An import replaces it in one transaction. Serves `RegisterService`.

mod encoding;
pub(crate) mod events;
mod extract;
pub(crate) mod file;
mod files;
mod get_register;
mod import_register;
pub(crate) mod rows;
mod rules;
pub(crate) mod store;
#[cfg(test)]
pub(crate) mod tests;
mod wire;

use name::Urn;
use proto::network::v1::{self as pb, import_register_request::Part, register_service_server::RegisterService};
use server::{ApiError, Call, Fields, Page};
use service::RuleViolation;
use time::Date;
use tonic::{Request, Response, Status, Streaming};
use upload::Messages;

use self::{files::Files, get_register::get_register, import_register::import_register};
use crate::{
    lineage::{
        confirm_links::{PREDECESSORS_MAX, confirm_links},
        get_lineage::get_lineage,
        list_pending_links::list_pending_links,
    },
    school::{get_school::get_school, list_schools::list_schools, wire::filter},
    service::Api,
};
pub(crate) use rules::{
    LinkType, NewLaCodes, Register, RegisterSource, RegisterViolation, SchoolChange, Summary, UnknownCode, by_frequency, count_of,
};

#[tonic::async_trait]
impl RegisterService for Api {
    async fn import_register(
        &self,
        request: Request<Streaming<pb::ImportRegisterRequest>>,
    ) -> Result<Response<pb::ImportRegisterResponse>, Status> {
        let call = Call::of(&request)?;
        let _slot = self.streams.import()?;
        let mut messages = Messages::new(request.into_inner(), self.config.stream_timeout, server::MESSAGE_SIZE_MAX);
        let Some(Part::Header(header)) = messages.next().await?.and_then(|message| message.part) else {
            return Err(ApiError::field("header", "must be the first message").into());
        };
        let (as_of, links_as_of) = Fields::decode_mutation(&header, |fields| {
            let as_of = fields.date("as_of_date", &header.as_of_date);
            let links_as_of = fields.optional_date("links_as_of_date", &header.links_as_of_date);
            Some((as_of?, links_as_of))
        })?;
        if !self.config.future_register_allowed {
            let today = self.context.clock.today();
            check_not_in_future("as_of_date", Some(as_of), today)?;
            check_not_in_future("links_as_of_date", links_as_of, today)?;
        }
        let files = Files::receive(&mut messages, &self.config).await?;
        let _turn = self.streams.turn().await;
        import_register(&self.context, &call, header, as_of, files).await
    }

    async fn get_register(&self, request: Request<pb::GetRegisterRequest>) -> Result<Response<pb::GetRegisterResponse>, Status> {
        let (_, message) = Call::split(request)?;
        Fields::decode(|fields| {
            fields.require("name", message.name == "register", "must be `register`");
            Some(())
        })?;
        self.context.query(|tx| Box::pin(get_register(tx))).await
    }

    async fn get_school(&self, request: Request<pb::GetSchoolRequest>) -> Result<Response<pb::GetSchoolResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let urn = Fields::decode(|fields| fields.read("name", Urn::parse(&message.name)))?;
        self.context.query(move |tx| Box::pin(get_school(tx, urn))).await
    }

    async fn list_schools(&self, request: Request<pb::ListSchoolsRequest>) -> Result<Response<pb::ListSchoolsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (filter, page) = Fields::decode(|fields| {
            let filter = filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_schools(tx, filter, page))).await
    }

    async fn list_pending_links(
        &self,
        request: Request<pb::ListPendingLinksRequest>,
    ) -> Result<Response<pb::ListPendingLinksResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_pending_links(tx, page))).await
    }

    async fn confirm_links(
        &self,
        request: Request<pb::ConfirmLinksRequest>,
    ) -> Result<Response<pb::ConfirmLinksResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (etag, predecessors) = Fields::decode_mutation(&message, |fields| {
            fields.require("name", message.name == "register", "must be `register`");
            let etag = fields.etag("etag", &message.etag);
            let sent = &message.predecessor_schools;
            fields.require("predecessor_schools", sent.len() <= PREDECESSORS_MAX, "must not name more than 1000 schools");
            let names = sent.iter().take(PREDECESSORS_MAX).enumerate();
            let predecessors: Vec<Option<Urn>> =
                names.map(|(index, name)| fields.read(&format!("predecessor_schools[{index}]"), Urn::parse(name))).collect();
            Some((etag?, predecessors.into_iter().collect::<Option<Vec<Urn>>>()?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(confirm_links(cmd, etag, predecessors))).await
    }

    async fn get_lineage(&self, request: Request<pb::GetLineageRequest>) -> Result<Response<pb::GetLineageResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (urn, as_of) = Fields::decode(|fields| {
            let urn = fields.read("name", Urn::parse(&message.name));
            let as_of = fields.optional_date("as_of_date", &message.as_of_date);
            Some((urn?, as_of))
        })?;
        self.context.query(move |tx| Box::pin(get_lineage(tx, urn, as_of))).await
    }
}

/// Refuses files of a future day: a register of a mistyped year would lock out every right one until that day.
fn check_not_in_future(field: &'static str, day: Option<Date>, today: Date) -> Result<(), ApiError> {
    match day.filter(|day| *day > today) {
        Some(day) => Err(RegisterViolation::InFuture { field, day, today }.error()),
        None => Ok(()),
    }
}
