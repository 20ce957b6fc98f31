//! Work Groups: schools that meet under one leader in an academic year. Serves `WorkGroupService`.

mod change_leader;
mod end_work_group;
mod form_work_group;
mod get_work_group;
mod list_work_groups;
mod place_school;
mod remove_school;
mod rules;
pub(crate) mod store;
mod wire;
mod work_group_ref;

use name::PersonId;
use proto::enrolment::v1::{self as pb, work_group_service_server::WorkGroupService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{
    change_leader::change_leader, end_work_group::end_work_group, form_work_group::form_work_group,
    get_work_group::get_work_group, list_work_groups::list_work_groups, place_school::place_school, remove_school::remove_school,
};
use crate::{membership::list_memberships::list_memberships, service::Api, work_group_proposal::propose_work_groups};
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{GroupYear, Shape, WorkGroup, WorkGroupId, WorkGroupViolation};
pub(crate) use work_group_ref::WorkGroupRef;

#[tonic::async_trait]
impl WorkGroupService for Api {
    async fn form_work_group(
        &self,
        request: Request<pb::FormWorkGroupRequest>,
    ) -> Result<Response<pb::FormWorkGroupResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let new = Fields::decode_mutation(&message, |fields| wire::new_group(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(form_work_group(cmd, scope, new))).await
    }

    async fn get_work_group(
        &self,
        request: Request<pb::GetWorkGroupRequest>,
    ) -> Result<Response<pb::GetWorkGroupResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, today) = (Scope::of(&call)?, self.context.clock.today());
        let group = Fields::decode(|fields| wire::work_group_ref(fields, scope, &message.name))?;
        self.context.query(move |tx| Box::pin(get_work_group(tx, group, today))).await
    }

    async fn list_work_groups(
        &self,
        request: Request<pb::ListWorkGroupsRequest>,
    ) -> Result<Response<pb::ListWorkGroupsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_work_groups(tx, scope, filter, page))).await
    }

    async fn place_school(&self, request: Request<pb::PlaceSchoolRequest>) -> Result<Response<pb::PlaceSchoolResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let names = (&*message.name, &*message.participation);
        let (group, participation, start) = wire::of_school(&call, &message, names, ("start_date", &message.start_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(place_school(cmd, group, participation, start))).await
    }

    async fn remove_school(
        &self,
        request: Request<pb::RemoveSchoolRequest>,
    ) -> Result<Response<pb::RemoveSchoolResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let names = (&*message.name, &*message.participation);
        let (group, participation, end) = wire::of_school(&call, &message, names, ("end_date", &message.end_date))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(remove_school(cmd, group, participation, end))).await
    }

    async fn change_leader(
        &self,
        request: Request<pb::ChangeLeaderRequest>,
    ) -> Result<Response<pb::ChangeLeaderResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (group, etag, leader, start) = Fields::decode_mutation(&message, |fields| {
            let group = wire::work_group_ref(fields, scope, &message.name);
            let etag = fields.etag("etag", &message.etag);
            let leader = fields.read("leader", PersonId::parse(&message.leader));
            let start = fields.date("start_date", &message.start_date);
            Some((group?, etag?, leader?, start?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(change_leader(cmd, group, etag, leader, start))).await
    }

    async fn end_work_group(
        &self,
        request: Request<pb::EndWorkGroupRequest>,
    ) -> Result<Response<pb::EndWorkGroupResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let (group, etag, end) = Fields::decode_mutation(&message, |fields| {
            let group = wire::work_group_ref(fields, scope, &message.name);
            let etag = fields.etag("etag", &message.etag);
            let end = fields.date("end_date", &message.end_date);
            Some((group?, etag?, end?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(end_work_group(cmd, group, etag, end))).await
    }

    async fn list_memberships(
        &self,
        request: Request<pb::ListMembershipsRequest>,
    ) -> Result<Response<pb::ListMembershipsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::membership_filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_memberships(tx, scope, filter, page))).await
    }

    async fn propose_work_groups(
        &self,
        request: Request<pb::ProposeWorkGroupsRequest>,
    ) -> Result<Response<pb::ProposeWorkGroupsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, today) = (Scope::of(&call)?, self.context.clock.today());
        let (hub, year) = Fields::decode(|fields| {
            let hub = fields.read("hub", name::HubId::parse(&message.hub));
            let year = (&*message.programme, &*message.academic_year, message.year_number);
            let year = wire::group_year(fields, "", year);
            Some((hub?, year?))
        })?;
        self.context.query(move |tx| Box::pin(propose_work_groups(tx, scope, hub, year, today))).await
    }
}
