//! Rules of entitlements.

use name::{HubId, Urn};
use proto::Reason;
use server::ApiError;
use service::{Resource, RuleViolation, next_state};
use time::{FinancialYear, Instant};

use super::state::{EntitlementState, EntitlementVerb, TRANSITIONS};
use crate::{
    batch::BatchId,
    budget::BudgetId,
    ledger::{Pence, TransferId},
    participation::{EvidenceStatus, Participation},
    payee::Payee,
    policy::PolicyId,
    review::{Question, Review},
};

name::id!(
    /// An entitlement, `entitlements/{id}`; the id is that of its participation.
    pub(crate) EntitlementId, 40, "entitlements"
);

impl EntitlementId {
    /// The name of the participation.
    pub(crate) fn participation(&self) -> String {
        format!("participations/{}", self.as_str())
    }
}

/// The decision of a person about an entitlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecisionOutcome {
    /// It is kept; the open question is answered.
    Keep,
    /// It ends.
    Release,
}

/// The effect of changed evidence on an entitlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EvidenceEffect {
    /// None.
    None,
    /// It becomes payable.
    Prove,
    /// It is payable no longer, and waits for evidence again.
    Unprove,
    /// It releases its money and its claims.
    Release,
    /// It claims its lineage and asks for money again.
    Reinstate,
    /// A person reviews it, because it is in a batch or paid.
    Review,
}

/// The terms that an entitlement takes over from its policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) policy: PolicyId,
    pub(crate) amount: Pence,
    /// It is proven only when two identities recorded agreement and attendance.
    pub(crate) needs_two_sources: bool,
}

/// The facts on which the entitlement of a participation is recognised.
#[derive(Debug, Clone)]
pub(crate) struct EntitlementBasis {
    /// Of the policy that covers the participation; `None` when no policy does.
    pub(crate) terms: Option<Terms>,
    /// The URNs of the school's lineage on a day, ascending; links of splits are not followed.
    pub(crate) urns: Vec<Urn>,
    /// Whether links of any kind lead to a school with another live entitlement, or with a subsidy that was paid before the suite, today.
    pub(crate) has_relatives: bool,
}

/// The money that a school is entitled to for one participation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entitlement {
    pub(crate) participation: Participation,
    pub(crate) terms: Terms,
    pub(crate) state: EntitlementState,
    /// The open question.
    pub(crate) review: Option<Review>,
    /// Another entitlement of the lineage, because of which it was refused or is reviewed.
    pub(crate) conflicting: Option<EntitlementId>,
    pub(crate) payee: Payee,
    /// Since when it is the payee.
    pub(crate) payee_time: Instant,
    pub(crate) batch: Option<BatchId>,
    /// The transfer that committed its money; once paid, the payment.
    pub(crate) transfer: Option<TransferId>,
    /// A person released it: no evidence reinstates it.
    pub(crate) is_released_for_good: bool,
    /// The reason of the newest decision of a person.
    pub(crate) decision_reason: Option<String>,
    pub(crate) version: i64,
}

impl Entitlement {
    /// An unfunded entitlement for a participation by a policy. The payee is the school.
    pub(crate) fn new(participation: Participation, terms: Terms, now: Instant) -> Self {
        let payee = Payee::school(participation.urn);
        Self {
            participation,
            terms,
            state: EntitlementState::Unfunded,
            review: None,
            conflicting: None,
            payee,
            payee_time: now,
            batch: None,
            transfer: None,
            is_released_for_good: false,
            decision_reason: None,
            version: 1,
        }
    }

    /// Its id.
    pub(crate) fn id(&self) -> &EntitlementId {
        &self.participation.id
    }

    /// The financial year whose budget pays.
    pub(crate) fn financial_year(&self) -> FinancialYear {
        self.participation.financial_year()
    }

    /// The budget that pays.
    pub(crate) fn budget(&self) -> BudgetId {
        self.participation.budget()
    }

    /// Whether the facts of its participation prove it.
    pub(crate) fn evidence_status(&self) -> EvidenceStatus {
        self.participation.evidence_status(self.terms.needs_two_sources)
    }

    /// The effect of the current facts of its participation; `before` is the participation with the facts before. A payable or paid entitlement whose evidence did
    /// not hold before was kept, or is reviewed, by a person. It remains until the status changes, and the person is asked again when some of the evidence by which
    /// it was kept is withdrawn.
    pub(crate) fn evidence_effect(&self, before: &Participation) -> EvidenceEffect {
        use EntitlementState::{Committed, Paid, Payable, Refused, Released, Unfunded};
        use EvidenceStatus::{Lapsed, OneSource, Open, Proven};
        let status_before = before.evidence_status(self.terms.needs_two_sources);
        let has_less_evidence = self.participation.facts.have_less_attendance_than(&before.facts);
        match (self.state, self.evidence_status()) {
            (Committed, Proven) => EvidenceEffect::Prove,
            (Unfunded | Committed, Lapsed) => EvidenceEffect::Release,
            (Payable | Paid, status @ (Lapsed | Open | OneSource)) if status == status_before && has_less_evidence => {
                EvidenceEffect::Review
            }
            (Payable | Paid, status) if status == status_before => EvidenceEffect::None,
            (Payable, Lapsed) if self.batch.is_none() => EvidenceEffect::Release,
            (Payable, Open | OneSource) if self.batch.is_none() => EvidenceEffect::Unprove,
            (Payable | Paid, Lapsed | Open | OneSource) => EvidenceEffect::Review,
            (Released, Proven) if !self.is_released_for_good => EvidenceEffect::Reinstate,
            (Refused, Proven) => EvidenceEffect::Reinstate,
            _ => EvidenceEffect::None,
        }
    }

    /// Gets money by a transfer.
    pub(crate) fn commit(&mut self, transfer: TransferId) {
        let is_proven = self.evidence_status() == EvidenceStatus::Proven;
        self.change_state(if is_proven { EntitlementVerb::CommitProven } else { EntitlementVerb::Commit });
        self.transfer = Some(transfer);
    }

    /// Is proven by evidence.
    pub(crate) fn prove(&mut self) {
        self.change_state(EntitlementVerb::Prove);
    }

    /// Is proven no longer, because evidence was withdrawn.
    pub(crate) fn unprove(&mut self) {
        self.change_state(EntitlementVerb::Unprove);
    }

    /// Is refused because of another entitlement of the lineage.
    pub(crate) fn refuse(&mut self, other: EntitlementId) {
        self.change_state(EntitlementVerb::Refuse);
        self.conflicting = Some(other);
    }

    /// Becomes unfunded again.
    pub(crate) fn reinstate(&mut self) {
        self.change_state(EntitlementVerb::Reinstate);
        self.conflicting = None;
    }

    /// Ends without a payment; its open question is obsolete. Gives the transfer that committed its money, if it had some.
    pub(crate) fn release(&mut self) -> Option<TransferId> {
        self.change_state(EntitlementVerb::Release);
        self.review = None;
        self.transfer.take()
    }

    /// As it is after its payment in a batch.
    pub(crate) fn pay(mut self, batch: &BatchId) -> Self {
        self.change_state(EntitlementVerb::Pay);
        self.transfer = Some(TransferId::of_payment(batch, self.id()));
        self.version += 1;
        self
    }

    /// Is payable in another batch; the reversal is the transfer that commits its money.
    pub(crate) fn reverse_payment(&mut self, reversal: TransferId) {
        self.change_state(EntitlementVerb::ReversePayment);
        self.transfer = Some(reversal);
        self.batch = None;
    }

    /// Gets a payee. An open question about the payee is answered; it can be raised about the new one.
    pub(crate) fn change_payee(&mut self, payee: Payee, now: Instant) {
        if self.payee != payee {
            (self.payee, self.payee_time) = (payee, now);
        }
        self.review = self.review.filter(|review| *review != Review::Payee);
    }

    /// Panics when the state machine has no such transition: callers check a request's verb before.
    fn change_state(&mut self, verb: EntitlementVerb) {
        let next = next_state(TRANSITIONS, self.state, verb);
        self.state = next.unwrap_or_else(|| panic!("{} is {}, which has no transition {verb}", self.id(), self.state));
    }

    /// The open question.
    pub(crate) fn question(&self) -> Option<Question> {
        self.review.map(|review| {
            let other = match review {
                Review::Merger | Review::Split => self.conflicting.as_ref(),
                Review::Lapsed | Review::Payee => None,
            };
            Question { entitlement: self.id().clone(), review, other: other.unwrap_or(self.id()).clone() }
        })
    }

    /// Whether a person can decide so. An entitlement with an open question can be kept. Any that is neither paid nor in a batch can be released, because a
    /// person may know what no event contains, for example that an attendance was another school's.
    pub(crate) fn check_decision(&self, outcome: DecisionOutcome) -> Result<(), EntitlementViolation> {
        match (outcome, self.review) {
            (DecisionOutcome::Keep, Some(_)) => Ok(()),
            (DecisionOutcome::Keep, None) => Err(EntitlementViolation::ReviewNotDue),
            (DecisionOutcome::Release, _) => self.check_releasable(),
        }
    }

    /// Whether it can be released: it is neither paid nor ended, and in no batch.
    pub(crate) fn check_releasable(&self) -> Result<(), EntitlementViolation> {
        next_state(TRANSITIONS, self.state, EntitlementVerb::Release).ok_or(EntitlementViolation::State(self.state))?;
        self.batch.as_ref().map_or(Ok(()), |batch| Err(EntitlementViolation::InBatch(batch.clone())))
    }
}

impl Resource for Entitlement {
    fn name(&self) -> String {
        self.id().to_string()
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// Filter of entitlements; `None` matches all in scope.
#[derive(Debug, Clone)]
pub(crate) struct EntitlementFilter {
    pub(crate) hub: Option<HubId>,
    pub(crate) urn: Option<Urn>,
    pub(crate) state: Option<EntitlementState>,
    pub(crate) batch: Option<BatchId>,
    pub(crate) financial_year: Option<FinancialYear>,
    pub(crate) review: Option<Review>,
}

/// A rule of entitlements that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntitlementViolation {
    /// There is no open question about the entitlement.
    ReviewNotDue,
    /// The entitlement is in a batch.
    InBatch(BatchId),
    /// The entitlement is in a state in which it cannot be changed so.
    State(EntitlementState),
}

impl RuleViolation for EntitlementViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::ReviewNotDue => {
                let message = "the entitlement has no open question that KEEP would answer; read it again";
                ApiError::new(Reason::ReviewNotDue, message)
            }
            Self::InBatch(batch) => {
                let message = format!("the entitlement is in `{batch}`; cancel the batch first");
                ApiError::new(Reason::EntitlementInBatch, message).with("batch", batch)
            }
            Self::State(state) => {
                let remedy = match state {
                    EntitlementState::Paid => "; reverse its payment first",
                    _ => "",
                };
                let message = format!("the entitlement is {state} and can no longer be changed{remedy}");
                ApiError::new(Reason::EntitlementState, message).with("state", state)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use name::ProgrammeId;
    use time::{AcademicYear, Date};

    use super::*;
    use crate::participation::{End, EventRef, Facts, Proof, Record};

    fn entitlement(state: EntitlementState, facts: Facts) -> Entitlement {
        let participation = Participation {
            id: EntitlementId::trusted("p100001"),
            urn: Urn::trusted(100_001),
            hub: HubId::trusted("north"),
            programme: ProgrammeId::trusted("primary-teaching-for-mastery"),
            first_academic_year: AcademicYear::starting(2018),
            accepted: EventRef { id: "accepted".to_owned(), happened: Instant::from_micros(0) },
            is_imported: false,
            subsidy_paid: None,
            facts,
        };
        let terms = Terms { policy: PolicyId::trusted("subsidy"), amount: Pence::trusted(100_000), needs_two_sources: true };
        Entitlement { state, ..Entitlement::new(participation, terms, Instant::from_micros(0)) }
    }

    fn facts(status: EvidenceStatus) -> Facts {
        let date = Date::parse("2018-10-01").expect("a day");
        let event = EventRef { id: "event".to_owned(), happened: date.start() };
        let by = |actor: &str| Record { proof: Proof { date, event: event.clone() }, actor: actor.to_owned() };
        let recorded = |agreement, attendance| Facts {
            agreement: Some(by(agreement)),
            attendance: Some(by(attendance)),
            ..Facts::default()
        };
        match status {
            EvidenceStatus::Open => Facts::default(),
            EvidenceStatus::OneSource => recorded("lead", "lead"),
            EvidenceStatus::Proven => recorded("school", "lead"),
            EvidenceStatus::Lapsed => Facts { end: Some(End::Cancelled(event)), ..Facts::default() },
        }
    }

    #[test]
    fn every_effect_of_evidence_is_a_transition_of_the_state_machine() {
        for (state, status, before) in EntitlementState::ALL.iter().flat_map(|state| {
            let statuses = EvidenceStatus::ALL.iter();
            statuses.flat_map(move |status| EvidenceStatus::ALL.iter().map(|before| (*state, *status, *before)))
        }) {
            assert_eq!(entitlement(state, facts(status)).evidence_status(), status);
            let before = entitlement(state, facts(before)).participation;
            let verb = match entitlement(state, facts(status)).evidence_effect(&before) {
                EvidenceEffect::None | EvidenceEffect::Review => continue,
                EvidenceEffect::Prove => EntitlementVerb::Prove,
                EvidenceEffect::Unprove => EntitlementVerb::Unprove,
                EvidenceEffect::Release => EntitlementVerb::Release,
                EvidenceEffect::Reinstate => EntitlementVerb::Reinstate,
            };
            assert!(next_state(TRANSITIONS, state, verb).is_some(), "{state}, {status}, before {before:?}: {verb}");
        }
    }

    #[test]
    fn an_entitlement_can_be_released_until_it_is_paid_or_in_a_batch() {
        use EntitlementState::{Committed, Paid, Payable, Refused, Released, Unfunded};
        for state in [Unfunded, Committed, Payable] {
            assert_eq!(entitlement(state, Facts::default()).check_releasable(), Ok(()), "{state}");
        }
        for state in [Paid, Released, Refused] {
            let refused = entitlement(state, Facts::default()).check_releasable();
            assert_eq!(refused, Err(EntitlementViolation::State(state)));
        }
        let batch = BatchId::trusted("batch");
        let in_batch = Entitlement { batch: Some(batch.clone()), ..entitlement(Payable, Facts::default()) };
        assert_eq!(in_batch.check_releasable(), Err(EntitlementViolation::InBatch(batch)));
    }
}
