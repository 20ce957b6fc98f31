//! Rules of policies of reach.

use std::collections::BTreeSet;

use db::Column;
use name::DecisionId;
use proto::Reason;
use server::{ApiError, Fields};
use service::{Resource, RuleViolation};
use time::Date;

use super::wire;
use crate::reach::Stage;

name::id!(
    /// A policy of reach, `reachPolicies/{id}`.
    pub(crate) ReachPolicyId, 40, "reachPolicies"
);

db::code_enum! {
    /// The facts by which a school can come to a stage.
    pub(crate) enum FactKind {
        /// Its own applications, places and years.
        Participation = 1,
        /// A specialist of a cohort teaches there.
        Specialist = 2,
    }
}

/// The kinds of facts that count. Stored as their numbers in order, separated by spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FactKinds(pub(crate) BTreeSet<FactKind>);

impl Column for FactKinds {
    type Stored = String;

    fn to_stored(&self) -> String {
        let numbers: Vec<String> = self.0.iter().map(|kind| kind.number().to_string()).collect();
        numbers.join(" ")
    }

    fn from_stored(stored: String) -> Result<Self, String> {
        let kind = |number: &str| {
            let known = number.parse().ok().and_then(FactKind::of);
            known.ok_or_else(|| format!("`{number}` is not the number of a kind of fact"))
        };
        stored.split(' ').map(kind).collect::<Result<_, _>>().map(Self)
    }
}

db::column!(FactKinds);

/// The rule by which figures are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReachRule {
    /// The stage from which a school counts as reached in cold areas.
    pub(crate) stage: Stage,
    /// The number of schools by which a small area is drawn toward its region.
    pub(crate) prior_schools: i64,
    /// An area with fewer schools of the phase is listed and not ranked.
    pub(crate) ranked_schools_min: i64,
    pub(crate) fact_kinds: FactKinds,
}

impl ReachRule {
    /// The rule where no policy is in force.
    pub(crate) fn assumed() -> Self {
        wire::rule(&mut Fields::new(), &proto::reach_policy_assumed()).expect("the assumed rule is complete")
    }
}

/// A policy of reach. It is in force until the next one starts, and never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReachPolicy {
    pub(crate) id: ReachPolicyId,
    pub(crate) start: Date,
    pub(crate) decision: DecisionId,
    pub(crate) rule: ReachRule,
}

impl Resource for ReachPolicy {
    fn name(&self) -> String {
        self.id.to_string()
    }

    /// Always 1: policies never change.
    fn version(&self) -> i64 {
        1
    }
}

/// A rule of policies of reach that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReachPolicyViolation {
    /// The id is taken.
    Exists(ReachPolicyId),
    /// This other policy starts on the day.
    StartTaken { start: Date, other: ReachPolicyId },
    /// A publication is true on this day, on which the policy would be in force.
    TooEarly { start: Date, true_on: Date },
}

impl RuleViolation for ReachPolicyViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Exists(id) => {
                ApiError::new(Reason::PolicyExists, format!("`{id}` exists already; choose another id")).with("name", id)
            }
            Self::StartTaken { start, other } => {
                let message = format!("`{other}` starts on {start} already; choose another day");
                ApiError::new(Reason::ReachPolicyStartTaken, message).with("name", other)
            }
            Self::TooEarly { start, true_on } => {
                let message = format!(
                    "published figures are true on {true_on}, and a policy that starts on {start} would change how they had to be measured; \
                     choose a day after {true_on}"
                );
                ApiError::new(Reason::ReachPolicyTooEarly, message).with("true_on_date", true_on)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_facts_are_stored_as_their_numbers() {
        for (kinds, stored) in [(&[FactKind::Participation][..], "1"), (FactKind::ALL, "1 2")] {
            let kinds = FactKinds(kinds.iter().copied().collect());
            assert_eq!(kinds.to_stored(), stored);
            assert_eq!(FactKinds::from_stored(stored.to_owned()), Ok(kinds));
        }
        assert!(FactKinds::from_stored("1 3".to_owned()).is_err());
    }

    #[test]
    fn without_a_policy_a_school_with_a_place_counts_and_areas_of_ten_schools_are_ranked() {
        let ReachRule { stage, prior_schools, ranked_schools_min, fact_kinds } = ReachRule::assumed();
        assert_eq!((stage, prior_schools, ranked_schools_min), (Stage::Enrolled, 10, 10));
        assert_eq!(fact_kinds.to_stored(), "1");
    }
}
