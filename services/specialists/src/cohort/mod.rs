//! Cohorts: for which schools, when they are recruited, and where their specialists work in each year.

mod api;
mod create_cohort;
mod get_cohort;
mod list_cohorts;
mod rules;
pub(crate) mod store;
mod wire;

pub(crate) use rules::{Cohort, CohortId, CohortViolation, CohortYear, YearSetting};
