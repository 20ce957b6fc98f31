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

use crate::act::Desk;

/// The gRPC services, each with its limits.
pub(crate) fn routes(desk: &Desk, feed: &feed::Feed) -> Routes {
    let register = pb::register_service_server::RegisterServiceServer::new(register::Register(desk.clone()));
    let hub = pb::hub_service_server::HubServiceServer::new(hub::Hubs(desk.clone()));
    let reach = pb::reach_service_server::ReachServiceServer::new(reach::Reach(desk.clone()));
    Routes::new(limited!(register)).add_service(limited!(hub)).add_service(limited!(reach)).add_service(limited!(feed.service()))
}
