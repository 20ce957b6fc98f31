//! Rules of appointments.

use std::ops::Deref;

use name::{HubId, PersonId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation};
use time::Date;

use super::list_appointments::AppointmentKey;
use crate::school::column::RegionCode;

name::id!(
    /// An appointment, `appointments/{id}`.
    pub(crate) AppointmentId, 32, "appointments"
);

db::code_enum! {
    /// The role of an appointment.
    pub(super) enum Role {
        /// Leads a hub.
        HubLead = 1,
        /// The school that leads a hub and holds its grant.
        LeadSchool = 2,
        /// A school that prepares a hub.
        IncubatingSchool = 3,
        /// Adds leadership to a hub.
        AssistantHubLead = 4,
        /// Leads a cohort in a hub.
        CohortLead = 5,
        /// Leads a community in a hub.
        CommunityLead = 6,
        /// A member of the Council.
        CouncilMember = 7,
        /// Chairs the Council.
        CouncilChair = 8,
    }
}

impl Role {
    /// Whether a school holds it; else a person does.
    pub(super) fn is_of_school(self) -> bool {
        matches!(self, Self::LeadSchool | Self::IncubatingSchool)
    }

    /// Whether its seats are the Council's, and not a hub's.
    pub(super) fn is_of_council(self) -> bool {
        matches!(self, Self::CouncilMember | Self::CouncilChair)
    }

    /// The seat with a name.
    pub(super) fn seat(self, name: &str) -> Result<Seat, String> {
        let last = match self {
            Self::HubLead | Self::LeadSchool => 2,
            Self::IncubatingSchool => 3,
            Self::AssistantHubLead => 9,
            Self::CohortLead | Self::CommunityLead => 99,
            Self::CouncilChair => 1,
            Self::CouncilMember => {
                let fits = matches!(name, "NCETM" | "DFE") || geography::region_by_code(name).is_some();
                return fits.then(|| Seat(name.to_owned())).ok_or_else(|| {
                    format!("must be one of E12000001 to E12000009, NCETM and DFE; found `{}`", text::excerpt(name))
                });
            }
        };
        let number = name.parse::<u32>().ok().filter(|number| (1..=last).contains(number) && number.to_string() == name);
        let seat = number.map(|_| Seat(name.to_owned()));
        seat.ok_or_else(|| format!("must be a number from 1 to {last}; found `{}`", text::excerpt(name)))
    }
}

/// A seat of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat(String);

impl Seat {
    /// A seat from the database.
    pub(super) fn trusted(name: String) -> Self {
        Self(name)
    }

    /// Its name: a number or a code.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The holder of an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder {
    /// A person.
    Person(PersonId),
    /// A school, for the role of a lead school or an incubating school.
    School(Urn),
}

impl Holder {
    /// Parses `persons/{person}` or `schools/{urn}`.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        if name.starts_with("schools/") { Urn::parse(name).map(Self::School) } else { PersonId::parse(name).map(Self::Person) }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::School(urn) => urn.fmt(f),
        }
    }
}

/// The remit of an assistant lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remit {
    pub(super) text: String,
    pub(super) region: RegionCode,
}

/// An appointment that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewAppointment {
    pub(super) role: Role,
    /// The hub whose seat it is, or which the chair leads; `None` for members of the Council.
    pub(super) hub: Option<HubId>,
    pub(super) seat: Seat,
    pub(super) holder: Holder,
    /// First day.
    pub(super) start: Date,
    /// Last day; `None` while it has none.
    pub(super) end: Option<Date>,
    /// Of an assistant lead.
    pub(super) remit: Option<Remit>,
}

impl NewAppointment {
    /// The first lead school of a new hub.
    pub(crate) fn of_lead_school(hub: HubId, urn: Urn, start: Date) -> Self {
        let (role, seat, holder) = (Role::LeadSchool, Seat("1".to_owned()), Holder::School(urn));
        Self { role, hub: Some(hub), seat, holder, start, end: None, remit: None }
    }

    /// The hub whose seat it is; empty for a seat of the Council.
    pub(super) fn body(&self) -> &str {
        self.hub.as_ref().filter(|_| !self.role.is_of_council()).map_or("", HubId::as_str)
    }

    /// The appointment with its id.
    pub(super) fn with_id(self, id: String) -> Appointment {
        Appointment { id: AppointmentId::trusted(id), made: self, version: 1 }
    }
}

/// An appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Appointment {
    pub(super) id: AppointmentId,
    pub(super) made: NewAppointment,
    pub(super) version: i64,
}

impl Deref for Appointment {
    type Target = NewAppointment;

    fn deref(&self) -> &NewAppointment {
        &self.made
    }
}

impl Appointment {
    /// The appointment with an earlier last day.
    pub(super) fn end(&self, end: Date) -> Result<Self, AppointmentViolation> {
        if end < self.start {
            return Err(AppointmentViolation::EndBeforeStart(self.start));
        }
        if let Some(ended) = self.end.filter(|ended| *ended <= end) {
            return Err(AppointmentViolation::Ended(ended));
        }
        Ok(Self { made: NewAppointment { end: Some(end), ..self.made.clone() }, version: self.version + 1, ..self.clone() })
    }

    /// Its place in lists.
    pub(super) fn key(&self) -> AppointmentKey {
        (self.body().to_owned(), self.role.number(), self.seat.as_str().to_owned(), self.start)
    }
}

impl Resource for Appointment {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of appointments that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AppointmentViolation {
    /// This other appointment to the seat holds on one of the days.
    SeatTaken(AppointmentId),
    /// The hub ends before the first day.
    HubEnded { hub: HubId, end: Date },
    /// The chair would not be a lead of the hub and a member of the Council on the first day.
    ChairNotMember { person: PersonId, hub: HubId, day: Date },
    /// The last day would be before the first day, which is this one.
    EndBeforeStart(Date),
    /// The appointment ends on this day already.
    Ended(Date),
}

impl RuleViolation for AppointmentViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::SeatTaken(other) => {
                let message = format!("`{other}` holds the seat on one of the days; end it before, or choose another seat");
                ApiError::new(Reason::SeatTaken, message).with("appointment", other)
            }
            Self::HubEnded { hub, end } => {
                let message = format!("`{hub}` ends on {end}; choose a first day that is not later");
                ApiError::new(Reason::HubNotOpen, message).with("hub", hub)
            }
            Self::ChairNotMember { person, hub, day } => {
                let message = format!(
                    "`{person}` is not both a lead or assistant lead of `{hub}` and a member of the Council on {day}; appoint the person to these first"
                );
                ApiError::new(Reason::ChairNotMember, message).with("holder", person)
            }
            Self::EndBeforeStart(start) => ApiError::field("end_date", format!("must not be before the first day, {start}")),
            Self::Ended(end) => {
                let message = format!("the appointment ends on {end} already, and its end can only become earlier");
                ApiError::new(Reason::AppointmentEnded, message).with("end_date", end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_seats() {
        for (role, seats, others) in [
            (Role::HubLead, &["1", "2"][..], &["0", "3", "01", "+1", "", "E12000001"][..]),
            (Role::LeadSchool, &["1", "2"], &["3"]),
            (Role::IncubatingSchool, &["1", "3"], &["4"]),
            (Role::AssistantHubLead, &["1", "9"], &["10"]),
            (Role::CohortLead, &["1", "99"], &["100"]),
            (Role::CommunityLead, &["1", "99"], &["100"]),
            (Role::CouncilMember, &["E12000001", "E12000009", "NCETM", "DFE"], &["E12000010", "1", "ncetm", ""]),
            (Role::CouncilChair, &["1"], &["2"]),
        ] {
            assert!(seats.iter().all(|seat| role.seat(seat).is_ok()), "{role:?}");
            assert!(others.iter().all(|seat| role.seat(seat).is_err()), "{role:?}");
        }
    }
}
