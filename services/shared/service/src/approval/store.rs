//! All SQL of pending changes.

use db::{Error, Tx, sql};
use feed::Actor;
use time::Instant;

use super::rules::{ChangeId, ChangeState, Decision, PendingChange, Viewer};
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
    school: String,
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
            concerned: Concerned { hub: row.hub, school: row.school },
            create_time: row.create_time,
            expire_time: row.expire_time,
        }
    }
}

pub(super) async fn pending_change_insert(tx: &mut Tx<'_>, change: &PendingChange) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO pending_change (id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for,
             hub, school, create_time, expire_time)
         VALUES (:id, :state, :method, :request, :proposer, :proposer_role, :proposer_for, '', '', '', :hub, :school, :create_time, :expire_time)",
        id = change.id,
        state = change.state,
        method = change.method,
        request = change.request.as_slice(),
        proposer = change.proposer.id,
        proposer_role = change.proposer.role,
        proposer_for = change.proposer.acting_for,
        hub = change.concerned.hub,
        school = change.concerned.school,
        create_time = change.create_time,
        expire_time = change.expire_time,
    );
    inserted.execute().await.map(drop)
}

/// Fails when there is none.
pub(super) async fn pending_change_by_id(tx: &mut Tx<'_>, id: &ChangeId) -> Result<PendingChange, crate::Error> {
    let found = sql!(
        tx,
        "SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, school,
                create_time, expire_time, decide_time
         FROM pending_change WHERE id = :id",
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

/// Changes that can still be confirmed and that a caller can see, after a key.
pub(super) async fn pending_change_page(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    after: Option<&ChangeId>,
    limit: i64,
    now: Instant,
) -> Result<Vec<PendingChange>, Error> {
    let (hub, school) = match viewer.role {
        access::Role::HubLead => (viewer.actor.acting_for.as_str(), ""),
        access::Role::School => ("", viewer.actor.acting_for.as_str()),
        _ => ("", ""),
    };
    let page = sql!(
        tx,
        "SELECT id, state, method, request, proposer, proposer_role, proposer_for, decider, decider_role, decider_for, hub, school,
                create_time, expire_time, decide_time
         FROM pending_change
         WHERE state = 'pending' AND expire_time > :now AND id > :after AND (:hub = '' OR hub = :hub) AND (:school = '' OR school = :school)
         ORDER BY id LIMIT :limit",
        now,
        after = after.map_or("", ChangeId::as_str),
        hub,
        school,
        limit,
    );
    let rows: Vec<PendingChangeRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
