//! New events on SQLite, where the one writer gives them their positions.

use db::{Error, Tx, sql};

use super::NewEvent;
use crate::chain::{self, Link};

/// Most rows of one INSERT on SQLite, which binds at most 32,766 values; a row has 17.
const INSERT_ROWS_MAX: usize = 1_900;

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
