//! Rows of participations.

use std::collections::{BTreeMap, BTreeSet};

use db::{Error, JsonText, Tx, sql};
use meeting::SubjectId;
use name::{HubId, ProgrammeId, Urn};
use scope::{Scope, ScopeKey, current_condition, current_hub};
use time::{AcademicYear, Date};
use years::{Deferral, Years, YearsState};

use super::rules::{Agreement, Origin, Participation, ParticipationId};
use crate::{
    application::ApplicationId,
    attention::{
        self, Attention, AttentionDays, AttentionFilter,
        store::{AskedReasons, AttentionRow},
    },
    round::RoundId,
};

/// Most schools of one statement.
const CHOICES_MAX: usize = 1_000;

macro_rules! columns {
    () => {
        "id, round, application, urn, hub, programme, first_academic_year, years_count, state, year_number, years_completed_count,
         deferrals, deferred_years_count, last_date, accept_date, agreement_sign_date, agreement_document, agreement_document_version, first_attendance_date, last_attendance_date,
         withdraw_reason, import_source, version"
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
    round: Option<RoundId>,
    application: Option<ApplicationId>,
    urn: Urn,
    hub: HubId,
    current_hub: HubId,
    programme: ProgrammeId,
    first_academic_year: AcademicYear,
    years_count: i64,
    state: YearsState,
    year_number: i64,
    years_completed_count: i64,
    deferrals: JsonText<Vec<Deferral>>,
    deferred_years_count: i64,
    last_date: Option<Date>,
    accept_date: Option<Date>,
    agreement_sign_date: Option<Date>,
    agreement_document: Option<String>,
    agreement_document_version: Option<String>,
    first_attendance_date: Option<Date>,
    last_attendance_date: Option<Date>,
    withdraw_reason: Option<String>,
    import_source: Option<String>,
    version: i64,
}

impl From<ParticipationRow> for Participation {
    fn from(row: ParticipationRow) -> Self {
        // A CHECK sees to it that all three are set, or none.
        let agreement = row.agreement_sign_date.zip(row.agreement_document).zip(row.agreement_document_version);
        let agreement =
            agreement.map(|((sign_date, document), document_version)| Agreement { sign_date, document, document_version });
        // A CHECK sees to it that it has a place or a source.
        let place = row.round.zip(row.application).zip(row.accept_date);
        let origin = match place {
            Some(((round, application), accept_date)) => Origin::Place { round, application, accept_date },
            None => Origin::Import { source: row.import_source.unwrap_or_default() },
        };
        Self {
            id: row.id,
            origin,
            urn: row.urn,
            hub: row.hub,
            current_hub: row.current_hub,
            programme: row.programme,
            years: Years {
                first_academic_year: row.first_academic_year,
                years_count: row.years_count,
                state: row.state,
                year_number: row.year_number,
                years_completed_count: row.years_completed_count,
                deferrals: row.deferrals.0,
                deferred_years_count: row.deferred_years_count,
                last_date: row.last_date,
            },
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

/// The hubs that the lineages of schools have chosen by a day; without those that have chosen none.
pub(crate) async fn chosen_hub_list(tx: &mut Tx<'_>, urns: &[Urn], day: Date) -> Result<BTreeMap<Urn, HubId>, Error> {
    let mut chosen = BTreeMap::new();
    for part in urns.chunks(CHOICES_MAX) {
        let query = sql!(
            tx,
            concat!("SELECT school.urn, ", mirror::chosen_hub!("school.urn", ":day"), " AS hub FROM school WHERE school.urn IN (:urns)"),
            day,
            urns = [urn in part => *urn],
        );
        let rows: Vec<(Urn, Option<HubId>)> = query.fetch_all().await?;
        chosen.extend(rows.into_iter().filter_map(|(urn, hub)| Some((urn, hub?))));
    }
    Ok(chosen)
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

/// Participations in order of id.
pub(crate) async fn participation_list(
    tx: &mut Tx<'_>,
    subjects: &BTreeSet<SubjectId>,
    today: Date,
) -> Result<Vec<Participation>, Error> {
    let scope = ScopeKey::new(&Scope::All, today);
    let participations = sql!(
        tx,
        concat!("SELECT ", row_columns!(), " FROM participation WHERE ", in_scope!(), " AND id IN (:ids) ORDER BY id"),
        ..ScopeKey = scope,
        ids = [subject in subjects => subject],
    );
    let rows: Vec<ParticipationRow> = participations.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Which participations a page lists; `None` for all.
#[derive(Debug, Clone)]
pub(super) struct ParticipationFilter {
    /// The current hub.
    pub(super) hub: Option<HubId>,
    /// With the predecessors and successors of the school.
    pub(super) urn: Option<Urn>,
    pub(super) first_academic_year: Option<AcademicYear>,
    pub(super) state: Option<YearsState>,
    pub(super) attention: AttentionFilter,
}

/// A page in order of id, from the rows of a table or join, with the reasons for attention.
macro_rules! page {
    ($from:expr) => {
        concat!(
            "SELECT page.*, ",
            attention::store::closing_columns!(),
            " FROM (SELECT found.* FROM (SELECT ",
            row_columns!(),
            ", ",
            attention::store::columns!(),
            " FROM ",
            $from,
            " WHERE ",
            in_scope!(),
            " AND (:first_academic_year = '' OR first_academic_year = :first_academic_year) AND (:state = '' OR state = :state)
               AND ",
            scope::of_lineage!("participation."),
            " AND id > :after) found
             WHERE ",
            attention::store::is_asked!(),
            " ORDER BY found.id LIMIT :limit) page LEFT JOIN school closing ON closing.urn = page.closing_urn ORDER BY page.id"
        )
    };
}

/// The participations that can be of the hub of a scope: those that it gave, and those of lineages that have ever chosen it. Each is found by an index.
macro_rules! of_hub {
    () => {
        concat!(
            "(SELECT given.id AS candidate FROM participation given WHERE given.hub = :scope_hub AND given.id > :after
              UNION
              SELECT moved.id FROM (",
            scope::lineages_of_hub!(),
            ") line JOIN participation moved ON moved.urn = line.urn WHERE moved.id > :after) hub_line
             JOIN participation ON participation.id = hub_line.candidate"
        )
    };
}

#[derive(sqlx::FromRow)]
struct PageRow {
    #[sqlx(flatten)]
    participation: ParticipationRow,
    #[sqlx(flatten)]
    attention: AttentionRow,
}

/// A page in order of id.
pub(super) async fn participation_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    days: &AttentionDays,
    filter: &ParticipationFilter,
    after: Option<&ParticipationId>,
    limit: i64,
) -> Result<Vec<(Participation, Vec<Attention>)>, Error> {
    let Some(scope) = filter.hub.as_ref().map_or_else(|| Some(scope.clone()), |hub| scope.clone().within(hub)) else {
        return Ok(Vec::new());
    };
    let first_academic_year = filter.first_academic_year.map(|year| year.to_string()).unwrap_or_default();
    macro_rules! page_from {
        ($from:expr) => {
            sql!(
                tx,
                page!($from),
                ..ScopeKey = scope,
                ..AttentionDays = days,
                ..AskedReasons<'_> = AskedReasons(&filter.attention),
                first_academic_year,
                state = filter.state.map_or("", YearsState::as_str),
                urn = filter.urn.map_or(0, Urn::number),
                after = after.map_or("", ParticipationId::as_str),
                limit,
            )
        };
    }
    let page = if scope.hub.is_empty() { page_from!("participation") } else { page_from!(of_hub!()) };
    let rows: Vec<PageRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(|row| (row.participation.into(), row.attention.attentions(days))).collect())
}

/// Adds a participation that an accepted place begins.
pub(crate) async fn participation_insert(tx: &mut Tx<'_>, participation: &Participation) -> Result<(), Error> {
    let (round, application, accept_date) = match &participation.origin {
        Origin::Place { round, application, accept_date } => (Some(round), Some(application), Some(*accept_date)),
        Origin::Import { .. } => (None, None, None),
    };
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO participation (",
            columns!(),
            ") VALUES (:id, :round, :application, :urn, :hub, :programme, :first_academic_year, :years_count, :state, :year_number,
                 :years_completed_count, :deferrals, :deferred_years_count, :last_date, :accept_date, :agreement_sign_date, :agreement_document, :agreement_document_version,
                 :first_attendance_date, :last_attendance_date, :withdraw_reason, :import_source, :version)"
        ),
        id = participation.id,
        round,
        application,
        urn = participation.urn,
        hub = participation.hub,
        programme = participation.programme,
        first_academic_year = participation.first_academic_year,
        years_count = participation.years_count,
        state = participation.state,
        year_number = participation.year_number,
        years_completed_count = participation.years_completed_count,
        deferrals = JsonText(&participation.deferrals),
        deferred_years_count = participation.deferred_years_count,
        last_date = participation.last_date,
        accept_date,
        agreement_sign_date = participation.agreement.as_ref().map(|agreement| agreement.sign_date),
        agreement_document = participation.agreement.as_ref().map(|agreement| &agreement.document),
        agreement_document_version = participation.agreement.as_ref().map(|agreement| &agreement.document_version),
        first_attendance_date = participation.attended.map(|(first, _)| first),
        last_attendance_date = participation.attended.map(|(_, last)| last),
        withdraw_reason = participation.withdraw_reason,
        import_source = participation.origin.import_source(),
        version = participation.version,
    );
    inserted.execute().await.map(drop)
}

/// The row is locked, so its version is the one before.
pub(crate) async fn participation_update(tx: &mut Tx<'_>, next: &Participation) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE participation SET state = :state, year_number = :year_number, years_completed_count = :years_completed_count,
             deferrals = :deferrals, deferred_years_count = :deferred_years_count, last_date = :last_date, withdraw_reason = :withdraw_reason, version = :version, agreement_sign_date = :agreement_sign_date,
             agreement_document = :agreement_document, agreement_document_version = :agreement_document_version,
             first_attendance_date = :first_attendance_date, last_attendance_date = :last_attendance_date
         WHERE id = :id",
        state = next.state,
        year_number = next.year_number,
        years_completed_count = next.years_completed_count,
        deferrals = JsonText(&next.deferrals),
        deferred_years_count = next.deferred_years_count,
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

/// Updates the days of attendance of participations.
pub(crate) async fn attended_update(tx: &mut Tx<'_>, changed: &[Participation]) -> Result<(), Error> {
    if changed.is_empty() {
        return Ok(());
    }
    let (first, last) =
        (|next: &Participation| next.attended.map(|days| days.0), |next: &Participation| next.attended.map(|days| days.1));
    let updated = sql!(
        tx,
        "UPDATE participation SET version = given.column2, first_attendance_date = given.column3, last_attendance_date = given.column4
         FROM (VALUES :changed) AS given WHERE participation.id = given.column1",
        changed = [next in changed => next.id, next.version, first(next), last(next)],
    );
    updated.execute().await.map(drop)
}
