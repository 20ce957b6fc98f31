//! Hubs, and when a school may choose which.

use time::Date;

use super::Urn;

/// A hub as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hub {
    /// The last part of its name.
    pub(crate) hub_id: String,
    /// What people call it.
    pub(crate) display_name: String,
    /// The school that leads it.
    pub(crate) lead_school: Urn,
    /// First day.
    pub(crate) start_date: Date,
    /// Last day, if it has one.
    pub(crate) end_date: Option<Date>,
    /// Of this state of it.
    pub(crate) version: i64,
}

/// A school's choice as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Who chose.
    pub(crate) urn: Urn,
    /// First day.
    pub(crate) start_date: Date,
    /// What.
    pub(crate) hub_id: String,
    /// Last day; `None` while it is the newest.
    pub(crate) end_date: Option<Date>,
    /// Of this state of it.
    pub(crate) version: i64,
}

/// What a choice does to the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It is the first.
    First,
    /// The newest is the same already.
    Same(Choice),
    /// The newest is for the same day and is replaced.
    Replaces(Choice),
    /// The newest ends the day before.
    Ends(Choice),
}

/// Why a choice cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Impossible {
    /// The hub does not stand alone on that day: it begins later, or has ended.
    HubNotOpen,
    /// The school's newest choice begins later.
    BeforeLast(Date),
}

/// Whether a school may choose a hub from a day on, given its newest choice.
pub(crate) fn choose(hub: (Date, Option<Date>), hub_id: &str, start: Date, newest: Option<Choice>) -> Result<Effect, Impossible> {
    if start < hub.0 || hub.1.is_some_and(|end| start > end) {
        return Err(Impossible::HubNotOpen);
    }
    Ok(match newest {
        None => Effect::First,
        Some(newest) if newest.start_date > start => return Err(Impossible::BeforeLast(newest.start_date)),
        Some(newest) if newest.start_date < start => Effect::Ends(newest),
        Some(newest) if newest.hub_id == hub_id => Effect::Same(newest),
        Some(newest) => Effect::Replaces(newest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    fn newest(start: &str) -> Option<Choice> {
        let urn = Urn::new_checked(100_000).expect("a URN");
        Some(Choice { urn, start_date: day(start), hub_id: "one".to_owned(), end_date: None, version: 1 })
    }

    #[test]
    fn a_hub_can_be_chosen_from_its_first_day_to_its_last() {
        let hub = (day("2018-09-01"), Some(day("2019-08-31")));
        for (start, open) in [("2018-08-31", false), ("2018-09-01", true), ("2019-08-31", true), ("2019-09-01", false)] {
            assert_eq!(choose(hub, "one", day(start), None).is_ok(), open, "{start}");
        }
    }

    #[test]
    fn a_choice_ends_replaces_or_comes_too_early() {
        let hub = (day("2014-09-01"), None);
        let choose = |start: &str, hub_id: &str| choose(hub, hub_id, day(start), newest("2016-09-01"));
        assert!(matches!(choose("2017-09-01", "two"), Ok(Effect::Ends(_))));
        assert!(matches!(choose("2016-09-01", "two"), Ok(Effect::Replaces(_))));
        assert!(matches!(choose("2016-09-01", "one"), Ok(Effect::Same(_))));
        assert_eq!(choose("2016-08-31", "one"), Err(Impossible::BeforeLast(day("2016-09-01"))));
    }
}
