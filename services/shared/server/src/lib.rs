//! What every service needs to be called: the glue between a wire message and a use case, and the run-time around it.
//!
//! The glue: [`Call`] (who calls), [`Fields`] (everything that is wrong with a message, at once), [`ApiError`] (an error that says what to do),
//! [`Page`] (lists).
//!
//! The run-time: [`Config`] (what an operator can set), [`listen`], [`run`] (limits, health, reflection, drain, an admin port, and around every call
//! identity, permission, deadline, trace, log and metrics), [`telemetry`], [`Peer`] (a service that this one calls), and [`Outgoing`], which passes the
//! trace on to it. Calls themselves are made with the crate `client`.
#![warn(missing_docs)]

mod admin;
mod answers;
mod api_error;
mod body;
mod call;
mod config;
mod fields;
mod layer;
mod listen;
mod page;
mod peer;
mod program;
mod record;
mod run;
mod serve;
mod signal;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod trace;

pub use admin::{Readiness, metrics_handle};
pub use answers::forget_answers;
pub use api_error::ApiError;
pub use call::{Call, MethodPath, TraceParent};
pub use config::{Config, LogFormat, SubjectRole, Trust};
pub use fields::Fields;
pub use listen::{ListenError, listen, listeners};
pub use page::{PAGE_SIZE_MAX, Page};
pub use peer::{Peer, PeerError};
pub use program::{arguments, arguments_of, ended};
pub use run::{RunError, Running, run, transport};
pub use serve::{Opened, serve};
pub use signal::{asked_to_stop, shutdown_when_asked};
pub use tls::TlsError;
pub use trace::Outgoing;

/// The largest message that is taken or sent, in bytes; clients accept no more by default.
pub const MESSAGE_SIZE_MAX: usize = 4 * 1024 * 1024;

/// Gives a generated gRPC server its limits, and has it take compressed messages: `server::limited!(HubServiceServer::new(api))`.
#[macro_export]
macro_rules! limited {
    ($service:expr) => {
        $service
            .max_decoding_message_size($crate::MESSAGE_SIZE_MAX)
            .max_encoding_message_size($crate::MESSAGE_SIZE_MAX)
            .accept_compressed(::tonic::codec::CompressionEncoding::Gzip)
            .accept_compressed(::tonic::codec::CompressionEncoding::Zstd)
    };
}
