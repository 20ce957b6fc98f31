//! The events of funding. Each function records one event of one resource, in the transaction of the command.

use prost::Name;
use proto::funding::v1 as pb;
use service::Command;

use crate::domain::{Batch, Budget, Entitlement, Outcome, Policy, Transfer, TransferId};

fn record_entitlement(cmd: &mut Command<'_, '_>, entitlement: &Entitlement, event: &impl Name) {
    cmd.record(&entitlement.id().to_string(), entitlement.version, event);
}

fn record_batch(cmd: &mut Command<'_, '_>, batch: &Batch, event: &impl Name) {
    cmd.record(&batch.id.to_string(), batch.version, event);
}

pub(crate) fn policy_created(cmd: &mut Command<'_, '_>, policy: &Policy) {
    cmd.record(&policy.id.to_string(), 1, &pb::PolicyCreated { policy: Some(policy.into()) });
}

pub(crate) fn budget_allocated(cmd: &mut Command<'_, '_>, budget: &Budget, transfer: &Transfer) {
    let event = pb::BudgetAllocated { budget: Some(budget.into()), transfer: Some(transfer.into()) };
    cmd.record(&budget.name(), budget.version, &event);
}

pub(crate) fn entitlement_arose(cmd: &mut Command<'_, '_>, entitlement: &Entitlement) {
    record_entitlement(cmd, entitlement, &pb::EntitlementArose { entitlement: Some(entitlement.into()) });
}

pub(crate) fn entitlement_refused(cmd: &mut Command<'_, '_>, entitlement: &Entitlement) {
    record_entitlement(cmd, entitlement, &pb::EntitlementRefused { entitlement: Some(entitlement.into()) });
}

pub(crate) fn entitlement_funded(cmd: &mut Command<'_, '_>, entitlement: &Entitlement) {
    record_entitlement(cmd, entitlement, &pb::EntitlementFunded { entitlement: Some(entitlement.into()) });
}

pub(crate) fn entitlement_became_payable(cmd: &mut Command<'_, '_>, entitlement: &Entitlement) {
    record_entitlement(cmd, entitlement, &pb::EntitlementBecamePayable { entitlement: Some(entitlement.into()) });
}

pub(crate) fn entitlement_released(cmd: &mut Command<'_, '_>, entitlement: &Entitlement) {
    record_entitlement(cmd, entitlement, &pb::EntitlementReleased { entitlement: Some(entitlement.into()) });
}

pub(crate) fn entitlement_flagged(cmd: &mut Command<'_, '_>, entitlement: &Entitlement) {
    record_entitlement(cmd, entitlement, &pb::EntitlementFlagged { entitlement: Some(entitlement.into()) });
}

pub(crate) fn entitlement_decided(cmd: &mut Command<'_, '_>, entitlement: &Entitlement, outcome: Outcome, reason: &str) {
    let outcome = pb::DecisionOutcome::from(outcome).into();
    let event = pb::EntitlementDecided { entitlement: Some(entitlement.into()), outcome, reason: reason.to_owned() };
    record_entitlement(cmd, entitlement, &event);
}

pub(crate) fn payee_set(cmd: &mut Command<'_, '_>, entitlement: &Entitlement) {
    record_entitlement(cmd, entitlement, &pb::PayeeSet { entitlement: Some(entitlement.into()) });
}

pub(crate) fn entitlement_paid(cmd: &mut Command<'_, '_>, entitlement: &Entitlement, transfer: &TransferId) {
    let event = pb::EntitlementPaid { entitlement: Some(entitlement.into()), transfer: transfer.to_string() };
    record_entitlement(cmd, entitlement, &event);
}

pub(crate) fn batch_created(cmd: &mut Command<'_, '_>, batch: &Batch) {
    record_batch(cmd, batch, &pb::BatchCreated { batch: Some(batch.into()) });
}

pub(crate) fn batch_approved(cmd: &mut Command<'_, '_>, batch: &Batch) {
    record_batch(cmd, batch, &pb::BatchApproved { batch: Some(batch.into()) });
}

pub(crate) fn batch_released(cmd: &mut Command<'_, '_>, batch: &Batch) {
    record_batch(cmd, batch, &pb::BatchReleased { batch: Some(batch.into()) });
}

pub(crate) fn batch_cancelled(cmd: &mut Command<'_, '_>, batch: &Batch) {
    record_batch(cmd, batch, &pb::BatchCancelled { batch: Some(batch.into()) });
}

pub(crate) fn transfer_reversed(cmd: &mut Command<'_, '_>, reversal: &Transfer) {
    cmd.record(&reversal.id.to_string(), 1, &pb::TransferReversed { transfer: Some(reversal.into()) });
}
