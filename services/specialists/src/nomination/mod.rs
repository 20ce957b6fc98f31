//! Nominations: a school nominates a teacher for a cohort; the teacher is selected by rank, or by a decision against the order. Serves `NominationService`.

mod create_nomination;
mod eligibility;
mod get_nomination;
mod list_nominations;
mod live_store;
mod nomination_ref;
mod override_nomination;
mod readiness;
mod rules;
mod select_nominations;
pub(crate) mod store;
mod wire;
mod withdraw_nomination;

use name::{HubId, Urn};
use proto::specialists::v1::{self as pb, nomination_service_server::NominationService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use service::RuleViolation;
use time::AcademicYear;
use tonic::{Request, Response, Status};

use self::{
    create_nomination::create_nomination, get_nomination::get_nomination, list_nominations::list_nominations,
    override_nomination::override_nomination, select_nominations::select_nominations, store::NominationFilter,
    withdraw_nomination::withdraw_nomination,
};
use crate::{
    cohort::CohortId,
    ranking::{list_rankings::list_rankings, rank_nominations::rank_nominations},
    service::Api,
};
pub(crate) use eligibility::{Ineligibility, Nominee, check_eligible};
pub(crate) use nomination_ref::NominationRef;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{
    Decision, Nomination, NominationDraft, NominationId, NominationState, NominationViolation, Outcome, Override, Selection,
};

#[tonic::async_trait]
impl NominationService for Api {
    async fn create_nomination(
        &self,
        request: Request<pb::CreateNominationRequest>,
    ) -> Result<Response<pb::CreateNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let draft = Fields::decode_mutation(&message, |fields| wire::draft(fields, &message))?;
        draft.check_scope(&scope).map_err(|violation| violation.error())?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_nomination(cmd, draft))).await
    }

    async fn get_nomination(
        &self,
        request: Request<pb::GetNominationRequest>,
    ) -> Result<Response<pb::GetNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, today) = (Scope::of(&call)?, self.context.clock.today());
        let nomination = Fields::decode(|fields| wire::nomination_ref(fields, scope, &message.name))?;
        self.context.query(move |tx| Box::pin(get_nomination(tx, nomination, today))).await
    }

    async fn list_nominations(
        &self,
        request: Request<pb::ListNominationsRequest>,
    ) -> Result<Response<pb::ListNominationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let today = self.context.clock.today();
        let (scope, year) = (ScopeKey::new(&Scope::of(&call)?, today), AcademicYear::of(today));
        let (cohort, filter, page) = Fields::decode(|fields| {
            let cohort = fields.read("parent", CohortId::parse(&message.parent));
            let state = wire::state(fields, message.state);
            let hub = fields.optional("hub", &message.hub, HubId::parse);
            let urn = fields.optional("school", &message.school, Urn::parse);
            let page = Page::of(fields, &message);
            Some((cohort?, NominationFilter { hub, urn, state }, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_nominations(tx, scope, cohort, filter, year, page))).await
    }

    async fn withdraw_nomination(
        &self,
        request: Request<pb::WithdrawNominationRequest>,
    ) -> Result<Response<pb::WithdrawNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (nomination, reason) = Fields::decode_mutation(&message, |fields| {
            let nomination = wire::nomination_ref(fields, scope, &message.name);
            let reason = wire::reason(fields, &message.reason);
            Some((nomination?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(withdraw_nomination(cmd, nomination, reason))).await
    }

    async fn rank_nominations(
        &self,
        request: Request<pb::RankNominationsRequest>,
    ) -> Result<Response<pb::RankNominationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let cohort = Fields::decode_mutation(&message, |fields| fields.read("parent", CohortId::parse(&message.parent)))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(rank_nominations(cmd, cohort))).await
    }

    async fn list_rankings(
        &self,
        request: Request<pb::ListRankingsRequest>,
    ) -> Result<Response<pb::ListRankingsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (cohort, page) = Fields::decode(|fields| {
            let cohort = fields.read("parent", CohortId::parse(&message.parent));
            let page = Page::of(fields, &message);
            Some((cohort?, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_rankings(tx, cohort, page))).await
    }

    async fn select_nominations(
        &self,
        request: Request<pb::SelectNominationsRequest>,
    ) -> Result<Response<pb::SelectNominationsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let selection = Fields::decode_mutation(&message, |fields| wire::selection(fields, &message))?;
        selection.check_scope(&scope).map_err(|violation| violation.error())?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(select_nominations(cmd, selection))).await
    }

    async fn override_nomination(
        &self,
        request: Request<pb::OverrideNominationRequest>,
    ) -> Result<Response<pb::OverrideNominationResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (nomination, decision, etag) = Fields::decode_mutation(&message, |fields| {
            let nomination = wire::nomination_ref(fields, scope, &message.name);
            let decision = wire::decision(fields, &message);
            let etag = fields.etag("etag", &message.etag);
            Some((nomination?, decision?, etag?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(override_nomination(cmd, nomination, decision, etag))).await
    }
}
