//! Participations.

use db::{Error, Tx, sql};
use time::Date;

use super::{ScopeKey, in_scope, locking, row::ParticipationRow};
use crate::domain::{Participation, ParticipationId};

macro_rules! columns {
    () => {
        "id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
         last_date, accept_date, agreement_sign_date, first_attendance_date, last_attendance_date, withdraw_reason, version"
    };
}

macro_rules! by_id {
    () => {
        concat!("SELECT ", columns!(), " FROM participation WHERE ", in_scope!(), " AND id = $4")
    };
}

/// One that lies in scope.
pub(crate) async fn find_participation(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &ParticipationId,
) -> Result<Option<Participation>, Error> {
    let row: Option<ParticipationRow> = sql!(tx, conn => sqlx::query_as(by_id!())
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// To change it.
pub(crate) async fn find_participation_held(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &ParticipationId,
) -> Result<Option<Participation>, Error> {
    let text = locking(tx, by_id!());
    let row: Option<ParticipationRow> = sql!(tx, conn => sqlx::query_as(text)
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// What a page holds: empty and 0 mean all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) hub: String,
    pub(crate) urn: i64,
    pub(crate) first_academic_year: String,
    pub(crate) state: &'static str,
}

/// A page in order of id.
pub(crate) async fn participation_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &Filter,
    after: &str,
    limit: i64,
) -> Result<Vec<Participation>, Error> {
    let rows: Vec<ParticipationRow> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT ", columns!(), " FROM participation
         WHERE ", in_scope!(), " AND ($4 = '' OR hub = $4) AND ($5 = 0 OR urn = $5) AND ($6 = '' OR first_academic_year = $6)
           AND ($7 = '' OR state = $7) AND id > $8
         ORDER BY id LIMIT $9"))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(&filter.hub).bind(filter.urn).bind(&filter.first_academic_year)
        .bind(filter.state).bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(crate) async fn participation_insert(tx: &mut Tx<'_>, participation: &Participation) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(concat!(
        "INSERT INTO participation (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"))
        .bind(participation.id.as_str()).bind(participation.round.as_str()).bind(participation.application.as_str())
        .bind(participation.urn.number()).bind(participation.hub.as_str()).bind(participation.programme.as_str())
        .bind(participation.first_academic_year.to_string()).bind(participation.years_count).bind(participation.state.as_str())
        .bind(participation.year_number).bind(participation.years_completed_count)
        .bind(participation.last_date.map(|date| date.to_string()))
        .bind(participation.accept_date.to_string()).bind(participation.agreement_sign_date.map(|date| date.to_string()))
        .bind(participation.attended.map(|(first, _)| first.to_string())).bind(participation.attended.map(|(_, last)| last.to_string()))
        .bind(participation.withdraw_reason.as_deref())
        .bind(participation.version).execute(conn).await.map(drop))?;
    Ok(())
}

/// The participation is held, so its version is the one before.
pub(crate) async fn participation_update(tx: &mut Tx<'_>, next: &Participation) -> Result<(), Error> {
    sql!(tx, conn => sqlx::query(
        "UPDATE participation SET state = $2, year_number = $3, years_completed_count = $4, last_date = $5, withdraw_reason = $6, version = $7,
             agreement_sign_date = $8, first_attendance_date = $9, last_attendance_date = $10
         WHERE id = $1")
        .bind(next.id.as_str()).bind(next.state.as_str()).bind(next.year_number).bind(next.years_completed_count)
        .bind(next.last_date.map(|date| date.to_string())).bind(next.withdraw_reason.as_deref()).bind(next.version)
        .bind(next.agreement_sign_date.map(|date| date.to_string()))
        .bind(next.attended.map(|(first, _)| first.to_string())).bind(next.attended.map(|(_, last)| last.to_string()))
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// False when the day was recorded before.
pub(crate) async fn attendance_insert(tx: &mut Tx<'_>, participation: &ParticipationId, date: Date) -> Result<bool, Error> {
    let new = sql!(tx, conn => sqlx::query(
        "INSERT INTO attendance (participation, attendance_date) VALUES ($1, $2) ON CONFLICT (participation, attendance_date) DO NOTHING")
        .bind(participation.as_str()).bind(date.to_string()).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(new == 1)
}
