//! Entitlements, always read with the places that they rest on.

use db::{Error, Tx, sql};
use name::{HubId, Urn};
use time::{Date, FinancialYear};

use scope::in_scope;

use super::{ScopeKey, locking, participation, policy::in_force, review::kin, row::EntitlementRow};
use crate::domain::{BatchId, Entitlement, EntitlementId, Participation, Pence, PolicyId, PolicyKind};

macro_rules! select {
    () => {
        concat!(
            "SELECT ",
            participation::columns!(),
            ", entitlement.policy, entitlement.amount_pence, entitlement.state, entitlement.review, entitlement.conflicting,
               entitlement.payee_kind, entitlement.payee_reference, entitlement.batch, entitlement.transfer,
               entitlement.is_released_for_good, entitlement.version
             FROM participation JOIN entitlement ON entitlement.id = participation.id "
        )
    };
}

/// What an entitlement of a place would rest on.
pub(crate) struct Ground {
    /// The policy that covers the place, and how much it says. None when none does.
    pub(crate) policy: Option<(PolicyId, Pence)>,
    /// The URNs of the school's lineage on a day, ascending; splits are passed over.
    pub(crate) urns: Vec<Urn>,
    /// Whether another entitlement stands to which links of any kind lead today.
    pub(crate) has_kin: bool,
}

/// `day` is that of the lineage.
pub(crate) async fn find_ground(tx: &mut Tx<'_>, participation: &Participation, day: Date, today: Date) -> Result<Ground, Error> {
    let rows: Vec<(i64, Option<String>, Option<i64>, bool)> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT line.urn, policy.id, policy.amount_pence,
             EXISTS (SELECT 1 FROM entitlement other
                     WHERE other.id <> $7 AND other.state NOT IN ('released', 'refused') AND other.urn IN (", kin!("$1", "$6"), ")) AS has_kin
         FROM (", mirror::lineage!("$1", "$2"), ") line
         LEFT JOIN policy ON policy.kind = 'release_subsidy' AND policy.programme = $3 AND ", in_force!("$4"), "
         ORDER BY line.urn LIMIT $5"))
        .bind(participation.urn.number()).bind(day.to_string()).bind(participation.programme.as_str())
        .bind(participation.first_academic_year.start_date().to_string()).bind(mirror::LINEAGE_URNS_MAX)
        .bind(today.to_string()).bind(participation.id.as_str())
        .fetch_all(conn).await)?;
    let (_, policy, amount, has_kin) = rows.first().cloned().expect("a school is of its own lineage");
    Ok(Ground {
        policy: policy.map(PolicyId::trusted).zip(amount.map(Pence::trusted)),
        urns: rows.into_iter().map(|(urn, ..)| Urn::trusted(urn)).collect(),
        has_kin,
    })
}

pub(crate) async fn entitlement_insert(tx: &mut Tx<'_>, entitlement: &Entitlement) -> Result<(), Error> {
    let participation = &entitlement.participation;
    sql!(tx, conn => sqlx::query(
        "INSERT INTO entitlement (id, kind, urn, hub, financial_year, policy, amount_pence, accept_time, state, review, conflicting,
             payee_kind, payee_reference, transfer, is_released_for_good, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)")
        .bind(entitlement.id().as_str()).bind(PolicyKind::ReleaseSubsidy.as_str()).bind(participation.urn.number())
        .bind(participation.hub.as_str()).bind(entitlement.financial_year().to_string()).bind(entitlement.policy.as_str())
        .bind(entitlement.amount.number()).bind(participation.accepted.happened.micros()).bind(entitlement.state.as_str())
        .bind(entitlement.review.map(|review| review.as_str())).bind(entitlement.conflicting.as_ref().map(|id| id.as_str()))
        .bind(entitlement.payee.kind.as_str()).bind(&entitlement.payee.reference)
        .bind(entitlement.transfer.as_ref().map(|id| id.as_str())).bind(entitlement.is_released_for_good).bind(entitlement.version)
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Writes the next version of an entitlement, which is held.
pub(crate) async fn entitlement_update(tx: &mut Tx<'_>, next: &Entitlement) -> Result<(), Error> {
    let written = sql!(tx, conn => sqlx::query(
        "UPDATE entitlement SET state = $2, review = $3, conflicting = $4, payee_kind = $5, payee_reference = $6, batch = $7,
             transfer = $8, is_released_for_good = $9, version = $10
         WHERE id = $1 AND version = $10 - 1")
        .bind(next.id().as_str()).bind(next.state.as_str()).bind(next.review.map(|review| review.as_str()))
        .bind(next.conflicting.as_ref().map(|id| id.as_str())).bind(next.payee.kind.as_str()).bind(&next.payee.reference)
        .bind(next.batch.as_ref().map(|id| id.as_str())).bind(next.transfer.as_ref().map(|id| id.as_str()))
        .bind(next.is_released_for_good).bind(next.version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    assert_eq!(written, 1, "nobody else writes an entitlement that is held");
    Ok(())
}

/// One that lies in scope.
pub(crate) async fn find_entitlement(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &EntitlementId,
) -> Result<Option<Entitlement>, Error> {
    let row: Option<EntitlementRow> = sql!(tx, conn => sqlx::query_as(concat!(select!(), "WHERE ", in_scope!("entitlement."), " AND entitlement.id = $4"))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// To change it.
pub(crate) async fn find_entitlement_held(tx: &mut Tx<'_>, id: &EntitlementId) -> Result<Option<Entitlement>, Error> {
    let text = locking(tx, concat!(select!(), "WHERE entitlement.id = $1"));
    let row: Option<EntitlementRow> = sql!(tx, conn => sqlx::query_as(text).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// What a page holds: empty and 0 mean all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) hub: String,
    pub(crate) urn: i64,
    pub(crate) state: &'static str,
    pub(crate) batch: String,
    pub(crate) financial_year: String,
    pub(crate) review: &'static str,
}

/// A page in order of id.
pub(crate) async fn entitlement_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &Filter,
    after: &str,
    limit: i64,
) -> Result<Vec<Entitlement>, Error> {
    let rows: Vec<EntitlementRow> = sql!(tx, conn => sqlx::query_as(concat!(select!(),
        "WHERE ", in_scope!("entitlement."), " AND ($4 = '' OR entitlement.hub = $4) AND ($5 = 0 OR entitlement.urn = $5)
           AND ($6 = '' OR entitlement.state = $6) AND ($7 = '' OR entitlement.batch = $7)
           AND ($8 = '' OR entitlement.financial_year = $8) AND ($9 = '' OR entitlement.review = $9) AND entitlement.id > $10
         ORDER BY entitlement.id LIMIT $11"))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(&filter.hub).bind(filter.urn).bind(filter.state)
        .bind(&filter.batch).bind(&filter.financial_year).bind(filter.review).bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Those that wait for money of a budget, in their order, at most so many; held.
pub(crate) async fn entitlement_list_unfunded(
    tx: &mut Tx<'_>,
    hub: &HubId,
    year: FinancialYear,
    limit: i64,
) -> Result<Vec<Entitlement>, Error> {
    let text = locking(
        tx,
        concat!(
            select!(),
            "WHERE entitlement.hub = $1 AND entitlement.financial_year = $2 AND entitlement.state = 'unfunded'
             ORDER BY entitlement.accept_time, entitlement.id LIMIT $3"
        ),
    );
    let rows: Vec<EntitlementRow> =
        sql!(tx, conn => sqlx::query_as(text).bind(hub.as_str()).bind(year.to_string()).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Those that were refused because of another and are not lapsed, in the order in which their places were accepted, at most so many; held.
pub(crate) async fn entitlement_list_refused_by(
    tx: &mut Tx<'_>,
    other: &EntitlementId,
    limit: i64,
) -> Result<Vec<Entitlement>, Error> {
    let text = locking(
        tx,
        concat!(
            select!(),
            "WHERE entitlement.conflicting = $1 AND entitlement.state = 'refused' AND participation.due <> 'lapsed'
             ORDER BY entitlement.accept_time, entitlement.id LIMIT $2"
        ),
    );
    let rows: Vec<EntitlementRow> =
        sql!(tx, conn => sqlx::query_as(text).bind(other.as_str()).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All of a batch, in order of id; held.
pub(crate) async fn entitlement_list_of_batch(tx: &mut Tx<'_>, batch: &BatchId) -> Result<Vec<Entitlement>, Error> {
    let text = locking(tx, concat!(select!(), "WHERE entitlement.batch = $1 ORDER BY entitlement.id"));
    let rows: Vec<EntitlementRow> = sql!(tx, conn => sqlx::query_as(text).bind(batch.as_str()).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Puts those that can be paid into a batch, the first so many, and gives their amounts. `hub` is empty for all hubs.
pub(crate) async fn entitlement_gather(tx: &mut Tx<'_>, batch: &BatchId, hub: &str, limit: i64) -> Result<Vec<Pence>, Error> {
    // On PostgreSQL they are locked in one order, and what another batch took meanwhile is not taken again: the conditions are asked twice.
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let text = format!(
        "UPDATE entitlement SET batch = $1, version = version + 1
         WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND id IN (
             SELECT id FROM entitlement
             WHERE state = 'payable' AND batch IS NULL AND review IS NULL AND ($2 = '' OR hub = $2)
             ORDER BY accept_time, id LIMIT $3 {lock})
         RETURNING amount_pence"
    );
    let rows: Vec<(i64,)> = sql!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(batch.as_str()).bind(hub).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(|(amount,)| Pence::trusted(amount)).collect())
}

/// Takes all out of a batch that is given up.
pub(crate) async fn entitlement_scatter(tx: &mut Tx<'_>, batch: &BatchId) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE entitlement SET batch = NULL, version = version + 1 WHERE batch = $1")
        .bind(batch.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// All of a batch are paid, each by the transfer that is named after both.
pub(crate) async fn entitlement_pay(tx: &mut Tx<'_>, batch: &BatchId) -> Result<u64, Error> {
    Ok(sql!(tx, conn => sqlx::query(
        "UPDATE entitlement SET state = 'paid', transfer = $1 || '-' || id, version = version + 1 WHERE batch = $1")
        .bind(batch.as_str()).execute(conn).await.map(|done| done.rows_affected()))?)
}
