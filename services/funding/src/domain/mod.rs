//! The rules of funding, pure: no database, no wire, no clock.

#[path = "../batch/rules.rs"]
mod batch;
#[path = "../budget/rules.rs"]
mod budget;
#[path = "../entitlement/rules.rs"]
mod entitlement;
mod id;
#[path = "../ledger/rules.rs"]
mod ledger;
#[path = "../participation/rules.rs"]
mod participation;
#[path = "../ledger/pence.rs"]
mod pence;
#[path = "../policy/rules.rs"]
mod policy;

pub(crate) use batch::{Batch, BatchState};
pub(crate) use budget::Budget;
pub(crate) use entitlement::{Entitlement, EntitlementState, Outcome, Payee, PayeeKind, Question, Review, Step};
pub(crate) use id::{AccountId, BatchId, EntitlementId, PolicyId, TransferId};
pub(crate) use ledger::{Account, AccountKind, Settlement, Transfer, TransferKind};
pub(crate) use participation::{Due, End, Facts, Participation, Proof, Told};
pub(crate) use pence::Pence;
pub(crate) use policy::{Policy, PolicyKind};
pub(crate) use scope::Scope;

/// A rule that an act would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Nobody waits for a decision about the entitlement.
    ReviewNotDue,
    /// The entitlement is in a batch.
    InBatch(BatchId),
    /// The entitlement is in another state than the verb takes.
    EntitlementState(EntitlementState),
    /// The batch is in another state than the verb takes.
    BatchState(BatchState),
    /// Transfers of this kind are not reversed.
    TransferKind(TransferKind),
}
