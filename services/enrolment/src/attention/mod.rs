//! Reasons for which somebody should look at a participation. They are computed for lists and not stored.

mod rules;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use rules::{Attention, AttentionDays, AttentionFilter, AttentionReason, MeetingDay};
