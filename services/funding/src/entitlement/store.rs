//! Rows of entitlements, always read with their participations.

use db::{Error, Tx, sql};
use name::{HubId, Urn};
use scope::ScopeKey;
use server::ApiError;
use time::{Date, Instant};

use super::{Entitlement, EntitlementBasis, EntitlementFilter, EntitlementId, EntitlementState, Terms};
use crate::{
    batch::BatchId,
    budget::BudgetId,
    ledger::{Pence, TransferId},
    participation::{
        Participation,
        store::{ParticipationRow, columns},
    },
    payee::{Payee, PayeeKind},
    policy::{PolicyId, PolicyKind, store::in_force},
    review::{Review, store::relatives},
};

macro_rules! select {
    () => {
        concat!(
            "SELECT ",
            columns!(),
            ", entitlement.policy, entitlement.amount_pence, entitlement.needs_two_sources, entitlement.state, entitlement.review, entitlement.conflicting,
               entitlement.payee_kind, entitlement.payee_reference, entitlement.payee_time, entitlement.batch, entitlement.transfer,
               entitlement.is_released_for_good, entitlement.decision_reason, entitlement.version
             FROM participation JOIN entitlement ON entitlement.id = participation.id "
        )
    };
}

#[derive(sqlx::FromRow)]
struct EntitlementRow {
    #[sqlx(flatten)]
    participation: ParticipationRow,
    policy: PolicyId,
    amount_pence: Pence,
    needs_two_sources: bool,
    state: EntitlementState,
    review: Option<Review>,
    conflicting: Option<EntitlementId>,
    payee_kind: PayeeKind,
    payee_reference: String,
    payee_time: Instant,
    batch: Option<BatchId>,
    transfer: Option<TransferId>,
    is_released_for_good: bool,
    decision_reason: Option<String>,
    version: i64,
}

impl From<EntitlementRow> for Entitlement {
    fn from(row: EntitlementRow) -> Self {
        Self {
            participation: row.participation.into(),
            terms: Terms { policy: row.policy, amount: row.amount_pence, needs_two_sources: row.needs_two_sources },
            state: row.state,
            review: row.review,
            conflicting: row.conflicting,
            payee: Payee { kind: row.payee_kind, reference: row.payee_reference },
            payee_time: row.payee_time,
            batch: row.batch,
            transfer: row.transfer,
            is_released_for_good: row.is_released_for_good,
            decision_reason: row.decision_reason,
            version: row.version,
        }
    }
}

fn entitlements(rows: Vec<EntitlementRow>) -> Vec<Entitlement> {
    rows.into_iter().map(Into::into).collect()
}

/// A URN of the lineage; each row repeats what the policy says, if one covers the participation.
#[derive(sqlx::FromRow)]
struct BasisRow {
    urn: Urn,
    policy: Option<PolicyId>,
    amount_pence: Option<Pence>,
    needs_two_sources: Option<bool>,
    has_relatives: bool,
}

/// The basis of a participation's entitlement, with the lineage on `lineage_day`.
pub(super) async fn entitlement_basis(
    tx: &mut Tx<'_>,
    participation: &Participation,
    lineage_day: Date,
    today: Date,
) -> Result<EntitlementBasis, Error> {
    let basis = sql!(
        tx,
        concat!(
            "SELECT line.urn, policy.id AS policy, policy.amount_pence, policy.needs_two_sources,
                 EXISTS (SELECT 1 FROM entitlement other
                         WHERE other.id <> :id AND other.state NOT IN ('released', 'refused')
                           AND other.urn IN (",
            relatives!(":urn", ":today"),
            ")
                         UNION ALL
                         SELECT 1 FROM participation paid
                         WHERE paid.id <> :id AND paid.subsidy_paid_date IS NOT NULL
                           AND paid.urn IN (",
            relatives!(":urn", ":today"),
            ")) AS has_relatives
             FROM (",
            mirror::lineage!(":urn", ":lineage_day"),
            ") line
             LEFT JOIN policy ON policy.kind = :kind AND policy.programme = :programme AND ",
            in_force!(":first_date"),
            "
             ORDER BY line.urn LIMIT :limit"
        ),
        id = participation.id,
        urn = participation.urn,
        today,
        lineage_day,
        kind = PolicyKind::ReleaseSubsidy,
        programme = participation.programme,
        first_date = participation.first_academic_year.start_date(),
        limit = mirror::LINEAGE_URNS_MAX,
    );
    let rows: Vec<BasisRow> = basis.fetch_all().await?;
    let urns = rows.iter().map(|row| row.urn).collect();
    let first = rows.into_iter().next().expect("a lineage contains its school");
    let terms = first.policy.zip(first.amount_pence).zip(first.needs_two_sources);
    let terms = terms.map(|((policy, amount), needs_two_sources)| Terms { policy, amount, needs_two_sources });
    Ok(EntitlementBasis { terms, urns, has_relatives: first.has_relatives })
}

pub(super) async fn entitlement_insert(tx: &mut Tx<'_>, entitlement: &Entitlement) -> Result<(), Error> {
    let participation = &entitlement.participation;
    let inserted = sql!(
        tx,
        "INSERT INTO entitlement (id, kind, urn, hub, financial_year, policy, amount_pence, needs_two_sources, accept_time, state, review, conflicting,
             payee_kind, payee_reference, payee_time, transfer, is_released_for_good, version)
         VALUES (:id, :kind, :urn, :hub, :financial_year, :policy, :amount_pence, :needs_two_sources, :accept_time, :state, :review, :conflicting,
             :payee_kind, :payee_reference, :payee_time, :transfer, :is_released_for_good, :version)",
        id = participation.id,
        kind = PolicyKind::ReleaseSubsidy,
        urn = participation.urn,
        hub = participation.hub,
        financial_year = participation.financial_year(),
        policy = entitlement.terms.policy,
        amount_pence = entitlement.terms.amount,
        needs_two_sources = entitlement.terms.needs_two_sources,
        accept_time = participation.accepted.happened,
        state = entitlement.state,
        review = entitlement.review,
        conflicting = entitlement.conflicting,
        payee_kind = entitlement.payee.kind,
        payee_reference = entitlement.payee.reference,
        payee_time = entitlement.payee_time,
        transfer = entitlement.transfer,
        is_released_for_good = entitlement.is_released_for_good,
        version = entitlement.version,
    );
    inserted.execute().await.map(drop)
}

/// Writes an entitlement, which is locked, as its next version.
pub(crate) async fn entitlement_update(tx: &mut Tx<'_>, entitlement: &mut Entitlement) -> Result<(), Error> {
    entitlement.version += 1;
    let updated = sql!(
        tx,
        "UPDATE entitlement SET state = :state, review = :review, conflicting = :conflicting, payee_kind = :payee_kind,
             payee_reference = :payee_reference, payee_time = :payee_time, batch = :batch, transfer = :transfer, is_released_for_good = :is_released_for_good,
             decision_reason = :decision_reason, version = :version
         WHERE id = :id AND version = :version - 1",
        state = entitlement.state,
        review = entitlement.review,
        conflicting = entitlement.conflicting,
        payee_kind = entitlement.payee.kind,
        payee_reference = entitlement.payee.reference,
        payee_time = entitlement.payee_time,
        batch = entitlement.batch,
        transfer = entitlement.transfer,
        is_released_for_good = entitlement.is_released_for_good,
        decision_reason = entitlement.decision_reason,
        version = entitlement.version,
        id = entitlement.id(),
    );
    assert_eq!(updated.execute().await?, 1, "a locked entitlement is written by one transaction");
    Ok(())
}

/// NOT_FOUND when the scope has no such entitlement.
pub(super) async fn entitlement_by_id(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &EntitlementId,
) -> Result<Entitlement, service::Error> {
    let entitlement = sql!(
        tx,
        concat!(select!(), "WHERE ", scope::condition!("entitlement."), " AND entitlement.id = :id"),
        ..ScopeKey = scope,
        id,
    );
    let row: Option<EntitlementRow> = entitlement.fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// Locked, to change it.
pub(crate) async fn find_entitlement_for_update(tx: &mut Tx<'_>, id: &EntitlementId) -> Result<Option<Entitlement>, Error> {
    let entitlement = sql!(tx, concat!(select!(), "WHERE entitlement.id = :id {postgres FOR UPDATE}"), id);
    let row: Option<EntitlementRow> = entitlement.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// Locked, to change it. NOT_FOUND when there is no such entitlement.
pub(super) async fn entitlement_by_id_for_update(tx: &mut Tx<'_>, id: &EntitlementId) -> Result<Entitlement, service::Error> {
    Ok(find_entitlement_for_update(tx, id).await?.ok_or_else(|| ApiError::not_found(&id.to_string()))?)
}

/// A page in order of id.
pub(super) async fn entitlement_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &EntitlementFilter,
    after: Option<&EntitlementId>,
    limit: i64,
) -> Result<Vec<Entitlement>, Error> {
    let page = sql!(
        tx,
        concat!(
            select!(),
            "WHERE ", scope::condition!("entitlement."), " AND (:hub IS NULL OR entitlement.hub = :hub)
               AND ", scope::of_lineage!("entitlement."), " AND (:state IS NULL OR entitlement.state = :state)
               AND (:batch IS NULL OR entitlement.batch = :batch)
               AND (:financial_year IS NULL OR entitlement.financial_year = :financial_year)
               AND (:review IS NULL OR entitlement.review = :review) AND entitlement.id > :after
             ORDER BY entitlement.id LIMIT :limit"
        ),
        ..ScopeKey = scope,
        hub = filter.hub,
        urn = filter.urn.map_or(0, Urn::number),
        state = filter.state,
        batch = filter.batch,
        financial_year = filter.financial_year,
        review = filter.review,
        after = after.map_or("", EntitlementId::as_str),
        limit,
    );
    Ok(entitlements(page.fetch_all().await?))
}

/// Entitlements that wait for money of a budget, in the order of acceptance, at most `limit`; locked.
pub(super) async fn entitlement_list_unfunded(tx: &mut Tx<'_>, budget: &BudgetId, limit: i64) -> Result<Vec<Entitlement>, Error> {
    let unfunded = sql!(
        tx,
        concat!(
            select!(),
            "WHERE entitlement.hub = :hub AND entitlement.financial_year = :financial_year AND entitlement.state = 'unfunded'
             ORDER BY entitlement.accept_time, entitlement.id LIMIT :limit {postgres FOR UPDATE}"
        ),
        hub = budget.hub,
        financial_year = budget.financial_year,
        limit,
    );
    Ok(entitlements(unfunded.fetch_all().await?))
}

/// Entitlements that were refused because of another and whose evidence has not lapsed, in the order of acceptance, at most `limit`; locked.
pub(super) async fn entitlement_list_refused(
    tx: &mut Tx<'_>,
    conflicting: &EntitlementId,
    limit: i64,
) -> Result<Vec<Entitlement>, Error> {
    let refused = sql!(
        tx,
        concat!(
            select!(),
            "WHERE entitlement.conflicting = :conflicting AND entitlement.state = 'refused' AND participation.evidence_status <> 'lapsed'
             ORDER BY entitlement.accept_time, entitlement.id LIMIT :limit {postgres FOR UPDATE}"
        ),
        conflicting,
        limit,
    );
    Ok(entitlements(refused.fetch_all().await?))
}

/// All entitlements of a batch, in order of id; locked.
pub(crate) async fn entitlement_list_of_batch(tx: &mut Tx<'_>, batch: &BatchId) -> Result<Vec<Entitlement>, Error> {
    let of_batch =
        sql!(tx, concat!(select!(), "WHERE entitlement.batch = :batch ORDER BY entitlement.id {postgres FOR UPDATE}"), batch);
    Ok(entitlements(of_batch.fetch_all().await?))
}

/// Puts payable entitlements into a batch, in the order of acceptance, at most `limit`, and gives their amounts. `hub` is `None` for all hubs. On PostgreSQL
/// the subquery locks the rows in order, and the outer conditions exclude rows that a concurrent batch took.
pub(crate) async fn entitlement_assign_batch(
    tx: &mut Tx<'_>,
    batch: &BatchId,
    hub: Option<&HubId>,
    limit: i64,
) -> Result<Vec<Pence>, Error> {
    let assigned = sql!(
        tx,
        "UPDATE entitlement SET batch = :batch, version = version + 1
         WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND id IN (
             SELECT id FROM entitlement
             WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND (:hub IS NULL OR hub = :hub)
             ORDER BY accept_time, id LIMIT :limit {postgres FOR UPDATE})
         RETURNING amount_pence",
        batch,
        hub,
        limit,
    );
    let rows: Vec<(Pence,)> = assigned.fetch_all().await?;
    Ok(rows.into_iter().map(|(amount,)| amount).collect())
}

/// Removes all entitlements from a batch.
pub(crate) async fn entitlement_clear_batch(tx: &mut Tx<'_>, batch: &BatchId) -> Result<(), Error> {
    let cleared = sql!(tx, "UPDATE entitlement SET batch = NULL, version = version + 1 WHERE batch = :batch", batch);
    cleared.execute().await.map(drop)
}

/// Makes all entitlements of a batch paid. The transfers are those of [`TransferId::of_payment`].
pub(crate) async fn entitlement_pay(tx: &mut Tx<'_>, batch: &BatchId) -> Result<(), Error> {
    let paid = sql!(
        tx,
        "UPDATE entitlement SET state = 'paid', transfer = :batch || '-' || id, version = version + 1 WHERE batch = :batch",
        batch,
    );
    paid.execute().await.map(drop)
}
