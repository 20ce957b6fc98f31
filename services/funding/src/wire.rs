//! What goes out: domain values as messages, for answers and events. The other direction, which can fail, is `api::decode`.

use prost::Name;
use proto::{enrolment::v1 as enrolment, funding::v1 as pb};
use time::{Date, Instant};

use crate::domain::{
    Account, AccountKind, Batch, BatchState, Budget, End, Entitlement, EntitlementState, Outcome, Participation, Payee,
    PayeeKind, Policy, PolicyKind, Review, Settlement, Told, Transfer, TransferKind,
};

/// The etag of a version.
pub(crate) fn etag(version: i64) -> String {
    format!("v{version}")
}

/// A name, or nothing.
fn name_or_empty(name: Option<&impl ToString>) -> String {
    name.map(ToString::to_string).unwrap_or_default()
}

impl From<&Policy> for pb::Policy {
    fn from(policy: &Policy) -> Self {
        let kind = match policy.kind {
            PolicyKind::ReleaseSubsidy => pb::PolicyKind::ReleaseSubsidy,
        };
        Self {
            name: policy.id.to_string(),
            kind: kind.into(),
            programme: policy.programme.as_str().to_owned(),
            amount_pence: policy.amount.number(),
            start_date: policy.start.to_string(),
            end_date: name_or_empty(policy.end.as_ref()),
            decision: policy.decision.clone(),
        }
    }
}

impl From<&Budget> for pb::Budget {
    fn from(budget: &Budget) -> Self {
        Self {
            name: budget.name(),
            hub: budget.hub.to_string(),
            financial_year: budget.financial_year.to_string(),
            allocated_pence: budget.allocated.number(),
            committed_pence: budget.committed.number(),
            spent_pence: budget.spent.number(),
            available_pence: budget.available().number(),
            etag: etag(budget.version),
        }
    }
}

impl From<EntitlementState> for pb::EntitlementState {
    fn from(state: EntitlementState) -> Self {
        match state {
            EntitlementState::Unfunded => Self::Unfunded,
            EntitlementState::Committed => Self::Committed,
            EntitlementState::Payable => Self::Payable,
            EntitlementState::Paid => Self::Paid,
            EntitlementState::Released => Self::Released,
            EntitlementState::Refused => Self::Refused,
        }
    }
}

impl From<Review> for pb::EntitlementReview {
    fn from(review: Review) -> Self {
        match review {
            Review::Merger => Self::Merger,
            Review::Split => Self::Split,
            Review::Lapsed => Self::Lapsed,
            Review::Payee => Self::Payee,
        }
    }
}

impl From<Outcome> for pb::DecisionOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Keep => Self::Keep,
            Outcome::Release => Self::Release,
        }
    }
}

impl From<&Payee> for pb::Payee {
    fn from(payee: &Payee) -> Self {
        let kind = match payee.kind {
            PayeeKind::School => pb::PayeeKind::School,
            PayeeKind::Trust => pb::PayeeKind::Trust,
            PayeeKind::Authority => pb::PayeeKind::Authority,
        };
        Self { kind: kind.into(), reference: payee.reference.clone() }
    }
}

/// What a place's events tell, in the order in which they are asked for.
fn evidence(participation: &Participation) -> Vec<pb::Evidence> {
    let evidence = |event_type: String, told: &Told, date: Option<Date>| pb::Evidence {
        event_id: told.event.clone(),
        event_type,
        evidence_date: name_or_empty(date.as_ref()),
        happened_time: Some(told.happened.to_proto()),
    };
    let accepted = &participation.accepted;
    let facts = &participation.facts;
    let mut list = vec![evidence(enrolment::PlaceAccepted::full_name(), accepted, Some(accepted.happened.date()))];
    list.extend(
        facts.agreement.iter().map(|proof| evidence(enrolment::AgreementSigned::full_name(), &proof.told, Some(proof.date))),
    );
    list.extend(
        facts.attendance.iter().map(|proof| evidence(enrolment::AttendanceRecorded::full_name(), &proof.told, Some(proof.date))),
    );
    list.extend(facts.end.iter().map(|end| match end {
        End::Withdrawn(proof) => evidence(enrolment::ParticipationWithdrawn::full_name(), &proof.told, Some(proof.date)),
        End::Cancelled(told) => evidence(enrolment::ParticipationCancelled::full_name(), told, None),
    }));
    list
}

impl From<&Entitlement> for pb::Entitlement {
    fn from(entitlement: &Entitlement) -> Self {
        let participation = &entitlement.participation;
        let review = entitlement.review.map_or(pb::EntitlementReview::Unspecified, Into::into);
        Self {
            name: entitlement.id().to_string(),
            participation: entitlement.id().participation(),
            school: participation.urn.to_string(),
            hub: participation.hub.to_string(),
            programme: participation.programme.as_str().to_owned(),
            first_academic_year: participation.first_academic_year.to_string(),
            financial_year: entitlement.financial_year().to_string(),
            policy: entitlement.policy.to_string(),
            amount_pence: entitlement.amount.number(),
            state: pb::EntitlementState::from(entitlement.state).into(),
            evidence: evidence(participation),
            review: review.into(),
            conflicting_entitlement: name_or_empty(entitlement.conflicting.as_ref()),
            payee: Some((&entitlement.payee).into()),
            batch: name_or_empty(entitlement.batch.as_ref()),
            accept_time: Some(participation.accepted.happened.to_proto()),
            etag: etag(entitlement.version),
        }
    }
}

impl From<BatchState> for pb::BatchState {
    fn from(state: BatchState) -> Self {
        match state {
            BatchState::Open => Self::Open,
            BatchState::Approved => Self::Approved,
            BatchState::Released => Self::Released,
            BatchState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<&Batch> for pb::Batch {
    fn from(batch: &Batch) -> Self {
        let by = |signed: &Option<(String, Instant)>| signed.as_ref().map(|(by, _)| by.clone()).unwrap_or_default();
        let when = |signed: &Option<(String, Instant)>| signed.as_ref().map(|(_, when)| when.to_proto());
        Self {
            name: batch.id.to_string(),
            hub: name_or_empty(batch.hub.as_ref()),
            state: pb::BatchState::from(batch.state).into(),
            entitlements_count: i32::try_from(batch.entitlements_count).expect("a batch holds at most 5,000"),
            amount_pence: batch.amount.number(),
            creator: batch.created.0.clone(),
            create_time: Some(batch.created.1.to_proto()),
            approver: by(&batch.approved),
            approve_time: when(&batch.approved),
            releaser: by(&batch.released),
            release_time: when(&batch.released),
            cancel_reason: batch.cancel_reason.clone().unwrap_or_default(),
            etag: etag(batch.version),
        }
    }
}

impl From<&Account> for pb::Account {
    fn from(account: &Account) -> Self {
        let kind = match account.kind {
            AccountKind::Grant => pb::AccountKind::Grant,
            AccountKind::Free => pb::AccountKind::Free,
            AccountKind::Committed => pb::AccountKind::Committed,
            AccountKind::Paid => pb::AccountKind::Paid,
        };
        Self {
            name: account.id.to_string(),
            kind: kind.into(),
            hub: name_or_empty(account.hub.as_ref()),
            financial_year: name_or_empty(account.financial_year.as_ref()),
            balance_pence: account.balance_pence,
        }
    }
}

impl From<&Transfer> for pb::Transfer {
    fn from(transfer: &Transfer) -> Self {
        let kind = match transfer.kind {
            TransferKind::Allocate => pb::TransferKind::Allocate,
            TransferKind::Commit => pb::TransferKind::Commit,
            TransferKind::Post => pb::TransferKind::Post,
            TransferKind::Release => pb::TransferKind::Release,
            TransferKind::Reverse => pb::TransferKind::Reverse,
        };
        let (settled, reversed) = match &transfer.settlement {
            Settlement::None => (String::new(), String::new()),
            Settlement::Settles(settled) => (settled.to_string(), String::new()),
            Settlement::Reverses(reversed) => (String::new(), reversed.to_string()),
        };
        Self {
            name: transfer.id.to_string(),
            debit_account: transfer.debit.to_string(),
            credit_account: transfer.credit.to_string(),
            amount_pence: transfer.amount.number(),
            kind: kind.into(),
            post_date: transfer.posted.date().to_string(),
            post_time: Some(transfer.posted.to_proto()),
            entitlement: name_or_empty(transfer.entitlement.as_ref()),
            batch: name_or_empty(transfer.batch.as_ref()),
            payee: transfer.payee.as_ref().map(Into::into),
            settled_transfer: settled,
            reversed_transfer: reversed,
            actor: transfer.actor.clone(),
            request_id: transfer.request_id.clone(),
            reason: transfer.reason.clone(),
        }
    }
}
