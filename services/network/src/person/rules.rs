//! Rules of persons: to whom a record belongs, and one history of employments from reports in any order.

use hmac::{Hmac, KeyInit, Mac};
use name::{HubId, PersonId, Urn};
use proto::Reason;
use scope::Scope;
use server::ApiError;
use service::{Resource, RuleViolation};
use sha2::Sha256;
use time::Date;

use crate::appointment::AppointmentId;

/// Most reports about the schools of a person.
pub(crate) const EMPLOYMENTS_MAX: usize = 100;

/// The organisation that recorded a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    Ncetm,
    Hub(HubId),
    School(Urn),
}

impl Owner {
    /// The organisation of a caller.
    pub(crate) fn of(scope: &Scope) -> Self {
        match scope {
            Scope::All => Self::Ncetm,
            Scope::Hub(hub) => Self::Hub(hub.clone()),
            Scope::School(urn) => Self::School(*urn),
            Scope::Person(_) => unreachable!("no method that records people is open to leaders"),
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ncetm => f.write_str("ncetm"),
            Self::Hub(hub) => hub.fmt(f),
            Self::School(urn) => urn.fmt(f),
        }
    }
}

/// Name and address of a person. It has no `Debug`, so that they cannot be logged by accident.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PersonDetails {
    pub(crate) display_name: String,
    /// In lower case, without spaces around it.
    pub(crate) email_address: String,
}

impl PersonDetails {
    /// The keyed hash of the address. Without the key nobody can look for an address by trying.
    pub(crate) fn address_hash(&self, key: &[u8]) -> Vec<u8> {
        let mut hash = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
        hash.update(self.email_address.as_bytes());
        hash.finalize().into_bytes().to_vec()
    }
}

/// A report that the person teaches at a school from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Report {
    pub(crate) start_date: Date,
    pub(crate) urn: Urn,
}

/// The days on which a person teaches at a school; no last day for the last employment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Employment {
    pub(crate) urn: Urn,
    pub(crate) start_date: Date,
    pub(crate) end_date: Option<Date>,
}

/// The employments that reports make: reports in a row about one school are one. The order in which they came plays no part.
pub(crate) fn employments(reports: &[Report]) -> Vec<Employment> {
    let mut sorted = reports.to_vec();
    sorted.sort_unstable();
    let mut history: Vec<Employment> = Vec::new();
    for Report { start_date, urn } in sorted {
        match history.last_mut() {
            Some(last) if last.urn == urn => continue,
            Some(last) => last.end_date = Some(start_date.plus_days(-1)),
            None => {}
        }
        history.push(Employment { urn, start_date, end_date: None });
    }
    history
}

/// A person, without name and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) owner: Owner,
    pub(crate) erased: bool,
    pub(crate) version: i64,
    /// One for each day, in order of their days.
    pub(crate) reports: Vec<Report>,
}

/// Rights of a caller over a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The record is the caller's, or the caller is NCETM.
    pub(crate) owns: bool,
    /// The record, or one that was merged into it, is the caller's.
    pub(crate) knows: bool,
}

impl Rights {
    /// Whether a caller may change the record. NOT_FOUND, without saying that there is such a person, when the caller has no record of it.
    pub(crate) fn check_owner(self, asked: &PersonId) -> Result<(), PersonViolation> {
        match self {
            Self { owns: true, .. } => Ok(()),
            Self { knows: true, .. } => Err(PersonViolation::Merged(asked.clone())),
            _ => Err(PersonViolation::NotFound(asked.clone())),
        }
    }
}

impl Person {
    /// A person who was recorded now, with the first school if there is one.
    pub(crate) fn record(id: PersonId, owner: Owner, report: Option<Report>) -> Self {
        Self { id, owner, erased: false, version: 1, reports: report.into_iter().collect() }
    }

    /// Whether anything of the person may change.
    pub(crate) fn check_not_erased(&self) -> Result<(), PersonViolation> {
        if self.erased { Err(PersonViolation::Erased(self.id.clone())) } else { Ok(()) }
    }

    /// The next version of the same person.
    pub(crate) fn next_version(self) -> Self {
        Self { version: self.version + 1, ..self }
    }

    /// The person after it is erased.
    pub(crate) fn erase(self) -> Result<Self, PersonViolation> {
        self.check_not_erased()?;
        Ok(Self { erased: true, ..self.next_version() })
    }

    /// The school where the person taught until the day before a day.
    pub(crate) fn school_before(&self, day: Date) -> Option<Urn> {
        let earlier = self.reports.iter().filter(|report| report.start_date < day);
        earlier.max_by_key(|report| report.start_date).map(|report| report.urn)
    }

    /// The employment of a day; `None` before the first.
    pub(crate) fn employment_on(&self, day: Date) -> Option<Employment> {
        employments(&self.reports).into_iter().rev().find(|employment| employment.start_date <= day)
    }

    /// The person after a report; `None` when the same was reported before. `corrects` lets it replace another school of the same day.
    pub(crate) fn moved(&self, report: Report, corrects: bool) -> Result<Option<Self>, PersonViolation> {
        self.check_not_erased()?;
        let known = self.reports.iter().find(|known| known.start_date == report.start_date);
        match known {
            Some(known) if known.urn == report.urn => return Ok(None),
            Some(_) if !corrects => return Err(PersonViolation::EmploymentConflict(report.start_date)),
            None if self.reports.len() >= EMPLOYMENTS_MAX => return Err(PersonViolation::EmploymentsTooMany(self.id.clone())),
            _ => {}
        }
        Ok(Some(self.clone().with(report).next_version()))
    }

    /// The person after another record was merged into it. Of two schools for one day its own stays.
    pub(crate) fn merged(&self, other: &Self) -> Result<Self, PersonViolation> {
        self.check_not_erased()?;
        other.check_not_erased()?;
        let known = |report: &&Report| !self.reports.iter().any(|known| known.start_date == report.start_date);
        let merged = other.reports.iter().filter(known).fold(self.clone(), |person, report| person.with(*report));
        if merged.reports.len() > EMPLOYMENTS_MAX {
            return Err(PersonViolation::EmploymentsTooMany(self.id.clone()));
        }
        Ok(merged.next_version())
    }

    fn with(mut self, report: Report) -> Self {
        self.reports.retain(|known| known.start_date != report.start_date);
        self.reports.push(report);
        self.reports.sort_unstable();
        self
    }
}

impl Resource for Person {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// A rule of persons that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PersonViolation {
    /// There is no such person, or none that the caller may see.
    NotFound(PersonId),
    /// The owner recorded the address before, as this person.
    Exists(PersonId),
    /// A school records a person of another school.
    NotOwn(Urn),
    /// The name is erased.
    Erased(PersonId),
    /// The record was merged into that of another owner.
    Merged(PersonId),
    /// The two records are one person.
    Same(PersonId),
    /// Another school was reported for this day.
    EmploymentConflict(Date),
    /// The person holds this appointment, or will hold it.
    Appointed { person: PersonId, appointment: AppointmentId },
    /// The person has [`EMPLOYMENTS_MAX`] reports.
    EmploymentsTooMany(PersonId),
}

impl RuleViolation for PersonViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::NotFound(id) => ApiError::not_found(&id.to_string()),
            Self::Exists(id) => {
                let message = format!("you recorded a person with this email address before: `{id}`");
                ApiError::new(Reason::PersonExists, message).with("person", id)
            }
            Self::NotOwn(urn) => {
                let message = format!("`{urn}` is not that of the token; a school records people of its own");
                ApiError::new(Reason::PersonNotOwn, message)
            }
            Self::Erased(id) => {
                let message = format!("the name and address of `{id}` are erased; record the person again");
                ApiError::new(Reason::PersonErased, message).with("person", id)
            }
            Self::Merged(id) => {
                let message = format!("NCETM merged `{id}` into the record of another organisation; ask NCETM for the change");
                ApiError::new(Reason::PersonMerged, message).with("person", id)
            }
            Self::Appointed { person, appointment } => {
                let message = format!("`{person}` holds `{appointment}`; end the appointment before");
                ApiError::new(Reason::PersonAppointed, message).with("appointment", appointment)
            }
            Self::Same(id) => {
                let message = format!("both names mean `{id}`; nothing is to be merged");
                ApiError::new(Reason::PersonsSame, message).with("person", id)
            }
            Self::EmploymentConflict(day) => {
                let message = format!("another school was reported for {day}; the owner of the record or NCETM corrects it");
                ApiError::new(Reason::EmploymentConflict, message).with("start_date", day)
            }
            Self::EmploymentsTooMany(id) => {
                let message = format!("there are {EMPLOYMENTS_MAX} reports about the schools of `{id}`, the most that are kept");
                ApiError::new(Reason::EmploymentsTooMany, message).with("person", id)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(start_date: &str, urn: i64) -> Report {
        Report { start_date: Date::parse(start_date).expect("a day"), urn: Urn::trusted(urn) }
    }

    fn history(reports: &[Report]) -> Vec<(i64, String, String)> {
        let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let row = |made: Employment| (made.urn.number(), made.start_date.to_string(), text(made.end_date));
        employments(reports).into_iter().map(row).collect()
    }

    #[test]
    fn reports_make_one_history_in_any_order() {
        let reports = [
            report("2015-09-01", 100_001),
            report("2018-09-01", 100_002),
            report("2018-09-03", 100_002),
            report("2019-01-07", 100_001),
        ];
        let expected = [
            (100_001, "2015-09-01".to_owned(), "2018-08-31".to_owned()),
            (100_002, "2018-09-01".to_owned(), "2019-01-06".to_owned()),
            (100_001, "2019-01-07".to_owned(), String::new()),
        ];
        for first in 0..4 {
            for second in 0..4 {
                let mut shuffled = reports;
                shuffled.swap(0, first);
                shuffled.swap(1, second);
                assert_eq!(history(&shuffled), expected);
                let begun = Person::record(PersonId::trusted("p"), Owner::Ncetm, Some(shuffled[0]));
                let told = shuffled[1..]
                    .iter()
                    .fold(begun, |person, report| person.moved(*report, false).expect("the reports agree").expect("each is new"));
                assert_eq!(history(&told.reports), expected);
            }
        }
    }

    #[test]
    fn another_school_for_the_same_day_is_taken_from_the_owner_only() {
        let person = Person::record(PersonId::trusted("p"), Owner::Ncetm, Some(report("2015-09-01", 100_001)));
        assert_eq!(person.moved(report("2015-09-01", 100_001), false), Ok(None), "the same report changes nothing");
        let other = report("2015-09-01", 100_002);
        assert_eq!(person.moved(other, false), Err(PersonViolation::EmploymentConflict(other.start_date)));
        let corrected = person.moved(other, true).expect("the owner corrects").expect("it changes");
        assert_eq!((corrected.reports, corrected.version), (vec![other], 2));
    }
}
