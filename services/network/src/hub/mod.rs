//! Maths Hubs. Serves `HubService`.

mod create_hub;
mod find_local_hubs;
mod get_hub;
mod list_hubs;
mod rules;
pub(crate) mod store;
mod update_hub;
pub(crate) mod wire;

use name::HubId;
use proto::network::v1::{self as pb, hub_service_server::HubService};
use scope::{Scope, ScopeKey};
use server::{Call, Fields, Page};
use service::RuleViolation;
use tonic::{Request, Response, Status};

use self::{
    create_hub::create_hub, find_local_hubs::find_local_hubs, get_hub::get_hub, list_hubs::list_hubs, update_hub::update_hub,
};
use crate::{
    choice::{self, ChoiceViolation, choose_hub::choose_hub, list_hub_choices::list_hub_choices, move_schools::move_schools},
    service::Api,
};
pub(crate) use rules::{Hub, HubProfile};
use rules::{HubChange, HubState, HubViolation, Incubation};

#[tonic::async_trait]
impl HubService for Api {
    async fn create_hub(&self, request: Request<pb::CreateHubRequest>) -> Result<Response<pb::CreateHubResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let today = self.context.clock.today();
        let (hub, lead_school) = Fields::decode_mutation(&message, |fields| wire::hub(fields, &message, today))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(create_hub(cmd, hub, lead_school))).await
    }

    async fn get_hub(&self, request: Request<pb::GetHubRequest>) -> Result<Response<pb::GetHubResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let id = Fields::decode(|fields| fields.read("name", HubId::parse(&message.name)))?;
        let today = self.context.clock.today();
        self.context.query(move |tx| Box::pin(get_hub(tx, id, today))).await
    }

    async fn list_hubs(&self, request: Request<pb::ListHubsRequest>) -> Result<Response<pb::ListHubsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let page = Fields::decode(|fields| Page::of(fields, &message))?;
        let today = self.context.clock.today();
        self.context.query(move |tx| Box::pin(list_hubs(tx, page, today))).await
    }

    async fn update_hub(&self, request: Request<pb::UpdateHubRequest>) -> Result<Response<pb::UpdateHubResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (change, etag) = Fields::decode_mutation(&message, |fields| wire::change(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(update_hub(cmd, change, etag))).await
    }

    async fn find_local_hubs(
        &self,
        request: Request<pb::FindLocalHubsRequest>,
    ) -> Result<Response<pb::FindLocalHubsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let today = self.context.clock.today();
        let scope = ScopeKey::new(&Scope::of(&call)?, today);
        let (near, day) = Fields::decode(|fields| wire::near(fields, &message, today))?;
        self.context.query(move |tx| Box::pin(find_local_hubs(tx, scope, near, day, today))).await
    }

    async fn move_schools(&self, request: Request<pb::MoveSchoolsRequest>) -> Result<Response<pb::MoveSchoolsResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let asked = Fields::decode_mutation(&message, |fields| choice::wire::moves(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(move_schools(cmd, asked))).await
    }

    async fn choose_hub(&self, request: Request<pb::ChooseHubRequest>) -> Result<Response<pb::ChooseHubResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = Scope::of(&call)?;
        let entered = Fields::decode_mutation(&message, |fields| choice::wire::choice(fields, &call.caller, &message))?;
        if !scope.contains(&entered.hub, entered.urn) {
            return Err(ChoiceViolation::NotOwn { hub: entered.hub, urn: entered.urn }.error().into());
        }
        self.context.mutate(&call, &message, move |cmd| Box::pin(choose_hub(cmd, entered))).await
    }

    async fn list_hub_choices(
        &self,
        request: Request<pb::ListHubChoicesRequest>,
    ) -> Result<Response<pb::ListHubChoicesResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let scope = ScopeKey::new(&Scope::of(&call)?, self.context.clock.today());
        let (filter, page) = Fields::decode(|fields| {
            let filter = choice::wire::filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_hub_choices(tx, scope, filter, page))).await
    }
}
