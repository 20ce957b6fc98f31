//! Wire in, wire out: decode (everything that is wrong at once), call one use case, encode.

mod fields;
mod hub;
mod reach;
mod reach_fields;
mod register;
mod status;

use std::sync::Arc;

use proto::network::v1 as pb;
use server::limited;
use service::Context;
use tonic::service::Routes;

use crate::Config;

/// The gRPC services, each with its limits.
pub(crate) fn routes(context: &Context, config: &Config) -> Routes {
    let register = register::Register {
        context: context.clone(),
        config: config.clone(),
        import_turn: Arc::new(tokio::sync::Semaphore::new(1)),
    };
    let reach = reach::Reach { context: context.clone(), stream_timeout: config.stream_timeout };
    let register = pb::register_service_server::RegisterServiceServer::new(register);
    let hub = pb::hub_service_server::HubServiceServer::new(hub::Hubs { context: context.clone() });
    let reach = pb::reach_service_server::ReachServiceServer::new(reach);
    Routes::new(limited!(register)).add_service(limited!(hub)).add_service(limited!(reach))
}
