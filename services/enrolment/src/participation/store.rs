//! Rows of participations and of their attendance.

use db::{Error, Tx, sql};
use name::{HubId, ProgrammeId, Urn};
use scope::{Scope, ScopeKey, current_condition, current_hub};
use time::{AcademicYear, Date};

use super::rules::{Agreement, Participation, ParticipationId, ParticipationState};
use crate::{application::ApplicationId, round::RoundId};

macro_rules! columns {
    () => {
        "id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
         last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
         withdraw_reason, version"
    };
}

/// The columns of [`ParticipationRow`].
macro_rules! row_columns {
    () => {
        concat!(columns!(), ", ", current_hub!("participation.urn", "participation.hub"), " AS current_hub")
    };
}

macro_rules! in_scope {
    () => {
        current_condition!("participation.urn", "participation.hub")
    };
}

#[derive(sqlx::FromRow)]
struct ParticipationRow {
    id: ParticipationId,
    round: RoundId,
    application: ApplicationId,
    urn: Urn,
    hub: HubId,
    current_hub: HubId,
    programme: ProgrammeId,
    first_academic_year: AcademicYear,
    years_count: i64,
    state: ParticipationState,
    year_number: i64,
    years_completed_count: i64,
    last_date: Option<Date>,
    accept_date: Date,
    agreement_sign_date: Option<Date>,
    agreement_document: Option<String>,
    agreement_document_version: Option<String>,
    first_attendance_date: Option<Date>,
    last_attendance_date: Option<Date>,
    withdraw_reason: Option<String>,
    version: i64,
}

impl From<ParticipationRow> for Participation {
    fn from(row: ParticipationRow) -> Self {
        // A CHECK sees to it that all three are set, or none.
        let agreement = row.agreement_sign_date.zip(row.agreement_document).zip(row.agreement_document_version);
        let agreement =
            agreement.map(|((sign_date, document), document_version)| Agreement { sign_date, document, document_version });
        Self {
            id: row.id,
            round: row.round,
            application: row.application,
            urn: row.urn,
            hub: row.hub,
            current_hub: row.current_hub,
            programme: row.programme,
            first_academic_year: row.first_academic_year,
            years_count: row.years_count,
            state: row.state,
            year_number: row.year_number,
            years_completed_count: row.years_completed_count,
            last_date: row.last_date,
            accept_date: row.accept_date,
            agreement,
            attended: row.first_attendance_date.zip(row.last_attendance_date),
            withdraw_reason: row.withdraw_reason,
            version: row.version,
        }
    }
}

macro_rules! by_id {
    () => {
        concat!("SELECT ", row_columns!(), " FROM participation WHERE ", in_scope!(), " AND id = :id")
    };
}

/// In scope.
pub(super) async fn find_participation(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &ParticipationId,
) -> Result<Option<Participation>, Error> {
    let row: Option<ParticipationRow> = sql!(tx, by_id!(), ..ScopeKey = scope, id).fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// In scope, locked to change it.
pub(super) async fn find_participation_for_update(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &ParticipationId,
) -> Result<Option<Participation>, Error> {
    let query = sql!(tx, concat!(by_id!(), " {postgres FOR UPDATE}"), ..ScopeKey = scope, id);
    let row: Option<ParticipationRow> = query.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// That of an accepted application, locked to change it.
pub(crate) async fn participation_by_id_for_update(
    tx: &mut Tx<'_>,
    id: &ParticipationId,
    today: Date,
) -> Result<Participation, Error> {
    let found = find_participation_for_update(tx, &ScopeKey::new(&Scope::All, today), id).await?;
    Ok(found.ok_or(sqlx::Error::RowNotFound)?)
}

/// Which participations a page lists; `None` for all.
#[derive(Debug, Clone)]
pub(super) struct ParticipationFilter {
    pub(super) hub: Option<HubId>,
    /// With the predecessors and successors of the school.
    pub(super) urn: Option<Urn>,
    pub(super) first_academic_year: Option<AcademicYear>,
    pub(super) state: Option<ParticipationState>,
}

/// A page in order of id.
pub(super) async fn participation_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &ParticipationFilter,
    after: Option<&ParticipationId>,
    limit: i64,
) -> Result<Vec<Participation>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            row_columns!(),
            " FROM participation
             WHERE ",
            in_scope!(),
            " AND (:hub = '' OR hub = :hub) AND (:year = '' OR first_academic_year = :year) AND (:state = '' OR state = :state)
               AND ",
            scope::of_lineage!("participation."),
            " AND id > :after
             ORDER BY id LIMIT :limit"
        ),
        ..ScopeKey = scope,
        hub = filter.hub.as_ref().map_or("", HubId::as_str),
        year = filter.first_academic_year.map(|year| year.to_string()).unwrap_or_default(),
        state = filter.state.map_or("", ParticipationState::as_str),
        urn = filter.urn.map_or(0, Urn::number),
        after = after.map_or("", ParticipationId::as_str),
        limit,
    );
    let rows: Vec<ParticipationRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(crate) async fn participation_insert(tx: &mut Tx<'_>, participation: &Participation) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO participation (",
            columns!(),
            ") VALUES (:id, :round, :application, :urn, :hub, :programme, :first_academic_year, :years_count, :state, :year_number,
                 :years_completed_count, :last_date, :accept_date, :agreement_sign_date, :agreement_document, :agreement_document_version,
                 :first_attendance_date, :last_attendance_date, :withdraw_reason, :version)"
        ),
        id = participation.id,
        round = participation.round,
        application = participation.application,
        urn = participation.urn,
        hub = participation.hub,
        programme = participation.programme,
        first_academic_year = participation.first_academic_year,
        years_count = participation.years_count,
        state = participation.state,
        year_number = participation.year_number,
        years_completed_count = participation.years_completed_count,
        last_date = participation.last_date,
        accept_date = participation.accept_date,
        agreement_sign_date = participation.agreement.as_ref().map(|agreement| agreement.sign_date),
        agreement_document = participation.agreement.as_ref().map(|agreement| &agreement.document),
        agreement_document_version = participation.agreement.as_ref().map(|agreement| &agreement.document_version),
        first_attendance_date = participation.attended.map(|(first, _)| first),
        last_attendance_date = participation.attended.map(|(_, last)| last),
        withdraw_reason = participation.withdraw_reason,
        version = participation.version,
    );
    inserted.execute().await.map(drop)
}

/// The row is locked, so its version is the one before.
pub(crate) async fn participation_update(tx: &mut Tx<'_>, next: &Participation) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE participation SET state = :state, year_number = :year_number, years_completed_count = :years_completed_count,
             last_date = :last_date, withdraw_reason = :withdraw_reason, version = :version, agreement_sign_date = :agreement_sign_date,
             agreement_document = :agreement_document, agreement_document_version = :agreement_document_version,
             first_attendance_date = :first_attendance_date, last_attendance_date = :last_attendance_date
         WHERE id = :id",
        state = next.state,
        year_number = next.year_number,
        years_completed_count = next.years_completed_count,
        last_date = next.last_date,
        withdraw_reason = next.withdraw_reason,
        version = next.version,
        agreement_sign_date = next.agreement.as_ref().map(|agreement| agreement.sign_date),
        agreement_document = next.agreement.as_ref().map(|agreement| &agreement.document),
        agreement_document_version = next.agreement.as_ref().map(|agreement| &agreement.document_version),
        first_attendance_date = next.attended.map(|(first, _)| first),
        last_attendance_date = next.attended.map(|(_, last)| last),
        id = next.id,
    );
    updated.execute().await.map(drop)
}

/// False when the day is recorded already.
pub(super) async fn attendance_insert(tx: &mut Tx<'_>, participation: &ParticipationId, date: Date) -> Result<bool, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO attendance (participation, attendance_date) VALUES (:participation, :date)
         ON CONFLICT (participation, attendance_date) DO NOTHING",
        participation,
        date,
    );
    Ok(inserted.execute().await? == 1)
}
