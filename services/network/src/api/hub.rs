//! `HubService`.

use access::TokenScope;
use proto::network::v1 as pb;
use server::{ApiError, Call, Fields, Once, Page};
use tonic::{Code, Request, Response, Status};

use super::fields;
use crate::{
    act::Desk,
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
pub(super) struct Hubs(pub(super) Desk);

#[tonic::async_trait]
impl pb::hub_service_server::HubService for Hubs {
    async fn create_hub(&self, request: Request<pb::CreateHubRequest>) -> Result<Response<pb::CreateHubResponse>, Status> {
        let call = Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let request_id = fields.request_id(&message.request_id);
        let hub_id = fields.new_id("hub_id", &message.hub_id, fields::HUB_ID_LENGTH_MAX);
        fields.require("hub", message.hub.is_some(), "must be given");
        let sent = message.hub.clone().unwrap_or_default();
        let display_name = fields.text("hub.display_name", &sent.display_name, 1, DISPLAY_NAME_CHARS_MAX);
        let lead_school = fields::school(&mut fields, "hub.lead_school", &sent.lead_school);
        let start_date = fields.date("hub.start_date", &sent.start_date);
        let end_date = fields::day_if_any(&mut fields, "hub.end_date", &sent.end_date);
        if let (Some(start), Some(Some(end))) = (start_date, end_date) {
            fields.require("hub.end_date", end >= start, "must not be before the first day");
        }
        let values = (request_id, hub_id, display_name, lead_school, start_date, end_date);
        let (Some(request_id), Some(hub_id), Some(display_name), Some(lead_school), Some(start_date), Some(end_date)) = values
        else {
            return Err(fields.refusal().into());
        };
        let hub = Hub { hub_id, display_name, lead_school, start_date, end_date, version: 1 };
        fields.check()?;
        let method = "/mathshubs.network.v1.HubService/CreateHub";
        let once = Once::new(&call, method, &request_id, &message, self.0.clock.now());
        Ok(Response::new(create_hub(&self.0, once, hub).await?))
    }

    async fn get_hub(&self, request: Request<pb::GetHubRequest>) -> Result<Response<pb::GetHubResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let Some(hub_id) = fields::hub(&mut fields, "name", &message.name) else { return Err(fields.refusal().into()) };
        let read = self.0.pool.read(|mut tx| Box::pin(async move { Ok::<_, Error>(store::hub_find(&mut tx, &hub_id).await?) }));
        let hub = read.await?.ok_or(Error::NotFound(message.name))?;
        Ok(Response::new(pb::GetHubResponse { hub: Some(wire::hub(&hub)) }))
    }

    async fn list_hubs(&self, request: Request<pb::ListHubsRequest>) -> Result<Response<pb::ListHubsResponse>, Status> {
        let message = request.into_inner();
        let mut fields = Fields::new();
        let filter = pb::ListHubsRequest::default();
        let Some(page) = Page::read(&mut fields, message.page_size, &message.page_token, &filter) else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        let (after, limit) = (page.after.clone().unwrap_or_default(), page.limit());
        let read =
            self.0.pool.read(|mut tx| Box::pin(async move { Ok::<_, Error>(store::hub_list(&mut tx, &after, limit).await?) }));
        let (hubs, next_page_token) = page.cut(read.await?, |hub| hub.hub_id.clone(), |hub| wire::hub(&hub));
        Ok(Response::new(pb::ListHubsResponse { hubs, next_page_token }))
    }

    async fn update_hub(&self, request: Request<pb::UpdateHubRequest>) -> Result<Response<pb::UpdateHubResponse>, Status> {
        let call = Call::of(&request)?;
        let message = request.into_inner();
        let mut fields = Fields::new();
        let request_id = fields.request_id(&message.request_id);
        fields.require("hub", message.hub.is_some(), "must be given");
        let sent = message.hub.clone().unwrap_or_default();
        let hub_id = fields::hub(&mut fields, "hub.name", &sent.name);
        let display_name = fields.text("hub.display_name", &sent.display_name, 1, DISPLAY_NAME_CHARS_MAX);
        let lead_school = fields::school(&mut fields, "hub.lead_school", &sent.lead_school);
        let start_date = fields::day_if_any(&mut fields, "hub.start_date", &sent.start_date);
        let end_date = fields::day_if_any(&mut fields, "hub.end_date", &sent.end_date);
        let version = fields::version(&mut fields, "hub.etag", &sent.etag);
        let values = (request_id, hub_id, display_name, lead_school, (start_date, end_date, version));
        let (
            Some(request_id),
            Some(hub_id),
            Some(display_name),
            Some(lead_school),
            (Some(start_date), Some(end_date), Some(version)),
        ) = values
        else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        let change = Change { hub_id, display_name, lead_school, start_date, end_date, version };
        let method = "/mathshubs.network.v1.HubService/UpdateHub";
        let once = Once::new(&call, method, &request_id, &message, self.0.clock.now());
        Ok(Response::new(update_hub(&self.0, once, change).await?))
    }

    async fn choose_hub(&self, request: Request<pb::ChooseHubRequest>) -> Result<Response<pb::ChooseHubResponse>, Status> {
        let call = Call::of(&request)?;
        let message = request.into_inner();
        // Permission comes before anything else is looked at.
        if call.caller.role.token_scope() == TokenScope::Hub && call.caller.hub.as_deref() != Some(message.hub.as_str()) {
            return Err(Error::HubNotOwn(message.hub).into());
        }
        let mut fields = Fields::new();
        let request_id = fields.request_id(&message.request_id);
        let urn = fields::school(&mut fields, "school", &message.school);
        let hub_id = fields::hub(&mut fields, "hub", &message.hub);
        let start_date = fields.date("start_date", &message.start_date);
        let (Some(request_id), Some(urn), Some(hub_id), Some(start_date)) = (request_id, urn, hub_id, start_date) else {
            return Err(fields.refusal().into());
        };
        fields.check()?;
        let method = "/mathshubs.network.v1.HubService/ChooseHub";
        let once = Once::new(&call, method, &request_id, &message, self.0.clock.now());
        Ok(Response::new(choose_hub(&self.0, once, urn, hub_id, start_date).await?))
    }

    async fn list_hub_choices(
        &self,
        request: Request<pb::ListHubChoicesRequest>,
    ) -> Result<Response<pb::ListHubChoicesResponse>, Status> {
        let call = Call::of(&request)?;
        let message = request.into_inner();
        // Permission comes before anything else is looked at.
        let (scope_hub_id, scope_school) = scope(&call)?;
        let mut fields = Fields::new();
        let neither = message.school.is_empty() && message.hub.is_empty();
        fields.require("school", !neither, "at least one of school and hub must be given");
        let school = match message.school.as_str() {
            "" => None,
            name => fields::school(&mut fields, "school", name),
        };
        let hub_id = match message.hub.as_str() {
            "" => String::new(),
            name => fields::hub(&mut fields, "hub", name).unwrap_or_default(),
        };
        let as_of = fields::day_if_any(&mut fields, "as_of_date", &message.as_of_date);
        let filter_only = pb::ListHubChoicesRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let page = Page::read(&mut fields, message.page_size, &message.page_token, &filter_only);
        let after = page.as_ref().and_then(|page| page.after.clone());
        let after = match after.as_deref().map(after_choice) {
            Some(None) => {
                fields.wrong("page_token", "is not a token of this list; begin again without it");
                None
            }
            after => Some(after.flatten().unwrap_or((0, String::new()))),
        };
        let (Some(as_of), Some(page), Some(after)) = (as_of, page, after) else { return Err(fields.refusal().into()) };
        fields.check()?;
        let scope_school = scope_school.map(|urn| (urn, self.0.clock.today()));
        let filter = ChoiceFilter { school, hub_id, as_of, scope_hub_id, scope_school };
        let limit = page.limit();
        let read = self.0.pool.read(|mut tx| {
            Box::pin(async move { Ok::<_, Error>(store::choice_list(&mut tx, &filter, (after.0, &after.1), limit).await?) })
        });
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
    let nothing = || ApiError::new(Code::PermissionDenied, "TOKEN_INCOMPLETE", "the token does not name whom it acts for");
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
