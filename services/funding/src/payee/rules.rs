//! Rules of payees.

use name::Urn;
use server::ApiError;
use service::RuleViolation;

db::text_enum! {
    /// The kind of a payee.
    pub(crate) enum PayeeKind {
        /// A school.
        School = "school",
        /// An academy trust.
        Trust = "trust",
        /// A local authority.
        Authority = "authority",
    }
}

/// The recipient of an entitlement's money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payee {
    pub(crate) kind: PayeeKind,
    /// `schools/{urn}` for a school.
    pub(crate) reference: String,
}

impl Payee {
    /// A school.
    pub(crate) fn school(urn: Urn) -> Self {
        Self { kind: PayeeKind::School, reference: urn.to_string() }
    }

    /// The URN of a school; `None` for another kind of payee.
    pub(crate) fn school_urn(&self) -> Option<Urn> {
        (self.kind == PayeeKind::School).then(|| Urn::parse(&self.reference).expect("the reference of a school is its name"))
    }
}

/// A rule of payees that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PayeeViolation {
    /// The newest register does not list the school.
    SchoolNotListed(Urn),
}

impl RuleViolation for PayeeViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::SchoolNotListed(urn) => {
                ApiError::field("payee.reference", format!("`{urn}` is not in the newest register; name a school that it lists"))
            }
        }
    }
}
