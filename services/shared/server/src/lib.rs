//! The server of a service: the code between a wire message and a use case, and the run-time.
//!
//! For use cases: [`Call`] (caller, method and trace), [`Fields`] (all wrong fields of a message at once), [`ApiError`] (an error with a reason and a
//! remedy), [`Page`] (lists).
//!
//! The run-time: [`Config`] (settings for operators), [`listen`], [`run`] (limits, health, reflection, drain, an admin port, and around every call
//! authentication, permission, deadline, trace, log and metrics), [`telemetry`], [`Peer`] (another service that this one calls), and [`Outgoing`],
//! which passes the trace on to it. The crate `client` makes the calls.
#![warn(missing_docs)]

mod admin;
mod admission;
mod api_error;
mod body;
mod call;
mod checks;
mod config;
mod fields;
mod incoming;
mod layer;
mod listen;
mod log_budget;
mod page;
mod peer;
mod program;
mod record;
mod run;
mod serve;
mod settings;
mod signal;
mod start;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod trace;
mod variables;

pub use admin::{Readiness, metrics_handle};
pub use admission::Times;
pub use api_error::ApiError;
pub use call::{Call, Confirmation, MethodPath, TraceParent};
pub use config::{Config, LogFormat, PeerToken, SubjectRole, Trust, TrustError, address};
pub use fields::Fields;
pub use listen::{ListenError, listen, listeners, may_be_plaintext};
pub use page::{PAGE_SIZE_MAX, Page};
pub use peer::{Peer, PeerError};
pub use program::{arguments, arguments_of, ended};
pub use run::{Refusal, RefusalSink, RunError, Running, run, transport};
pub use serve::{Opened, serve};
pub use settings::{Mistake, Settings};
pub use signal::{asked_to_stop, shutdown_when_asked};
pub use tls::TlsError;
pub use trace::Outgoing;
pub use variables::VARIABLES;

/// Maximum size of a received or sent message in bytes; clients accept no more by default.
pub const MESSAGE_SIZE_MAX: usize = 4 * 1024 * 1024;

/// Sets a generated gRPC server's message limits and compression: `server::limited!(HubServiceServer::new(api))`.
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
