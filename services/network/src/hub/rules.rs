//! Rules of hubs.

use name::{HubId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::Date;

use crate::school::column::RegionCode;

/// The state of a hub. It follows from dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HubState {
    /// Neither incubated yet nor open.
    Announced,
    /// Other hubs incubate it.
    Incubating,
    /// Open.
    Open,
    /// Its last day is over.
    Closed,
}

/// The days before a hub opens, in which other hubs lead it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incubation {
    /// First day.
    pub(crate) start: Date,
    /// One to three hubs.
    pub(crate) by: Vec<HubId>,
}

/// The description of a hub, all of which can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubProfile {
    /// Authorities that it serves.
    pub(crate) old_la_codes: Vec<String>,
    /// Empty when none is known.
    pub(crate) contact_address: String,
    pub(crate) incubation: Option<Incubation>,
}

impl HubProfile {
    /// The hubs that incubate it; empty when it is not incubated.
    pub(crate) fn incubated_by(&self) -> &[HubId] {
        self.incubation.as_ref().map_or(&[], |incubation| &incubation.by)
    }
}

/// A Maths Hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hub {
    pub(crate) id: HubId,
    pub(crate) display_name: String,
    /// The school that leads it today, or on its first day before that. Appointments say it, and no row of the hub.
    pub(crate) lead_school: Option<Urn>,
    /// Its region in the Council.
    pub(crate) region: RegionCode,
    pub(crate) profile: HubProfile,
    /// The day as of which the lead school and the state are given.
    pub(crate) as_of: Date,
    /// First day.
    pub(crate) start_date: Date,
    /// Last day; `None` while no end is planned.
    pub(crate) end_date: Option<Date>,
    pub(crate) version: i64,
}

/// A hub as a caller wants it.
#[derive(Debug, Clone)]
pub(crate) struct HubChange {
    pub(crate) id: HubId,
    pub(crate) display_name: String,
    /// As the caller read them; they cannot change. `None` when the caller did not send them.
    pub(crate) start_date: Option<Date>,
    pub(crate) region: Option<RegionCode>,
    pub(crate) profile: HubProfile,
    pub(crate) end_date: Option<Date>,
}

impl Hub {
    /// The state on the day as of which it is given.
    pub(crate) fn state(&self) -> HubState {
        let is_over = self.end_date.is_some_and(|end| end < self.as_of);
        let is_incubated = self.profile.incubation.as_ref().is_some_and(|incubation| incubation.start <= self.as_of);
        match (is_over, self.start_date <= self.as_of, is_incubated) {
            (true, ..) => HubState::Closed,
            (false, true, _) => HubState::Open,
            (false, false, true) => HubState::Incubating,
            (false, false, false) => HubState::Announced,
        }
    }

    /// Whether the hub is open on a day.
    pub(crate) fn is_open_on(&self, day: Date) -> bool {
        self.start_date <= day && self.end_date.is_none_or(|end| day <= end)
    }

    /// The hub after an update.
    pub(crate) fn update(&self, change: HubChange) -> Result<Self, HubViolation> {
        let HubChange { id, display_name, start_date, region, profile, end_date } = change;
        if start_date.is_some_and(|start| start != self.start_date) {
            return Err(HubViolation::StartDateChanged(self.start_date));
        }
        if region.is_some_and(|region| region != self.region) {
            return Err(HubViolation::RegionChanged(self.region));
        }
        if profile.incubation.as_ref().is_some_and(|incubation| incubation.start >= self.start_date) {
            return Err(HubViolation::IncubationAfterStart(self.start_date));
        }
        if end_date.is_some_and(|end| end < self.start_date) {
            return Err(HubViolation::EndBeforeStart(self.start_date));
        }
        Ok(Self { id, display_name, profile, end_date, version: self.version + 1, ..self.clone() })
    }
}

impl Resource for Hub {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of hubs that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HubViolation {
    /// The id is taken.
    Exists(HubId),
    /// The first day would change; it is this one.
    StartDateChanged(Date),
    /// The region would change; it is this one.
    RegionChanged(RegionCode),
    /// The incubation would not begin before the first day, which is this one.
    IncubationAfterStart(Date),
    /// The last day would be before the first day, which is this one.
    EndBeforeStart(Date),
    /// A choice of the hub begins after the last day.
    ChosenLater { hub: HubId, end: Date },
}

impl RuleViolation for HubViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Exists(id) => {
                ApiError::new(Reason::HubExists, format!("`{id}` exists already; choose another id")).with("hub", id.as_str())
            }
            Self::StartDateChanged(start) => ApiError::field("hub.start_date", format!("cannot change; it is {start}")),
            Self::RegionChanged(region) => ApiError::field("hub.region_code", format!("cannot change; it is {}", region.0.code)),
            Self::IncubationAfterStart(start) => {
                ApiError::field("hub.incubation_start_date", format!("must be before the first day, {start}"))
            }
            Self::EndBeforeStart(start) => ApiError::field("hub.end_date", format!("must not be before the first day, {start}")),
            Self::ChosenLater { hub, end } => {
                let message = format!(
                    "a school's choice of `{hub}` begins after {end}; set a last day on or after that choice's first day"
                );
                ApiError::new(Reason::HubChosenLater, message).with("hub", hub)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_hub_follows_from_its_days() {
        let day = |text: &str| Date::parse(text).expect("a day");
        let hub = Hub {
            id: HubId::trusted("one"),
            display_name: "One".to_owned(),
            lead_school: None,
            region: RegionCode::parse("E12000003").expect("a region"),
            profile: HubProfile {
                old_la_codes: Vec::new(),
                contact_address: String::new(),
                incubation: Some(Incubation { start: day("2016-09-01"), by: vec![HubId::trusted("two")] }),
            },
            as_of: day("2018-09-01"),
            start_date: day("2018-09-01"),
            end_date: Some(day("2019-08-31")),
            version: 1,
        };
        for (date, open) in [("2018-08-31", false), ("2018-09-01", true), ("2019-08-31", true), ("2019-09-01", false)] {
            assert_eq!(hub.is_open_on(day(date)), open, "{date}");
        }
        for (date, state) in [
            ("2016-08-31", HubState::Announced),
            ("2016-09-01", HubState::Incubating),
            ("2018-08-31", HubState::Incubating),
            ("2018-09-01", HubState::Open),
            ("2019-08-31", HubState::Open),
            ("2019-09-01", HubState::Closed),
        ] {
            assert_eq!(Hub { as_of: day(date), ..hub.clone() }.state(), state, "{date}");
        }
    }
}
