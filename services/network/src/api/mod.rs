//! Wire in, wire out: decode (everything that is wrong at once), call one use case, encode.

mod fields;
mod hub;
mod reach;
mod reach_fields;
mod register;
mod status;

use proto::network::v1 as pb;
use server::limited;
use tonic::service::Routes;

use crate::Core;

/// The gRPC services, each with its limits.
pub(crate) fn routes(core: &Core, feed: &feed::Feed) -> Routes {
    let register = pb::register_service_server::RegisterServiceServer::new(register::Register(core.clone()));
    let hub = pb::hub_service_server::HubServiceServer::new(hub::Hubs(core.clone()));
    let reach = pb::reach_service_server::ReachServiceServer::new(reach::Reach(core.clone()));
    Routes::new(limited!(register)).add_service(limited!(hub)).add_service(limited!(reach)).add_service(limited!(feed.service()))
}
