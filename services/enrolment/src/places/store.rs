//! Rows of places. Every change of what is free begins with the lock of this row.

use db::{Child, Error, Tx, child_page, sql};
use name::{HubId, ProgrammeId};
use scope::ScopeKey;

use super::Places;
use super::list_places::PlacesKey;
use crate::round::{RoundFilter, RoundId};

macro_rules! columns {
    () => {
        "round, hub, programme, places_count, accepted_count, version"
    };
}

#[derive(sqlx::FromRow)]
struct PlacesRow {
    round: RoundId,
    hub: HubId,
    programme: ProgrammeId,
    places_count: i64,
    accepted_count: i64,
    version: i64,
}

impl From<PlacesRow> for Places {
    fn from(row: PlacesRow) -> Self {
        let PlacesRow { round, hub, programme, places_count, accepted_count, version } = row;
        Self { round, hub, programme, places_count, accepted_count, version }
    }
}

/// Locked, to accept or give back places, or to make offers.
pub(crate) async fn find_places_for_update(
    tx: &mut Tx<'_>,
    round: &RoundId,
    hub: &HubId,
    programme: &ProgrammeId,
) -> Result<Option<Places>, Error> {
    let places = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM places
             WHERE round = :round AND hub = :hub AND programme = :programme {postgres FOR UPDATE}"
        ),
        round,
        hub,
        programme,
    );
    let row: Option<PlacesRow> = places.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// Takes a place if one is left. This statement decides among all that accept at once.
pub(crate) async fn place_take(tx: &mut Tx<'_>, round: &RoundId, hub: &HubId, programme: &ProgrammeId) -> Result<bool, Error> {
    let taken = sql!(
        tx,
        "UPDATE places SET accepted_count = accepted_count + 1
         WHERE round = :round AND hub = :hub AND programme = :programme AND accepted_count < places_count",
        round,
        hub,
        programme,
    );
    Ok(taken.execute().await? == 1)
}

/// Gives a place back.
pub(crate) async fn place_free(tx: &mut Tx<'_>, places: &Places) -> Result<(), Error> {
    let freed = sql!(
        tx,
        "UPDATE places SET accepted_count = accepted_count - 1 WHERE round = :round AND hub = :hub AND programme = :programme",
        round = places.round,
        hub = places.hub,
        programme = places.programme,
    );
    freed.execute().await.map(drop)
}

/// False when the hub has places already, `None` when the programme has left its round.
pub(super) async fn places_insert(tx: &mut Tx<'_>, places: &Places) -> Result<Option<bool>, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO places (",
            columns!(),
            ")
             VALUES (:round, :hub, :programme, :places_count, :accepted_count, :version)
             ON CONFLICT (round, hub, programme) DO NOTHING"
        ),
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        places_count = places.places_count,
        accepted_count = places.accepted_count,
        version = places.version,
    );
    match inserted.execute().await {
        Err(error) if error.is_foreign_key_violation() => Ok(None),
        count => Ok(Some(count? == 1)),
    }
}

/// The row is locked, so its version is the one before.
pub(super) async fn places_update(tx: &mut Tx<'_>, places: &Places) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE places SET places_count = :places_count, version = :version
         WHERE round = :round AND hub = :hub AND programme = :programme",
        places_count = places.places_count,
        version = places.version,
        round = places.round,
        hub = places.hub,
        programme = places.programme,
    );
    updated.execute().await.map(drop)
}

/// A page in order of round, hub and programme. `None` when there is no such round. A school sees no places.
pub(super) async fn places_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundFilter,
    hub: Option<&HubId>,
    after: Option<&PlacesKey>,
    limit: i64,
) -> Result<Option<Vec<Places>>, Error> {
    let page = sql!(
        tx,
        child_page!(
            "SELECT id AS parent_id FROM round WHERE id = :round UNION ALL SELECT '-' WHERE :round = '-'",
            "hub",
            concat!(
                "SELECT ",
                columns!(),
                " FROM places
                 WHERE (:own_hub = '' OR hub = :own_hub) AND :own_urn = 0 AND (:round = '-' OR round = :round)
                     AND (:hub = '' OR hub = :hub) AND (round, hub, programme) > (:after_round, :after_hub, :after_programme)
                 ORDER BY round, hub, programme LIMIT :limit"
            ),
            "page.round, page.hub, page.programme"
        ),
        own_hub = scope.hub,
        own_urn = scope.urn,
        round = round.as_str(),
        hub = hub.map_or("", HubId::as_str),
        after_round = after.map_or("", |(round, _, _)| round.as_str()),
        after_hub = after.map_or("", |(_, hub, _)| hub.as_str()),
        after_programme = after.map_or("", |(_, _, programme)| programme.as_str()),
        limit,
    );
    let rows: Vec<Child<PlacesRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}
