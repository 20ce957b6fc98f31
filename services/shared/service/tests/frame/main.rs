//! The gRPC services of the frame, over a sample service. On both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod approval;
mod audit;
mod common;
