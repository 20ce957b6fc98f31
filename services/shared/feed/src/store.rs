//! All SQL of the feed.

use db::{Conn, Error, Tx, postgres_text, sql};
use proto::feed::v1 as pb;
use sqlx::PgPool;
use time::Instant;

use crate::Actor;

/// Channel of PostgreSQL on which the sequencer notifies of new positions.
pub(crate) const CHANNEL: &str = "feed_head";
/// Key of the sequencer's advisory lock; nothing else in the database locks this number.
const SEQUENCER_LOCK: i64 = 0x6d61_7468_6875_6273;
/// Most events that get their positions in one transaction.
const SEQUENCE_EVENTS_MAX: i64 = 10_000;
/// Most rows of one INSERT on SQLite, which binds at most 32,766 values; a row has 15.
const INSERT_ROWS_MAX: usize = 2_000;

/// An event without a position.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub(crate) id: String,
    pub(crate) r#type: String,
    pub(crate) resource: String,
    pub(crate) resource_version: i64,
    pub(crate) happened: Instant,
    pub(crate) recorded: Instant,
    pub(crate) actor: Actor,
    /// Empty without a second person.
    pub(crate) confirmer: Actor,
    pub(crate) request_id: String,
    pub(crate) traceparent: String,
    pub(crate) payload: Vec<u8>,
}

/// Inserts events in their order. On SQLite it gives the position of the last one. The databases differ: SQLite has one writer, whose order is the order
/// that readers see; on PostgreSQL the sequencer gives the positions later.
pub(crate) async fn event_insert(tx: &mut Tx<'_>, events: Vec<NewEvent>) -> Result<Option<i64>, Error> {
    if tx.is_postgres() {
        event_insert_postgres(tx, events).await?;
        return Ok(None);
    }
    let mut head = 0;
    for part in events.chunks(INSERT_ROWS_MAX) {
        head = event_insert_sqlite(tx, part).await?;
    }
    Ok(Some(head))
}

/// Gives the key of the last row, which the trigger makes its position.
async fn event_insert_sqlite(tx: &mut Tx<'_>, events: &[NewEvent]) -> Result<i64, Error> {
    let inserted = sql!(
        tx,
        "{sqlite INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for, confirmer, confirmer_role,
                            confirmer_for, request_id, traceparent, payload)
         VALUES :events}",
        events = [event in events =>
            event.id,
            event.r#type,
            event.resource,
            event.resource_version,
            event.happened,
            event.recorded,
            event.actor.id,
            event.actor.role,
            event.actor.acting_for,
            event.confirmer.id,
            event.confirmer.role,
            event.confirmer.acting_for,
            event.request_id,
            event.traceparent,
            event.payload,
        ],
    );
    inserted.execute_for_rowid().await
}

/// Binds arrays, so that one text serves any number of rows.
async fn event_insert_postgres(tx: &mut Tx<'_>, events: Vec<NewEvent>) -> Result<(), Error> {
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

/// Gives committed events their positions, and gives the newest position.
pub(crate) async fn sequence_batch(pool: &PgPool) -> Result<i64, Error> {
    let mut transaction = pool.begin().await?;
    // A separate statement, because the next one must see what is committed once the lock is held. The lock belongs to the transaction, not to the
    // session, so it is released when the positions are committed.
    let lock = sqlx::query(postgres_text!("SELECT pg_advisory_xact_lock($1)"));
    lock.bind(SEQUENCER_LOCK).execute(&mut *transaction).await?;
    // Arrays find the rows by their keys. The planner would overestimate a join and read all events.
    //
    // Keys follow causes: a transaction that saw an event committed, or waited for the lock of its resource, got a later key. If a writer made versions
    // without that lock, the running maximum still keeps the versions of each resource ascending.
    let batch = sqlx::query_as(postgres_text!(
        "WITH taken AS (
             DELETE FROM event_unsequenced
             WHERE event_key = ANY (ARRAY(SELECT event_key FROM event_unsequenced ORDER BY event_key LIMIT $1))
             RETURNING event_key),
         turned AS (
             SELECT key, resource_version, MAX(key) OVER (PARTITION BY resource ORDER BY resource_version) AS turn
             FROM event WHERE key = ANY (ARRAY(SELECT event_key FROM taken))),
         placed AS (
             INSERT INTO event_position (position, event_key)
             SELECT (SELECT COALESCE(MAX(position), 0) FROM event_position) + ROW_NUMBER() OVER (ORDER BY turn, resource_version), key
             FROM turned
             RETURNING position)
         SELECT COALESCE((SELECT MAX(position) FROM placed), (SELECT MAX(position) FROM event_position), 0)"
    ));
    let (head,): (i64,) = batch.bind(SEQUENCE_EVENTS_MAX).fetch_one(&mut *transaction).await?;
    // Only here: with a NOTIFY in every writer, their commits would wait for each other.
    let notify = sqlx::query(postgres_text!("SELECT pg_notify($1, $2)"));
    notify.bind(CHANNEL).bind(head.to_string()).execute(&mut *transaction).await?;
    transaction.commit().await.map_err(|error| Error::NotCommitted(error.to_string()))?;
    Ok(head)
}

/// The newest event, and the history to which its position belongs.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Head {
    pub(crate) epoch: String,
    /// 0 when there is no event.
    pub(crate) position: i64,
    /// Empty when there is no event.
    pub(crate) event_id: String,
}

/// The newest event.
pub(crate) async fn head(tx: &mut Tx<'_>) -> Result<Head, Error> {
    let head = sql!(
        tx,
        "SELECT epoch.id AS epoch, COALESCE(place.position, 0) AS position, COALESCE(event.id, '') AS event_id
         FROM epoch
         LEFT JOIN event_position place ON place.position = (SELECT MAX(position) FROM event_position)
         LEFT JOIN event ON event.key = place.event_key",
    );
    head.fetch_one().await
}

/// The id of the event at a position.
pub(crate) async fn find_event_id(tx: &mut Tx<'_>, position: i64) -> Result<Option<String>, Error> {
    let event = sql!(
        tx,
        "SELECT event.id FROM event_position place JOIN event ON event.key = place.event_key WHERE place.position = :position",
        position,
    );
    let row: Option<(String,)> = event.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
}

#[derive(sqlx::FromRow)]
struct EventRow {
    epoch: String,
    position: i64,
    id: String,
    r#type: String,
    resource: String,
    resource_version: i64,
    happened: Instant,
    recorded: Instant,
    actor: String,
    actor_role: String,
    actor_for: String,
    confirmer: String,
    confirmer_role: String,
    confirmer_for: String,
    request_id: String,
    traceparent: String,
    payload: Vec<u8>,
}

impl From<EventRow> for pb::Event {
    fn from(row: EventRow) -> Self {
        Self {
            epoch: row.epoch,
            position: row.position,
            id: row.id,
            r#type: row.r#type,
            resource: row.resource,
            resource_version: row.resource_version,
            happened_time: Some(row.happened.to_proto()),
            recorded_time: Some(row.recorded.to_proto()),
            actor: wire(row.actor, row.actor_role, row.actor_for),
            confirmer: wire(row.confirmer, row.confirmer_role, row.confirmer_for),
            request_id: row.request_id,
            traceparent: row.traceparent,
            payload: row.payload,
        }
    }
}

/// An actor as the contract has it; `None` for an empty id.
fn wire(id: String, role: String, acting_for: String) -> Option<pb::Actor> {
    (!id.is_empty()).then_some(pb::Actor { id, role, acting_for })
}

/// Events after a position: at most `events_max` of them, and at most `bytes_max` bytes unless the first alone is larger.
pub(crate) async fn event_page(tx: &mut Tx<'_>, after: i64, events_max: i64, bytes_max: i64) -> Result<Vec<pb::Event>, Error> {
    // Sizes are summed before payloads are read, so that the cost of a page depends on its own size only.
    let page = sql!(
        tx,
        "SELECT epoch.id AS epoch, page.position, event.id, event.type, event.resource, event.resource_version, event.happened,
                event.recorded, event.actor, event.actor_role, event.actor_for, event.confirmer, event.confirmer_role, event.confirmer_for,
                event.request_id, event.traceparent, event.payload
         FROM (SELECT place.position, place.event_key, LENGTH(sized.payload) AS bytes,
                      SUM(LENGTH(sized.payload) + 512) OVER (ORDER BY place.position) AS bytes_so_far
               FROM (SELECT position, event_key FROM event_position WHERE position > :after ORDER BY position LIMIT :events_max) place
               JOIN event sized ON sized.key = place.event_key) page
         JOIN event ON event.key = page.event_key
         CROSS JOIN epoch
         WHERE page.bytes_so_far <= :bytes_max OR page.bytes_so_far = page.bytes + 512
         ORDER BY page.position",
        after,
        events_max,
        bytes_max,
    );
    let rows: Vec<EventRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Inserts the epoch of a new database.
pub(crate) async fn epoch_begin(tx: &mut Tx<'_>, id: &str, now: Instant) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO epoch (only_row, id, start_time) VALUES (1, :id, :now) ON CONFLICT (only_row) DO NOTHING",
        id,
        now,
    );
    inserted.execute().await.map(drop)
}

/// Replaces the epoch by a new one.
pub(crate) async fn epoch_replace(tx: &mut Tx<'_>, id: &str, now: Instant) -> Result<(), Error> {
    sql!(tx, "UPDATE epoch SET id = :id, start_time = :now", id, now).execute().await.map(drop)
}

/// The cursor, empty at first, and the position up to which the feed of another service is applied.
pub(crate) async fn find_cursor(tx: &mut Tx<'_>, source: &str) -> Result<Option<(String, i64)>, Error> {
    sql!(tx, "SELECT cursor, position FROM cursor WHERE source = :source", source).fetch_optional().await
}

/// Inserts an empty cursor for a source that was never read.
pub(crate) async fn cursor_begin(tx: &mut Tx<'_>, source: &str) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO cursor (source, cursor, position) VALUES (:source, '', 0) ON CONFLICT (source) DO NOTHING",
        source,
    );
    inserted.execute().await.map(drop)
}

/// Advances a cursor from the value that the caller read. False when it has another value: another replica applied those events.
pub(crate) async fn cursor_advance(tx: &mut Tx<'_>, source: &str, from: &str, to: &str, position: i64) -> Result<bool, Error> {
    let updated = sql!(
        tx,
        "UPDATE cursor SET cursor = :to, position = :position WHERE source = :source AND cursor = :from",
        source,
        from,
        to,
        position,
    );
    Ok(updated.execute().await? == 1)
}

/// Empties the cursor of a source, so that it is read from its beginning. False when it was never read.
pub(crate) async fn cursor_clear(tx: &mut Tx<'_>, source: &str) -> Result<bool, Error> {
    let updated = sql!(tx, "UPDATE cursor SET cursor = '', position = 0 WHERE source = :source", source);
    Ok(updated.execute().await? == 1)
}
