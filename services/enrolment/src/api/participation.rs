//! `ParticipationService`.

use proto::{
    Mutation,
    enrolment::v1::{self as pb, participation_service_server::ParticipationService},
};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use time::{AcademicYear, Date};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    complete_year::complete_year,
    domain::{Participation, ParticipationState},
    participation_ref::ParticipationRef,
    record_agreement::record_agreement,
    record_attendance::record_attendance,
    start_year::start_year,
    store::{self, ScopeKey, participation::Filter},
    withdraw_participation::withdraw_participation,
};

/// The participation and the day of a request that is about both; `day` is the name of its field and the text.
fn on_a_day(
    call: &Call,
    message: &impl Mutation,
    name: &str,
    (field, text): (&str, &str),
) -> Result<(ParticipationRef, Date), ApiError> {
    let scope = Scope::of(call)?;
    Fields::decode_mutation(message, |fields| {
        let participation = decode::participation_ref(fields, scope, name);
        let date = fields.date(field, text);
        Some((participation?, date?))
    })
}

#[tonic::async_trait]
impl ParticipationService for Api {
    async fn get_participation(
        &self,
        request: Request<pb::GetParticipationRequest>,
    ) -> Result<Response<pb::GetParticipationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let id = Fields::decode(|fields| decode::participation_id(fields, "name", &message.name))?;
        let found =
            self.context.read(move |tx| Box::pin(async move { store::participation::find_participation(tx, &scope, &id).await }));
        let participation = found.await?.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetParticipationResponse { participation: Some((&participation).into()) }))
    }

    async fn list_participations(
        &self,
        request: Request<pb::ListParticipationsRequest>,
    ) -> Result<Response<pb::ListParticipationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let state = decode::participation_state(fields, message.state).map_or("", ParticipationState::as_str);
            let (hub, urn) = decode::hub_and_school_filter(fields, &message.hub, &message.school);
            let mut filter = Filter { hub, urn, state, ..Filter::default() };
            if !message.first_academic_year.is_empty() {
                let year = fields.read("first_academic_year", AcademicYear::parse(&message.first_academic_year));
                filter.first_academic_year = year.map(|year| year.to_string()).unwrap_or_default();
            }
            let same = pb::ListParticipationsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((filter, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let rows = self.context.read(move |tx| {
            Box::pin(async move { store::participation::participation_page(tx, &scope, &filter, &after, limit).await })
        });
        let key = |participation: &Participation| participation.id.as_str().to_owned();
        let encode = |participation| pb::Participation::from(&participation);
        let (participations, next_page_token) = page.cut(rows.await?, key, encode);
        Ok(Response::new(pb::ListParticipationsResponse { participations, next_page_token }))
    }

    async fn start_year(&self, request: Request<pb::StartYearRequest>) -> Result<Response<pb::StartYearResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) = on_a_day(&call, &message, &message.name, ("start_date", &message.start_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(start_year(cmd, participation, date))).await
    }

    async fn complete_year(
        &self,
        request: Request<pb::CompleteYearRequest>,
    ) -> Result<Response<pb::CompleteYearResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) = on_a_day(&call, &message, &message.name, ("completion_date", &message.completion_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(complete_year(cmd, participation, date))).await
    }

    async fn record_agreement(
        &self,
        request: Request<pb::RecordAgreementRequest>,
    ) -> Result<Response<pb::RecordAgreementResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) = on_a_day(&call, &message, &message.name, ("sign_date", &message.sign_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(record_agreement(cmd, participation, date))).await
    }

    async fn record_attendance(
        &self,
        request: Request<pb::RecordAttendanceRequest>,
    ) -> Result<Response<pb::RecordAttendanceResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (participation, date) = on_a_day(&call, &message, &message.name, ("attendance_date", &message.attendance_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(record_attendance(cmd, participation, date))).await
    }

    async fn withdraw_participation(
        &self,
        request: Request<pb::WithdrawParticipationRequest>,
    ) -> Result<Response<pb::WithdrawParticipationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (participation, date, reason) = Fields::decode_mutation(&message, |fields| {
            let participation = decode::participation_ref(fields, scope, &message.name);
            let date = fields.date("withdraw_date", &message.withdraw_date);
            let reason = decode::reason(fields, &message.reason);
            Some((participation?, date?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(withdraw_participation(cmd, participation, date, reason))).await
    }
}
