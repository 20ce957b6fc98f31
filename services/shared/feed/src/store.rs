//! All SQL of the feed.

use db::{Conn, Error, Tx, postgres_text, sql};
use proto::feed::v1 as pb;
use sqlx::PgPool;
use time::Instant;

use crate::{
    Actor,
    chain::{self, Content, Link},
};

/// Channel of PostgreSQL on which the sequencer notifies of new positions.
pub(crate) const CHANNEL: &str = "feed_head";
/// Key of the sequencer's advisory lock; nothing else in the database locks this number.
const SEQUENCER_LOCK: i64 = 0x6d61_7468_6875_6273;
/// Most events that get their positions in one transaction.
const SEQUENCE_EVENTS_MAX: i64 = 10_000;
/// Most rows of one INSERT on SQLite, which binds at most 32,766 values; a row has 17.
const INSERT_ROWS_MAX: usize = 1_900;

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

impl NewEvent {
    fn content<'e>(&'e self, payload_sha256: &'e [u8]) -> Content<'e> {
        Content {
            id: &self.id,
            r#type: &self.r#type,
            resource: &self.resource,
            resource_version: self.resource_version,
            happened: self.happened.micros(),
            recorded: self.recorded.micros(),
            actor: [&self.actor.id, &self.actor.role, &self.actor.acting_for],
            confirmer: [&self.confirmer.id, &self.confirmer.role, &self.confirmer.acting_for],
            request_id: &self.request_id,
            traceparent: &self.traceparent,
            payload_sha256,
        }
    }
}

/// Inserts events in their order, with the positions and hashes that follow `head`, and gives the new head. Only on SQLite: it has one writer, whose order
/// is the order that readers see. Errors when the head of the database is another one.
pub(crate) async fn event_insert_sqlite(tx: &mut Tx<'_>, mut head: Link, events: &[NewEvent]) -> Result<Link, Error> {
    for part in events.chunks(INSERT_ROWS_MAX) {
        let mut rows = Vec::with_capacity(part.len());
        for event in part {
            head = head.next(&event.content(&chain::sha256(&event.payload)));
            rows.push((event, head.clone()));
        }
        event_part_insert_sqlite(tx, &rows).await?;
    }
    Ok(head)
}

async fn event_part_insert_sqlite(tx: &mut Tx<'_>, rows: &[(&NewEvent, Link)]) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "{sqlite INSERT INTO event_with_position (position, hash, id, type, resource, resource_version, happened, recorded, actor, actor_role, actor_for,
                            confirmer, confirmer_role, confirmer_for, request_id, traceparent, payload)
         VALUES :rows}",
        rows = [(event, link) in rows =>
            link.position,
            link.hash,
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
    inserted.execute().await.map(drop)
}

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

/// The newest event, and the history to which its position belongs.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Head {
    pub(crate) epoch: String,
    /// 0 when there is no event.
    pub(crate) position: i64,
    /// Empty when there is no event.
    pub(crate) event_id: String,
    /// `None` when there is no event.
    pub(crate) hash: Option<Vec<u8>>,
}

impl Head {
    /// Its link of the chain.
    pub(crate) fn link(&self) -> Link {
        Link::of(Some(self.position), self.hash.clone())
    }
}

/// The newest event.
pub(crate) async fn head(tx: &mut Tx<'_>) -> Result<Head, Error> {
    let head = sql!(
        tx,
        "SELECT epoch.id AS epoch, COALESCE(place.position, 0) AS position, COALESCE(event.id, '') AS event_id, place.hash
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

/// The key and the hash of the event at a position.
pub(crate) async fn find_position(tx: &mut Tx<'_>, position: i64) -> Result<Option<(i64, Vec<u8>)>, Error> {
    sql!(tx, "SELECT event_key, hash FROM event_position WHERE position = :position", position).fetch_optional().await
}

/// Looks among at most `events_max` events in the order of their keys for one without a position that does not wait for one either. Gives the key of the
/// last event that it saw, `None` at the end, and the id of the first such event.
pub(crate) async fn event_without_position(
    tx: &mut Tx<'_>,
    after_key: i64,
    events_max: i64,
) -> Result<(Option<i64>, Option<String>), Error> {
    let found = sql!(
        tx,
        "SELECT MAX(page.key), MIN(CASE WHEN place.event_key IS NULL AND waiting.event_key IS NULL THEN page.id END)
         FROM (SELECT key, id FROM event WHERE key > :after_key ORDER BY key LIMIT :events_max) page
         LEFT JOIN event_position place ON place.event_key = page.key
         LEFT JOIN event_unsequenced waiting ON waiting.event_key = page.key",
        after_key,
        events_max,
    );
    found.fetch_one().await
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
    hash: Vec<u8>,
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
            hash: row.hash,
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
                event.request_id, event.traceparent, event.payload, page.hash
         FROM (SELECT place.position, place.event_key, place.hash, LENGTH(sized.payload) AS bytes,
                      SUM(LENGTH(sized.payload) + 512) OVER (ORDER BY place.position) AS bytes_so_far
               FROM (SELECT position, event_key, hash FROM event_position WHERE position > :after ORDER BY position LIMIT :events_max) place
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
