//! The error contract of specialists on one screen.

use proto::Reason;
use server::ApiError;

use crate::{domain::Broken, error::Error};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Broken(broken) => broken.into(),
            Error::NotFound(name) => Self::not_found(&name),
            Error::CohortExists(name) => {
                let message = format!("there is a `{name}` already, or a cohort of its programme and phase with its number");
                Self::new(Reason::CohortExists, message).with("name", name)
            }
            Error::Stale(name) => Self::stale(&name),
            Error::OutOfScope { hub, urn } => {
                let message = format!("a nomination by `{urn}` through `{hub}` is not yours to make");
                Self::new(Reason::NominationNotOwn, message)
            }
            Error::HubNotOwn => {
                let message = "a hub lead selects for its own hub only; name it as `hub`";
                Self::new(Reason::HubNotOwn, message)
            }
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Broken> for ApiError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::WindowClosed { start, end } => {
                let message = format!("schools can nominate from {start} to {end}, in London");
                let refusal = Self::new(Reason::WindowClosed, message);
                refusal.with("window_start_date", start).with("window_end_date", end)
            }
            Broken::WindowOpen { end } => {
                let message = format!("schools can still nominate, to the end of {end}, in London");
                Self::new(Reason::WindowOpen, message).with("window_end_date", end)
            }
            Broken::NotEligible { urn, why } => {
                let sentences: Vec<&str> = why.iter().map(|why| sentence(why)).collect();
                let message = format!("the nomination by `{urn}` is not eligible: {}", sentences.join("; "));
                let refusal = Self::new(Reason::NominationNotEligible, message);
                refusal.with("school", urn).with("why", why.join(","))
            }
            Broken::HubNotOpen { hub, end } => {
                let message = format!("`{hub}` ended on {end}; nominate through another hub");
                Self::new(Reason::HubNotOpen, message).with("hub", hub).with("end_date", end)
            }
            Broken::Ended(state) => {
                let message = format!("it ended before; it is {}", state.as_str());
                Self::new(Reason::StateEnded, message).with("state", state.as_str())
            }
            Broken::OutcomeStands(state) => {
                let message = format!("it is {} already", state.as_str());
                Self::new(Reason::OutcomeStands, message).with("state", state.as_str())
            }
            Broken::NotRanked(count) => {
                let message =
                    format!("{count} submitted nominations of the cohort are not in its newest ranking; rank them first");
                Self::new(Reason::NominationsNotRanked, message).with("nominations_count", count)
            }
            Broken::SelectionBegun(time) => {
                let message = format!("the first of the cohort was selected at {time}; its order stands since");
                Self::new(Reason::SelectionBegun, message).with("select_time", time)
            }
            Broken::WeightsMissing(date) => {
                let message = format!("there are figures, and no weights are in force on {date}; publish them first");
                Self::new(Reason::ScoreWeightsMissing, message).with("date", date)
            }
            Broken::PolicyInForce => {
                let message = "weights that have begun cannot be changed; publish a version that begins tomorrow or later";
                Self::new(Reason::PolicyInForce, message)
            }
            Broken::DateBeforeLast { date, last } => {
                let message = format!("{date} lies before {last}, on which the last version begins");
                Self::new(Reason::DateBeforeLast, message).with("last_date", last)
            }
        }
    }
}

/// What stands against a nomination, for people.
fn sentence(why: &str) -> &'static str {
    match why {
        "closed" => "the school is closed",
        "proposed_to_open" => "the school has not opened yet",
        "not_state_funded" => "the school is not state-funded",
        "phase_not_counted" => "the programme does not count the school's phase",
        "no_region" => "the school lies in no region of England",
        "unknown_status" => "the register gives a status of the school that is not known",
        "unknown_phase" => "the register gives a phase of the school that is not known",
        "not_judged" => "the register does not say whether the school may take part",
        "phase_not_of_cohort" => "the school's phase is not the cohort's",
        "early_career_teacher" => "the nominee is an early-career teacher",
        "has_live_nomination" => "the nominee has a live nomination",
        _ => "the school may not take part",
    }
}
