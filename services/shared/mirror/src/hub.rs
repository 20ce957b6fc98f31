//! What the network says of a hub.

use name::HubId;
use time::Date;

/// A hub and the days on which it stands alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    /// Its id.
    pub id: HubId,
    /// Its first day; None when the network names none.
    pub start: Option<Date>,
    /// Its last day; None while it has none.
    pub end: Option<Date>,
}

impl Hub {
    /// As the mirror's columns say it.
    pub fn of(id: HubId, start_date: Option<&str>, end_date: Option<&str>) -> Self {
        let day = |text| Date::parse(text).expect("only days are mirrored as days");
        Self { id, start: start_date.map(day), end: end_date.map(day) }
    }
}
