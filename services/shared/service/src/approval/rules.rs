//! The rules of pending changes.

use access::Role;
use feed::Actor;
use proto::Reason;
use scope::ScopeKey;
use server::ApiError;
use time::Instant;

use crate::{Resource, RuleViolation, command::Concerned};

/// Time until a change can no longer be confirmed: 30 days.
const EXPIRY_MICROS: i64 = 30 * 86_400 * 1_000_000;

name::id!(
    /// A change that waits for a second person, `pendingChanges/{change}`.
    pub(crate) ChangeId, 40, "pendingChanges"
);

db::text_enum! {
    /// The state of a change.
    pub(crate) enum ChangeState {
        /// It waits for a second person.
        Pending = "pending",
        /// It took effect.
        Confirmed = "confirmed",
        /// It never takes effect.
        Rejected = "rejected",
    }
}

/// A call that waits for a second person, or waited for one.
#[derive(Debug, Clone)]
pub(crate) struct PendingChange {
    pub(crate) id: ChangeId,
    pub(crate) state: ChangeState,
    /// `mathshubs.funding.v1.EntitlementService/SetPayee`.
    pub(crate) method: String,
    /// Empty when it was deleted, after the change was decided or had expired.
    pub(crate) request: Vec<u8>,
    pub(crate) proposer: Actor,
    pub(crate) decision: Option<Decision>,
    pub(crate) concerned: Concerned,
    pub(crate) create_time: Instant,
    pub(crate) expire_time: Instant,
}

/// The second person's decision.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) decider: Actor,
    pub(crate) time: Instant,
}

/// A caller who looks at pending changes: those that concern its hub, or its school and the schools from which that descends.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) actor: Actor,
    pub(crate) role: Role,
    pub(crate) scope: ScopeKey,
}

/// A rule that a decision would break.
#[derive(Debug)]
pub(crate) enum ChangeViolation {
    Decided(ChangeId),
    SameIdentity,
    RoleNotAllowed(Role),
}

impl RuleViolation for ChangeViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Decided(id) => {
                let message = format!("`{id}` was decided before, or its 30 days are over; propose the change again");
                ApiError::new(Reason::ChangeDecided, message).with("name", id)
            }
            Self::SameIdentity => {
                ApiError::new(Reason::SecondPersonIsProposer, "the proposer of a change may not confirm it; another person must")
            }
            Self::RoleNotAllowed(role) => {
                let message = format!("the role {role} may not decide about this change");
                ApiError::new(Reason::SecondPersonNotAllowed, message).with("role", role)
            }
        }
    }
}

impl PendingChange {
    pub(crate) fn propose(
        id: ChangeId,
        method: String,
        request: Vec<u8>,
        concerned: Concerned,
        proposer: Actor,
        now: Instant,
    ) -> Self {
        Self {
            id,
            state: ChangeState::Pending,
            method,
            request,
            proposer,
            decision: None,
            concerned,
            create_time: now,
            expire_time: now.plus_micros(EXPIRY_MICROS),
        }
    }

    /// Whether a caller may confirm it.
    pub(crate) fn check_confirmer(&self, viewer: &Viewer) -> Result<(), ChangeViolation> {
        if self.request.is_empty() {
            return Err(ChangeViolation::Decided(self.id.clone()));
        }
        if self.proposer.id == viewer.actor.id {
            return Err(ChangeViolation::SameIdentity);
        }
        if !self.may_confirm(viewer.role) {
            return Err(ChangeViolation::RoleNotAllowed(viewer.role));
        }
        Ok(())
    }

    fn may_confirm(&self, role: Role) -> bool {
        access::second_person(&self.method).is_some_and(|second| second.confirmers.contains(&role))
    }

    /// Confirmed by a second person.
    pub(crate) fn confirm(self, confirmer: Actor, now: Instant) -> Result<Self, ChangeViolation> {
        if self.proposer.id == confirmer.id {
            return Err(ChangeViolation::SameIdentity);
        }
        self.decide(ChangeState::Confirmed, confirmer, now)
    }

    /// Rejected by a second person, or withdrawn by its proposer.
    pub(crate) fn reject(self, viewer: &Viewer, now: Instant) -> Result<Self, ChangeViolation> {
        if self.proposer.id != viewer.actor.id && !self.may_confirm(viewer.role) {
            return Err(ChangeViolation::RoleNotAllowed(viewer.role));
        }
        self.decide(ChangeState::Rejected, viewer.actor.clone(), now)
    }

    fn decide(self, state: ChangeState, decider: Actor, now: Instant) -> Result<Self, ChangeViolation> {
        if self.state != ChangeState::Pending || now >= self.expire_time {
            return Err(ChangeViolation::Decided(self.id));
        }
        Ok(Self { state, decision: Some(Decision { decider, time: now }), ..self })
    }
}

impl Resource for PendingChange {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> i64 {
        if self.state == ChangeState::Pending { 1 } else { 2 }
    }
}
