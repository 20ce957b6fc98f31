//! Rows of places. Every change of what is free begins with the lock of this row.

use db::{Child, Error, Tx, child_page, sql};
use mirror::Hub;
use name::{HubId, ProgrammeId};
use scope::ScopeKey;
use time::Date;

use super::{Places, list_places::PlacesKey, share::SchoolGroup};
use crate::{
    application::{Application, Coldness},
    round::{RoundFilter, RoundId, RoundProgramme},
};

macro_rules! columns {
    () => {
        "round, hub, programme, places_count, accepted_count, cold_accepted_count, cold_permille, reserved_count, reserve_change_date, version"
    };
}

/// Whether an application is of one of the coldest authorities, as a condition and a literal: its rank, the number of ranked authorities, and the share of
/// them that is cold, rounded up. NULL, which an application without a figure has, is false.
macro_rules! is_cold {
    ($rank:literal, $ranked_count:literal, $cold_permille:literal) => {
        concat!("COALESCE(", $rank, " > 0 AND (", $rank, " - 1) * 1000 < ", $cold_permille, " * ", $ranked_count, ", FALSE)")
    };
}
pub(crate) use is_cold;

#[derive(sqlx::FromRow)]
struct PlacesRow {
    round: RoundId,
    hub: HubId,
    programme: ProgrammeId,
    places_count: i64,
    accepted_count: i64,
    cold_accepted_count: i64,
    cold_permille: i64,
    reserved_count: i64,
    reserve_change_date: Option<Date>,
    version: i64,
}

impl From<PlacesRow> for Places {
    fn from(row: PlacesRow) -> Self {
        Self {
            round: row.round,
            hub: row.hub,
            programme: row.programme,
            places_count: row.places_count,
            accepted_count: row.accepted_count,
            cold_accepted_count: row.cold_accepted_count,
            cold_permille: row.cold_permille,
            reserved_count: row.reserved_count,
            reserve_change: row.reserve_change_date,
            version: row.version,
        }
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

/// Takes a place for the school of an application, if one is left that the school may have. This statement decides among all that accept at once. False also
/// when a day has come on which the reserve changes, and the places have the reserve of before.
pub(crate) async fn place_take(tx: &mut Tx<'_>, application: &Application, today: Date) -> Result<bool, Error> {
    let coldness = application.coldness.as_ref();
    let taken = sql!(
        tx,
        concat!(
            "UPDATE places SET accepted_count = accepted_count + 1,
                 cold_accepted_count = cold_accepted_count + CASE WHEN ",
            is_cold!(":coldness_rank", ":coldness_ranked_count", "cold_permille"),
            " THEN 1 ELSE 0 END
             WHERE round = :round AND hub = :hub AND programme = :programme AND accepted_count < places_count
               AND (reserve_change_date IS NULL OR reserve_change_date > :today)
               AND (accepted_count - cold_accepted_count < places_count - reserved_count OR ",
            is_cold!(":coldness_rank", ":coldness_ranked_count", "cold_permille"),
            ")"
        ),
        round = application.round,
        hub = application.hub,
        programme = application.programme,
        today,
        coldness_rank = coldness.map_or(0, |coldness| coldness.rank),
        coldness_ranked_count = coldness.map_or(0, |coldness| coldness.ranked_count),
    );
    Ok(taken.execute().await? == 1)
}

/// Gives the place of a school of an authority back, and gives the places as they are now. They are locked.
pub(crate) async fn place_free(tx: &mut Tx<'_>, places: &Places, coldness: Option<&Coldness>) -> Result<Places, Error> {
    let freed = sql!(
        tx,
        concat!(
            "UPDATE places SET accepted_count = accepted_count - 1,
                 cold_accepted_count = cold_accepted_count - CASE WHEN ",
            is_cold!(":coldness_rank", ":coldness_ranked_count", "cold_permille"),
            " THEN 1 ELSE 0 END
             WHERE round = :round AND hub = :hub AND programme = :programme RETURNING ",
            columns!()
        ),
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        coldness_rank = coldness.map_or(0, |coldness| coldness.rank),
        coldness_ranked_count = coldness.map_or(0, |coldness| coldness.ranked_count),
    );
    let row: PlacesRow = freed.fetch_one().await?;
    Ok(row.into())
}

/// Number of accepted places of schools of the coldest authorities. The places are locked, so that it stays so.
pub(super) async fn cold_accepted_count(tx: &mut Tx<'_>, places: &Places, cold_permille: i64) -> Result<i64, Error> {
    let accepted = sql!(
        tx,
        concat!(
            "SELECT COUNT(*) FROM application
             WHERE round = :round AND hub = :hub AND programme = :programme AND state = 'accepted' AND ",
            is_cold!("coldness_rank", "coldness_ranked_count", ":cold_permille")
        ),
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        cold_permille,
    );
    let (count,): (i64,) = accepted.fetch_one().await?;
    Ok(count)
}

/// Marks the places of a round whose policies changed: their reserve is looked at again from today on. PostgreSQL locks the rows in the order in which the
/// job that lapses offers locks them.
pub(crate) async fn reserve_review(tx: &mut Tx<'_>, round: &RoundId, today: Date) -> Result<(), Error> {
    let marked = sql!(
        tx,
        "{postgres WITH locked AS (SELECT hub, programme FROM places WHERE round = :round ORDER BY hub, programme FOR UPDATE)}
         UPDATE places SET reserve_change_date = :today WHERE round = :round
         {postgres AND (hub, programme) IN (SELECT hub, programme FROM locked)}",
        today,
        round,
    );
    marked.execute().await.map(drop)
}

/// False when the hub has places already, `None` when the programme has left its round.
pub(super) async fn places_insert(tx: &mut Tx<'_>, places: &Places) -> Result<Option<bool>, Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO places (",
            columns!(),
            ")
             VALUES (:round, :hub, :programme, :places_count, :accepted_count, :cold_accepted_count, :cold_permille, :reserved_count,
                 :reserve_change_date, :version)
             ON CONFLICT (round, hub, programme) DO NOTHING"
        ),
        round = places.round,
        hub = places.hub,
        programme = places.programme,
        places_count = places.places_count,
        accepted_count = places.accepted_count,
        cold_accepted_count = places.cold_accepted_count,
        cold_permille = places.cold_permille,
        reserved_count = places.reserved_count,
        reserve_change_date = places.reserve_change,
        version = places.version,
    );
    match inserted.execute().await {
        Err(error) if error.is_foreign_key_violation() => Ok(None),
        count => Ok(Some(count? == 1)),
    }
}

/// The row is locked.
pub(super) async fn places_update(tx: &mut Tx<'_>, places: &Places) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE places SET places_count = :places_count, cold_accepted_count = :cold_accepted_count, cold_permille = :cold_permille,
             reserved_count = :reserved_count, reserve_change_date = :reserve_change_date, version = :version
         WHERE round = :round AND hub = :hub AND programme = :programme",
        places_count = places.places_count,
        cold_accepted_count = places.cold_accepted_count,
        cold_permille = places.cold_permille,
        reserved_count = places.reserved_count,
        reserve_change_date = places.reserve_change,
        version = places.version,
        round = places.round,
        hub = places.hub,
        programme = places.programme,
    );
    updated.execute().await.map(drop)
}

/// The places of a programme in a round, by hub.
pub(super) async fn places_of_programme(tx: &mut Tx<'_>, round: &RoundId, programme: &ProgrammeId) -> Result<Vec<Places>, Error> {
    let places = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM places WHERE round = :round AND programme = :programme ORDER BY hub"),
        round,
        programme,
    );
    let rows: Vec<PlacesRow> = places.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// All hubs with their days, each with the authorities that it serves, in order of hub and authority.
pub(super) async fn hub_authority_list(tx: &mut Tx<'_>) -> Result<Vec<(Hub, Option<String>)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: HubId,
        start_date: Option<Date>,
        end_date: Option<Date>,
        old_la_code: Option<String>,
    }
    let hubs = sql!(
        tx,
        "SELECT hub.id, hub.start_date, hub.end_date, authority.old_la_code
         FROM hub LEFT JOIN hub_authority authority ON authority.hub = hub.id ORDER BY hub.id, authority.old_la_code"
    );
    let rows: Vec<Row> = hubs.fetch_all().await?;
    Ok(rows.into_iter().map(|row| (Hub { id: row.id, start: row.start_date, end: row.end_date }, row.old_la_code)).collect())
}

/// The schools that may take part in a programme today, by the hub that their lineage has chosen and by authority. Choices and places spread along the
/// lineages as `mirror::chosen_hub!` and `mirror::ancestors!` say for one school.
pub(super) async fn school_group_list(
    tx: &mut Tx<'_>,
    programme: &RoundProgramme,
    today: Date,
) -> Result<Vec<SchoolGroup>, Error> {
    let groups = sql!(
        tx,
        concat!(
            "WITH RECURSIVE
             reached (urn) AS (
                 SELECT urn FROM participation WHERE programme = :programme AND state <> 'cancelled'
                 UNION
                 SELECT link.successor_urn FROM reached JOIN school_link link ON link.predecessor_urn = reached.urn
                 WHERE NOT link.is_split AND link.established_date <= :today),
             chooser (urn) AS (SELECT DISTINCT urn FROM hub_choice WHERE start_date <= :today),
             later (chooser, urn) AS (
                 SELECT urn, urn FROM chooser
                 UNION
                 SELECT later.chooser, link.successor_urn FROM later JOIN school_link link ON link.predecessor_urn = later.urn
                 WHERE NOT link.is_split AND link.established_date <= :today),
             earlier (chooser, urn) AS (
                 SELECT urn, urn FROM chooser
                 UNION
                 SELECT earlier.chooser, link.predecessor_urn FROM earlier JOIN school_link link ON link.successor_urn = earlier.urn
                 WHERE NOT link.is_split AND link.established_date <= :today),
             line (chooser, urn, descends) AS (
                 SELECT either.chooser, either.urn, MAX(either.descends)
                 FROM (SELECT chooser, urn, 1 AS descends FROM earlier UNION ALL SELECT chooser, urn, 0 AS descends FROM later) either
                 GROUP BY either.chooser, either.urn),
             choice (urn, hub, number) AS (
                 SELECT line.urn, made.hub,
                     ROW_NUMBER() OVER (PARTITION BY line.urn ORDER BY made.start_date DESC, line.descends DESC, made.urn DESC)
                 FROM line JOIN hub_choice made ON made.urn = line.chooser WHERE made.start_date <= :today)
             SELECT choice.hub, school.old_la_code, COUNT(*) AS schools_count,
                 SUM(CASE WHEN reached.urn IS NULL THEN 1 ELSE 0 END) AS schools_never_reached_count
             FROM school ",
            mirror::join_verdict!("school", ":eligibility"),
            " LEFT JOIN choice ON choice.urn = school.urn AND choice.number = 1
             LEFT JOIN reached ON reached.urn = school.urn
             WHERE verdict.is_eligible AND ",
            mirror::is_open!("school"),
            " GROUP BY choice.hub, school.old_la_code"
        ),
        programme = programme.id,
        today,
        eligibility = programme.eligibility.key(),
    );
    groups.fetch_all().await
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
