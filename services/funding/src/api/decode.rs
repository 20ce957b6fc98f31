//! Messages as domain values: everything that is wrong is said at once.

use name::resource_id;
use name::{HubId, ProgrammeId, Urn};
use proto::funding::v1 as pb;
use server::Fields;
use time::FinancialYear;

use crate::batch_ref::BatchRef;
use crate::domain::{
    AccountId, BatchId, BatchState, EntitlementId, EntitlementState, Outcome, Payee, PayeeKind, Pence, Policy, PolicyId,
    PolicyKind, Review, TransferId,
};

/// Longest reason, in characters.
const REASON_LENGTH_MAX: usize = 500;
/// Longest name of a decision, in characters.
const DECISION_LENGTH_MAX: usize = 200;
/// Longest reference of a payee.
const REFERENCE_LENGTH_MAX: usize = 40;

/// An id of a collection, out of a name.
macro_rules! id {
    ($function:ident, $id:ident) => {
        pub(super) fn $function(fields: &mut Fields, field: &str, name: &str) -> Option<$id> {
            fields.read(field, resource_id(name, $id::COLLECTION, $id::LENGTH_MAX)).map($id::trusted)
        }
    };
}
id!(hub_id, HubId);
id!(policy_id, PolicyId);
id!(entitlement_id, EntitlementId);
id!(batch_id, BatchId);
id!(account_id, AccountId);
id!(transfer_id, TransferId);

/// A batch and its etag, as the caller read them.
pub(super) fn batch_ref(fields: &mut Fields, name: &str, etag: &str) -> Option<BatchRef> {
    Some(BatchRef { id: batch_id(fields, "name", name)?, etag: etag.to_owned() })
}

/// A filter by name: nothing when it is not set, else what `read` makes of it.
pub(super) fn filter<T>(
    fields: &mut Fields,
    field: &str,
    name: &str,
    read: impl Fn(&mut Fields, &str, &str) -> Option<T>,
) -> Option<T> {
    if name.is_empty() { None } else { read(fields, field, name) }
}

pub(super) fn urn(fields: &mut Fields, field: &str, name: &str) -> Option<Urn> {
    fields.read(field, Urn::parse(name))
}

pub(super) fn financial_year(fields: &mut Fields, field: &str, text: &str) -> Option<FinancialYear> {
    fields.read(field, FinancialYear::parse(text))
}

pub(super) fn amount(fields: &mut Fields, field: &str, pence: i64) -> Option<Pence> {
    fields.read(field, Pence::amount(pence))
}

pub(super) fn decision(fields: &mut Fields, field: &str, text: &str) -> Option<String> {
    fields.text(field, text, 1, DECISION_LENGTH_MAX)
}

pub(super) fn reason(fields: &mut Fields, text: &str) -> Option<String> {
    fields.text("reason", text, 1, REASON_LENGTH_MAX)
}

/// `hubs/{hub}/budgets/{financial_year}`.
pub(super) fn budget_name(fields: &mut Fields, field: &str, name: &str) -> Option<(HubId, FinancialYear)> {
    let parse = |(hub, year): (&str, &str)| {
        let hub = resource_id(hub, HubId::COLLECTION, HubId::LENGTH_MAX).ok()?;
        Some((HubId::trusted(hub), FinancialYear::parse(year).ok()?))
    };
    let wrong = || format!("must be `hubs/HUB/budgets/YEAR`, where YEAR is written 2018-19; found `{name}`");
    fields.read(field, name.split_once("/budgets/").and_then(parse).ok_or_else(wrong))
}

/// A policy with its id.
pub(super) fn policy(fields: &mut Fields, id: &str, message: Option<pb::Policy>) -> Option<Policy> {
    let id = fields.new_id("policy_id", id, PolicyId::LENGTH_MAX).map(PolicyId::trusted);
    let Some(message) = message else {
        fields.wrong("policy", "must be set");
        return None;
    };
    let kind = match message.kind() {
        pb::PolicyKind::ReleaseSubsidy => Some(PolicyKind::ReleaseSubsidy),
        pb::PolicyKind::Unspecified => {
            fields.wrong("policy.kind", "must say what the policy pays for");
            None
        }
    };
    let programme = fields.read("policy.programme", ProgrammeId::parse(&message.programme));
    let amount = amount(fields, "policy.amount_pence", message.amount_pence);
    let start = fields.date("policy.start_date", &message.start_date);
    let end = filter(fields, "policy.end_date", &message.end_date, Fields::date);
    if let (Some(start), Some(end)) = (start, end) {
        fields.require("policy.end_date", start <= end, "must not lie before the first day");
    }
    let decision = decision(fields, "policy.decision", &message.decision);
    Some(Policy { id: id?, kind: kind?, programme: programme?, amount: amount?, start: start?, end, decision: decision? })
}

pub(super) fn payee(fields: &mut Fields, message: Option<pb::Payee>) -> Option<Payee> {
    let message = message.unwrap_or_default();
    let kind = match message.kind() {
        pb::PayeeKind::School => PayeeKind::School,
        pb::PayeeKind::Trust => PayeeKind::Trust,
        pb::PayeeKind::Authority => PayeeKind::Authority,
        pb::PayeeKind::Unspecified => {
            fields.wrong("payee.kind", "must say who gets the money");
            return None;
        }
    };
    let reference = message.reference;
    if kind == PayeeKind::School {
        urn(fields, "payee.reference", &reference)?;
    } else {
        let fits = (1..=REFERENCE_LENGTH_MAX).contains(&reference.len()) && reference.bytes().all(|byte| byte.is_ascii_graphic());
        fields.require("payee.reference", fits, "must be 1 to 40 visible ASCII characters");
    }
    Some(Payee { kind, reference })
}

pub(super) fn outcome(fields: &mut Fields, number: i32) -> Option<Outcome> {
    match pb::DecisionOutcome::try_from(number) {
        Ok(pb::DecisionOutcome::Keep) => Some(Outcome::Keep),
        Ok(pb::DecisionOutcome::Release) => Some(Outcome::Release),
        Ok(pb::DecisionOutcome::Unspecified) | Err(_) => {
            fields.wrong("outcome", "must be KEEP or RELEASE");
            None
        }
    }
}

/// A filter by a state as it is stored; empty for all.
pub(super) fn entitlement_state(fields: &mut Fields, number: i32) -> &'static str {
    let found = EntitlementState::ALL.into_iter().find(|state| i32::from(pb::EntitlementState::from(*state)) == number);
    known(fields, "state", number, found.map(EntitlementState::as_str))
}

/// A filter by a review as it is stored; empty for all.
pub(super) fn review(fields: &mut Fields, number: i32) -> &'static str {
    let found = Review::ALL.into_iter().find(|review| i32::from(pb::EntitlementReview::from(*review)) == number);
    known(fields, "review", number, found.map(Review::as_str))
}

/// A filter by a state as it is stored; empty for all.
pub(super) fn batch_state(fields: &mut Fields, number: i32) -> &'static str {
    let found = BatchState::ALL.into_iter().find(|state| i32::from(pb::BatchState::from(*state)) == number);
    known(fields, "state", number, found.map(BatchState::as_str))
}

fn known(fields: &mut Fields, field: &str, number: i32, found: Option<&'static str>) -> &'static str {
    fields.require(field, number == 0 || found.is_some(), "is none that the contract knows");
    found.unwrap_or_default()
}
