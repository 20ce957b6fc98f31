//! A nomination's way from a school's word to an outcome.

use time::Instant;

use super::{Broken, CohortId, HubId, NominationId, PersonId, Score, Urn};

/// How far a nomination has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NominationState {
    Submitted,
    Selected,
    NotSelected,
    Withdrawn,
}

impl NominationState {
    pub(crate) const ALL: [Self; 4] = [Self::Submitted, Self::Selected, Self::NotSelected, Self::Withdrawn];

    /// As it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Selected => "selected",
            Self::NotSelected => "not_selected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What an override decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Selected,
    NotSelected,
}

impl Outcome {
    /// The state that it makes.
    pub(crate) fn state(self) -> NominationState {
        match self {
            Self::Selected => NominationState::Selected,
            Self::NotSelected => NominationState::NotSelected,
        }
    }
}

/// A decision against the order, the newest of a nomination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Override {
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) actor: String,
    pub(crate) time: Instant,
}

/// Where a nomination stands in a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) ranking_number: i64,
    pub(crate) rank: i64,
    pub(crate) score: Option<Score>,
}

/// A school's word for a teacher.
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
    /// How often it was decided against the order; the number of the newest decision.
    pub(crate) overrides_count: i64,
    pub(crate) withdraw_reason: Option<String>,
    /// In the newest ranking of the cohort, if it is in it.
    pub(crate) standing: Option<Standing>,
    pub(crate) version: i64,
}

impl Nomination {
    /// The resource's name.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.cohort, self.id)
    }

    /// It is taken back, also after it was selected.
    pub(crate) fn withdraw(&self, reason: String) -> Result<Self, Broken> {
        match self.state {
            NominationState::Submitted | NominationState::Selected => {
                Ok(Self { withdraw_reason: Some(reason), ..self.next(NominationState::Withdrawn) })
            }
            ended => Err(Broken::Ended(ended)),
        }
    }

    /// It is selected by its rank; only a submitted one is looked at.
    pub(crate) fn select(&self, now: Instant) -> Self {
        Self { select_time: Some(now), ..self.next(NominationState::Selected) }
    }

    /// It is decided against the order.
    pub(crate) fn decide(&self, decision: Override) -> Result<Self, Broken> {
        let state = decision.outcome.state();
        if self.state == NominationState::Withdrawn {
            return Err(Broken::Ended(self.state));
        }
        if self.state == state {
            return Err(Broken::OutcomeStands(state));
        }
        let select_time = if decision.outcome == Outcome::Selected { Some(decision.time) } else { self.select_time };
        let overrides_count = self.overrides_count + 1;
        Ok(Self { select_time, overridden: Some(decision), overrides_count, ..self.next(state) })
    }

    /// It is as it was, with a version more: where two events tell of one change, each has its own.
    pub(crate) fn told_again(&self) -> Self {
        self.next(self.state)
    }

    fn next(&self, state: NominationState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nomination(state: NominationState) -> Nomination {
        Nomination {
            id: NominationId::trusted("n"),
            cohort: CohortId::trusted("c"),
            urn: Urn::trusted(100_000),
            hub: HubId::trusted("h"),
            person: PersonId::trusted("p"),
            state,
            submit_time: Instant::from_micros(1),
            select_time: None,
            overridden: None,
            overrides_count: 0,
            withdraw_reason: None,
            standing: None,
            version: 1,
        }
    }

    #[test]
    fn what_was_withdrawn_has_ended_and_nothing_is_decided_twice() {
        let decide = |state, outcome| {
            let decision = Override { outcome, reason: "r".to_owned(), actor: "a".to_owned(), time: Instant::from_micros(9) };
            nomination(state).decide(decision).map(|decided| (decided.state, decided.select_time.is_some(), decided.version))
        };
        use NominationState::{NotSelected, Selected, Submitted, Withdrawn};
        assert_eq!(decide(Submitted, Outcome::Selected), Ok((Selected, true, 2)));
        assert_eq!(decide(NotSelected, Outcome::Selected), Ok((Selected, true, 2)));
        assert_eq!(decide(Submitted, Outcome::NotSelected), Ok((NotSelected, false, 2)));
        assert_eq!(decide(Selected, Outcome::Selected), Err(Broken::OutcomeStands(Selected)));
        assert_eq!(decide(Withdrawn, Outcome::Selected), Err(Broken::Ended(Withdrawn)));
        assert_eq!(nomination(NotSelected).withdraw("r".to_owned()), Err(Broken::Ended(NotSelected)));
        assert_eq!(nomination(Selected).withdraw("r".to_owned()).expect("it is live").state, Withdrawn);
    }
}
