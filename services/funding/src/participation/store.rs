//! Places as enrolment told of them.

use db::{Error, Tx, sql};
use time::Instant;

use super::{locking, policy::in_force, row::ParticipationRow};
use crate::domain::{End, EntitlementId, Participation, Proof, Told};

macro_rules! columns {
    () => {
        "participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
         participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
         participation.agreement_time, participation.attendance_event, participation.attendance_date, participation.attendance_time,
         participation.end_event, participation.end_date, participation.end_time"
    };
}
pub(super) use columns;

/// A place that was accepted, of which no more is known.
/// False when it is there already.
pub(crate) async fn participation_insert(tx: &mut Tx<'_>, participation: &Participation) -> Result<bool, Error> {
    let new = sql!(tx, conn => sqlx::query(
        "INSERT INTO participation (id, urn, hub, programme, first_academic_year, first_date, accept_event, accept_time, due)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING")
        .bind(participation.id.as_str()).bind(participation.urn.number()).bind(participation.hub.as_str())
        .bind(participation.programme.as_str()).bind(participation.first_academic_year.to_string())
        .bind(participation.first_academic_year.start_date().to_string()).bind(&participation.accepted.event)
        .bind(participation.accepted.happened.micros()).bind(participation.due().as_str())
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(new == 1)
}

/// To change it. It is held before its entitlement is looked for, so that whoever makes that meanwhile is waited for.
pub(crate) async fn find_participation_held(tx: &mut Tx<'_>, id: &EntitlementId) -> Result<Option<Participation>, Error> {
    let text = locking(tx, concat!("SELECT ", columns!(), " FROM participation WHERE id = $1"));
    let row: Option<ParticipationRow> = sql!(tx, conn => sqlx::query_as(text).bind(id.as_str()).fetch_optional(conn).await)?;
    Ok(row.map(Into::into))
}

/// Writes its facts. It is held.
pub(crate) async fn participation_update(tx: &mut Tx<'_>, participation: &Participation) -> Result<(), Error> {
    let facts = &participation.facts;
    let (end, end_date) = match &facts.end {
        Some(End::Withdrawn(proof)) => (Some(&proof.told), Some(proof.date.to_string())),
        Some(End::Cancelled(told)) => (Some(told), None),
        None => (None, None),
    };
    let event = |told: Option<&Told>| told.map(|told| told.event.clone());
    let time = |told: Option<&Told>| told.map(|told| Instant::micros(told.happened));
    let date = |proof: &Option<Proof>| proof.as_ref().map(|proof| proof.date.to_string());
    let (agreement, attendance) =
        (facts.agreement.as_ref().map(|proof| &proof.told), facts.attendance.as_ref().map(|proof| &proof.told));
    sql!(tx, conn => sqlx::query(
        "UPDATE participation SET agreement_event = $2, agreement_date = $3, agreement_time = $4, attendance_event = $5,
             attendance_date = $6, attendance_time = $7, end_event = $8, end_date = $9, end_time = $10, due = $11
         WHERE id = $1")
        .bind(participation.id.as_str())
        .bind(event(agreement)).bind(date(&facts.agreement)).bind(time(agreement))
        .bind(event(attendance)).bind(date(&facts.attendance)).bind(time(attendance))
        .bind(event(end)).bind(end_date).bind(time(end)).bind(participation.due().as_str())
        .execute(conn).await.map(drop))?;
    Ok(())
}

/// Places that a policy covers and that have no entitlement, in the order in which they were accepted, at most so many; held.
pub(crate) async fn participation_list_without_entitlement(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Participation>, Error> {
    let text = locking(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM participation
             WHERE participation.due <> 'lapsed'
               AND NOT EXISTS (SELECT 1 FROM entitlement WHERE entitlement.id = participation.id)
               AND EXISTS (
                   SELECT 1 FROM policy
                   WHERE policy.kind = 'release_subsidy' AND policy.programme = participation.programme
                     AND ",
            in_force!("participation.first_date"),
            ")
             ORDER BY participation.accept_time, participation.id LIMIT $1"
        ),
    );
    let rows: Vec<ParticipationRow> = sql!(tx, conn => sqlx::query_as(text).bind(limit).fetch_all(conn).await)?;
    Ok(rows.into_iter().map(Into::into).collect())
}
