//! All SQL of the audit trail.

use db::{Error, Tx, sql};
use feed::Actor;
use time::Instant;

use super::rules::{AuditFilter, AuditKind, AuditRecord, RecordId, first_id_of};

/// Later than every id, which begins with a hexadecimal digit.
const ID_MAX: &str = "g";

/// A new row of readings or refusals.
#[derive(Debug)]
pub(super) struct NewAudit<'a> {
    pub(super) id: &'a str,
    pub(super) kind: AuditKind,
    pub(super) actor: &'a Actor,
    pub(super) method: &'a str,
    pub(super) resource: &'a str,
    pub(super) reason: &'a str,
    pub(super) count: i64,
    pub(super) now: Instant,
}

pub(super) async fn audit_insert(tx: &mut Tx<'_>, new: &NewAudit<'_>) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO audit (id, kind, actor, actor_role, actor_for, method, resource, reason, records_count, first_time, last_time)
         VALUES (:id, :kind, :actor, :actor_role, :actor_for, :method, :resource, :reason, :count, :now, :now)",
        id = new.id,
        kind = new.kind,
        actor = new.actor.id,
        actor_role = new.actor.role,
        actor_for = new.actor.acting_for,
        method = new.method,
        resource = new.resource,
        reason = new.reason,
        count = new.count,
        now = new.now,
    );
    inserted.execute().await.map(drop)
}

/// Counts repeats in a row. The civil clock of a test may have been set back, so the last time never decreases.
pub(super) async fn audit_repeat(tx: &mut Tx<'_>, id: &str, count: i64, now: Instant) -> Result<(), Error> {
    let repeated = sql!(
        tx,
        "UPDATE audit SET records_count = records_count + :count, last_time = CASE WHEN last_time < :now THEN :now ELSE last_time END
         WHERE id = :id",
        count,
        now,
        id,
    );
    repeated.execute().await.map(drop)
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    id: RecordId,
    kind: AuditKind,
    first_time: Instant,
    last_time: Option<Instant>,
    actor: String,
    actor_role: String,
    actor_for: String,
    issuer: Option<String>,
    subject: Option<String>,
    confirmer: String,
    confirmer_role: String,
    confirmer_for: String,
    action: String,
    resource: String,
    reason: String,
    records_count: i64,
}

impl From<AuditRow> for AuditRecord {
    fn from(row: AuditRow) -> Self {
        let confirmer = Actor { id: row.confirmer, role: row.confirmer_role, acting_for: row.confirmer_for };
        Self {
            id: row.id,
            kind: row.kind,
            first_time: row.first_time,
            last_time: row.last_time,
            actor: Actor { id: row.actor, role: row.actor_role, acting_for: row.actor_for },
            identity: row.issuer.zip(row.subject),
            confirmer: (!confirmer.id.is_empty()).then_some(confirmer),
            action: row.action,
            resource: row.resource,
            reason: row.reason,
            records_count: row.records_count,
        }
    }
}

/// Events and audit rows after an id, in order of their ids, which are in order of time.
pub(super) async fn audit_page(
    tx: &mut Tx<'_>,
    filter: &AuditFilter,
    after: Option<&RecordId>,
    limit: i64,
) -> Result<Vec<AuditRecord>, Error> {
    let start = filter.start.map(first_id_of).unwrap_or_default();
    let end = filter.end.map_or_else(|| ID_MAX.to_owned(), first_id_of);
    let page = sql!(
        tx,
        "SELECT page.id, page.kind, page.first_time, page.last_time, page.actor, page.actor_role, page.actor_for, actor.issuer, actor.subject,
                page.confirmer, page.confirmer_role, page.confirmer_for, page.action, page.resource, page.reason, page.records_count
         FROM (SELECT * FROM (
                   SELECT id, 'change' AS kind, recorded AS first_time, {postgres CAST(NULL AS BIGINT)}{sqlite NULL} AS last_time, actor, actor_role,
                          actor_for, confirmer, confirmer_role, confirmer_for, type AS action, resource, '' AS reason,
                          {postgres CAST(1 AS BIGINT)}{sqlite 1} AS records_count
                   FROM event
                   WHERE id > :after AND id >= :start AND id < :end AND (:resource = '' OR resource = :resource)
                         AND (:actor = '' OR actor = :actor OR confirmer = :actor)
                   ORDER BY id LIMIT :limit) change
               UNION ALL
               SELECT * FROM (
                   SELECT id, kind, first_time, last_time, actor, actor_role, actor_for, '' AS confirmer, '' AS confirmer_role,
                          '' AS confirmer_for, method AS action, resource, reason, records_count
                   FROM audit
                   WHERE id > :after AND id >= :start AND id < :end AND (:resource = '' OR resource = :resource)
                         AND (:actor = '' OR actor = :actor)
                   ORDER BY id LIMIT :limit) other) page
         LEFT JOIN actor ON actor.id = page.actor
         ORDER BY page.id LIMIT :limit",
        after = after.map_or("", RecordId::as_str),
        start,
        end,
        resource = filter.resource,
        actor = filter.actor,
        limit,
    );
    let rows: Vec<AuditRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Deletes at most 1,000 rows whose last reading or refusal is older than an instant. Gives their number.
pub(super) async fn audit_delete_before(tx: &mut Tx<'_>, before: Instant) -> Result<u64, Error> {
    let deleted = sql!(
        tx,
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < :first AND last_time < :before ORDER BY id LIMIT 1000)",
        first = first_id_of(before),
        before,
    );
    deleted.execute().await
}

/// The days that a kind of record is kept, by the policy of a day.
pub(super) async fn retention_days(tx: &mut Tx<'_>, kind: super::RetentionKind, today: time::Date) -> Result<i64, Error> {
    let policy = sql!(
        tx,
        "SELECT days FROM retention_policy WHERE kind = :kind AND start_date <= :today ORDER BY start_date DESC LIMIT 1",
        kind,
        today,
    );
    let (days,): (i64,) = policy.fetch_one().await?;
    Ok(days)
}
