//! Rows of participations.

use db::{Error, Tx, sql};
use name::{HubId, ProgrammeId, Urn};
use time::{AcademicYear, Date, Instant};

use super::{End, EventRef, Facts, Participation, Proof};
use crate::{entitlement::EntitlementId, policy::store::in_force};

macro_rules! columns {
    () => {
        "participation.id, participation.urn, participation.hub, participation.programme, participation.first_academic_year,
         participation.accept_event, participation.accept_time, participation.agreement_event, participation.agreement_date,
         participation.agreement_time, participation.attendance_event, participation.attendance_date, participation.attendance_time,
         participation.end_event, participation.end_date, participation.end_time"
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
    attendance_event: Option<String>,
    attendance_date: Option<Date>,
    attendance_time: Option<Instant>,
    end_event: Option<String>,
    end_date: Option<Date>,
    end_time: Option<Instant>,
}

impl From<ParticipationRow> for Participation {
    fn from(row: ParticipationRow) -> Self {
        let event = |id: Option<String>, time: Option<Instant>| id.zip(time).map(|(id, happened)| EventRef { id, happened });
        let proof = |id, date: Option<Date>, time| event(id, time).zip(date).map(|(event, date)| Proof { date, event });
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
            facts: Facts {
                agreement: proof(row.agreement_event, row.agreement_date, row.agreement_time),
                attendance: proof(row.attendance_event, row.attendance_date, row.attendance_time),
                end,
            },
        }
    }
}

/// Adds a participation without facts. False when it exists.
pub(crate) async fn participation_insert(tx: &mut Tx<'_>, participation: &Participation) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO participation (id, urn, hub, programme, first_academic_year, first_date, accept_event, accept_time, evidence_status)
         VALUES (:id, :urn, :hub, :programme, :first_academic_year, :first_date, :accept_event, :accept_time, :evidence_status)
         ON CONFLICT (id) DO NOTHING",
        id = participation.id,
        urn = participation.urn,
        hub = participation.hub,
        programme = participation.programme,
        first_academic_year = participation.first_academic_year,
        first_date = participation.first_academic_year.start_date(),
        accept_event = participation.accepted.id,
        accept_time = participation.accepted.happened,
        evidence_status = participation.evidence_status(),
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
    let (agreement, attendance) = (facts.agreement.as_ref(), facts.attendance.as_ref());
    let (end, end_date) = match &facts.end {
        Some(End::Withdrawn(proof)) => (Some(&proof.event), Some(proof.date)),
        Some(End::Cancelled(event)) => (Some(event), None),
        None => (None, None),
    };
    let updated = sql!(
        tx,
        "UPDATE participation SET agreement_event = :agreement_event, agreement_date = :agreement_date, agreement_time = :agreement_time,
             attendance_event = :attendance_event, attendance_date = :attendance_date, attendance_time = :attendance_time,
             end_event = :end_event, end_date = :end_date, end_time = :end_time, evidence_status = :evidence_status
         WHERE id = :id",
        agreement_event = agreement.map(|proof| &proof.event.id),
        agreement_date = agreement.map(|proof| proof.date),
        agreement_time = agreement.map(|proof| proof.event.happened),
        attendance_event = attendance.map(|proof| &proof.event.id),
        attendance_date = attendance.map(|proof| proof.date),
        attendance_time = attendance.map(|proof| proof.event.happened),
        end_event = end.map(|event| &event.id),
        end_date,
        end_time = end.map(|event| event.happened),
        evidence_status = participation.evidence_status(),
        id = participation.id,
    );
    updated.execute().await.map(drop)
}

/// Participations that a policy covers and that have no entitlement, in the order of acceptance, at most `limit`; locked.
pub(crate) async fn participation_list_without_entitlement(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Participation>, Error> {
    let participations = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM participation
             WHERE participation.evidence_status <> 'lapsed'
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
