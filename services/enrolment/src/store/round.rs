//! Rounds.

use db::{Error, Tx, placeholders, sql};
use sqlx::AssertSqlSafe;

use super::{locking, referring, row::RoundRow};
use crate::domain::{Round, RoundId};

macro_rules! columns {
    () => {
        "id, display_name, academic_year, window_start_date, window_end_date, offer_days_count, programmes, place_order_policies, version"
    };
}

pub(crate) async fn find_round(tx: &mut Tx<'_>, id: &RoundId) -> Result<Option<Round>, Error> {
    let row: Option<RoundRow> = sql!(tx, conn => sqlx::query_as(concat!("SELECT ", columns!(), " FROM round WHERE id = $1"))
        .bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// To change it.
pub(crate) async fn find_round_held(tx: &mut Tx<'_>, id: &RoundId) -> Result<Option<Round>, Error> {
    let text = locking(tx, concat!("SELECT ", columns!(), " FROM round WHERE id = $1"));
    let row: Option<RoundRow> = sql!(tx, conn => sqlx::query_as(text).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

pub(crate) async fn round_page(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Round>, Error> {
    let rows: Vec<RoundRow> = sql!(tx, conn => sqlx::query_as(
        concat!("SELECT ", columns!(), " FROM round WHERE id > $1 ORDER BY id LIMIT $2"))
        .bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// False when the id is taken.
pub(crate) async fn round_insert(tx: &mut Tx<'_>, round: &Round) -> Result<bool, Error> {
    let row = RoundRow::from(round);
    let new = sql!(tx, conn => sqlx::query(concat!(
        "INSERT INTO round (", columns!(), ", next_queue_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
         ON CONFLICT (id) DO NOTHING"))
        .bind(&row.id).bind(&row.display_name).bind(&row.academic_year).bind(&row.window_start_date).bind(&row.window_end_date)
        .bind(row.offer_days_count).bind(&row.programmes).bind(&row.place_order_policies).bind(row.version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    if new == 0 {
        return Ok(false);
    }
    programme_insert(tx, round).await?;
    Ok(true)
}

/// The round is held, so its version is the one before. False when it leaves out a programme that places or applications refer to.
pub(crate) async fn round_update(tx: &mut Tx<'_>, round: &Round) -> Result<bool, Error> {
    let row = RoundRow::from(round);
    sql!(tx, conn => sqlx::query(
        "UPDATE round SET display_name = $2, window_start_date = $3, window_end_date = $4, offer_days_count = $5, programmes = $6,
             place_order_policies = $7, version = $8
         WHERE id = $1")
        .bind(&row.id).bind(&row.display_name).bind(&row.window_start_date).bind(&row.window_end_date).bind(row.offer_days_count)
        .bind(&row.programmes).bind(&row.place_order_policies).bind(row.version).execute(conn).await.map(drop))?;
    programme_insert(tx, round).await?;
    let text = format!(
        "DELETE FROM round_programme WHERE round = ${} AND programme NOT IN ({})",
        round.programmes.len() + 1,
        placeholders(round.programmes.len(), 1)
    );
    let deleted = sql!(tx, conn => {
        let mut query = sqlx::query(AssertSqlSafe(text));
        for programme in &round.programmes {
            query = query.bind(programme.id.as_str());
        }
        query.bind(&row.id).execute(conn).await.map(drop)
    });
    Ok(referring(deleted)?.is_some())
}

async fn programme_insert(tx: &mut Tx<'_>, round: &Round) -> Result<(), Error> {
    let values = placeholders(round.programmes.len(), 2);
    let text =
        format!("INSERT INTO round_programme (round, programme) VALUES {values} ON CONFLICT (round, programme) DO NOTHING");
    sql!(tx, conn => {
        let mut query = sqlx::query(AssertSqlSafe(text));
        for programme in &round.programmes {
            query = query.bind(round.id.as_str()).bind(programme.id.as_str());
        }
        query.execute(conn).await.map(drop)
    })?;
    Ok(())
}

/// Gives the next number of the queue. The round's row stays locked to the end of the transaction, so numbers are committed in their order.
pub(crate) async fn queue_number_take(tx: &mut Tx<'_>, id: &RoundId) -> Result<Option<(i64, Round)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Taken {
        queue_number: i64,
        #[sqlx(flatten)]
        round: RoundRow,
    }
    let row: Option<Taken> = sql!(tx, conn => sqlx::query_as(concat!(
        "UPDATE round SET next_queue_number = next_queue_number + 1 WHERE id = $1
         RETURNING next_queue_number - 1 AS queue_number, ", columns!()))
        .bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(|taken| (taken.queue_number, taken.round.into())))
}
