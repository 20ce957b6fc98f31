//! `NominationService`.

use proto::specialists::v1::{self as pb, nomination_service_server::NominationService};
use scope::Scope;
use server::{ApiError, Call, Fields, Page};
use tonic::{Request, Response, Status};

use super::{Api, decode};
use crate::{
    create_nomination::create_nomination,
    domain::Nomination,
    override_nomination::{Decision, override_nomination},
    rank_nominations::rank_nominations,
    select_nominations::{Select, select_nominations},
    store::{
        self, ScopeKey,
        nomination::{Filter, state_filter},
    },
    withdraw_nomination::withdraw_nomination,
};

#[tonic::async_trait]
impl NominationService for Api {
    async fn create_nomination(
        &self,
        request: Request<pb::CreateNominationRequest>,
    ) -> Result<Response<pb::CreateNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let asked = Fields::decode_mutation(&message, |fields| decode::nominate(fields, &message))?;
        asked.check_scope(&scope).map_err(ApiError::from)?;
        // Of the request, names and all, only a hash is kept; the answer has none.
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_nomination(cmd, asked))).await
    }

    async fn get_nomination(
        &self,
        request: Request<pb::GetNominationRequest>,
    ) -> Result<Response<pb::GetNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (cohort, id) = Fields::decode(|fields| decode::nomination_name(fields, "name", &message.name))?;
        let read = self
            .context
            .read(move |tx| Box::pin(async move { store::nomination::find_nomination(tx, &scope, &cohort, &id).await }));
        let found = read.await?;
        let nomination = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        Ok(Response::new(pb::GetNominationResponse { nomination: Some((&nomination).into()) }))
    }

    async fn list_nominations(
        &self,
        request: Request<pb::ListNominationsRequest>,
    ) -> Result<Response<pb::ListNominationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (cohort, filter, page) = Fields::decode(|fields| {
            let cohort = decode::cohort_id(fields, "parent", &message.parent);
            let state = state_filter(decode::state_filter(fields, message.state));
            let (hub, urn) = decode::hub_and_school_filter(fields, &message.hub, &message.school);
            let same = pb::ListNominationsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((cohort?, Filter { hub, urn, state }, page?))
        })?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.context.read(move |tx| {
            Box::pin(async move { store::nomination::nomination_page(tx, &scope, &cohort, &filter, &after, limit).await })
        });
        let rows = read.await?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let key = |nomination: &Nomination| nomination.id.as_str().to_owned();
        let (nominations, next_page_token) = page.cut(rows, key, |nomination| pb::Nomination::from(&nomination));
        Ok(Response::new(pb::ListNominationsResponse { nominations, next_page_token }))
    }

    async fn withdraw_nomination(
        &self,
        request: Request<pb::WithdrawNominationRequest>,
    ) -> Result<Response<pb::WithdrawNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (nomination, reason) = Fields::decode_mutation(&message, |fields| {
            let nomination = decode::nomination_ref(fields, scope, &message.name);
            let reason = decode::reason(fields, &message.reason);
            Some((nomination?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(withdraw_nomination(cmd, nomination, reason))).await
    }

    async fn rank_nominations(
        &self,
        request: Request<pb::RankNominationsRequest>,
    ) -> Result<Response<pb::RankNominationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let cohort = Fields::decode_mutation(&message, |fields| decode::cohort_id(fields, "parent", &message.parent))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(rank_nominations(cmd, cohort))).await
    }

    async fn list_rankings(
        &self,
        request: Request<pb::ListRankingsRequest>,
    ) -> Result<Response<pb::ListRankingsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (cohort, page) = Fields::decode(|fields| {
            let cohort = decode::cohort_id(fields, "parent", &message.parent);
            let same = pb::ListRankingsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            Some((cohort?, page?))
        })?;
        let (after, limit) = (super::number_after(&page), page.limit());
        let read =
            self.context.read(move |tx| Box::pin(async move { store::ranking::ranking_page(tx, &cohort, after, limit).await }));
        let rows = read.await?.ok_or_else(|| ApiError::not_found(&message.parent))?;
        let (rankings, next_page_token) =
            page.cut(rows, |ranking| ranking.number.to_string(), |ranking| pb::Ranking::from(&ranking));
        Ok(Response::new(pb::ListRankingsResponse { rankings, next_page_token }))
    }

    async fn select_nominations(
        &self,
        request: Request<pb::SelectNominationsRequest>,
    ) -> Result<Response<pb::SelectNominationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let asked = Fields::decode_mutation(&message, |fields| {
            let cohort = decode::cohort_id(fields, "parent", &message.parent);
            let hub = match message.hub.as_str() {
                "" => None,
                name => decode::hub_id(fields, "hub", name),
            };
            let selections_count = decode::selections_count(fields, message.selections_count);
            Some(Select { cohort: cohort?, hub, selections_count: selections_count? })
        })?;
        asked.check_scope(&scope).map_err(ApiError::from)?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(select_nominations(cmd, asked))).await
    }

    async fn override_nomination(
        &self,
        request: Request<pb::OverrideNominationRequest>,
    ) -> Result<Response<pb::OverrideNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let decision = Fields::decode_mutation(&message, |fields| {
            let nomination = decode::nomination_ref(fields, scope, &message.name);
            let outcome = decode::outcome(fields, message.outcome);
            let reason = decode::reason(fields, &message.reason);
            fields.require("etag", !message.etag.is_empty(), "must be that of the nomination as it was read");
            Some(Decision { nomination: nomination?, outcome: outcome?, reason: reason?, etag: message.etag.clone() })
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(override_nomination(cmd, decision))).await
    }

    async fn get_nominee(&self, request: Request<pb::GetNomineeRequest>) -> Result<Response<pb::GetNomineeResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let id = Fields::decode(|fields| decode::person_id(fields, "name", &message.name))?;
        let read = self.context.read(move |tx| Box::pin(async move { store::person::find_person(tx, &scope, &id).await }));
        let found = read.await?;
        let person = found.ok_or_else(|| ApiError::not_found(&message.name))?;
        let nominee = pb::Nominee {
            name: format!("persons/{}", person.id),
            display_name: person.display_name,
            email_address: person.email_address,
        };
        Ok(Response::new(pb::GetNomineeResponse { nominee: Some(nominee) }))
    }
}
