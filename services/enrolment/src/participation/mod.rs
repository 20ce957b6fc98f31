//! Participations: the years for which schools with a place work in a programme. Serves `ParticipationService`.

mod complete_year;
mod defer_participation;
mod get_participation;
mod list_participations;
mod participation_ref;
mod record_agreement;
mod resume_participation;
mod rules;
mod start_year;
pub(crate) mod store;
mod wire;
mod withdraw_participation;

use proto::enrolment::v1::{self as pb, participation_service_server::ParticipationService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{
    complete_year::complete_year, defer_participation::defer_participation, get_participation::get_participation,
    list_participations::list_participations, record_agreement::record_agreement, resume_participation::resume_participation,
    start_year::start_year, withdraw_participation::withdraw_participation,
};
use crate::{
    REASON_LENGTH_MAX,
    attention::AttentionDays,
    lead_participant::{self, list_lead_participants::list_lead_participants, set_lead_participants::set_lead_participants},
    service::Api,
};
pub(crate) use participation_ref::ParticipationRef;
pub(crate) use rules::{Origin, Participation, ParticipationId};

#[tonic::async_trait]
impl ParticipationService for Api {
    async fn get_participation(
        &self,
        request: Request<pb::GetParticipationRequest>,
    ) -> Result<Response<pb::GetParticipationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, today) = (Scope::of(&call)?, self.context.clock.today());
        let participation = Fields::decode(|fields| wire::participation_ref(fields, scope, &message.name))?;
        self.context.query(move |tx| Box::pin(get_participation(tx, participation, today))).await
    }

    async fn list_participations(
        &self,
        request: Request<pb::ListParticipationsRequest>,
    ) -> Result<Response<pb::ListParticipationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let today = self.context.clock.today();
        let (scope, days) = (ScopeKey::new(&Scope::of(&call)?, today), AttentionDays::of(today));
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_participations(tx, scope, days, filter, page))).await
    }

    async fn start_year(&self, request: Request<pb::StartYearRequest>) -> Result<Response<pb::StartYearResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) = wire::on_a_day(&call, &message, &message.name, ("start_date", &message.start_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(start_year(cmd, participation, date))).await
    }

    async fn complete_year(
        &self,
        request: Request<pb::CompleteYearRequest>,
    ) -> Result<Response<pb::CompleteYearResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) =
            wire::on_a_day(&call, &message, &message.name, ("completion_date", &message.completion_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(complete_year(cmd, participation, date))).await
    }

    async fn defer_participation(
        &self,
        request: Request<pb::DeferParticipationRequest>,
    ) -> Result<Response<pb::DeferParticipationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) = wire::on_a_day(&call, &message, &message.name, ("defer_date", &message.defer_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(defer_participation(cmd, participation, date))).await
    }

    async fn resume_participation(
        &self,
        request: Request<pb::ResumeParticipationRequest>,
    ) -> Result<Response<pb::ResumeParticipationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) = wire::on_a_day(&call, &message, &message.name, ("resume_date", &message.resume_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(resume_participation(cmd, participation, date))).await
    }

    async fn record_agreement(
        &self,
        request: Request<pb::RecordAgreementRequest>,
    ) -> Result<Response<pb::RecordAgreementResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (participation, agreement, document_sha256) = Fields::decode_mutation(&message, |fields| {
            let participation = wire::participation_ref(fields, scope, &message.name);
            let agreement = wire::agreement(fields, &message);
            let document_sha256 = fields.document_sha256(&call.caller, &message.document_sha256);
            Some((participation?, agreement?, document_sha256?))
        })?;
        self.context
            .mutate(&call, &message, move |cmd| Box::pin(record_agreement(cmd, participation, agreement, document_sha256)))
            .await
    }

    async fn set_lead_participants(
        &self,
        request: Request<pb::SetLeadParticipantsRequest>,
    ) -> Result<Response<pb::SetLeadParticipantsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (participation, persons, start) = Fields::decode_mutation(&message, |fields| {
            let participation = wire::participation_ref(fields, scope, &message.name);
            let persons = lead_participant::wire::persons(fields, &message.persons);
            let start = fields.date("start_date", &message.start_date);
            Some((participation?, persons?, start?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(set_lead_participants(cmd, participation, persons, start))).await
    }

    async fn list_lead_participants(
        &self,
        request: Request<pb::ListLeadParticipantsRequest>,
    ) -> Result<Response<pb::ListLeadParticipantsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, today) = (Scope::of(&call)?, self.context.clock.today());
        let (participation, page) = Fields::decode(|fields| {
            let id = fields.read("parent", ParticipationId::parse(&message.parent));
            let page = Page::of(fields, &message);
            Some((ParticipationRef { id: id?, scope }, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_lead_participants(tx, participation, page, today))).await
    }

    async fn withdraw_participation(
        &self,
        request: Request<pb::WithdrawParticipationRequest>,
    ) -> Result<Response<pb::WithdrawParticipationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (participation, date, reason) = Fields::decode_mutation(&message, |fields| {
            let participation = wire::participation_ref(fields, scope, &message.name);
            let date = fields.date("withdraw_date", &message.withdraw_date);
            let reason = fields.text("reason", &message.reason, 1, REASON_LENGTH_MAX);
            Some((participation?, date?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(withdraw_participation(cmd, participation, date, reason))).await
    }
}
