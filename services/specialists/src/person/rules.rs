//! The identity of a person.

name::id!(
    /// A person, `persons/{id}`. The id says nothing about the person.
    pub(crate) PersonId, 40, "persons"
);

/// Name and address of a person. It has no `Debug`, so that they cannot be logged by accident.
pub(crate) struct PersonDetails {
    pub(crate) display_name: String,
    /// In lower case, without spaces around it: within a hub the same address is the same person.
    pub(crate) email_address: String,
}

/// A person. It has no `Debug` for the same reason.
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) details: PersonDetails,
}
