//! All SQL of pending changes.

use db::{Error, Tx, sql};
use feed::Actor;
use name::{HubId, Urn};
use scope::ScopeKey;
use time::Instant;

use super::rules::{ChangeId, ChangeState, Decision, PendingChange};
use crate::command::Concerned;

#[derive(sqlx::FromRow)]
struct PendingChangeRow {
    id: ChangeId,
    state: ChangeState,
    method: String,
    request: Vec<u8>,
    proposer: String,
    proposer_role: String,
    proposer_for: String,
    decider: String,
    decider_role: String,
    decider_for: String,
    hub: String,
    urn: i64,
    create_time: Instant,
    expire_time: Instant,
    decide_time: Option<Instant>,
}

impl From<PendingChangeRow> for PendingChange {
    fn from(row: PendingChangeRow) -> Self {
        let decider = Actor { id: row.decider, role: row.decider_role, acting_for: row.decider_for };
        Self {
            id: row.id,
            state: row.state,
            method: row.method,
            request: row.request,
            proposer: Actor { id: row.proposer, role: row.proposer_role, acting_for: row.proposer_for },
            decision: row.decide_time.map(|time| Decision { decider, time }),
            concerned: Concerned {
                hub: Some(row.hub).filter(|hub| !hub.is_empty()).map(HubId::trusted),
                urn: Some(row.urn).filter(|urn| *urn != 0).map(Urn::trusted),
            },
            create_time: row.create_time,
            expire_time: row.expire_time,
        }
    }
}

pub(super) async fn pending_change_insert(tx: &mut Tx<'_>, change: &PendingChange) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO pending_change (id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for,
             hub, urn, create_time, expire_time)
         VALUES (:id, :state, :method, :request, :proposer, :proposer_role, :proposer_for, '', '', '', :hub, :urn, :create_time, :expire_time)",
        id = change.id,
        state = change.state,
        method = change.method,
        request = change.request.as_slice(),
        proposer = change.proposer.id,
        proposer_role = change.proposer.role,
        proposer_for = change.proposer.acting_for,
        hub = change.concerned.hub.as_ref().map_or("", HubId::as_str),
        urn = change.concerned.urn.map_or(0, Urn::number),
        create_time = change.create_time,
        expire_time = change.expire_time,
    );
    inserted.execute().await.map(drop)
}

/// Fails when there is none in the scope.
pub(super) async fn pending_change_by_id(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &ChangeId,
) -> Result<PendingChange, crate::Error> {
    let found = sql!(
        tx,
        concat!(
            "SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, urn,
                    create_time, expire_time, decide_time
             FROM pending_change WHERE id = :id AND ",
            scope::condition!(),
        ),
        ..ScopeKey = scope,
        id,
    );
    let row: Option<PendingChangeRow> = found.fetch_optional().await?;
    row.map(Into::into).ok_or_else(|| server::ApiError::not_found(&id.to_string()).into())
}

/// Stores the decision about a change. False when another decision came first.
pub(super) async fn pending_change_decide(tx: &mut Tx<'_>, change: &PendingChange) -> Result<bool, Error> {
    let decision = change.decision.as_ref().expect("the change was decided");
    let decided = sql!(
        tx,
        "UPDATE pending_change SET state = :state, decider = :decider, decider_role = :decider_role, decider_for = :decider_for, decide_time = :time
         WHERE id = :id AND state = 'pending'",
        state = change.state,
        decider = decision.decider.id,
        decider_role = decision.decider.role,
        decider_for = decision.decider.acting_for,
        time = decision.time,
        id = change.id,
    );
    Ok(decided.execute().await? == 1)
}

/// The time of the oldest change that can still be confirmed.
pub(super) async fn pending_change_oldest(tx: &mut Tx<'_>, now: Instant) -> Result<Option<Instant>, Error> {
    let oldest = sql!(tx, "SELECT MIN(create_time) FROM pending_change WHERE state = 'pending' AND expire_time > :now", now);
    let (oldest,): (Option<Instant>,) = oldest.fetch_one().await?;
    Ok(oldest)
}

/// Deletes the requests of at most 1,000 changes that were decided, or expired, before an instant. Gives their number.
pub(super) async fn request_delete_before(tx: &mut Tx<'_>, before: Instant) -> Result<u64, Error> {
    let deleted = sql!(
        tx,
        "UPDATE pending_change SET request = :nothing
         WHERE id IN (SELECT id FROM pending_change
                      WHERE length(request) > 0 AND COALESCE(decide_time, expire_time) < :before ORDER BY id LIMIT 1000)",
        nothing = [].as_slice(),
        before,
    );
    deleted.execute().await
}

/// Changes of a scope that can still be confirmed, after a key.
pub(super) async fn pending_change_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    after: Option<&ChangeId>,
    limit: i64,
    now: Instant,
) -> Result<Vec<PendingChange>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, urn,
                    create_time, expire_time, decide_time
             FROM pending_change
             WHERE state = 'pending' AND expire_time > :now AND id > :after AND ",
            scope::condition!(),
            " ORDER BY id LIMIT :limit",
        ),
        ..ScopeKey = scope,
        now,
        after = after.map_or("", ChangeId::as_str),
        limit,
    );
    let rows: Vec<PendingChangeRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
