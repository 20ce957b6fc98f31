//! The rules of specialists: pure, without a database, a wire or a clock.

#[path = "../cohort/rules.rs"]
mod cohort;
#[path = "../nomination/eligibility.rs"]
mod eligibility;
mod id;
#[path = "../nomination/rules.rs"]
mod nomination;
#[path = "../ranking/rules.rs"]
mod ranking;
#[path = "../ranking/score.rs"]
mod score;
#[path = "../score_weights/rules.rs"]
mod weights;

pub(crate) use cohort::{Cohort, CohortYear, YearSetting};
pub(crate) use eligibility::{HAS_LIVE_NOMINATION, check_eligible};
pub(crate) use id::{CohortId, NominationId, PersonId};
pub(crate) use mirror::Phase;
pub(crate) use name::{HubId, ProgrammeId, Urn};
pub(crate) use nomination::{Nomination, NominationState, Outcome, Override, Standing};
pub(crate) use ranking::{Candidate, Entry, Ranking, rank};
pub(crate) use scope::Scope;
pub(crate) use score::{Figures, Score};
pub(crate) use weights::{ScoreWeights, Weights};

use time::{Date, Instant};

/// A rule that an act would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Schools nominate within the window only.
    WindowClosed { start: Date, end: Date },
    /// Schools can still nominate, to the end of this day.
    WindowOpen { end: Date },
    /// All that stands against a nomination.
    NotEligible { urn: Urn, why: Vec<&'static str> },
    /// The hub's last day is over.
    HubNotOpen { hub: HubId, end: Date },
    /// It ended before.
    Ended(NominationState),
    /// It has that outcome already.
    OutcomeStands(NominationState),
    /// Submitted nominations of the cohort that the newest ranking does not hold.
    NotRanked(i64),
    /// One of the cohort was selected at this time.
    SelectionBegun(Instant),
    /// There are figures, and no weights in force on this day.
    WeightsMissing(Date),
    /// A later version of the weights would begin today or before.
    PolicyInForce,
    /// A day before the last that was recorded.
    DateBeforeLast { date: Date, last: Date },
}
