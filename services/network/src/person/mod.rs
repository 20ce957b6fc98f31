//! Persons: the only resource of the suite with names and addresses of people. Serves `PersonService`.

mod erase_person;
mod erase_persons;
mod get_person;
mod list_person_matches;
mod merge_persons;
mod move_person;
mod record_person;
mod rules;
pub(crate) mod store;
mod update_person;
mod wire;

use name::PersonId;
use proto::network::v1::{self as pb, person_service_server::PersonService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{
    erase_person::erase_person, get_person::get_person, list_person_matches::list_person_matches, merge_persons::merge_persons,
    move_person::move_person, record_person::record_person, update_person::update_person,
};
use crate::service::Api;
pub use erase_persons::erase_persons;
use list_person_matches::PersonMatch;
pub(crate) use rules::PersonViolation;
use rules::{Employment, Owner, Person, PersonDetails, Report, Rights, employments};

#[tonic::async_trait]
impl PersonService for Api {
    async fn record_person(
        &self,
        request: Request<pb::RecordPersonRequest>,
    ) -> Result<Response<pb::RecordPersonResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (owner, today) = (Owner::of(&Scope::of(&call)?), self.context.clock.today());
        let (details, report) = Fields::decode_mutation(&message, |fields| {
            let details = wire::details(fields, message.details.as_ref());
            let report = wire::first_report(fields, &message, &owner, today);
            Some((details?, report?))
        })?;
        // Only a hash of the request, which holds the name, is stored; the stored answer has no name.
        self.context.mutate(&call, &message, move |cmd| Box::pin(record_person(cmd, owner, details, report))).await
    }

    async fn get_person(&self, request: Request<pb::GetPersonRequest>) -> Result<Response<pb::GetPersonResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let id = Fields::decode(|fields| fields.read("name", PersonId::parse(&message.name)))?;
        let answer = self.context.query(move |tx| Box::pin(get_person(tx, scope, id))).await?;
        // Under the id that the caller sent, and where it was merged, under that of the person too.
        let read = answer.get_ref().person.as_ref().map(|person| person.name.clone()).unwrap_or_default();
        if read != message.name {
            self.context.person_was_read(&call, message.name);
        }
        self.context.person_was_read(&call, read);
        Ok(answer)
    }

    async fn update_person(
        &self,
        request: Request<pb::UpdatePersonRequest>,
    ) -> Result<Response<pb::UpdatePersonResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (id, etag, details) = Fields::decode_mutation(&message, |fields| {
            let sent = message.person.clone().unwrap_or_default();
            let id = fields.read("person.name", PersonId::parse(&sent.name));
            let etag = fields.etag("person.etag", &sent.etag);
            let details = wire::details(fields, message.details.as_ref());
            Some((id?, etag?, details?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(update_person(cmd, scope, id, etag, details))).await
    }

    async fn move_person(&self, request: Request<pb::MovePersonRequest>) -> Result<Response<pb::MovePersonResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (id, report) = Fields::decode_mutation(&message, |fields| {
            let id = fields.read("name", PersonId::parse(&message.name));
            let report = wire::report(fields, &message.school, &message.start_date, None);
            Some((id?, report?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(move_person(cmd, scope, id, report))).await
    }

    async fn merge_persons(
        &self,
        request: Request<pb::MergePersonsRequest>,
    ) -> Result<Response<pb::MergePersonsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, other) = Fields::decode_mutation(&message, |fields| {
            let id = fields.read("name", PersonId::parse(&message.name));
            let other = fields.read("other_person", PersonId::parse(&message.other_person));
            Some((id?, other?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(merge_persons(cmd, id, other))).await
    }

    async fn erase_person(&self, request: Request<pb::ErasePersonRequest>) -> Result<Response<pb::ErasePersonResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let id = Fields::decode_mutation(&message, |fields| fields.read("name", PersonId::parse(&message.name)))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(erase_person(cmd, scope, id))).await
    }

    async fn list_person_matches(
        &self,
        request: Request<pb::ListPersonMatchesRequest>,
    ) -> Result<Response<pb::ListPersonMatchesResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        self.context.query(move |tx| Box::pin(list_person_matches(tx, page))).await
    }
}
