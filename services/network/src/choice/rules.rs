//! Rules of choices.

use name::{HubId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::Date;

use crate::hub::Hub;

/// The hub that a school chose, for some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) urn: Urn,
    /// First day.
    pub(crate) start_date: Date,
    pub(crate) hub: HubId,
    /// Last day; `None` for the newest choice of the school.
    pub(crate) end_date: Option<Date>,
    pub(crate) version: i64,
}

impl Resource for Choice {
    fn name(&self) -> String {
        format!("{}/hubChoices/{}", self.urn, self.start_date)
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// The effect of a choice on the newest choice of the school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChoiceEffect {
    /// The newest choice is the same already.
    Unchanged(Choice),
    /// The newest choice begins on the same day and gets another hub.
    Replaced(Choice),
    /// A new choice begins. The newest choice, if there is one, ends on the day before.
    Begun { ended: Option<Choice>, choice: Choice },
}

/// A choice as a caller enters it.
#[derive(Debug, Clone)]
pub(crate) struct EnteredChoice {
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) start_date: Date,
    /// Of the form that the school signed; empty when the school itself calls.
    pub(crate) document_sha256: String,
}

/// Chooses a hub for a school from a day on. `newest` is the school's newest choice.
pub(crate) fn choose(hub: &Hub, urn: Urn, start_date: Date, newest: Option<Choice>) -> Result<ChoiceEffect, ChoiceViolation> {
    if !hub.is_open_on(start_date) {
        return Err(ChoiceViolation::HubNotOpen { hub: hub.id.clone(), day: start_date });
    }
    let begun = |ended| {
        let choice = Choice { urn, start_date, hub: hub.id.clone(), end_date: None, version: 1 };
        ChoiceEffect::Begun { ended, choice }
    };
    Ok(match newest {
        None => begun(None),
        Some(newest) if newest.start_date > start_date => {
            return Err(ChoiceViolation::BeforeLast { urn, last: newest.start_date });
        }
        Some(newest) if newest.start_date < start_date => {
            let (end_date, version) = (Some(start_date.plus_days(-1)), newest.version + 1);
            begun(Some(Choice { end_date, version, ..newest }))
        }
        Some(newest) if newest.hub == hub.id => ChoiceEffect::Unchanged(newest),
        Some(newest) => ChoiceEffect::Replaced(Choice { hub: hub.id.clone(), version: newest.version + 1, ..newest }),
    })
}

/// A rule of choices that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChoiceViolation {
    /// The hub is not open on the first day of the choice.
    HubNotOpen { hub: HubId, day: Date },
    /// The school's newest choice begins later.
    BeforeLast { urn: Urn, last: Date },
    /// The caller acts for another hub, or for another school.
    NotOwn { hub: HubId, urn: Urn },
}

impl RuleViolation for ChoiceViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::HubNotOpen { hub, day } => {
                let message = format!("`{hub}` is not open on {day}; choose a day from its first day to its last");
                ApiError::new(Reason::HubNotOpen, message).with("hub", hub).with("day", day)
            }
            Self::BeforeLast { urn, last } => {
                let message = format!("the newest choice of `{urn}` begins on {last}; choose that day or a later one");
                ApiError::new(Reason::HubChoiceBeforeLast, message).with("last_start_date", last)
            }
            Self::NotOwn { hub, urn } => {
                let message = format!(
                    "neither `{hub}` nor `{urn}` is that of the token; a hub lead records choices of its own hub, a school its own"
                );
                ApiError::new(Reason::HubChoiceNotOwn, message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hub::HubProfile, school::column::RegionCode};

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    #[test]
    fn a_choice_ends_or_replaces_the_newest_one_and_cannot_begin_before_it() {
        let urn = Urn::trusted(100_000);
        let newest = Choice { urn, start_date: day("2016-09-01"), hub: HubId::trusted("one"), end_date: None, version: 1 };
        let choose = |start: &str, hub: &str| {
            let hub = Hub {
                id: HubId::trusted(hub),
                display_name: "A hub".to_owned(),
                lead_school: None,
                region: RegionCode::parse("E12000003").expect("a region"),
                profile: HubProfile { old_la_codes: Vec::new(), contact_address: String::new(), incubation: None },
                as_of: day("2014-09-01"),
                start_date: day("2014-09-01"),
                end_date: None,
                version: 1,
            };
            choose(&hub, urn, day(start), Some(newest.clone()))
        };
        let ended = Choice { end_date: Some(day("2017-08-31")), version: 2, ..newest.clone() };
        let choice = Choice { start_date: day("2017-09-01"), hub: HubId::trusted("two"), ..newest.clone() };
        assert_eq!(choose("2017-09-01", "two"), Ok(ChoiceEffect::Begun { ended: Some(ended), choice }));
        let replaced = Choice { hub: HubId::trusted("two"), version: 2, ..newest.clone() };
        assert_eq!(choose("2016-09-01", "two"), Ok(ChoiceEffect::Replaced(replaced)));
        assert_eq!(choose("2016-09-01", "one"), Ok(ChoiceEffect::Unchanged(newest.clone())));
        assert_eq!(choose("2016-08-31", "one"), Err(ChoiceViolation::BeforeLast { urn, last: day("2016-09-01") }));
        assert!(matches!(choose("2014-08-31", "one"), Err(ChoiceViolation::HubNotOpen { .. })));
    }
}
