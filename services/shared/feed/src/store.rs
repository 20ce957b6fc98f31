//! All SQL of the feed.

mod postgres;
mod sqlite;

use db::{Error, Tx, sql};
use proto::feed::v1 as pb;
use time::Instant;

use crate::{
    Actor,
    chain::{Content, Link},
};
pub(crate) use postgres::{CHANNEL, event_insert_postgres, sequence_batch, sequence_status};
pub(crate) use sqlite::event_insert_sqlite;

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
