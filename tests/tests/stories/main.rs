//! Stories that go through several services, over the wire. One program, so that they are linked once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acceptors;
mod cohort;
mod every_method;
mod five_hundred;
mod funding;
mod kill;
mod latency;
mod lineage;
mod loop_small;
mod outage;
mod repetition;
mod scope;
mod wire;
