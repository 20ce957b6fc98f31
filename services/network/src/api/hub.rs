//! `HubService`.

use access::TokenScope;
use proto::Reason;
use proto::network::v1 as pb;
use server::{ApiError, Call, Fields, Page};
use service::Context;
use tonic::{Request, Response, Status};

use super::fields;
use crate::{
    choose_hub::choose_hub,
    create_hub::create_hub,
    domain::{Urn, hub::Hub},
    error::Error,
    store::{self, ChoiceFilter},
    update_hub::{Change, update_hub},
    wire,
};

const DISPLAY_NAME_CHARS_MAX: usize = 120;

/// The service.
pub(super) struct Hubs {
    pub(super) context: Context,
}

#[tonic::async_trait]
impl pb::hub_service_server::HubService for Hubs {
    async fn create_hub(&self, request: Request<pb::CreateHubRequest>) -> Result<Response<pb::CreateHubResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let hub = Fields::decode_mutation(&message, |fields| {
            let hub_id = fields.new_id("hub_id", &message.hub_id, fields::HUB_ID_LENGTH_MAX);
            fields.require("hub", message.hub.is_some(), "must be given");
            let sent = message.hub.clone().unwrap_or_default();
            let display_name = fields.text("hub.display_name", &sent.display_name, 1, DISPLAY_NAME_CHARS_MAX);
            let lead_school = fields::school(fields, "hub.lead_school", &sent.lead_school);
            let start_date = fields.date("hub.start_date", &sent.start_date);
            let end_date = fields::day_if_any(fields, "hub.end_date", &sent.end_date);
            if let (Some(start), Some(Some(end))) = (start_date, end_date) {
                fields.require("hub.end_date", end >= start, "must not be before the first day");
            }
            Some(Hub {
                hub_id: hub_id?,
                display_name: display_name?,
                lead_school: lead_school?,
                start_date: start_date?,
                end_date: end_date?,
                version: 1,
            })
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_hub(cmd, hub))).await
    }

    async fn get_hub(&self, request: Request<pb::GetHubRequest>) -> Result<Response<pb::GetHubResponse>, Status> {
        let message = request.into_inner();
        let hub_id = Fields::decode(|fields| fields::hub(fields, "name", &message.name))?;
        let read = self.context.read(move |tx| Box::pin(async move { store::hub_find(tx, &hub_id).await }));
        let hub = read.await?.ok_or(Error::NotFound(message.name))?;
        Ok(Response::new(pb::GetHubResponse { hub: Some(wire::hub(&hub)) }))
    }

    async fn list_hubs(&self, request: Request<pb::ListHubsRequest>) -> Result<Response<pb::ListHubsResponse>, Status> {
        let message = request.into_inner();
        let same = pb::ListHubsRequest::default();
        let page = Fields::decode(|fields| Page::read(fields, message.page_size, &message.page_token, &same))?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read = self.context.read(move |tx| Box::pin(async move { store::hub_list(tx, &after, limit).await }));
        let (hubs, next_page_token) = page.cut(read.await?, |hub| hub.hub_id.clone(), |hub| wire::hub(&hub));
        Ok(Response::new(pb::ListHubsResponse { hubs, next_page_token }))
    }

    async fn update_hub(&self, request: Request<pb::UpdateHubRequest>) -> Result<Response<pb::UpdateHubResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let change = Fields::decode_mutation(&message, |fields| {
            fields.require("hub", message.hub.is_some(), "must be given");
            let sent = message.hub.clone().unwrap_or_default();
            let hub_id = fields::hub(fields, "hub.name", &sent.name);
            let display_name = fields.text("hub.display_name", &sent.display_name, 1, DISPLAY_NAME_CHARS_MAX);
            let lead_school = fields::school(fields, "hub.lead_school", &sent.lead_school);
            let start_date = fields::day_if_any(fields, "hub.start_date", &sent.start_date);
            let end_date = fields::day_if_any(fields, "hub.end_date", &sent.end_date);
            let version = fields::version(fields, "hub.etag", &sent.etag);
            Some(Change {
                hub_id: hub_id?,
                display_name: display_name?,
                lead_school: lead_school?,
                start_date: start_date?,
                end_date: end_date?,
                version: version?,
            })
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(update_hub(cmd, change))).await
    }

    async fn choose_hub(&self, request: Request<pb::ChooseHubRequest>) -> Result<Response<pb::ChooseHubResponse>, Status> {
        let (call, message) = Call::split(request)?;
        // Permission comes before anything else is looked at.
        if call.caller.role.token_scope() == TokenScope::Hub && call.caller.hub.as_deref() != Some(message.hub.as_str()) {
            return Err(Error::HubNotOwn(message.hub).into());
        }
        let (urn, hub_id, start_date) = Fields::decode_mutation(&message, |fields| {
            let urn = fields::school(fields, "school", &message.school);
            let hub_id = fields::hub(fields, "hub", &message.hub);
            let start_date = fields.date("start_date", &message.start_date);
            Some((urn?, hub_id?, start_date?))
        })?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(choose_hub(cmd, urn, hub_id, start_date))).await
    }

    async fn list_hub_choices(
        &self,
        request: Request<pb::ListHubChoicesRequest>,
    ) -> Result<Response<pb::ListHubChoicesResponse>, Status> {
        let call = Call::of(&request)?;
        let message = request.into_inner();
        // Permission comes before anything else is looked at.
        let (scope_hub_id, scope_school) = scope(&call)?;
        let (school, hub_id, as_of, page, after) = Fields::decode(|fields| {
            let neither = message.school.is_empty() && message.hub.is_empty();
            fields.require("school", !neither, "at least one of school and hub must be given");
            let school = match message.school.as_str() {
                "" => None,
                name => fields::school(fields, "school", name),
            };
            let hub_id = match message.hub.as_str() {
                "" => String::new(),
                name => fields::hub(fields, "hub", name).unwrap_or_default(),
            };
            let as_of = fields::day_if_any(fields, "as_of_date", &message.as_of_date);
            let same = pb::ListHubChoicesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same)?;
            let after = page.after.as_deref().map(after_choice);
            fields.require("page_token", after != Some(None), "is not a token of this list; begin again without it");
            Some((school, hub_id, as_of?, page, after.flatten().unwrap_or((0, String::new()))))
        })?;
        let scope_school = scope_school.map(|urn| (urn, self.context.clock.today()));
        let filter = ChoiceFilter { school, hub_id, as_of, scope_hub_id, scope_school };
        let limit = page.limit();
        let read = self
            .context
            .read(move |tx| Box::pin(async move { store::choice_list(tx, &filter, (after.0, &after.1), limit).await }));
        let key = |choice: &crate::domain::hub::Choice| format!("{}/{}", choice.urn, choice.start_date);
        let (hub_choices, next_page_token) = page.cut(read.await?, key, |choice| wire::choice(&choice));
        Ok(Response::new(pb::ListHubChoicesResponse { hub_choices, next_page_token }))
    }
}

fn after_choice(key: &str) -> Option<(i64, String)> {
    let (urn, day) = key.split_once('/')?;
    Some((urn.parse().ok()?, day.to_owned()))
}

/// What the caller may see at all. PERMISSION_DENIED when its token should name a hub or a school and does not.
fn scope(call: &Call) -> Result<(Option<String>, Option<Urn>), Status> {
    let nothing = || ApiError::new(Reason::TokenIncomplete, "the token does not name whom it acts for");
    let caller = &call.caller;
    Ok(match caller.role.token_scope() {
        TokenScope::Hub => {
            let hub = caller.hub.as_deref().and_then(|name| name.strip_prefix("hubs/")).ok_or_else(nothing)?;
            (Some(hub.to_owned()), None)
        }
        TokenScope::School => {
            let school = caller.school.as_deref().and_then(|name| Urn::parse_name(name).ok()).ok_or_else(nothing)?;
            (None, Some(school))
        }
        TokenScope::All => (None, None),
    })
}
