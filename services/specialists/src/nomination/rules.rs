//! Rules of nominations: from a submission to an outcome.

use mirror::Hub;
use name::{HubId, PersonId, Urn};
use proto::Reason;
use scope::Scope;
use server::ApiError;
use service::{Resource, RuleViolation, Transitions, next_state};
use time::{Date, Instant};

use super::Ineligibility;
use crate::{cohort::CohortId, ranking::Standing};

name::id!(
    /// A nomination, `nominations/{id}` below its cohort.
    pub(crate) NominationId, 40, "nominations"
);

db::text_enum! {
    /// The state of a nomination.
    pub(crate) enum NominationState {
        /// Waits for the selection.
        Submitted = "submitted",
        /// The person is a specialist of the cohort.
        Selected = "selected",
        /// Passed over by a decision, or lapsed.
        NotSelected = "not_selected",
        /// Withdrawn by the school, its hub or NCETM.
        Withdrawn = "withdrawn",
    }
}

db::text_enum! {
    /// A change of a nomination's state.
    pub(crate) enum NominationVerb {
        /// It is selected by its rank.
        Select = "select",
        /// A decision against the order selects it.
        OverrideToSelected = "override_to_selected",
        /// A decision against the order passes it over.
        OverrideToNotSelected = "override_to_not_selected",
        /// It is withdrawn.
        Withdraw = "withdraw",
        /// The person is nominated again after the first academic year of its cohort began. The statement of `nomination_lapse` does this.
        Lapse = "lapse",
    }
}

/// The states of a nomination and what leads from one to another.
pub(crate) const TRANSITIONS: &Transitions<NominationState, NominationVerb> = &[
    (NominationState::Submitted, NominationVerb::Select, NominationState::Selected),
    (NominationState::Submitted, NominationVerb::OverrideToSelected, NominationState::Selected),
    (NominationState::Submitted, NominationVerb::OverrideToNotSelected, NominationState::NotSelected),
    (NominationState::Submitted, NominationVerb::Withdraw, NominationState::Withdrawn),
    (NominationState::Submitted, NominationVerb::Lapse, NominationState::NotSelected),
    (NominationState::Selected, NominationVerb::OverrideToNotSelected, NominationState::NotSelected),
    (NominationState::Selected, NominationVerb::Withdraw, NominationState::Withdrawn),
    (NominationState::NotSelected, NominationVerb::OverrideToSelected, NominationState::Selected),
];

db::text_enum! {
    /// The outcome that a decision against the order gives.
    pub(crate) enum Outcome {
        /// The person becomes a specialist.
        Selected = "selected",
        /// The person is passed over.
        NotSelected = "not_selected",
    }
}

impl Outcome {
    /// The state that it leads to.
    pub(crate) const fn state(self) -> NominationState {
        match self {
            Self::Selected => NominationState::Selected,
            Self::NotSelected => NominationState::NotSelected,
        }
    }

    const fn verb(self) -> NominationVerb {
        match self {
            Self::Selected => NominationVerb::OverrideToSelected,
            Self::NotSelected => NominationVerb::OverrideToNotSelected,
        }
    }
}

/// A nomination that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct NominationDraft {
    pub(crate) cohort: CohortId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) person: PersonId,
    pub(crate) early_career_teacher: bool,
}

impl NominationDraft {
    /// Whether a caller of this scope may make it.
    pub(crate) fn check_scope(&self, scope: &Scope) -> Result<(), NominationViolation> {
        if scope.contains(&self.hub, self.urn) {
            return Ok(());
        }
        Err(NominationViolation::NotOwn { hub: self.hub.clone(), urn: self.urn })
    }

    /// Whether its hub, as the network describes it, has not ended before today.
    pub(crate) fn check_hub(&self, hub: &Hub, today: Date) -> Result<(), NominationViolation> {
        match hub.end.filter(|end| *end < today) {
            None => Ok(()),
            Some(end) => Err(NominationViolation::HubNotOpen { hub: self.hub.clone(), end }),
        }
    }
}

/// A selection by rank.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) cohort: CohortId,
    /// `None` for the nation.
    pub(crate) hub: Option<HubId>,
    /// Number of nominations to select, at most.
    pub(crate) selections_count: i64,
}

impl Selection {
    /// Whether a caller of this scope may make it.
    pub(crate) fn check_scope(&self, scope: &Scope) -> Result<(), NominationViolation> {
        let allowed = match scope {
            Scope::All => true,
            Scope::Hub(own) => self.hub.as_ref() == Some(own),
            Scope::School(_) | Scope::Person(_) => false,
        };
        if allowed { Ok(()) } else { Err(NominationViolation::HubNotOwn) }
    }
}

/// A decision against the order that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
}

/// A decision against the order that was made, the newest of a nomination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Override {
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) actor: String,
    pub(crate) time: Instant,
}

/// A nomination of a teacher by a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nomination {
    pub(crate) id: NominationId,
    pub(crate) cohort: CohortId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) person: PersonId,
    pub(crate) state: NominationState,
    pub(crate) submit_time: Instant,
    pub(crate) select_time: Option<Instant>,
    pub(crate) overridden: Option<Override>,
    /// Number of decisions against the order, and the number of the newest one.
    pub(crate) overrides_count: i64,
    pub(crate) withdraw_reason: Option<String>,
    /// Its place in the newest ranking of the cohort; `None` when it is not in the ranking.
    pub(crate) standing: Option<Standing>,
    /// The same person has another live nomination, which is selected or was submitted sooner: two records of the person were merged.
    pub(crate) is_duplicate: bool,
    pub(crate) version: i64,
}

impl Nomination {
    /// A submitted nomination.
    pub(crate) fn submit(id: NominationId, draft: &NominationDraft, person: PersonId, now: Instant) -> Self {
        Self {
            id,
            cohort: draft.cohort.clone(),
            urn: draft.urn,
            hub: draft.hub.clone(),
            person,
            state: NominationState::Submitted,
            submit_time: now,
            select_time: None,
            overridden: None,
            overrides_count: 0,
            withdraw_reason: None,
            standing: None,
            is_duplicate: false,
            version: 1,
        }
    }

    /// The nomination after it is withdrawn, also after it was selected.
    pub(crate) fn withdraw(&self, reason: String) -> Result<Self, NominationViolation> {
        let state = self.next_state(NominationVerb::Withdraw)?;
        Ok(Self { state, withdraw_reason: Some(reason), is_duplicate: false, ..self.next_version() })
    }

    /// The nomination after it is selected by its rank.
    pub(crate) fn select(&self, now: Instant) -> Result<Self, NominationViolation> {
        let state = self.next_state(NominationVerb::Select)?;
        Ok(Self { state, select_time: Some(now), ..self.next_version() })
    }

    /// The nomination after a decision against the order.
    pub(crate) fn decide(&self, decision: Decision, actor: String, now: Instant) -> Result<Self, NominationViolation> {
        let Decision { outcome, reason } = decision;
        if self.state == outcome.state() {
            return Err(NominationViolation::OutcomeUnchanged(self.state));
        }
        let state = self.next_state(outcome.verb())?;
        if self.is_duplicate && outcome == Outcome::Selected {
            return Err(NominationViolation::has_live_nomination(self.urn));
        }
        let select_time = if outcome == Outcome::Selected { Some(now) } else { self.select_time };
        let overridden = Some(Override { outcome, reason, actor, time: now });
        let overrides_count = self.overrides_count + 1;
        let is_duplicate = self.is_duplicate && outcome == Outcome::Selected;
        Ok(Self { state, select_time, overridden, overrides_count, is_duplicate, ..self.next_version() })
    }

    /// The same nomination with the next version, where one change has two events.
    pub(crate) fn next_version(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    fn next_state(&self, verb: NominationVerb) -> Result<NominationState, NominationViolation> {
        next_state(TRANSITIONS, self.state, verb).ok_or(NominationViolation::Ended(self.state))
    }
}

impl Resource for Nomination {
    fn name(&self) -> String {
        format!("{}/{}", self.cohort, self.id)
    }

    fn version(&self) -> i64 {
        self.version
    }

    /// Of its version and of the ranking that it is shown with: a new ranking changes the standing that a caller read, and not the version.
    fn etag(&self) -> String {
        let ranking = self.standing.as_ref().map_or(0, |standing| standing.ranking_number);
        format!("v{}.{ranking}", self.version)
    }
}

/// A rule of nominations that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NominationViolation {
    /// All reasons against a nomination.
    NotEligible { urn: Urn, reasons: Vec<Ineligibility> },
    /// The hub's last day is over.
    HubNotOpen { hub: HubId, end: Date },
    /// The nomination has ended in this state.
    Ended(NominationState),
    /// The nomination has the outcome of the decision already.
    OutcomeUnchanged(NominationState),
    /// The caller may not nominate for this hub and school.
    NotOwn { hub: HubId, urn: Urn },
    /// The caller may not select for this hub, or for the nation.
    HubNotOwn,
}

impl NominationViolation {
    /// The person has another live nomination.
    pub(crate) fn has_live_nomination(urn: Urn) -> Self {
        Self::NotEligible { urn, reasons: vec![Ineligibility::HasLiveNomination] }
    }
}

impl RuleViolation for NominationViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::NotEligible { urn, reasons } => {
                let sentences: Vec<&str> = reasons.iter().map(|reason| reason.sentence()).collect();
                let words: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
                let message = format!("the nomination by `{urn}` is not eligible: {}", sentences.join("; "));
                ApiError::new(Reason::NominationNotEligible, message).with("school", urn).with("why", words.join(","))
            }
            Self::HubNotOpen { hub, end } => {
                let message = format!("`{hub}` ended on {end}; nominate through another hub");
                ApiError::new(Reason::HubNotOpen, message).with("hub", hub).with("end_date", end)
            }
            Self::Ended(state) => {
                let message = format!("the nomination has ended: its state is {state}; nominate the person again");
                ApiError::new(Reason::StateEnded, message).with("state", state)
            }
            Self::OutcomeUnchanged(state) => {
                let message = format!("the nomination is {state} already; nothing changes");
                ApiError::new(Reason::OutcomeStands, message).with("state", state)
            }
            Self::NotOwn { hub, urn } => {
                let message =
                    format!("you may not nominate for `{urn}` through `{hub}`; a hub lead names its own hub, a school itself");
                ApiError::new(Reason::NominationNotOwn, message)
            }
            Self::HubNotOwn => {
                let message = "a hub lead selects for its own hub only; name it in `hub`";
                ApiError::new(Reason::HubNotOwn, message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nomination(state: NominationState) -> Nomination {
        let draft = NominationDraft {
            cohort: CohortId::trusted("c"),
            urn: Urn::trusted(100_000),
            hub: HubId::trusted("h"),
            person: PersonId::trusted("p"),
            early_career_teacher: false,
        };
        let submitted = Nomination::submit(NominationId::trusted("n"), &draft, PersonId::trusted("p"), Instant::from_micros(1));
        Nomination { state, ..submitted }
    }

    #[test]
    fn a_withdrawn_nomination_has_ended_and_a_decision_changes_the_outcome() {
        let decide = |state, outcome| {
            let decision = Decision { outcome, reason: "r".to_owned() };
            let decided = nomination(state).decide(decision, "a".to_owned(), Instant::from_micros(9));
            decided.map(|decided| (decided.state, decided.select_time.is_some(), decided.version))
        };
        use NominationState::{NotSelected, Selected, Submitted, Withdrawn};
        assert_eq!(decide(Submitted, Outcome::Selected), Ok((Selected, true, 2)));
        assert_eq!(decide(NotSelected, Outcome::Selected), Ok((Selected, true, 2)));
        assert_eq!(decide(Submitted, Outcome::NotSelected), Ok((NotSelected, false, 2)));
        assert_eq!(decide(Selected, Outcome::Selected), Err(NominationViolation::OutcomeUnchanged(Selected)));
        assert_eq!(decide(Withdrawn, Outcome::Selected), Err(NominationViolation::Ended(Withdrawn)));
        assert_eq!(nomination(NotSelected).withdraw("r".to_owned()), Err(NominationViolation::Ended(NotSelected)));
        assert_eq!(nomination(Selected).withdraw("r".to_owned()).expect("it is live").state, Withdrawn);
    }
}
