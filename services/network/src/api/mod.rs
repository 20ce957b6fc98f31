//! Wire in, wire out: decode (everything that is wrong at once), call one use case, encode.

mod fields;
mod hub;
mod reach;
mod reach_fields;
mod register;
mod status;

use proto::network::v1 as pb;
use tonic::{codec::CompressionEncoding, service::Routes};

use crate::Core;

/// The gRPC services, each with its limits and compressions.
pub(crate) fn routes(core: &Core, feed: &feed::Feed) -> Routes {
    macro_rules! limited {
        ($service:expr) => {
            $service
                .max_decoding_message_size(server::MESSAGE_SIZE_MAX)
                .max_encoding_message_size(server::MESSAGE_SIZE_MAX)
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .send_compressed(CompressionEncoding::Gzip)
                .send_compressed(CompressionEncoding::Zstd)
        };
    }
    let register = pb::register_service_server::RegisterServiceServer::new(register::Register(core.clone()));
    let hub = pb::hub_service_server::HubServiceServer::new(hub::Hubs(core.clone()));
    let reach = pb::reach_service_server::ReachServiceServer::new(reach::Reach(core.clone()));
    Routes::new(limited!(register)).add_service(limited!(hub)).add_service(limited!(reach)).add_service(limited!(feed.service()))
}
