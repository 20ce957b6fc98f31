//! Persons, as the network describes them: without name and address.

use name::{PersonId, Urn};
use proto::Reason;
use server::ApiError;
use time::{Instant, id_time};

/// The longest time that network's event of a new person takes to arrive, by the time in the id.
const PERSON_KNOWN_MICROS: i64 = 60_000_000;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id of the record that stayed, if several were merged.
    pub id: PersonId,
    /// Name and address are erased.
    pub erased: bool,
    /// The school where the person teaches; `None` before the first employment.
    pub school: Option<Urn>,
}

/// Of a person whom the mirror does not have: UNAVAILABLE while network's event may be on its way, by the time in the id; else NOT_FOUND.
pub fn unknown_person(id: &PersonId, now: Instant) -> ApiError {
    let is_new = id_time(id.as_str()).is_some_and(|made| (made.micros() - now.micros()).abs() < PERSON_KNOWN_MICROS);
    if !is_new {
        return ApiError::not_found(&id.to_string());
    }
    let message = format!("`{id}` is new, and this service does not know it yet; send the same request again");
    ApiError::new(Reason::TryAgainUnavailable, message).with("name", id)
}

/// Of a person whose name and address are erased.
pub fn erased_person(id: &PersonId) -> ApiError {
    let message = format!("the name and address of `{id}` are erased; record the person again and name that record");
    ApiError::new(Reason::PersonErased, message).with("person", id)
}
