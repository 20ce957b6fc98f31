//! Names of things that several services use: hubs, schools, programmes, persons and decisions of the Council. Each kind has a separate id type. A service declares ids that only it
//! uses with [`id!`].
#![warn(missing_docs)]

mod decision;
mod phase;
mod urn;

#[doc(hidden)]
pub use column;
pub use decision::{CouncilMeetingId, DecisionId};
pub use phase::Phase;
pub use urn::Urn;

/// Declares the id type of a kind of resource: `name::id!(/// A round, `rounds/{id}`. pub(crate) RoundId, 40, "rounds")`. The last part is the
/// collection; it is omitted for ids that are not resource names on the wire, which then have no `Display`.
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $vis:vis $name:ident, $length_max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(String);

        impl $name {
            /// Maximum length.
            $vis const LENGTH_MAX: usize = $length_max;

            /// An id from the database, from the service itself, or checked before.
            $vis fn trusted(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id alone.
            $vis fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl $crate::column::Column for $name {
            type Stored = String;

            fn to_stored(&self) -> String {
                self.0.clone()
            }

            fn from_stored(stored: String) -> Result<Self, String> {
                $crate::stored_id(stored, Self::LENGTH_MAX).map(Self)
            }
        }

        $crate::column::column!($name);
    };
    ($(#[$doc:meta])* $vis:vis $name:ident, $length_max:literal, $collection:literal) => {
        $crate::id!($(#[$doc])* $vis $name, $length_max);

        impl $name {
            /// The collection of these resources.
            $vis const COLLECTION: &'static str = $collection;

            /// Reads a resource's name, `collection/{id}`.
            $vis fn parse(name: &str) -> ::std::result::Result<Self, String> {
                $crate::resource_id(name, Self::COLLECTION, Self::LENGTH_MAX).map(Self::trusted)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!($collection, "/{}"), self.0)
            }
        }
    };
}

/// The id in a resource's name of one collection, `hubs/{hub}`: lower-case letters, digits and hyphens, 1 to `max` characters.
pub fn resource_id<'n>(name: &'n str, collection: &str, max: usize) -> Result<&'n str, String> {
    let id = name.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/'));
    id.filter(|id| is_id(id, max)).ok_or_else(|| {
        format!(
            "must be `{collection}/ID`, where ID is 1 to {max} lower-case letters, digits and hyphens; found `{}`",
            text::excerpt(name)
        )
    })
}

/// An id as a column holds it.
#[doc(hidden)]
pub fn stored_id(stored: String, max: usize) -> Result<String, String> {
    if is_id(&stored, max) {
        return Ok(stored);
    }
    Err(format!("`{}` is no id of 1 to {max} lower-case letters, digits and hyphens", text::excerpt(&stored)))
}

/// Whether a text can be the id of a resource: 1 to `max` lower-case letters, digits and hyphens.
pub fn is_id(id: &str, max: usize) -> bool {
    (1..=max).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

id!(
    /// A hub, `hubs/{id}`.
    pub HubId, 40, "hubs"
);
id!(
    /// A person, `persons/{id}`. The id is a UUID of version 7 and says nothing about the person.
    pub PersonId, 40, "persons"
);
id!(
    /// A programme; on the wire it is a plain id.
    pub ProgrammeId, 60
);

impl ProgrammeId {
    /// Parses an id: lower-case letters, digits and hyphens. `total` is reserved for all programmes together.
    pub fn parse(id: &str) -> Result<Self, &'static str> {
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=Self::LENGTH_MAX).contains(&id.len()) && id.bytes().all(letters) && id != "total";
        if fits { Ok(Self::trusted(id)) } else { Err("must be 1 to 60 lower-case letters, digits and hyphens, and not `total`") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_displays_as_a_resource_name_and_a_programme_has_a_plain_id() {
        assert_eq!(HubId::trusted("north").to_string(), "hubs/north");
        assert_eq!(ProgrammeId::parse("primary-mastery").map(|id| id.as_str().to_owned()), Ok("primary-mastery".to_owned()));
        for wrong in ["", "total", "Primary", "a b", &"x".repeat(61)] {
            assert!(ProgrammeId::parse(wrong).is_err(), "{wrong}");
        }
    }
}
