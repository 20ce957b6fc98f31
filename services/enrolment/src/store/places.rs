//! Places of a hub for a programme. Every change of what is free begins with the lock of this row.

use db::{Child, Error, Tx, child_page, sql};

use super::{ScopeKey, locking, referring, row::PlacesRow};
use crate::domain::{HubId, Places, ProgrammeId, RoundId};

macro_rules! columns {
    () => {
        "round, hub, programme, places_count, accepted_count, version"
    };
}

/// To give or free places, or to make offers.
pub(crate) async fn find_places_held(
    tx: &mut Tx<'_>,
    round: &RoundId,
    hub: &HubId,
    programme: &ProgrammeId,
) -> Result<Option<Places>, Error> {
    let text = locking(tx, concat!("SELECT ", columns!(), " FROM places WHERE round = $1 AND hub = $2 AND programme = $3"));
    let row: Option<PlacesRow> = sql!(tx, conn => sqlx::query_as(text)
        .bind(round.as_str()).bind(hub.as_str()).bind(programme.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// Takes a place if one is left: the one statement that decides among all who accept at once.
pub(crate) async fn place_take(tx: &mut Tx<'_>, round: &RoundId, hub: &HubId, programme: &ProgrammeId) -> Result<bool, Error> {
    let taken = sql!(tx, conn => sqlx::query(
        "UPDATE places SET accepted_count = accepted_count + 1
         WHERE round = $1 AND hub = $2 AND programme = $3 AND accepted_count < places_count")
        .bind(round.as_str()).bind(hub.as_str()).bind(programme.as_str())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(taken == 1)
}

/// Gives a place back.
pub(crate) async fn place_free(tx: &mut Tx<'_>, places: &Places) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "UPDATE places SET accepted_count = accepted_count - 1 WHERE round = $1 AND hub = $2 AND programme = $3")
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str()).execute(conn).await.map(drop))?;
    Ok(())
}

/// False when the hub has places already, None when the programme has left its round.
pub(crate) async fn places_insert(tx: &mut Tx<'_>, places: &Places) -> Result<Option<bool>, Error> {
    let inserted = sql!(tx, conn => sqlx::query(concat!(
        "INSERT INTO places (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (round, hub, programme) DO NOTHING"))
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str())
        .bind(places.places_count).bind(places.accepted_count).bind(places.version)
        .execute(conn).await.map(|done| done.rows_affected() == 1));
    referring(inserted)
}

/// The places are held, so their version is the one before.
pub(crate) async fn places_update(tx: &mut Tx<'_>, places: &Places) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query("UPDATE places SET places_count = $4, version = $5 WHERE round = $1 AND hub = $2 AND programme = $3")
        .bind(places.round.as_str()).bind(places.hub.as_str()).bind(places.programme.as_str())
        .bind(places.places_count).bind(places.version).execute(conn).await.map(drop))?;
    Ok(())
}

/// A page in order of hub, then programme. `hub` is empty for all that lie in scope. `None` when there is no such round.
pub(crate) async fn places_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    hub: &str,
    after: (&str, &str),
    limit: i64,
) -> Result<Option<Vec<Places>>, Error> {
    // A school sees no places: the last condition of its scope never holds.
    let rows: Vec<Child<PlacesRow>> = sql!(tx, conn => sqlx::query_as(child_page!(
        "SELECT id AS parent_id FROM round WHERE id = $3",
        "hub",
        concat!("SELECT ", columns!(), " FROM places
         WHERE ($1 = '' OR hub = $1) AND $2 = 0 AND round = $3 AND ($4 = '' OR hub = $4) AND (hub, programme) > ($5, $6)
         ORDER BY hub, programme LIMIT $7"),
        "page.hub, page.programme"))
        .bind(&scope.hub).bind(scope.urn).bind(round.as_str()).bind(hub).bind(after.0).bind(after.1).bind(limit)
        .fetch_all(conn).await)?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}
