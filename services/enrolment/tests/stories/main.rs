//! Stories of enrolment, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod at_once;
mod attend;
mod attention;
mod catalogue;
mod current_hub;
mod eligibility;
mod fixture;
mod history;
mod lists;
mod meetings;
mod mirror;
mod model;
mod participation;
mod places;
mod programme;
mod progress;
mod proposal;
mod reserve;
mod second_person;
mod served;
mod statements;
mod walk;
mod work_groups;
