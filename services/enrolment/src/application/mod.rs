//! Applications of schools for places, their waiting lists and offers.

mod accept_offer;
mod api;
mod application_ref;
mod claim;
mod create_application;
mod decline_offer;
mod eligibility;
mod end_application;
mod get_application;
pub(crate) mod lapse_offers;
mod list_applications;
mod offer_places;
mod promote;
mod rules;
mod store;
mod submission_basis;
mod submit_application;
mod waiting_list;
mod wire;
mod withdraw_application;

pub(crate) use application_ref::ApplicationRef;
pub(crate) use end_application::end_application;
#[cfg(test)]
pub(crate) use rules::TRANSITIONS;
pub(crate) use rules::{Application, ApplicationId};
