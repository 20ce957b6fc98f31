//! What funding tells the others. Each function records one event of one resource in the transaction that causes it.

use prost::Name;
use proto::funding::v1 as pb;

use crate::{
    act::Act,
    domain::{Batch, Budget, Entitlement, Outcome, Policy, Transfer, TransferId},
};

impl Act<'_, '_> {
    fn tell(&mut self, resource: &str, version: i64, event: &impl Name) {
        feed::append(self.tx, &self.ids, self.cause, resource, version, self.cause.recorded, event);
    }

    fn tell_entitlement(&mut self, entitlement: &Entitlement, event: &impl Name) {
        self.tell(&entitlement.id().to_string(), entitlement.version, event);
    }

    fn tell_batch(&mut self, batch: &Batch, event: &impl Name) {
        self.tell(&batch.id.to_string(), batch.version, event);
    }

    pub(crate) fn policy_created(&mut self, policy: &Policy) {
        self.tell(&policy.id.to_string(), 1, &pb::PolicyCreated { policy: Some(policy.into()) });
    }

    pub(crate) fn budget_allocated(&mut self, budget: &Budget, transfer: &Transfer) {
        let event = pb::BudgetAllocated { budget: Some(budget.into()), transfer: Some(transfer.into()) };
        self.tell(&budget.name(), budget.version, &event);
    }

    pub(crate) fn entitlement_arose(&mut self, entitlement: &Entitlement) {
        self.tell_entitlement(entitlement, &pb::EntitlementArose { entitlement: Some(entitlement.into()) });
    }

    pub(crate) fn entitlement_refused(&mut self, entitlement: &Entitlement) {
        self.tell_entitlement(entitlement, &pb::EntitlementRefused { entitlement: Some(entitlement.into()) });
    }

    pub(crate) fn entitlement_funded(&mut self, entitlement: &Entitlement) {
        self.tell_entitlement(entitlement, &pb::EntitlementFunded { entitlement: Some(entitlement.into()) });
    }

    pub(crate) fn entitlement_became_payable(&mut self, entitlement: &Entitlement) {
        self.tell_entitlement(entitlement, &pb::EntitlementBecamePayable { entitlement: Some(entitlement.into()) });
    }

    pub(crate) fn entitlement_released(&mut self, entitlement: &Entitlement) {
        self.tell_entitlement(entitlement, &pb::EntitlementReleased { entitlement: Some(entitlement.into()) });
    }

    pub(crate) fn entitlement_flagged(&mut self, entitlement: &Entitlement) {
        self.tell_entitlement(entitlement, &pb::EntitlementFlagged { entitlement: Some(entitlement.into()) });
    }

    pub(crate) fn entitlement_decided(&mut self, entitlement: &Entitlement, outcome: Outcome, reason: &str) {
        let outcome = pb::DecisionOutcome::from(outcome).into();
        let event = pb::EntitlementDecided { entitlement: Some(entitlement.into()), outcome, reason: reason.to_owned() };
        self.tell_entitlement(entitlement, &event);
    }

    pub(crate) fn payee_set(&mut self, entitlement: &Entitlement) {
        self.tell_entitlement(entitlement, &pb::PayeeSet { entitlement: Some(entitlement.into()) });
    }

    pub(crate) fn entitlement_paid(&mut self, entitlement: &Entitlement, transfer: &TransferId) {
        let event = pb::EntitlementPaid { entitlement: Some(entitlement.into()), transfer: transfer.to_string() };
        self.tell_entitlement(entitlement, &event);
    }

    pub(crate) fn batch_created(&mut self, batch: &Batch) {
        self.tell_batch(batch, &pb::BatchCreated { batch: Some(batch.into()) });
    }

    pub(crate) fn batch_approved(&mut self, batch: &Batch) {
        self.tell_batch(batch, &pb::BatchApproved { batch: Some(batch.into()) });
    }

    pub(crate) fn batch_released(&mut self, batch: &Batch) {
        self.tell_batch(batch, &pb::BatchReleased { batch: Some(batch.into()) });
    }

    pub(crate) fn batch_cancelled(&mut self, batch: &Batch) {
        self.tell_batch(batch, &pb::BatchCancelled { batch: Some(batch.into()) });
    }

    pub(crate) fn transfer_reversed(&mut self, reversal: &Transfer) {
        self.tell(&reversal.id.to_string(), 1, &pb::TransferReversed { transfer: Some(reversal.into()) });
    }
}
