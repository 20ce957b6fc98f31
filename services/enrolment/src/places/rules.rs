//! Rules of places.

use mirror::Hub;
use name::{HubId, ProgrammeId};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date};

use crate::round::{ReserveOnDay, RoundId};

/// The places of one hub for one programme in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) round: RoundId,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) places_count: i64,
    pub(crate) accepted_count: i64,
    /// Of the accepted places, those of schools of the coldest authorities.
    pub(crate) cold_accepted_count: i64,
    /// The coldest authorities: their share of those that are ranked.
    pub(crate) cold_permille: i64,
    /// Places that are kept for schools of these authorities.
    pub(crate) reserved_count: i64,
    /// The next day on which the policy of the round changes the reserve.
    pub(crate) reserve_change: Option<Date>,
    pub(crate) version: i64,
}

/// Offers that are open now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenOffers {
    pub(crate) count: i64,
    /// Of these, those to schools of the coldest authorities.
    pub(crate) cold_count: i64,
}

/// Further offers that may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OffersDue {
    pub(crate) count: i64,
    /// Of these, the most to schools that may not have a place that is kept.
    pub(crate) others_count: i64,
}

impl Places {
    /// New places, without a reserve.
    pub(crate) fn new(round: RoundId, hub: HubId, programme: ProgrammeId, places_count: i64) -> Self {
        Self {
            round,
            hub,
            programme,
            places_count,
            accepted_count: 0,
            cold_accepted_count: 0,
            cold_permille: 0,
            reserved_count: 0,
            reserve_change: None,
            version: 1,
        }
    }

    /// Number of further offers that may be made, so that open offers do not exceed free places.
    pub(crate) fn offers_due(&self, open: OpenOffers) -> i64 {
        (self.places_count - self.accepted_count - open.count).max(0)
    }

    /// This many further offers, and how many of them schools may get for which no place is kept: the places that are kept and neither accepted by nor
    /// offered to others than those for whom they are kept stay free.
    pub(crate) fn offers(&self, open: OpenOffers, count: i64) -> OffersDue {
        OffersDue { count, others_count: (count.max(self.offers_due(open)) - self.kept(open)).clamp(0, count) }
    }

    /// Places that are kept, and neither accepted by nor offered to schools for which they are kept.
    pub(crate) fn kept(&self, open: OpenOffers) -> i64 {
        (self.reserved_count - self.cold_accepted_count - open.cold_count).max(0)
    }

    /// Whether a day has come on which the policy of the round changes the reserve. Days up to today count, so that a missed one is made up for.
    pub(crate) fn is_reserve_due(&self, today: Date) -> bool {
        self.reserve_change.is_some_and(|day| day <= today)
    }

    /// The places with the reserve of a day. Places that other schools have accepted stay theirs, so that fewer may be kept than the policy says.
    pub(crate) fn reserve(&self, reserve: ReserveOnDay, cold_accepted_count: i64) -> Self {
        let others_accepted_count = self.accepted_count - cold_accepted_count;
        let share = self.places_count * reserve.reserved_permille / 1_000;
        Self {
            cold_accepted_count,
            cold_permille: reserve.cold_permille,
            reserved_count: share.min(self.places_count - others_accepted_count),
            reserve_change: reserve.change,
            ..self.clone()
        }
    }

    /// The reason why the hub has no place for a school, after the attempt to take one failed. `until` is the day on which kept places open. The reserve is
    /// that of today.
    pub(crate) fn refusal(&self, until: Option<Date>) -> PlacesViolation {
        match until.filter(|_| self.accepted_count < self.places_count && self.reserved_count > 0) {
            Some(until) => PlacesViolation::Reserved { name: self.name(), until },
            None => PlacesViolation::NoneLeft { name: self.name() },
        }
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
    /// No eligible school counts to an open hub.
    NoSchool { programme: ProgrammeId },
    /// The places that are left are kept for schools of the coldest authorities.
    Reserved { name: String, until: Date },
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
            Self::NoSchool { programme } => {
                let programme = programme.as_str();
                let message = format!(
                    "no eligible school of `{programme}` counts to an open hub, so that its places cannot be shared by schools; set them with SetPlaces"
                );
                ApiError::new(Reason::NoEligibleSchool, message).with("programme", programme)
            }
            Self::Reserved { name, until } => {
                let message = format!(
                    "the places of `{name}` that are left are kept for schools of the coldest authorities; try again on {until}, when they are open to all"
                );
                ApiError::new(Reason::PlacesReserved, message).with("places", name).with("reserved_until_date", until)
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

    fn places(places_count: i64, accepted_count: i64, cold_accepted_count: i64, reserved_count: i64) -> Places {
        let new = Places::new(RoundId::trusted("2018"), HubId::trusted("north"), ProgrammeId::trusted("mastery"), places_count);
        Places { accepted_count, cold_accepted_count, reserved_count, ..new }
    }

    #[test]
    fn others_are_offered_what_is_not_kept() {
        let due = |places: Places, count, cold_count, asked: Option<i64>| {
            let open = OpenOffers { count, cold_count };
            let OffersDue { count, others_count } = places.offers(open, asked.unwrap_or(places.offers_due(open)));
            (count, others_count)
        };
        assert_eq!(due(places(10, 0, 0, 3), 0, 0, None), (10, 7));
        assert_eq!(due(places(10, 5, 2, 3), 1, 1, None), (4, 4), "all that are kept are accepted or offered");
        assert_eq!(due(places(10, 7, 0, 3), 0, 0, None), (3, 0));
        assert_eq!(due(places(10, 6, 0, 3), 0, 0, Some(1)), (1, 1), "one of another became free");
        assert_eq!(due(places(10, 0, 0, 3), 0, 0, Some(20)), (20, 17), "more offers than places leave those that are kept");
        assert_eq!(due(places(10, 10, 3, 3), 0, 0, None), (0, 0));
    }

    #[test]
    fn a_reserve_takes_no_place_back() {
        let half = ReserveOnDay { reserved_permille: 500, cold_permille: 200, change: None };
        assert_eq!(places(11, 0, 0, 0).reserve(half, 0).reserved_count, 5);
        assert_eq!(places(11, 9, 0, 0).reserve(half, 1).reserved_count, 3, "eight others have a place");
        assert_eq!(places(11, 9, 1, 3).reserve(ReserveOnDay { reserved_permille: 0, ..half }, 1).reserved_count, 0);
    }

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
