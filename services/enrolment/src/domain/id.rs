//! Names of things. An id of one kind never stands where another belongs.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length_max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(String);

        impl $name {
            /// The longest id.
            pub(crate) const LENGTH_MAX: usize = $length_max;

            /// From what the database holds, the service made, or was checked.
            pub(crate) fn trusted(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id alone.
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $length_max:literal, $collection:literal) => {
        id!($(#[$doc])* $name, $length_max);

        impl $name {
            /// Where the resources of this kind are.
            pub(crate) const COLLECTION: &'static str = $collection;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($collection, "/{}"), self.0)
            }
        }
    };
}

id!(
    /// A round, `rounds/{id}`.
    RoundId, 40, "rounds"
);
id!(
    /// A hub, `hubs/{id}`.
    HubId, 40, "hubs"
);
id!(
    /// An application, `applications/{id}` below its round.
    ApplicationId, 40, "applications"
);
id!(
    /// A participation, `participations/{id}`.
    ParticipationId, 40, "participations"
);
id!(
    /// A programme; on the wire its id stands alone.
    ProgrammeId, 60
);

/// A school's unique reference number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Urn(i64);

impl Urn {
    /// From what the database holds.
    pub(crate) const fn trusted(urn: i64) -> Self {
        Self(urn)
    }

    /// Reads `schools/{urn}`.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let digits = name.strip_prefix("schools/").filter(|digits| digits.len() == 6 && !digits.starts_with('0'));
        let urn =
            digits.and_then(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten());
        urn.map(Self).ok_or_else(|| format!("must be `schools/URN`, where URN is 100000 to 999999; found `{name}`"))
    }

    /// The number.
    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schools/{}", self.0)
    }
}
