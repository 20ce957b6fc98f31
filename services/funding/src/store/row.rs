//! Rows as the databases give them, and what they mean. What the constraints admit can be read; anything else is a bug.

use name::{HubId, ProgrammeId, Urn};
use time::{AcademicYear, Date, FinancialYear, Instant};

use crate::domain::{
    Account, AccountId, AccountKind, Batch, BatchId, BatchState, Budget, End, Entitlement, EntitlementId, EntitlementState,
    Facts, Participation, Payee, PayeeKind, Pence, Policy, PolicyId, PolicyKind, Proof, Review, Settlement, Told, Transfer,
    TransferId, TransferKind,
};

#[derive(sqlx::FromRow)]
pub(super) struct PolicyRow {
    id: String,
    programme: String,
    amount_pence: i64,
    start_date: String,
    end_date: Option<String>,
    decision: String,
    later_date: Option<String>,
}

impl From<PolicyRow> for Policy {
    fn from(row: PolicyRow) -> Self {
        Self {
            id: PolicyId::trusted(row.id),
            // There is one kind, as the table's CHECK says.
            kind: PolicyKind::ReleaseSubsidy,
            programme: ProgrammeId::trusted(row.programme),
            amount: Pence::trusted(row.amount_pence),
            start: date(&row.start_date),
            // One that was recorded without an end ends when the next starts.
            end: row.end_date.as_deref().map(date).or_else(|| row.later_date.as_deref().map(|later| date(later).plus_days(-1))),
            decision: row.decision,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct BudgetRow {
    hub: String,
    financial_year: String,
    allocated_pence: i64,
    committed_pence: i64,
    spent_pence: i64,
    version: i64,
}

impl From<BudgetRow> for Budget {
    fn from(row: BudgetRow) -> Self {
        Self {
            hub: HubId::trusted(row.hub),
            financial_year: financial_year(&row.financial_year),
            allocated: Pence::trusted(row.allocated_pence),
            committed: Pence::trusted(row.committed_pence),
            spent: Pence::trusted(row.spent_pence),
            version: row.version,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct ParticipationRow {
    id: String,
    urn: i64,
    hub: String,
    programme: String,
    first_academic_year: String,
    accept_event: String,
    accept_time: i64,
    agreement_event: Option<String>,
    agreement_date: Option<String>,
    agreement_time: Option<i64>,
    attendance_event: Option<String>,
    attendance_date: Option<String>,
    attendance_time: Option<i64>,
    end_event: Option<String>,
    end_date: Option<String>,
    end_time: Option<i64>,
}

impl From<ParticipationRow> for Participation {
    fn from(row: ParticipationRow) -> Self {
        let told = |event: Option<String>, time: Option<i64>| {
            event.zip(time).map(|(event, time)| Told { event, happened: Instant::from_micros(time) })
        };
        let proof =
            |event, day: Option<String>, time| told(event, time).zip(day).map(|(told, day)| Proof { date: date(&day), told });
        let end = match row.end_date {
            Some(day) => proof(row.end_event, Some(day), row.end_time).map(End::Withdrawn),
            None => told(row.end_event, row.end_time).map(End::Cancelled),
        };
        Self {
            id: EntitlementId::trusted(row.id),
            urn: Urn::trusted(row.urn),
            hub: HubId::trusted(row.hub),
            programme: ProgrammeId::trusted(row.programme),
            first_academic_year: AcademicYear::parse(&row.first_academic_year).expect("only academic years are stored as such"),
            accepted: Told { event: row.accept_event, happened: Instant::from_micros(row.accept_time) },
            facts: Facts {
                agreement: proof(row.agreement_event, row.agreement_date, row.agreement_time),
                attendance: proof(row.attendance_event, row.attendance_date, row.attendance_time),
                end,
            },
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct EntitlementRow {
    #[sqlx(flatten)]
    participation: ParticipationRow,
    policy: String,
    amount_pence: i64,
    state: String,
    review: Option<String>,
    conflicting: Option<String>,
    payee_kind: String,
    payee_reference: String,
    batch: Option<String>,
    transfer: Option<String>,
    is_released_for_good: bool,
    version: i64,
}

impl From<EntitlementRow> for Entitlement {
    fn from(row: EntitlementRow) -> Self {
        Self {
            participation: row.participation.into(),
            policy: PolicyId::trusted(row.policy),
            amount: Pence::trusted(row.amount_pence),
            state: one_of(&EntitlementState::ALL, EntitlementState::as_str, &row.state),
            review: row.review.as_deref().map(review),
            conflicting: row.conflicting.map(EntitlementId::trusted),
            payee: Payee { kind: payee_kind(&row.payee_kind), reference: row.payee_reference },
            batch: row.batch.map(BatchId::trusted),
            transfer: row.transfer.map(TransferId::trusted),
            is_released_for_good: row.is_released_for_good,
            version: row.version,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct BatchRow {
    id: String,
    hub: Option<String>,
    state: String,
    entitlements_count: i64,
    amount_pence: i64,
    creator: String,
    create_time: i64,
    approver: Option<String>,
    approve_time: Option<i64>,
    releaser: Option<String>,
    release_time: Option<i64>,
    cancel_reason: Option<String>,
    version: i64,
}

impl From<BatchRow> for Batch {
    fn from(row: BatchRow) -> Self {
        let signed = |by: Option<String>, time: Option<i64>| by.zip(time.map(Instant::from_micros));
        Self {
            id: BatchId::trusted(row.id),
            hub: row.hub.map(HubId::trusted),
            state: one_of(&BatchState::ALL, BatchState::as_str, &row.state),
            entitlements_count: row.entitlements_count,
            amount: Pence::trusted(row.amount_pence),
            created: (row.creator, Instant::from_micros(row.create_time)),
            approved: signed(row.approver, row.approve_time),
            released: signed(row.releaser, row.release_time),
            cancel_reason: row.cancel_reason,
            version: row.version,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct AccountRow {
    id: String,
    kind: String,
    hub: Option<String>,
    financial_year: Option<String>,
    balance_pence: i64,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: AccountId::trusted(row.id),
            kind: one_of(&AccountKind::ALL, AccountKind::as_str, &row.kind),
            hub: row.hub.map(HubId::trusted),
            financial_year: row.financial_year.as_deref().map(financial_year),
            balance_pence: row.balance_pence,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct TransferRow {
    id: String,
    debit_account: String,
    credit_account: String,
    amount_pence: i64,
    kind: String,
    post_time: i64,
    entitlement: Option<String>,
    batch: Option<String>,
    payee_kind: Option<String>,
    payee_reference: Option<String>,
    settles: Option<String>,
    reverses: Option<String>,
    actor: String,
    request_id: String,
    reason: String,
}

impl From<TransferRow> for Transfer {
    fn from(row: TransferRow) -> Self {
        let settlement = match (row.settles, row.reverses) {
            (Some(settled), _) => Settlement::Settles(TransferId::trusted(settled)),
            (None, Some(reversed)) => Settlement::Reverses(TransferId::trusted(reversed)),
            (None, None) => Settlement::None,
        };
        let payee = row.payee_kind.zip(row.payee_reference);
        Self {
            id: TransferId::trusted(row.id),
            debit: AccountId::trusted(row.debit_account),
            credit: AccountId::trusted(row.credit_account),
            amount: Pence::trusted(row.amount_pence),
            kind: one_of(&TransferKind::ALL, TransferKind::as_str, &row.kind),
            posted: Instant::from_micros(row.post_time),
            entitlement: row.entitlement.map(EntitlementId::trusted),
            batch: row.batch.map(BatchId::trusted),
            payee: payee.map(|(kind, reference)| Payee { kind: payee_kind(&kind), reference }),
            settlement,
            actor: row.actor,
            request_id: row.request_id,
            reason: row.reason,
        }
    }
}

pub(super) fn review(text: &str) -> Review {
    one_of(&Review::ALL, Review::as_str, text)
}

fn payee_kind(text: &str) -> PayeeKind {
    one_of(&PayeeKind::ALL, PayeeKind::as_str, text)
}

pub(super) fn financial_year(text: &str) -> FinancialYear {
    FinancialYear::parse(text).expect("only financial years are stored as such")
}

fn date(text: &str) -> Date {
    Date::parse(text).expect("only days are stored as days")
}

fn one_of<T: Copy>(all: &[T], as_str: impl Fn(T) -> &'static str, text: &str) -> T {
    let found = all.iter().copied().find(|one| as_str(*one) == text);
    found.unwrap_or_else(|| panic!("`{text}` is none of the words that a CHECK lets in"))
}
