//! Which cases a caller may see: all, those of one hub or one school, or those of the groups that one person leads. The condition is part of each query, with [`condition!`] and a
//! [`ScopeKey`], so cases out of scope do not exist for the caller.
#![warn(missing_docs)]

use access::TokenScope;
use db::{ParameterGroup, Query};
use name::{HubId, PersonId, Urn};
use proto::Reason;
use server::{ApiError, Call};
use time::Date;

#[doc(hidden)]
pub use mirror;

/// The cases that a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those of one hub.
    Hub(HubId),
    /// Those of one school, and of the schools from which it descends: what a school has carries over to the academy that it becomes.
    School(Urn),
    /// Those of the Work Groups that one person leads. No hub's or school's case is among them, so [`condition!`] finds none.
    Person(PersonId),
}

impl Scope {
    /// Of a caller. PERMISSION_DENIED when its token should name a hub, a school or a person and does not.
    pub fn of(call: &Call) -> Result<Self, ApiError> {
        let nameless = || ApiError::new(Reason::TokenIncomplete, "the token does not name whom it acts for");
        let caller = &call.caller;
        match caller.role.token_scope() {
            TokenScope::All | TokenScope::Service => Ok(Self::All),
            TokenScope::Hub => {
                let hub = caller.hub.as_deref().and_then(|name| HubId::parse(name).ok());
                hub.map(Self::Hub).ok_or_else(nameless)
            }
            TokenScope::School => {
                let school = caller.school.as_deref().and_then(|name| Urn::parse(name).ok());
                school.map(Self::School).ok_or_else(nameless)
            }
            TokenScope::Person => {
                let person = caller.person.as_deref().and_then(|name| PersonId::parse(name).ok());
                person.map(Self::Person).ok_or_else(nameless)
            }
        }
    }

    /// Whether a new case of this hub and school would lie in it.
    pub fn contains(&self, hub: &HubId, urn: Urn) -> bool {
        match self {
            Self::All => true,
            Self::Hub(own) => own == hub,
            Self::School(own) => *own == urn,
            Self::Person(_) => false,
        }
    }
}

/// A scope as the parameters of [`condition!`]. It has a day, because the links of a lineage are dated.
#[derive(Debug, Clone)]
pub struct ScopeKey {
    /// The hub's id, or empty.
    pub hub: String,
    /// The school's number, or 0; -1, which no school has, for a person.
    pub urn: i64,
    /// The person's id, or empty. Only statements about Work Groups and what belongs to them bind it, as `scope_person`.
    pub person: String,
    /// The day.
    pub today: String,
}

impl ScopeKey {
    /// As of a day.
    pub fn new(scope: &Scope, today: Date) -> Self {
        let (hub, urn, person) = match scope {
            Scope::All => ("", 0, ""),
            Scope::Hub(hub) => (hub.as_str(), 0, ""),
            Scope::School(urn) => ("", urn.number(), ""),
            Scope::Person(person) => ("", -1, person.as_str()),
        };
        Self { hub: hub.to_owned(), urn, person: person.to_owned(), today: today.to_string() }
    }

    /// The part of it that is of a hub too; `None` when nothing can be.
    pub fn within(self, hub: &HubId) -> Option<Self> {
        let is_possible = self.hub.is_empty() || self.hub == hub.as_str();
        is_possible.then(|| Self { hub: hub.as_str().to_owned(), ..self })
    }
}

impl ParameterGroup for ScopeKey {
    const NAMES: &'static [&'static str] = &["scope_hub", "scope_urn", "scope_today"];

    fn bind<'q, 'c>(&self, query: Query<'q, 'c>) -> Query<'q, 'c> {
        query.bind(&self.hub).bind(self.urn).bind(&self.today)
    }
}

/// Which rows belong to a school, its predecessors or its successors today, as a condition on the column `urn` of a table. A statement with it binds `urn`,
/// 0 for all schools, and `..ScopeKey = scope`.
#[macro_export]
macro_rules! of_lineage {
    ($table:literal) => {
        concat!(
            "(:urn = 0 OR ",
            $table,
            "urn IN (SELECT line.urn FROM (",
            $crate::mirror::lineage!(":urn", ":scope_today"),
            ") line))"
        )
    };
}

/// Which rows a caller may see, as a condition on their columns `hub` and `urn`; a statement with it binds `..ScopeKey = scope`. Where several tables have
/// such columns, `condition!("entitlement.")` names the one that is meant.
#[macro_export]
macro_rules! condition {
    () => {
        $crate::condition!("")
    };
    ($table:literal) => {
        concat!(
            "(:scope_hub = '' OR ",
            $table,
            "hub = :scope_hub) AND (:scope_urn = 0 OR ",
            $table,
            "urn IN (",
            $crate::mirror::ancestors!(":scope_urn", ":scope_today"),
            "))"
        )
    };
}

/// The hub of a case today, as a scalar and a literal: the one that the school's lineage has chosen, or the case's own hub where it has chosen none. A statement
/// with `current_hub!("participation.urn", "participation.hub")` binds `..ScopeKey = scope`.
#[macro_export]
macro_rules! current_hub {
    ($urn:literal, $hub:literal) => {
        concat!("COALESCE(", $crate::mirror::chosen_hub!($urn, ":scope_today"), ", ", $hub, ")")
    };
}

/// The URNs of the lineages that have ever chosen the hub of a scope, as a query and a literal. A statement with it binds `..ScopeKey = scope`.
#[macro_export]
macro_rules! lineages_of_hub {
    () => {
        concat!(
            "SELECT kin.urn FROM (",
            $crate::mirror::lineage!("choice.urn FROM hub_choice choice WHERE choice.hub = :scope_hub", ":scope_today"),
            ") kin"
        )
    };
}

/// Which cases can be of the hub of a scope, as a condition: those that it gave, and those whose lineage has ever chosen it. For a statement that lists
/// cases by hub, before [`current_condition!`]: the lineages of the hub's choices are found once for the statement, and the current hub is computed for those cases alone.
#[macro_export]
macro_rules! may_be_of_hub {
    ($urn:literal, $hub:literal) => {
        concat!("(", $hub, " = :scope_hub OR ", $urn, " IN (", $crate::lineages_of_hub!(), "))")
    };
}

/// As [`condition!`] for cases that follow the school's choice: a hub sees those whose [`current_hub!`] it is.
#[macro_export]
macro_rules! current_condition {
    ($urn:literal, $hub:literal) => {
        concat!(
            "(:scope_hub = '' OR ",
            $crate::current_hub!($urn, $hub),
            " = :scope_hub) AND (:scope_urn = 0 OR ",
            $urn,
            " IN (",
            $crate::mirror::ancestors!(":scope_urn", ":scope_today"),
            "))"
        )
    };
}
