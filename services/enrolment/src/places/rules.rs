//! Rules of places.

use mirror::Hub;
use name::{HubId, ProgrammeId};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date};

use crate::round::RoundId;

/// The places of one hub for one programme in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) round: RoundId,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) places_count: i64,
    pub(crate) accepted_count: i64,
    pub(crate) version: i64,
}

impl Places {
    /// Number of further offers that may be made, so that open offers do not exceed free places.
    pub(crate) fn offers_due(&self, standing_count: i64) -> i64 {
        (self.places_count - self.accepted_count - standing_count).max(0)
    }

    /// The places with another count. `hub_open` is the outcome of [`check_hub_open`]: places of a hub that is closed can only become fewer.
    pub(crate) fn resize(&self, places_count: i64, hub_open: Result<(), PlacesViolation>) -> Result<Self, PlacesViolation> {
        if places_count > self.places_count {
            hub_open?;
        }
        if places_count < self.accepted_count {
            return Err(PlacesViolation::BelowAccepted { name: self.name(), accepted_count: self.accepted_count });
        }
        Ok(Self { places_count, version: self.version + 1, ..self.clone() })
    }
}

/// The resource's name.
pub(crate) fn name(round: &RoundId, hub: &HubId, programme: &ProgrammeId) -> String {
    format!("{round}/places/{}.{}", hub.as_str(), programme.as_str())
}

impl Resource for Places {
    fn name(&self) -> String {
        name(&self.round, &self.hub, &self.programme)
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// Whether a hub gives places of a year: it must be open on a day of the year, and not be over. A hub that begins within the year recruits before.
pub(crate) fn check_hub_open(hub: &Hub, year: AcademicYear, today: Date) -> Result<(), PlacesViolation> {
    let begins_later = hub.start.is_some_and(|start| start > year.end_date());
    let is_over = hub.end.is_some_and(|end| end < today || end < year.start_date());
    if begins_later || is_over { Err(PlacesViolation::HubNotOpen { hub: hub.clone(), year }) } else { Ok(()) }
}

/// A rule of places that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlacesViolation {
    /// The hub gives no places of the year, because it begins later or is over.
    HubNotOpen { hub: Hub, year: AcademicYear },
    /// More places are accepted than there would be.
    BelowAccepted { name: String, accepted_count: i64 },
    /// All places are accepted.
    NoneLeft { name: String },
}

impl RuleViolation for PlacesViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::HubNotOpen { hub, year } => {
                let days = [hub.start.map(|day| format!("begins on {day}")), hub.end.map(|day| format!("ends on {day}"))];
                let days = days.into_iter().flatten().collect::<Vec<_>>().join(" and ");
                let message = format!("`{}` gives no places of {year}: it {days}; name another hub", hub.id);
                ApiError::new(Reason::HubNotOpen, message).with("hub", &hub.id).with("academic_year", year)
            }
            Self::BelowAccepted { name, accepted_count } => {
                let message = format!("{accepted_count} places of `{name}` are accepted; set that number or more");
                ApiError::new(Reason::PlacesBelowAccepted, message).with("accepted_count", accepted_count)
            }
            Self::NoneLeft { name } => {
                let message = format!("all places of `{name}` are accepted; try again when one is given back");
                ApiError::new(Reason::NoPlaceLeft, message).with("places", name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_gives_places_of_the_years_in_which_it_is_open_and_until_its_last_day() {
        let day = |text: &str| Date::parse(text).expect("a day");
        let open = |start: &str, end: &str, today: &str| {
            let days = [start, end].map(|text| Some(text).filter(|text| !text.is_empty()));
            let hub = Hub::of(HubId::trusted("north"), days[0], days[1]);
            check_hub_open(&hub, AcademicYear::starting(2018), day(today)).is_ok()
        };
        assert!(open("2014-09-01", "", "2018-05-01") && open("", "", "2018-05-01"));
        assert!(open("2018-09-01", "", "2018-05-01"), "a hub that begins in the year recruits before");
        assert!(open("2019-08-31", "", "2018-05-01") && !open("2019-09-01", "", "2018-05-01"));
        assert!(!open("2014-09-01", "2018-08-31", "2018-05-01"), "it ends before the year");
        assert!(open("2014-09-01", "2018-09-01", "2018-09-01") && !open("2014-09-01", "2018-09-01", "2018-09-02"));
    }
}
