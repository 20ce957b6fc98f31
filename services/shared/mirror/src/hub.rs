//! Hubs, as the network describes them.

use name::HubId;
use time::Date;

/// A hub and the days on which it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    /// Its id.
    pub id: HubId,
    /// Its first day; `None` when the network names none.
    pub start: Option<Date>,
    /// Its last day; `None` while it has none.
    pub end: Option<Date>,
}

impl Hub {
    /// From days written `YYYY-MM-DD`. Panics when a text is not a day.
    pub fn of(id: HubId, start_date: Option<&str>, end_date: Option<&str>) -> Self {
        let day = |text| Date::parse(text).expect("the text is a day");
        Self { id, start: start_date.map(day), end: end_date.map(day) }
    }

    /// Whether it is open on a day.
    pub fn is_open_on(&self, day: Date) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}
