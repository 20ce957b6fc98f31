//! The error contract of enrolment on one screen.

use proto::Reason;
use server::ApiError;

use crate::{domain::Broken, error::Error};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Broken(broken) => broken.into(),
            Error::NotFound(name) => Self::not_found(&name),
            Error::AlreadyExists(name) => {
                Self::new(Reason::RoundExists, format!("there is a `{name}` already")).with("name", name)
            }
            Error::Stale(name) => Self::stale(&name),
            Error::Field(field, why) => Self::field(field, why),
            Error::OutOfScope { hub, urn } => {
                let message = format!("an application of `{urn}` to `{hub}` is not yours to make");
                Self::new(Reason::ApplicationNotOwn, message)
            }
            Error::SchoolHasApplied(urn) => {
                let message =
                    format!("`{urn}`, or a school of its lineage, has a live application for the programme or has taken part");
                Self::new(Reason::SchoolHasApplied, message).with("school", urn)
            }
            Error::NoPlaceLeft(name) => {
                let message = format!("all places of `{name}` are accepted; try again when one is given back");
                Self::new(Reason::NoPlaceLeft, message).with("places", name)
            }
            Error::PlacesBelowAccepted { name, accepted_count } => {
                let message =
                    format!("{accepted_count} places of `{name}` are accepted, and none is taken back; set that many or more");
                Self::new(Reason::PlacesBelowAccepted, message).with("accepted_count", accepted_count)
            }
            Error::ProgrammeInUse => {
                let message = "the round has places or applications for a programme that the update leaves out; keep it";
                Self::new(Reason::ProgrammeInUse, message)
            }
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Broken> for ApiError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::WindowClosed { start, end } => {
                let message = format!("applications can be submitted from {start} to {end}, in London");
                let refusal = Self::new(Reason::WindowClosed, message);
                refusal.with("window_start_date", start).with("window_end_date", end)
            }
            Broken::NotDraft(state) => {
                let message = format!("only a draft can be submitted; this is {}", state.as_str());
                Self::new(Reason::StateNotDraft, message).with("state", state.as_str())
            }
            Broken::NotOffered(state) => {
                let message = format!("only an offer can be accepted or declined; this is {}", state.as_str());
                Self::new(Reason::StateNotOffered, message).with("state", state.as_str())
            }
            Broken::Ended(state) => {
                let message = format!("the application has ended: it is {}", state.as_str());
                Self::new(Reason::StateEnded, message).with("state", state.as_str())
            }
            Broken::ParticipationEnded(state) => {
                let message = format!("the participation has ended: it is {}", state.as_str());
                Self::new(Reason::StateEnded, message).with("state", state.as_str())
            }
            Broken::OfferExpired(expire) => {
                let message = format!("the offer stood until {expire}");
                Self::new(Reason::OfferExpired, message).with("offer_expire_time", expire)
            }
            Broken::YearStarted(year) => {
                let message =
                    format!("the academic year {year} has begun; leave or give back a place with WithdrawParticipation");
                Self::new(Reason::YearStarted, message).with("academic_year", year)
            }
            Broken::YearEnded(year) => {
                let message = format!("the academic year {year} is over, so its places are given no more");
                Self::new(Reason::YearEnded, message).with("academic_year", year)
            }
            Broken::NotEligible { urn, why } => {
                let message = format!("`{urn}` may not take part: {why}");
                Self::new(Reason::SchoolNotEligible, message).with("school", urn).with("why", why)
            }
            Broken::HubNotOpen { hub, year } => {
                let days = [hub.start.map(|day| format!("begins on {day}")), hub.end.map(|day| format!("ends on {day}"))];
                let days = days.into_iter().flatten().collect::<Vec<_>>().join(" and ");
                let message = format!("`{}` gives no places of {year}: it {days}; name another hub", hub.id);
                Self::new(Reason::HubNotOpen, message).with("hub", hub.id).with("academic_year", year)
            }
            Broken::PolicyInForce => {
                let message = "a policy that has begun cannot be changed; add one that begins tomorrow or later";
                Self::new(Reason::PolicyInForce, message)
            }
            Broken::YearNotCompleted(number) => {
                let message = format!("year {number} is not completed; that comes first");
                Self::new(Reason::YearNotCompleted, message).with("year_number", number)
            }
            Broken::YearNotStarted => {
                let message = "the academic year has not started, or was not taken up: take it up with StartYear, or give the place back, with \
                               WithdrawApplication before the year starts and with WithdrawParticipation after";
                Self::new(Reason::YearNotStarted, message)
            }
            Broken::AgreementSigned(date) => {
                let message = format!("the agreement was signed on {date}");
                Self::new(Reason::AgreementSigned, message).with("agreement_sign_date", date)
            }
            Broken::DateBeforePlace { date, accepted } => {
                let message = format!(
                    "{date} lies before {accepted}, on which the place was accepted; until then there is nothing to agree to"
                );
                Self::new(Reason::DateBeforeLast, message).with("last_date", accepted)
            }
            Broken::AttendanceRecorded(date) => {
                let message = format!("the attendance of {date} is recorded");
                Self::new(Reason::AttendanceRecorded, message).with("attendance_date", date)
            }
            Broken::DateOutsideYear { date, year } => {
                let message = format!("{date} does not lie in the academic year {year}");
                Self::new(Reason::DateOutsideYear, message).with("academic_year", year)
            }
            Broken::DateInFuture(date) => Self::new(Reason::DateInFuture, format!("{date} has not come yet")).with("date", date),
            Broken::DateBeforeLast { date, last } => {
                let message = format!("{date} lies before {last}, which was recorded last");
                Self::new(Reason::DateBeforeLast, message).with("last_date", last)
            }
        }
    }
}
