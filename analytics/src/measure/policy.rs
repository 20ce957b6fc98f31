//! The policies of reach, as the network's Council decided them.

use std::collections::{BTreeMap, BTreeSet};

use proto::network::v1 as pb;
use time::Date;

use super::Stage;

/// A kind of facts by which a school can come to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// The school's own applications, places and years.
    Participation,
    /// A specialist of a cohort teaches at the school.
    Specialist,
}

impl FactKind {
    /// As the manifest writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Participation => "participation",
            Self::Specialist => "specialist",
        }
    }
}

/// The decision by which a policy is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Resource name of the policy, `reachPolicies/{policy}`.
    pub policy: String,
    /// Its first day.
    pub start: Date,
    /// Resource name of the Council's decision.
    pub decision: String,
}

/// The rule by which reach is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachPolicy {
    /// `None` for the working assumption that holds where no policy is in force.
    pub decided: Option<Decided>,
    /// The stage from which a school counts as reached in cold areas. Enrolled by assumption: a school with a place has been engaged with, also when it did
    /// not complete; a school that only applied has not, and a refused application must not make its area look warmer.
    pub coldness_stage: Stage,
    /// `k`: the strength with which a small area is drawn toward its region.
    pub prior_schools_count: u32,
    /// Areas with fewer schools of the phase are listed, not ranked.
    pub ranked_schools_min: u32,
    /// The kinds of facts that count.
    pub fact_kinds: BTreeSet<FactKind>,
}

impl ReachPolicy {
    /// The rule of a message. Errors with the cause.
    fn read(sent: &pb::ReachPolicy, decided: Option<Decided>) -> Result<Self, String> {
        let kind = |kind| match kind {
            pb::ReachFactKind::Participation => Ok(FactKind::Participation),
            pb::ReachFactKind::Specialist => Ok(FactKind::Specialist),
            pb::ReachFactKind::Unspecified => Err("a kind of facts is not given".to_owned()),
        };
        let count = |count: i32| u32::try_from(count).map_err(|_| format!("`{count}` is no number of schools"));
        Ok(Self {
            decided,
            coldness_stage: Stage::from_number(sent.coldness_stage)
                .ok_or_else(|| format!("`{}` is no stage", sent.coldness_stage))?,
            prior_schools_count: count(sent.prior_schools_count)?,
            ranked_schools_min: count(sent.ranked_schools_min_count)?,
            fact_kinds: sent.fact_kinds().map(kind).collect::<Result<_, _>>()?,
        })
    }

    /// The working assumption.
    pub(super) fn assumed() -> Self {
        Self::read(&proto::reach_policy_assumed(), None).expect("the assumed rule is complete")
    }

    /// The resource name; empty for the working assumption.
    pub fn name(&self) -> &str {
        self.decided.as_ref().map_or("", |decided| &decided.policy)
    }
}

/// The policies that were recorded so far, by their first day.
#[derive(Debug, Default)]
pub(super) struct Policies(BTreeMap<Date, ReachPolicy>);

impl Policies {
    /// Adds a policy. Errors with the cause.
    pub(super) fn add(&mut self, sent: &pb::ReachPolicy) -> Result<(), String> {
        let start = Date::parse(&sent.start_date).map_err(|error| error.to_string())?;
        let decided = Decided { policy: sent.name.clone(), start, decision: sent.decision.clone() };
        self.0.insert(start, ReachPolicy::read(sent, Some(decided))?);
        Ok(())
    }

    /// The policy in force on a day: the last one that starts on that day or before.
    pub(super) fn on(&self, day: Date) -> ReachPolicy {
        self.0.range(..=day).next_back().map_or_else(ReachPolicy::assumed, |(_, policy)| policy.clone())
    }
}
