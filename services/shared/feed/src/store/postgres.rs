//! New events on PostgreSQL, and the positions that the sequencer gives them.

use db::{Conn, Error, Tx, postgres_text};
use sqlx::PgPool;

use super::NewEvent;
use crate::chain::{Content, Link};

/// Channel of PostgreSQL on which the sequencer notifies of new positions.
pub(crate) const CHANNEL: &str = "feed_head";

/// Key of the sequencer's advisory lock; nothing else in the database locks this number.
const SEQUENCER_LOCK: i64 = 0x6d61_7468_6875_6273;

/// Most events that get their positions in one transaction.
const SEQUENCE_EVENTS_MAX: i64 = 10_000;

/// Inserts events in their order; the sequencer gives them positions later. Binds arrays, so that one text serves any number of rows.
pub(crate) async fn event_insert_postgres(tx: &mut Tx<'_>, events: Vec<NewEvent>) -> Result<(), Error> {
    let rows = events.len();
    let mut texts: [Vec<String>; 11] = std::array::from_fn(|_| Vec::with_capacity(rows));
    let mut numbers: [Vec<i64>; 3] = std::array::from_fn(|_| Vec::with_capacity(rows));
    let mut payloads = Vec::with_capacity(rows);
    for event in events {
        let (actor, confirmer) = (event.actor, event.confirmer);
        let row = [
            event.id,
            event.r#type,
            event.resource,
            actor.id,
            actor.role,
            actor.acting_for,
            confirmer.id,
            confirmer.role,
            confirmer.acting_for,
            event.request_id,
            event.traceparent,
        ];
        texts.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        let row = [event.resource_version, event.happened.micros(), event.recorded.micros()];
        numbers.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        payloads.push(event.payload);
    }
    let [ids, types, resources, actors @ .., request_ids, traceparents] = texts;
    let [versions, happened, recorded] = numbers;
    let Conn::Postgres(conn) = tx.conn() else { unreachable!("the caller asked") };
    // Keys are given after the sort, so they ascend in the order of the calls.
    let inserted = sqlx::query(postgres_text!(
        "WITH inserted AS (
             INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
                                confirmer_for, request_id, traceparent, payload)
             SELECT id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
                    confirmer_for, request_id, traceparent, payload
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
                         $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bytea[])
                  WITH ORDINALITY
                  AS new (id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
                          confirmer_for, request_id, traceparent, payload, ordinal)
             ORDER BY ordinal
             RETURNING key)
         INSERT INTO event_unsequenced (event_key) SELECT key FROM inserted"
    ));
    let inserted = inserted.bind(ids).bind(types).bind(resources).bind(versions).bind(happened).bind(recorded);
    let inserted = actors.into_iter().fold(inserted, |statement, column| statement.bind(column));
    inserted.bind(request_ids).bind(traceparents).bind(payloads).execute(conn).await?;
    Ok(())
}

/// Whether committed events have no position yet, and the newest position.
pub(crate) async fn sequence_status(pool: &PgPool) -> Result<(bool, i64), Error> {
    let status = sqlx::query_as(postgres_text!(
        "SELECT EXISTS (SELECT 1 FROM event_unsequenced), (SELECT COALESCE(MAX(position), 0) FROM event_position)"
    ));
    Ok(status.fetch_one(pool).await?)
}

/// An event that gets its position, with the newest link of the chain before it.
#[derive(sqlx::FromRow)]
struct UnsequencedRow {
    head_position: Option<i64>,
    head_hash: Option<Vec<u8>>,
    key: i64,
    id: String,
    r#type: String,
    resource: String,
    resource_version: i64,
    happened: i64,
    recorded: i64,
    actor: String,
    actor_role: String,
    actor_for: String,
    confirmer: String,
    confirmer_role: String,
    confirmer_for: String,
    request_id: String,
    traceparent: String,
    payload_sha256: Vec<u8>,
}

impl UnsequencedRow {
    fn content(&self) -> Content<'_> {
        Content {
            id: &self.id,
            r#type: &self.r#type,
            resource: &self.resource,
            resource_version: self.resource_version,
            happened: self.happened,
            recorded: self.recorded,
            actor: [&self.actor, &self.actor_role, &self.actor_for],
            confirmer: [&self.confirmer, &self.confirmer_role, &self.confirmer_for],
            request_id: &self.request_id,
            traceparent: &self.traceparent,
            payload_sha256: &self.payload_sha256,
        }
    }
}

/// Gives committed events their positions and hashes, and gives the newest position that it gave; 0 when there was no event without one.
pub(crate) async fn sequence_batch(pool: &PgPool) -> Result<i64, Error> {
    let mut transaction = pool.begin().await?;
    // A separate statement, because the next one must see what is committed once the lock is held. The lock belongs to the transaction, not to the
    // session, so it is released when the positions are committed.
    let lock = sqlx::query(postgres_text!("SELECT pg_advisory_xact_lock($1)"));
    lock.bind(SEQUENCER_LOCK).execute(&mut *transaction).await?;
    // Arrays find the rows by their keys. The planner would overestimate a join and read all events. PostgreSQL hashes the payloads, so that a batch of
    // large ones needs little memory here.
    //
    // Keys follow causes: a transaction that saw an event committed, or waited for the lock of its resource, got a later key. If a writer made versions
    // without that lock, the running maximum still keeps the versions of each resource ascending.
    let taken = sqlx::query_as(postgres_text!(
        "WITH taken AS (
             DELETE FROM event_unsequenced
             WHERE event_key = ANY (ARRAY(SELECT event_key FROM event_unsequenced ORDER BY event_key LIMIT $1))
             RETURNING event_key),
         turned AS (
             SELECT key, id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
                    confirmer_for, request_id, traceparent, sha256(payload) AS payload_sha256,
                    MAX(key) OVER (PARTITION BY resource ORDER BY resource_version) AS turn
             FROM event WHERE key = ANY (ARRAY(SELECT event_key FROM taken)))
         SELECT (SELECT position FROM event_position ORDER BY position DESC LIMIT 1) AS head_position,
                (SELECT hash FROM event_position ORDER BY position DESC LIMIT 1) AS head_hash,
                key, id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
                confirmer_for, request_id, traceparent, payload_sha256
         FROM turned ORDER BY turn, resource_version"
    ));
    let taken: Vec<UnsequencedRow> = taken.bind(SEQUENCE_EVENTS_MAX).fetch_all(&mut *transaction).await?;
    let Some(first) = taken.first() else {
        transaction.commit().await.map_err(|error| Error::NotCommitted(error.to_string()))?;
        return Ok(0);
    };
    let mut head = Link::of(first.head_position, first.head_hash.clone());
    let (mut positions, mut keys, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for event in &taken {
        head = head.next(&event.content());
        positions.push(head.position);
        keys.push(event.key);
        hashes.push(head.hash.clone());
    }
    // The notification comes from here only: with a NOTIFY in every writer, their commits would wait for each other.
    let placed = sqlx::query(postgres_text!(
        "WITH placed AS (
             INSERT INTO event_position (position, event_key, hash)
             SELECT position, event_key, hash FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS new (position, event_key, hash))
         SELECT pg_notify($4, $5)"
    ));
    let placed = placed.bind(positions).bind(keys).bind(hashes);
    placed.bind(CHANNEL).bind(head.position.to_string()).execute(&mut *transaction).await?;
    transaction.commit().await.map_err(|error| Error::NotCommitted(error.to_string()))?;
    Ok(head.position)
}
