//! `NominationService`.

use proto::specialists::v1::{self as pb, nomination_service_server::NominationService};
use scope::Scope;
use server::{ApiError, Call, Fields, Once, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    decide::{Decide, decide},
    domain::{CohortId, Nomination},
    nominate::{Nominate, nominate},
    rank::rank_nominations,
    select::{Select, select},
    store::{
        self, ScopeKey,
        nomination::{Filter, state_filter},
    },
    target::Target,
    withdraw::withdraw,
};

/// Request id and target of a verb on one nomination.
fn target(fields: &mut Fields, call: &Call, request_id: &str, name: &str) -> Result<Option<(String, Target)>, ApiError> {
    let scope = Scope::of(call)?;
    let id = fields.request_id(request_id);
    let name = decode::nomination_name(fields, "name", name);
    Ok(id.zip(name).map(|(request_id, (cohort, id))| (request_id, Target { cohort, id, scope })))
}

#[tonic::async_trait]
impl NominationService for Api {
    async fn create_nomination(
        &self,
        request: Request<pb::CreateNominationRequest>,
    ) -> Result<Response<pb::CreateNominationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = Scope::of(&call)?;
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let cohort = decode::cohort_id(&mut fields, "parent", &message.parent);
        let asked = message.nomination.clone().unwrap_or_default();
        let urn = decode::urn(&mut fields, "nomination.school", &asked.school);
        let hub = decode::hub_id(&mut fields, "nomination.hub", &asked.hub);
        let nominee = decode::nominee(&mut fields, message.nominee.as_ref());
        fields.require("head_teacher_agrees", message.head_teacher_agrees, "must be true: the head teacher backs a nomination");
        let (Some(id), Some(cohort), Some(urn), Some(hub), Some((display_name, email_address))) = (id, cohort, urn, hub, nominee)
        else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        // Of the request, names and all, only a hash is kept; the answer has none.
        let method = "/mathshubs.specialists.v1.NominationService/CreateNomination";
        let once = Once::new(&call, method, &id, &message, self.desk.clock.now());
        let early_career_teacher = message.early_career_teacher;
        let asked = Nominate { cohort, urn, hub, display_name, email_address, early_career_teacher };
        Ok(Response::new(nominate(&self.desk, once, scope, asked).await.map_err(ApiError::from)?))
    }

    async fn get_nomination(
        &self,
        request: Request<pb::GetNominationRequest>,
    ) -> Result<Response<pb::GetNominationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let name = decode::nomination_name(&mut fields, "name", &message.name);
        let Some((cohort, id)) = name else { return Err(fields.refusal().into()) };
        let read = self
            .desk
            .pool
            .read(|mut tx| Box::pin(async move { store::nomination::find_nomination(&mut tx, &scope, &cohort, &id).await }));
        let found = read.await.map_err(|error| ApiError::database(&error))?;
        let nomination = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetNominationResponse { nomination: Some((&nomination).into()) }))
    }

    async fn list_nominations(
        &self,
        request: Request<pb::ListNominationsRequest>,
    ) -> Result<Response<pb::ListNominationsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let cohort: Option<CohortId> = decode::cohort_id(&mut fields, "parent", &message.parent);
        let mut filter = Filter { state: state_filter(decode::state_filter(&mut fields, message.state)), ..Filter::default() };
        if !message.hub.is_empty() {
            filter.hub = decode::hub_id(&mut fields, "hub", &message.hub).map(|hub| hub.as_str().to_owned()).unwrap_or_default();
        }
        if !message.school.is_empty() {
            filter.urn = decode::urn(&mut fields, "school", &message.school).map_or(0, |urn| urn.number());
        }
        let same = pb::ListNominationsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let (Some(cohort), Some(page)) = (cohort, page) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.desk.pool.read(|mut tx| {
            Box::pin(async move { store::nomination::nomination_page(&mut tx, &scope, &cohort, &filter, &after, limit).await })
        });
        let rows = read.await.map_err(|error| ApiError::database(&error))?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let key = |nomination: &Nomination| nomination.id.as_str().to_owned();
        let (nominations, next_page_token) = page.cut(rows, key, |nomination| pb::Nomination::from(&nomination));
        Ok(Response::new(pb::ListNominationsResponse { nominations, next_page_token }))
    }

    async fn withdraw_nomination(
        &self,
        request: Request<pb::WithdrawNominationRequest>,
    ) -> Result<Response<pb::WithdrawNominationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let target = target(&mut fields, &call, &message.request_id, &message.name)?;
        let reason = decode::reason(&mut fields, &message.reason);
        let (Some((id, target)), Some(reason)) = (target, reason) else { return Err(fields.refusal().into()) };
        let method = "/mathshubs.specialists.v1.NominationService/WithdrawNomination";
        let once = Once::new(&call, method, &id, &message, self.desk.clock.now());
        Ok(Response::new(withdraw(&self.desk, once, target, reason).await.map_err(ApiError::from)?))
    }

    async fn rank_nominations(
        &self,
        request: Request<pb::RankNominationsRequest>,
    ) -> Result<Response<pb::RankNominationsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let cohort = decode::cohort_id(&mut fields, "parent", &message.parent);
        let (Some(id), Some(cohort)) = (id, cohort) else { return Err(fields.refusal().into()) };
        let method = "/mathshubs.specialists.v1.NominationService/RankNominations";
        let once = Once::new(&call, method, &id, &message, self.desk.clock.now());
        let answer = rank_nominations(&self.desk, once, cohort, message.validate_only).await;
        Ok(Response::new(answer.map_err(ApiError::from)?))
    }

    async fn list_rankings(
        &self,
        request: Request<pb::ListRankingsRequest>,
    ) -> Result<Response<pb::ListRankingsResponse>, Status> {
        Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let cohort: Option<CohortId> = decode::cohort_id(&mut fields, "parent", &message.parent);
        let same = pb::ListRankingsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &same);
        let (Some(cohort), Some(page)) = (cohort, page) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let (after, limit) = (super::number_after(&page), page.limit());
        let read = self
            .desk
            .pool
            .read(|mut tx| Box::pin(async move { store::ranking::ranking_page(&mut tx, &cohort, after, limit).await }));
        let rows = read.await.map_err(|error| ApiError::database(&error))?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let (rankings, next_page_token) =
            page.cut(rows, |ranking| ranking.number.to_string(), |ranking| pb::Ranking::from(&ranking));
        Ok(Response::new(pb::ListRankingsResponse { rankings, next_page_token }))
    }

    async fn select_nominations(
        &self,
        request: Request<pb::SelectNominationsRequest>,
    ) -> Result<Response<pb::SelectNominationsResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = Scope::of(&call)?;
        let mut fields = Fields::new();
        let id = fields.request_id(&message.request_id);
        let cohort = decode::cohort_id(&mut fields, "parent", &message.parent);
        let hub = match message.hub.as_str() {
            "" => None,
            name => decode::hub_id(&mut fields, "hub", name),
        };
        let count = decode::selections_count(&mut fields, message.selections_count);
        let (Some(id), Some(cohort), Some(selections_count)) = (id, cohort, count) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let method = "/mathshubs.specialists.v1.NominationService/SelectNominations";
        let once = Once::new(&call, method, &id, &message, self.desk.clock.now());
        let asked = Select { cohort, hub, selections_count, validate_only: message.validate_only };
        Ok(Response::new(select(&self.desk, once, scope, asked).await.map_err(ApiError::from)?))
    }

    async fn override_nomination(
        &self,
        request: Request<pb::OverrideNominationRequest>,
    ) -> Result<Response<pb::OverrideNominationResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let mut fields = Fields::new();
        let target = target(&mut fields, &call, &message.request_id, &message.name)?;
        let outcome = decode::outcome(&mut fields, message.outcome);
        let reason = decode::reason(&mut fields, &message.reason);
        fields.require("etag", !message.etag.is_empty(), "must be that of the nomination as it was read");
        let (Some((id, target)), Some(outcome), Some(reason)) = (target, outcome, reason) else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        let method = "/mathshubs.specialists.v1.NominationService/OverrideNomination";
        let once = Once::new(&call, method, &id, &message, self.desk.clock.now());
        let asked = Decide { target, outcome, reason, etag: message.etag, validate_only: message.validate_only };
        Ok(Response::new(decide(&self.desk, once, asked).await.map_err(ApiError::from)?))
    }

    async fn get_nominee(&self, request: Request<pb::GetNomineeRequest>) -> Result<Response<pb::GetNomineeResponse>, Status> {
        let (call, message) = (Call::of(&request)?, request.into_inner());
        let scope = ScopeKey::new(&Scope::of(&call)?, self.desk.clock.today());
        let mut fields = Fields::new();
        let Some(id) = decode::person_id(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let read = self.desk.pool.read(|mut tx| Box::pin(async move { store::person::find_person(&mut tx, &scope, &id).await }));
        let found = read.await.map_err(|error| ApiError::database(&error))?;
        let person = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        let nominee = pb::Nominee {
            name: format!("persons/{}", person.id),
            display_name: person.display_name,
            email_address: person.email_address,
        };
        Ok(Response::new(pb::GetNomineeResponse { nominee: Some(nominee) }))
    }
}
