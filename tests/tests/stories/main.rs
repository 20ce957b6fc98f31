//! Stories across several services, over the wire. One program, so that the services are linked once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod academy;
mod acceptors;
mod catalogue;
mod client_streams;
mod cohort;
mod corrected_register;
mod deferral;
mod every_method;
mod forged_import;
mod forged_page_tokens;
mod funding;
mod funding_catch_up;
mod history;
mod hub_move;
mod kill;
mod latency;
mod lineage;
mod measured_reach;
mod outage;
mod pair;
mod repetition;
mod scope;
mod wire;
mod work_group;
