//! `ParticipationService`.

use proto::enrolment::v1::{self as pb, participation_service_server::ParticipationService};
use scope::Scope;
use server::{ApiError, Call, Fields, Once, Page};
use time::AcademicYear;
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    domain::{Participation, ParticipationState},
    evidence::{record_agreement, record_attendance},
    journey::{Journey, complete_year, leave, start_year},
    store::{self, ScopeKey, participation::Filter},
};

/// Request id and participation of a verb.
fn journey(fields: &mut Fields, call: &Call, request_id: &str, name: &str) -> Result<Option<(String, Journey)>, ApiError> {
    let scope = Scope::of(call)?;
    let request_id = fields.request_id(request_id);
    let id = decode::participation_id(fields, "name", name);
    Ok(request_id.zip(id).map(|(request_id, id)| (request_id, Journey { id, scope })))
}

#[tonic::async_trait]
impl ParticipationService for Api {
    async fn get_participation(
        &self,
        request: Request<pb::GetParticipationRequest>,
    ) -> Result<Response<pb::GetParticipationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let Some(id) = decode::participation_id(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let read = self
            .desk
            .pool
            .read(|mut tx| Box::pin(async move { store::participation::find_participation(&mut tx, &scope, &id).await }));
        let found = read.await.map_err(|error| ApiError::database(&error))?;
        let participation = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetParticipationResponse { participation: Some((&participation).into()) }))
    }

    async fn list_participations(
        &self,
        request: Request<pb::ListParticipationsRequest>,
    ) -> Result<Response<pb::ListParticipationsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let state = decode::participation_state(&mut fields, message.state);
        let mut filter = Filter { state: state.map_or("", ParticipationState::as_str), ..Filter::default() };
        if !message.hub.is_empty() {
            filter.hub = decode::hub_id(&mut fields, "hub", &message.hub).map(|hub| hub.as_str().to_owned()).unwrap_or_default();
        }
        if !message.school.is_empty() {
            filter.urn = decode::urn(&mut fields, "school", &message.school).map_or(0, |urn| urn.number());
        }
        if !message.first_academic_year.is_empty() {
            let year = fields.read("first_academic_year", AcademicYear::parse(&message.first_academic_year));
            filter.first_academic_year = year.map(|year| year.to_string()).unwrap_or_default();
        }
        let same = pb::ListParticipationsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let Some(page) = Page::read(&mut fields, message.page_size, &message.page_token, &same) else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.desk.pool.read(|mut tx| {
            Box::pin(async move { store::participation::participation_page(&mut tx, &scope, &filter, &after, limit).await })
        });
        let rows = read.await.map_err(|error| ApiError::database(&error))?;
        let key = |participation: &Participation| participation.id.as_str().to_owned();
        let (participations, next_page_token) = page.cut(rows, key, |participation| pb::Participation::from(&participation));
        Ok(Response::new(pb::ListParticipationsResponse { participations, next_page_token }))
    }

    async fn start_year(&self, request: Request<pb::StartYearRequest>) -> Result<Response<pb::StartYearResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let journey = journey(&mut fields, &call, &message.request_id, &message.name)?;
        let date = fields.date("start_date", &message.start_date);
        let (Some((id, journey)), Some(date)) = (journey, date) else { return Err(fields.refusal().into()) };
        let once =
            Once::new(&call, "/mathshubs.enrolment.v1.ParticipationService/StartYear", &id, &message, self.desk.clock.now());
        Ok(Response::new(start_year(&self.desk, once, journey, date).await.map_err(ApiError::from)?))
    }

    async fn complete_year(
        &self,
        request: Request<pb::CompleteYearRequest>,
    ) -> Result<Response<pb::CompleteYearResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let journey = journey(&mut fields, &call, &message.request_id, &message.name)?;
        let date = fields.date("completion_date", &message.completion_date);
        let (Some((id, journey)), Some(date)) = (journey, date) else { return Err(fields.refusal().into()) };
        let once =
            Once::new(&call, "/mathshubs.enrolment.v1.ParticipationService/CompleteYear", &id, &message, self.desk.clock.now());
        Ok(Response::new(complete_year(&self.desk, once, journey, date).await.map_err(ApiError::from)?))
    }

    async fn record_agreement(
        &self,
        request: Request<pb::RecordAgreementRequest>,
    ) -> Result<Response<pb::RecordAgreementResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let journey = journey(&mut fields, &call, &message.request_id, &message.name)?;
        let date = fields.date("sign_date", &message.sign_date);
        let (Some((id, journey)), Some(date)) = (journey, date) else { return Err(fields.refusal().into()) };
        let once = Once::new(
            &call,
            "/mathshubs.enrolment.v1.ParticipationService/RecordAgreement",
            &id,
            &message,
            self.desk.clock.now(),
        );
        Ok(Response::new(record_agreement(&self.desk, once, journey, date).await.map_err(ApiError::from)?))
    }

    async fn record_attendance(
        &self,
        request: Request<pb::RecordAttendanceRequest>,
    ) -> Result<Response<pb::RecordAttendanceResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let journey = journey(&mut fields, &call, &message.request_id, &message.name)?;
        let date = fields.date("attendance_date", &message.attendance_date);
        let (Some((id, journey)), Some(date)) = (journey, date) else { return Err(fields.refusal().into()) };
        let once = Once::new(
            &call,
            "/mathshubs.enrolment.v1.ParticipationService/RecordAttendance",
            &id,
            &message,
            self.desk.clock.now(),
        );
        Ok(Response::new(record_attendance(&self.desk, once, journey, date).await.map_err(ApiError::from)?))
    }

    async fn withdraw_participation(
        &self,
        request: Request<pb::WithdrawParticipationRequest>,
    ) -> Result<Response<pb::WithdrawParticipationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let journey = journey(&mut fields, &call, &message.request_id, &message.name)?;
        let date = fields.date("withdraw_date", &message.withdraw_date);
        let reason = decode::reason(&mut fields, &message.reason);
        let (Some((id, journey)), Some(date), Some(reason)) = (journey, date, reason) else {
            return Err(fields.refusal().into());
        };
        let once = Once::new(
            &call,
            "/mathshubs.enrolment.v1.ParticipationService/WithdrawParticipation",
            &id,
            &message,
            self.desk.clock.now(),
        );
        Ok(Response::new(leave(&self.desk, once, journey, date, reason).await.map_err(ApiError::from)?))
    }
}
