//! Rows of rounds.

use db::{Error, JsonText, Tx, sql};
use scope::{ScopeKey, condition};
use server::ApiError;
use time::{AcademicYear, Date};

use super::{PlaceOrderPolicy, Round, RoundId, RoundProgramme};
use crate::application::ApplicationId;

/// The columns of [`RoundRow`], with names that no other table has, so that a round can be joined to it.
macro_rules! columns {
    () => {
        "id AS round_id, display_name AS round_display_name, academic_year AS round_academic_year,
         window_start_date AS round_window_start_date, window_end_date AS round_window_end_date,
         offer_days_count AS round_offer_days_count, programmes AS round_programmes,
         place_order_policies AS round_place_order_policies, cancel_reason AS round_cancel_reason, version AS round_version"
    };
}
pub(crate) use columns;

#[derive(sqlx::FromRow)]
pub(crate) struct RoundRow {
    round_id: RoundId,
    round_display_name: String,
    round_academic_year: AcademicYear,
    round_window_start_date: Date,
    round_window_end_date: Date,
    round_offer_days_count: i64,
    round_programmes: JsonText<Vec<RoundProgramme>>,
    round_place_order_policies: JsonText<Vec<PlaceOrderPolicy>>,
    round_cancel_reason: Option<String>,
    round_version: i64,
}

impl From<RoundRow> for Round {
    fn from(row: RoundRow) -> Self {
        Self {
            id: row.round_id,
            display_name: row.round_display_name,
            academic_year: row.round_academic_year,
            window_start: row.round_window_start_date,
            window_end: row.round_window_end_date,
            offer_days_count: row.round_offer_days_count,
            programmes: row.round_programmes.0,
            policies: row.round_place_order_policies.0,
            cancel_reason: row.round_cancel_reason,
            version: row.round_version,
        }
    }
}

/// NOT_FOUND when there is no such round.
pub(crate) async fn round_by_id(tx: &mut Tx<'_>, id: &RoundId) -> Result<Round, service::Error> {
    let row: Option<RoundRow> =
        sql!(tx, concat!("SELECT ", columns!(), " FROM round WHERE id = :id"), id).fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// Locked, to change it. NOT_FOUND when there is no such round.
pub(super) async fn round_by_id_for_update(tx: &mut Tx<'_>, id: &RoundId) -> Result<Round, service::Error> {
    let round = sql!(tx, concat!("SELECT ", columns!(), " FROM round WHERE id = :id {postgres FOR UPDATE}"), id);
    let row: Option<RoundRow> = round.fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// A page in order of id.
pub(super) async fn round_page(tx: &mut Tx<'_>, after: Option<&RoundId>, limit: i64) -> Result<Vec<Round>, Error> {
    let page = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM round WHERE id > :after ORDER BY id LIMIT :limit"),
        after = after.map_or("", RoundId::as_str),
        limit
    );
    let rows: Vec<RoundRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// False when the id is taken.
pub(super) async fn round_insert(tx: &mut Tx<'_>, round: &Round) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO round (id, display_name, academic_year, window_start_date, window_end_date, offer_days_count, programmes,
             place_order_policies, version, next_queue_number)
         VALUES (:id, :display_name, :academic_year, :window_start_date, :window_end_date, :offer_days_count, :programmes,
             :place_order_policies, :version, 1)
         ON CONFLICT (id) DO NOTHING",
        id = round.id,
        display_name = round.display_name,
        academic_year = round.academic_year,
        window_start_date = round.window_start,
        window_end_date = round.window_end,
        offer_days_count = round.offer_days_count,
        programmes = JsonText(&round.programmes),
        place_order_policies = JsonText(&round.policies),
        version = round.version,
    );
    if inserted.execute().await? == 0 {
        return Ok(false);
    }
    programme_insert(tx, round).await?;
    Ok(true)
}

/// The row is locked, so its version is the one before. False when the update leaves out a programme to which places or applications refer.
pub(super) async fn round_update(tx: &mut Tx<'_>, round: &Round) -> Result<bool, Error> {
    let updated = sql!(
        tx,
        "UPDATE round SET display_name = :display_name, window_start_date = :window_start_date, window_end_date = :window_end_date,
             offer_days_count = :offer_days_count, programmes = :programmes, place_order_policies = :place_order_policies,
             version = :version
         WHERE id = :id",
        display_name = round.display_name,
        window_start_date = round.window_start,
        window_end_date = round.window_end,
        offer_days_count = round.offer_days_count,
        programmes = JsonText(&round.programmes),
        place_order_policies = JsonText(&round.policies),
        version = round.version,
        id = round.id,
    );
    updated.execute().await?;
    programme_insert(tx, round).await?;
    let deleted = sql!(
        tx,
        "DELETE FROM round_programme WHERE round = :round AND programme NOT IN (:programmes)",
        round = round.id,
        programmes = [programme in &round.programmes => programme.id],
    );
    match deleted.execute().await {
        Err(error) if error.is_foreign_key_violation() => Ok(false),
        count => count.map(|_| true),
    }
}

/// The row is locked, so its version is the one before. False when an application was submitted to the round.
pub(super) async fn round_cancel(tx: &mut Tx<'_>, round: &Round) -> Result<bool, Error> {
    let cancelled = sql!(
        tx,
        "UPDATE round SET cancel_reason = :cancel_reason, version = :version WHERE id = :id AND next_queue_number = 1",
        cancel_reason = round.cancel_reason,
        version = round.version,
        id = round.id,
    );
    Ok(cancelled.execute().await? == 1)
}

async fn programme_insert(tx: &mut Tx<'_>, round: &Round) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO round_programme (round, programme) VALUES :programmes ON CONFLICT (round, programme) DO NOTHING",
        programmes = [programme in &round.programmes => round.id, programme.id],
    );
    inserted.execute().await.map(drop)
}

/// Takes the next number of the queue for an application in scope; a cancelled round, which takes no submission, keeps it. The round's row stays locked to the
/// end of the transaction, so numbers are committed in their order. `None`, and no lock, when there is no such application.
pub(crate) async fn queue_number_take(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &RoundId,
    application: &ApplicationId,
) -> Result<Option<(i64, Round)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Taken {
        queue_number: i64,
        #[sqlx(flatten)]
        round: RoundRow,
    }
    let taken = sql!(
        tx,
        concat!(
            "UPDATE round SET next_queue_number = next_queue_number + CASE WHEN cancel_reason IS NULL THEN 1 ELSE 0 END
             WHERE id = :id AND EXISTS (
                 SELECT 1 FROM application WHERE ",
            condition!("application."),
            " AND application.round = :id AND application.id = :application)
             RETURNING next_queue_number - 1 AS queue_number, ",
            columns!()
        ),
        ..ScopeKey = scope,
        id,
        application,
    );
    let row: Option<Taken> = taken.fetch_optional().await?;
    Ok(row.map(|taken| (taken.queue_number, taken.round.into())))
}
