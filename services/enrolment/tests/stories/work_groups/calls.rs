//! The calls of WorkGroupService.

use proto::enrolment::v1 as pb;

use crate::fixture::*;

impl Client {
    pub(crate) async fn form(&self, request: pb::FormWorkGroupRequest) -> Answer<pb::WorkGroup> {
        let request = pb::FormWorkGroupRequest { request_id: self.request_id(), ..request };
        Ok(self.work_groups.clone().form_work_group(request).await?.into_inner().work_group.unwrap())
    }

    pub(crate) async fn place_school(&self, group: &str, participation: &str, day: &str) -> Answer<pb::WorkGroup> {
        let request = pb::PlaceSchoolRequest {
            request_id: self.request_id(),
            name: group.to_owned(),
            participation: participation.to_owned(),
            start_date: day.to_owned(),
        };
        Ok(self.work_groups.clone().place_school(request).await?.into_inner().work_group.unwrap())
    }

    pub(crate) async fn remove_school(&self, group: &str, participation: &str, day: &str) -> Answer<pb::WorkGroup> {
        let request = pb::RemoveSchoolRequest {
            request_id: self.request_id(),
            name: group.to_owned(),
            participation: participation.to_owned(),
            end_date: day.to_owned(),
        };
        Ok(self.work_groups.clone().remove_school(request).await?.into_inner().work_group.unwrap())
    }

    pub(crate) async fn change_leader(&self, group: &pb::WorkGroup, leader: &str, day: &str) -> Answer<pb::WorkGroup> {
        let request = pb::ChangeLeaderRequest {
            request_id: self.request_id(),
            name: group.name.clone(),
            etag: group.etag.clone(),
            leader: leader.to_owned(),
            start_date: day.to_owned(),
        };
        Ok(self.work_groups.clone().change_leader(request).await?.into_inner().work_group.unwrap())
    }

    pub(crate) async fn end_group(&self, group: &pb::WorkGroup, day: &str) -> Answer<pb::WorkGroup> {
        let request = pb::EndWorkGroupRequest {
            request_id: self.request_id(),
            name: group.name.clone(),
            etag: group.etag.clone(),
            end_date: day.to_owned(),
        };
        Ok(self.work_groups.clone().end_work_group(request).await?.into_inner().work_group.unwrap())
    }

    pub(crate) async fn group(&self, name: &str) -> Answer<pb::WorkGroup> {
        let request = pb::GetWorkGroupRequest { name: name.to_owned() };
        Ok(self.work_groups.clone().get_work_group(request).await?.into_inner().work_group.unwrap())
    }

    /// Names of the groups that the caller sees.
    pub(crate) async fn groups(&self, filter: pb::ListWorkGroupsRequest) -> Vec<String> {
        let page = self.work_groups.clone().list_work_groups(filter).await.unwrap().into_inner();
        page.work_groups.into_iter().map(|group| group.name).collect()
    }

    pub(crate) async fn memberships(&self, filter: pb::ListMembershipsRequest) -> Vec<pb::Membership> {
        self.work_groups.clone().list_memberships(filter).await.unwrap().into_inner().memberships
    }

    pub(super) async fn propose(&self) -> pb::ProposeWorkGroupsResponse {
        let request = pb::ProposeWorkGroupsRequest {
            hub: NORTH.to_owned(),
            programme: MASTERY.to_owned(),
            academic_year: "2018/19".to_owned(),
            year_number: 1,
        };
        self.work_groups.clone().propose_work_groups(request).await.unwrap().into_inner()
    }
}
