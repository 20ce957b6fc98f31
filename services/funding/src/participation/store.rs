//! Rows of participations.

use db::{Error, Tx, sql};
use name::{HubId, ProgrammeId, Urn};
use time::{AcademicYear, Date, Instant};

use super::{End, EventRef, Facts, FirstYearMove, Participation, Proof, Record};
use crate::{entitlement::EntitlementId, policy::store::in_force};

macro_rules! columns {
    () => {
        "participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
         participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
         participation.agreement_time, participation.agreement_actor, participation.attendance_event, participation.attendance_date,
         participation.attendance_time, participation.attendance_actor, participation.other_attendance_event,
         participation.other_attendance_date, participation.other_attendance_time, participation.other_attendance_actor,
         participation.moved_years_count, participation.resume_event, participation.resume_date, participation.resume_time,
         participation.end_event, participation.end_date, participation.end_time, participation.is_imported,
         participation.subsidy_paid_date"
    };
}
pub(crate) use columns;

#[derive(sqlx::FromRow)]
pub(crate) struct ParticipationRow {
    id: EntitlementId,
    urn: Urn,
    hub: HubId,
    programme: ProgrammeId,
    first_academic_year: AcademicYear,
    accept_event: String,
    accept_time: Instant,
    agreement_event: Option<String>,
    agreement_date: Option<Date>,
    agreement_time: Option<Instant>,
    agreement_actor: Option<String>,
    attendance_event: Option<String>,
    attendance_date: Option<Date>,
    attendance_time: Option<Instant>,
    attendance_actor: Option<String>,
    other_attendance_event: Option<String>,
    other_attendance_date: Option<Date>,
    other_attendance_time: Option<Instant>,
    other_attendance_actor: Option<String>,
    moved_years_count: Option<i64>,
    resume_event: Option<String>,
    resume_date: Option<Date>,
    resume_time: Option<Instant>,
    end_event: Option<String>,
    end_date: Option<Date>,
    end_time: Option<Instant>,
    is_imported: bool,
    subsidy_paid_date: Option<Date>,
}

impl From<ParticipationRow> for Participation {
    fn from(row: ParticipationRow) -> Self {
        let event = |id: Option<String>, time: Option<Instant>| id.zip(time).map(|(id, happened)| EventRef { id, happened });
        let proof = |id, date: Option<Date>, time| event(id, time).zip(date).map(|(event, date)| Proof { date, event });
        let record = |proof: Option<Proof>, actor| proof.zip(actor).map(|(proof, actor)| Record { proof, actor });
        let moved = row.moved_years_count.zip(proof(row.resume_event, row.resume_date, row.resume_time));
        let end = match row.end_date {
            Some(date) => proof(row.end_event, Some(date), row.end_time).map(End::Withdrawn),
            None => event(row.end_event, row.end_time).map(End::Cancelled),
        };
        Self {
            id: row.id,
            urn: row.urn,
            hub: row.hub,
            programme: row.programme,
            first_academic_year: row.first_academic_year,
            accepted: EventRef { id: row.accept_event, happened: row.accept_time },
            is_imported: row.is_imported,
            subsidy_paid: row.subsidy_paid_date,
            facts: Facts {
                agreement: record(proof(row.agreement_event, row.agreement_date, row.agreement_time), row.agreement_actor),
                attendance: record(proof(row.attendance_event, row.attendance_date, row.attendance_time), row.attendance_actor),
                other_attendance: record(
                    proof(row.other_attendance_event, row.other_attendance_date, row.other_attendance_time),
                    row.other_attendance_actor,
                ),
                first_year_move: moved.map(|(years_count, resumed)| FirstYearMove { years_count, resumed }),
                end,
            },
        }
    }
}

/// Adds a participation without facts. False when it exists.
pub(crate) async fn participation_insert(tx: &mut Tx<'_>, participation: &Participation) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO participation (id, urn, hub, programme, first_academic_year, first_date, accept_event, accept_time, is_imported,
             subsidy_paid_date, evidence_status)
         VALUES (:id, :urn, :hub, :programme, :first_academic_year, :first_date, :accept_event, :accept_time, :is_imported,
             :subsidy_paid_date, :evidence_status)
         ON CONFLICT (id) DO NOTHING",
        id = participation.id,
        urn = participation.urn,
        hub = participation.hub,
        programme = participation.programme,
        first_academic_year = participation.first_academic_year,
        first_date = participation.first_academic_year.start_date(),
        accept_event = participation.accepted.id,
        accept_time = participation.accepted.happened,
        is_imported = participation.is_imported,
        subsidy_paid_date = participation.subsidy_paid,
        evidence_status = participation.evidence_status(true),
    );
    Ok(inserted.execute().await? == 1)
}

/// Locked, to change its facts. It is locked before its entitlement is read, so that a concurrent transaction that creates the entitlement ends first.
pub(crate) async fn find_participation_for_update(tx: &mut Tx<'_>, id: &EntitlementId) -> Result<Option<Participation>, Error> {
    let participation = sql!(tx, concat!("SELECT ", columns!(), " FROM participation WHERE id = :id {postgres FOR UPDATE}"), id);
    let row: Option<ParticipationRow> = participation.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// Writes the facts of a participation, which is locked.
pub(crate) async fn participation_update(tx: &mut Tx<'_>, participation: &Participation) -> Result<(), Error> {
    let facts = &participation.facts;
    let (agreement, attendance, other) = (facts.agreement.as_ref(), facts.attendance.as_ref(), facts.other_attendance.as_ref());
    let moved = facts.first_year_move.as_ref();
    let (end, end_date) = match &facts.end {
        Some(End::Withdrawn(proof)) => (Some(&proof.event), Some(proof.date)),
        Some(End::Cancelled(event)) => (Some(event), None),
        None => (None, None),
    };
    let updated = sql!(
        tx,
        "UPDATE participation SET agreement_event = :agreement_event, agreement_date = :agreement_date, agreement_time = :agreement_time,
             agreement_actor = :agreement_actor, attendance_event = :attendance_event, attendance_date = :attendance_date,
             attendance_time = :attendance_time, attendance_actor = :attendance_actor, other_attendance_event = :other_attendance_event,
             other_attendance_date = :other_attendance_date, other_attendance_time = :other_attendance_time,
             other_attendance_actor = :other_attendance_actor, moved_years_count = :moved_years_count, resume_event = :resume_event,
             resume_date = :resume_date, resume_time = :resume_time, end_event = :end_event, end_date = :end_date, end_time = :end_time,
             evidence_status = :evidence_status
         WHERE id = :id",
        agreement_event = agreement.map(|record| &record.proof.event.id),
        agreement_date = agreement.map(|record| record.proof.date),
        agreement_time = agreement.map(|record| record.proof.event.happened),
        agreement_actor = agreement.map(|record| &record.actor),
        attendance_event = attendance.map(|record| &record.proof.event.id),
        attendance_date = attendance.map(|record| record.proof.date),
        attendance_time = attendance.map(|record| record.proof.event.happened),
        attendance_actor = attendance.map(|record| &record.actor),
        other_attendance_event = other.map(|record| &record.proof.event.id),
        other_attendance_date = other.map(|record| record.proof.date),
        other_attendance_time = other.map(|record| record.proof.event.happened),
        other_attendance_actor = other.map(|record| &record.actor),
        moved_years_count = moved.map(|moved| moved.years_count),
        resume_event = moved.map(|moved| &moved.resumed.event.id),
        resume_date = moved.map(|moved| moved.resumed.date),
        resume_time = moved.map(|moved| moved.resumed.event.happened),
        end_event = end.map(|event| &event.id),
        end_date,
        end_time = end.map(|event| event.happened),
        evidence_status = participation.evidence_status(true),
        id = participation.id,
    );
    updated.execute().await.map(drop)
}

/// Adds a day of attendance. Of one day, the first that was recorded is kept.
pub(crate) async fn attendance_insert(tx: &mut Tx<'_>, participation: &EntitlementId, record: &Record) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO attendance (participation, attendance_date, event, happened, actor)
         VALUES (:participation, :attendance_date, :event, :happened, :actor)
         ON CONFLICT (participation, attendance_date) DO NOTHING",
        participation,
        attendance_date = record.proof.date,
        event = record.proof.event.id,
        happened = record.proof.event.happened,
        actor = record.actor,
    );
    inserted.execute().await.map(drop)
}

/// Deletes a day of attendance that was withdrawn.
pub(crate) async fn attendance_delete(tx: &mut Tx<'_>, participation: &EntitlementId, date: Date) -> Result<(), Error> {
    let deleted =
        sql!(tx, "DELETE FROM attendance WHERE participation = :participation AND attendance_date = :date", participation, date,);
    deleted.execute().await.map(drop)
}

/// The days of attendance of a participation.
pub(crate) async fn attendance_list(tx: &mut Tx<'_>, participation: &EntitlementId) -> Result<Vec<Record>, Error> {
    let attendances = sql!(
        tx,
        "SELECT attendance_date, event, happened, actor FROM attendance WHERE participation = :participation ORDER BY attendance_date",
        participation,
    );
    let rows: Vec<(Date, String, Instant, String)> = attendances.fetch_all().await?;
    let record = |(date, id, happened, actor)| Record { proof: Proof { date, event: EventRef { id, happened } }, actor };
    Ok(rows.into_iter().map(record).collect())
}

/// Participations that a policy covers and that have no entitlement, in the order of acceptance, at most `limit`; locked.
pub(crate) async fn participation_list_without_entitlement(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Participation>, Error> {
    let participations = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM participation
             WHERE participation.evidence_status <> 'lapsed' AND NOT participation.is_imported
               AND NOT EXISTS (SELECT 1 FROM entitlement WHERE entitlement.id = participation.id)
               AND EXISTS (
                   SELECT 1 FROM policy
                   WHERE policy.kind = 'release_subsidy' AND policy.programme = participation.programme
                     AND ",
            in_force!("participation.first_date"),
            ")
             ORDER BY participation.accept_time, participation.id LIMIT :limit {postgres FOR UPDATE}"
        ),
        limit,
    );
    let rows: Vec<ParticipationRow> = participations.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
