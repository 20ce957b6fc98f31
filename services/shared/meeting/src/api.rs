//! Serves `MeetingService`: each method decodes and calls one function.

use proto::meeting::v1::{
    self as pb,
    meeting_service_server::{MeetingService, MeetingServiceServer},
};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use service::Context;
use tonic::{Request, Response, Status};

use crate::{
    Parents, cancel_meeting::cancel_meeting, correct_mark::correct_mark, get_meeting::get_meeting, list_marks::list_marks,
    list_meetings::list_meetings, mark, plan_meeting::plan_meeting, take_register::take_register, update_meeting::update_meeting,
    wire,
};

/// `MeetingService` below these parents.
pub fn server(context: &Context, parents: Parents) -> MeetingServiceServer<Api> {
    server::limited!(MeetingServiceServer::new(Api { context: context.clone(), parents }))
}

/// Serves `MeetingService`.
#[derive(Debug, Clone)]
pub struct Api {
    context: Context,
    parents: Parents,
}

#[tonic::async_trait]
impl MeetingService for Api {
    async fn plan_meeting(&self, request: Request<pb::PlanMeetingRequest>) -> Result<Response<pb::PlanMeetingResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, names) = (Scope::of(&call)?, self.parents.names);
        let (parent, plan) = Fields::decode_mutation(&message, |fields| {
            let parent = wire::parent_ref(fields, names, scope, &message.parent);
            let plan = wire::plan(fields, names, &message.meeting.clone().unwrap_or_default());
            Some((parent?, plan?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(plan_meeting(cmd, parent, plan))).await
    }

    async fn update_meeting(
        &self,
        request: Request<pb::UpdateMeetingRequest>,
    ) -> Result<Response<pb::UpdateMeetingResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, names) = (Scope::of(&call)?, self.parents.names);
        let (meeting, plan, etag) = Fields::decode_mutation(&message, |fields| {
            let sent = message.meeting.clone().unwrap_or_default();
            let meeting = wire::meeting_ref(fields, names, scope, "meeting.name", &sent.name);
            let plan = wire::plan(fields, names, &sent);
            let etag = fields.etag("meeting.etag", &sent.etag);
            Some((meeting?, plan?, etag?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(update_meeting(cmd, meeting, plan, etag))).await
    }

    async fn cancel_meeting(
        &self,
        request: Request<pb::CancelMeetingRequest>,
    ) -> Result<Response<pb::CancelMeetingResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, names) = (Scope::of(&call)?, self.parents.names);
        let (meeting, etag, reason) = Fields::decode_mutation(&message, |fields| {
            let meeting = wire::meeting_ref(fields, names, scope, "name", &message.name);
            let etag = fields.etag("etag", &message.etag);
            let reason = wire::reason(fields, &message.reason);
            Some((meeting?, etag?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(cancel_meeting(cmd, meeting, etag, reason))).await
    }

    async fn take_register(
        &self,
        request: Request<pb::TakeRegisterRequest>,
    ) -> Result<Response<pb::TakeRegisterResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, parents) = (Scope::of(&call)?, self.parents);
        let (meeting, register) = Fields::decode_mutation(&message, |fields| {
            let meeting = wire::meeting_ref(fields, parents.names, scope, "name", &message.name);
            let register = wire::register(fields, parents.names, &message);
            Some((meeting?, register?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(take_register(cmd, parents, meeting, register))).await
    }

    async fn correct_mark(&self, request: Request<pb::CorrectMarkRequest>) -> Result<Response<pb::CorrectMarkResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, parents) = (Scope::of(&call)?, self.parents);
        let (meeting, entry, reason) = Fields::decode_mutation(&message, |fields| {
            let meeting = wire::meeting_ref(fields, parents.names, scope, "name", &message.name);
            let entry = mark::wire::entry(fields, parents.names, "mark", &message.mark.clone().unwrap_or_default());
            let reason = wire::reason(fields, &message.reason);
            Some((meeting?, entry?, reason?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(correct_mark(cmd, parents, meeting, entry, reason))).await
    }

    async fn get_meeting(&self, request: Request<pb::GetMeetingRequest>) -> Result<Response<pb::GetMeetingResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (scope, names, today) = (Scope::of(&call)?, self.parents.names, self.context.clock.today());
        let meeting = Fields::decode(|fields| wire::meeting_ref(fields, names, scope, "name", &message.name))?;
        self.context.query(move |tx| Box::pin(get_meeting(tx, meeting, today))).await
    }

    async fn list_meetings(
        &self,
        request: Request<pb::ListMeetingsRequest>,
    ) -> Result<Response<pb::ListMeetingsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (names, today) = (self.parents.names, self.context.clock.today());
        let scope = ScopeKey::new(&Scope::of(&call)?, today);
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::meeting_filter(fields, names, &message, today);
            let page = Page::of(fields, &message);
            Some((filter, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_meetings(tx, names, scope, filter, page))).await
    }

    async fn list_marks(&self, request: Request<pb::ListMarksRequest>) -> Result<Response<pb::ListMarksResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let names = self.parents.names;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::mark_filter(fields, names, &message);
            let page = Page::of(fields, &message);
            Some((filter?, page?))
        })?;
        self.context.query(move |tx| Box::pin(list_marks(tx, names, scope, filter, page))).await
    }
}
