//! Persons, as the network describes them: without name and address.

use name::{PersonId, Urn};

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
