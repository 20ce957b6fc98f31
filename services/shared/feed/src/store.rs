//! All SQL of the feed.

use db::{Conn, Error, Tx, sql};
use sqlx::{AssertSqlSafe, PgPool, Row};

/// Where PostgreSQL tells of new positions.
pub(crate) const CHANNEL: &str = "feed_head";
/// The lock of the sequencer; any number that nothing else in the database locks.
const SEQUENCER_LOCK: i64 = 0x6d61_7468_6875_6273;
/// Events that get their positions in one transaction, at most.
const SEQUENCE_EVENTS_MAX: i64 = 10_000;
/// Columns that an event is inserted with.
const COLUMNS: usize = 10;
/// Rows of one INSERT on SQLite, which binds at most 32,766 values.
const INSERT_ROWS_MAX: usize = 3_000;
/// Statements of up to so many rows are kept prepared; larger ones are rare, and each number of rows is another text.
const PREPARED_ROWS_MAX: usize = 32;

/// An event before it has its place.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub(crate) id: String,
    pub(crate) r#type: String,
    pub(crate) resource: String,
    pub(crate) resource_version: i64,
    pub(crate) happened: i64,
    pub(crate) recorded: i64,
    pub(crate) actor: String,
    pub(crate) request_id: String,
    pub(crate) traceparent: String,
    pub(crate) payload: Vec<u8>,
}

/// Writes events in their order. On SQLite it gives them their positions and says the last one.
pub(crate) async fn event_insert(tx: &mut Tx<'_>, events: Vec<NewEvent>) -> Result<Option<i64>, Error> {
    // The databases differ here: SQLite has one writer, whose order is the order that readers see; on PostgreSQL events wait for the sequencer.
    // And PostgreSQL takes arrays, so that one text serves any number of rows.
    if tx.is_postgres() {
        event_insert_postgres(tx, events).await?;
        return Ok(None);
    }
    let (mut events, mut head) = (events, 0);
    while !events.is_empty() {
        let rest = events.split_off(events.len().min(INSERT_ROWS_MAX));
        head = event_insert_sqlite(tx, events).await?;
        events = rest;
    }
    Ok(Some(head))
}

async fn event_insert_sqlite(tx: &mut Tx<'_>, events: Vec<NewEvent>) -> Result<i64, Error> {
    let text = format!(
        "INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, request_id, traceparent, payload) VALUES {}",
        tx.placeholders(events.len(), COLUMNS)
    );
    let mut query = sqlx::query(AssertSqlSafe(text)).persistent(events.len() <= PREPARED_ROWS_MAX);
    for event in events {
        query = query
            .bind(event.id)
            .bind(event.r#type)
            .bind(event.resource)
            .bind(event.resource_version)
            .bind(event.happened)
            .bind(event.recorded)
            .bind(event.actor)
            .bind(event.request_id)
            .bind(event.traceparent)
            .bind(event.payload);
    }
    let Conn::Sqlite(conn) = tx.conn() else { unreachable!("the caller asked") };
    // The last row's key, which is its position: see the trigger.
    Ok(query.execute(conn).await?.last_insert_rowid())
}

async fn event_insert_postgres(tx: &mut Tx<'_>, events: Vec<NewEvent>) -> Result<(), Error> {
    let rows = events.len();
    let mut texts: [Vec<String>; 6] = std::array::from_fn(|_| Vec::with_capacity(rows));
    let mut numbers: [Vec<i64>; 3] = std::array::from_fn(|_| Vec::with_capacity(rows));
    let mut payloads = Vec::with_capacity(rows);
    for event in events {
        let row = [event.id, event.r#type, event.resource, event.actor, event.request_id, event.traceparent];
        texts.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        let row = [event.resource_version, event.happened, event.recorded];
        numbers.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        payloads.push(event.payload);
    }
    let [ids, types, resources, actors, request_ids, traceparents] = texts;
    let [versions, happened, recorded] = numbers;
    let Conn::Postgres(conn) = tx.conn() else { unreachable!("the caller asked") };
    // Keys are given after the sort, so they ascend in the order of the calls.
    sqlx::query(
        "WITH written AS (
             INSERT INTO event (id, type, resource, resource_version, happened, recorded, actor, request_id, traceparent, payload)
             SELECT id, type, resource, resource_version, happened, recorded, actor, request_id, traceparent, payload
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::bytea[])
                  WITH ORDINALITY
                  AS new (id, type, resource, resource_version, happened, recorded, actor, request_id, traceparent, payload, ordinal)
             ORDER BY ordinal
             RETURNING key)
         INSERT INTO event_unsequenced (event_key) SELECT key FROM written",
    )
    .bind(ids)
    .bind(types)
    .bind(resources)
    .bind(versions)
    .bind(happened)
    .bind(recorded)
    .bind(actors)
    .bind(request_ids)
    .bind(traceparents)
    .bind(payloads)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether committed events have no position yet, and the newest position.
pub(crate) async fn sequence_look(pool: &PgPool) -> Result<(bool, i64), Error> {
    let row = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM event_unsequenced), (SELECT COALESCE(MAX(position), 0) FROM event_position)",
    )
    .fetch_one(pool)
    .await?;
    Ok(row)
}

/// Appends committed events to the order, and says the newest position.
pub(crate) async fn sequence_batch(pool: &PgPool) -> Result<i64, Error> {
    let mut transaction = pool.begin().await?;
    // A statement of its own: what is committed must be looked at after the lock is held. And a lock of the transaction, not of the session:
    // it is given back when the positions are committed, neither before nor later.
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SEQUENCER_LOCK).execute(&mut *transaction).await?;
    // Arrays, so that rows are found by their keys: of a join the planner would guess that it is large, and read all events there ever were.
    //
    // Keys follow causes: whoever saw an event committed, or waited for its resource's lock, got its own key later. Should a writer have given
    // versions without the lock, the running maximum still keeps each resource's versions ascending.
    let (head,): (i64,) = sqlx::query_as(
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
         SELECT COALESCE((SELECT MAX(position) FROM placed), (SELECT MAX(position) FROM event_position), 0)",
    )
    .bind(SEQUENCE_EVENTS_MAX)
    .fetch_one(&mut *transaction)
    .await?;
    // Here and nowhere else: a NOTIFY in every writer would have their commits wait for each other.
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(head.to_string()).execute(&mut *transaction).await?;
    transaction.commit().await.map_err(|error| Error::NotCommitted(error.to_string()))?;
    Ok(head)
}

/// The newest event, and the history in which it is so.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) epoch: String,
    /// 0 when there is no event.
    pub(crate) position: i64,
    /// Empty when there is no event.
    pub(crate) event_id: String,
}

/// The newest event.
pub(crate) async fn head(tx: &mut Tx<'_>) -> Result<Head, Error> {
    let (epoch, position, event_id): (String, i64, String) = sql!(tx, conn => sqlx::query_as(
        "SELECT epoch.id, COALESCE(place.position, 0), COALESCE(event.id, '')
         FROM epoch
         LEFT JOIN event_position place ON place.position = (SELECT MAX(position) FROM event_position)
         LEFT JOIN event ON event.key = place.event_key")
        .fetch_one(conn).await)?;
    Ok(Head { epoch, position, event_id })
}

/// The id of the event at a position.
pub(crate) async fn find_event_id(tx: &mut Tx<'_>, position: i64) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = sql!(tx, conn => sqlx::query_as(
        "SELECT event.id FROM event_position place JOIN event ON event.key = place.event_key WHERE place.position = $1")
        .bind(position).fetch_optional(conn).await)?;
    Ok(found.map(|(id,)| id))
}

/// Events after a position, at most so many, and of so many bytes unless the first alone is larger.
pub(crate) async fn event_page(
    tx: &mut Tx<'_>,
    after: i64,
    events_max: i64,
    bytes_max: i64,
) -> Result<Vec<proto::feed::v1::Event>, Error> {
    // Sizes are summed up before payloads are read, so that a page costs no more than what it gives.
    const TEXT: &str =
        "SELECT epoch.id AS epoch, page.position, event.id, event.type, event.resource, event.resource_version, event.happened,
                event.recorded, event.actor, event.request_id, event.traceparent, event.payload
         FROM (SELECT place.position, place.event_key, LENGTH(sized.payload) AS bytes,
                      SUM(LENGTH(sized.payload) + 512) OVER (ORDER BY place.position) AS bytes_so_far
               FROM (SELECT position, event_key FROM event_position WHERE position > $1 ORDER BY position LIMIT $2) place
               JOIN event sized ON sized.key = place.event_key) page
         JOIN event ON event.key = page.event_key
         CROSS JOIN epoch
         WHERE page.bytes_so_far <= $3 OR page.bytes_so_far = page.bytes + 512
         ORDER BY page.position";
    macro_rules! event {
        ($row:expr) => {{
            let row = $row;
            let instant = |micros: i64| Some(time::Instant::from_micros(micros).to_proto());
            Ok(proto::feed::v1::Event {
                epoch: row.try_get(0)?,
                position: row.try_get(1)?,
                id: row.try_get(2)?,
                r#type: row.try_get(3)?,
                resource: row.try_get(4)?,
                resource_version: row.try_get(5)?,
                happened_time: instant(row.try_get(6)?),
                recorded_time: instant(row.try_get(7)?),
                actor: row.try_get(8)?,
                request_id: row.try_get(9)?,
                traceparent: row.try_get(10)?,
                payload: row.try_get(11)?,
            })
        }};
    }
    let events: Result<Vec<_>, sqlx::Error> = sql!(tx, conn => sqlx::query(TEXT)
        .bind(after).bind(events_max).bind(bytes_max).fetch_all(conn).await?.into_iter().map(|row| event!(row)).collect());
    Ok(events?)
}

/// Gives a new database its epoch.
pub(crate) async fn epoch_begin(tx: &mut Tx<'_>, id: &str, now: i64) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("INSERT INTO epoch (only_row, id, start_time) VALUES (1, $1, $2) ON CONFLICT (only_row) DO NOTHING")
        .bind(id).bind(now).execute(conn).await.map(drop))?;
    Ok(())
}

/// Puts a new epoch in the place of the old one.
pub(crate) async fn epoch_replace(tx: &mut Tx<'_>, id: &str, now: i64) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE epoch SET id = $1, start_time = $2").bind(id).bind(now).execute(conn).await.map(drop))?;
    Ok(())
}

/// How far the feed of another service is applied: its cursor, empty at first, and its position.
pub(crate) async fn find_cursor(tx: &mut Tx<'_>, source: &str) -> Result<Option<(String, i64)>, Error> {
    Ok(sql!(tx, conn => sqlx::query_as("SELECT cursor, position FROM cursor WHERE source = $1")
        .bind(source).fetch_optional(conn).await)?)
}

/// Makes room for a source that was never read.
pub(crate) async fn cursor_begin(tx: &mut Tx<'_>, source: &str) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("INSERT INTO cursor (source, cursor, position) VALUES ($1, '', 0) ON CONFLICT (source) DO NOTHING")
        .bind(source).execute(conn).await.map(drop))?;
    Ok(())
}

/// Moves a cursor on from where the caller knows it to be. False when it is no longer there: somebody else applied those events.
pub(crate) async fn cursor_advance(tx: &mut Tx<'_>, source: &str, from: &str, to: &str, position: i64) -> Result<bool, Error> {
    let moved = sql!(tx, conn => sqlx::query("UPDATE cursor SET cursor = $3, position = $4 WHERE source = $1 AND cursor = $2")
        .bind(source).bind(from).bind(to).bind(position).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// Forgets how far a source was read. False when it never was.
pub(crate) async fn cursor_clear(tx: &mut Tx<'_>, source: &str) -> Result<bool, Error> {
    let cleared = sql!(tx, conn => sqlx::query("UPDATE cursor SET cursor = '', position = 0 WHERE source = $1")
        .bind(source).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(cleared == 1)
}
