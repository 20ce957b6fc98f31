//! Rows of applications.

use db::{Child, Error, Tx, child_page, sql};
use mirror::{Hub, LINEAGE_URNS_MAX, School, SchoolRow};
use name::{HubId, Phase, ProgrammeId, Urn};
use scope::{ScopeKey, condition};
use time::{Date, Instant};

use super::{
    eligibility::Eligibility,
    rules::{Application, ApplicationId, ApplicationState, Coldness, DRAFTS_MAX},
};
use crate::{
    attention::{
        Attention,
        store::{ClosingRow, closing_columns},
    },
    participation::ParticipationId,
    round::{self, Round, RoundFilter, RoundId, store::RoundRow},
};

macro_rules! columns {
    () => {
        "id, round, urn, hub, programme, state, queue_number, coldness_ppm, coldness_old_la_code, coldness_education_phase,
         reach_publication, coldness_rank, coldness_ranked_count, submit_time, offer_expire_time, participation, chosen_hub, claims_count, withdraw_reason, version"
    };
}
pub(super) use columns;

#[derive(sqlx::FromRow)]
pub(super) struct ApplicationRow {
    id: ApplicationId,
    round: RoundId,
    urn: Urn,
    hub: HubId,
    programme: ProgrammeId,
    state: ApplicationState,
    queue_number: Option<i64>,
    coldness_ppm: Option<i64>,
    coldness_old_la_code: Option<String>,
    coldness_education_phase: Option<Phase>,
    reach_publication: Option<String>,
    coldness_rank: Option<i64>,
    coldness_ranked_count: Option<i64>,
    submit_time: Option<Instant>,
    offer_expire_time: Option<Instant>,
    participation: Option<ParticipationId>,
    chosen_hub: Option<HubId>,
    claims_count: i64,
    withdraw_reason: Option<String>,
    version: i64,
}

impl From<ApplicationRow> for Application {
    fn from(row: ApplicationRow) -> Self {
        // A CHECK sees to it that all are set, or none.
        let coldness = (|| {
            Some(Coldness {
                ppm: row.coldness_ppm?,
                old_la_code: row.coldness_old_la_code?,
                phase: row.coldness_education_phase?,
                publication: row.reach_publication?,
                rank: row.coldness_rank?,
                ranked_count: row.coldness_ranked_count?,
            })
        })();
        Self {
            id: row.id,
            round: row.round,
            urn: row.urn,
            hub: row.hub,
            chosen_hub: row.chosen_hub,
            programme: row.programme,
            state: row.state,
            queue_number: row.queue_number,
            coldness,
            submit_time: row.submit_time,
            offer_expire_time: row.offer_expire_time,
            participation: row.participation,
            claims_count: row.claims_count,
            withdraw_reason: row.withdraw_reason,
            version: row.version,
        }
    }
}

/// An application and its round.
#[derive(sqlx::FromRow)]
struct WithRoundRow {
    #[sqlx(flatten)]
    application: ApplicationRow,
    #[sqlx(flatten)]
    round: RoundRow,
}

impl From<WithRoundRow> for (Application, Round) {
    fn from(row: WithRoundRow) -> Self {
        (row.application.into(), row.round.into())
    }
}

/// A school that an application may be for, if the register lists it, and the days of the hub and the hub that the
/// school has chosen, which each row repeats.
#[derive(sqlx::FromRow)]
pub(super) struct EligibilityRow {
    #[sqlx(flatten)]
    school: SchoolRow,
    hub_start_date: Option<Date>,
    hub_end_date: Option<Date>,
    chosen_hub_today: Option<HubId>,
}

impl EligibilityRow {
    /// All rows of one application.
    pub(super) fn together(hub: &HubId, rows: Vec<Self>) -> Eligibility {
        let first = rows.first();
        let (start, end) = first.map(|row| (row.hub_start_date, row.hub_end_date)).unwrap_or_default();
        let chosen_hub = first.and_then(|row| row.chosen_hub_today.clone());
        let hub = Hub { id: hub.clone(), start, end };
        Eligibility { hub, chosen_hub, schools: rows.into_iter().filter_map(|row| row.school.school()).collect() }
    }
}

macro_rules! by_id {
    () => {
        concat!("SELECT ", columns!(), " FROM application WHERE ", condition!(), " AND round = :round AND id = :id")
    };
}

/// Columns and tables of an application and its round; more of each can be joined.
macro_rules! with_round {
    ($columns:expr, $joins:expr) => {
        concat!(
            "SELECT application.*, round.*",
            $columns,
            " FROM (",
            by_id!(),
            ") application JOIN (SELECT ",
            round::store::columns!(),
            " FROM round) round ON round.round_id = application.round",
            $joins
        )
    };
}

/// In scope.
pub(super) async fn find_application(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<Application>, Error> {
    let row: Option<ApplicationRow> = sql!(tx, by_id!(), ..ScopeKey = scope, round, id).fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// In scope, locked to change it.
pub(super) async fn find_application_for_update(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<Application>, Error> {
    let query = sql!(tx, concat!(by_id!(), " {postgres FOR UPDATE}"), ..ScopeKey = scope, round, id);
    let row: Option<ApplicationRow> = query.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// In scope, with its round.
pub(super) async fn find_application_and_round(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<(Application, Round)>, Error> {
    let row: Option<WithRoundRow> = sql!(tx, with_round!("", ""), ..ScopeKey = scope, round, id).fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// In scope, with its round and the facts of its school and hub today.
pub(super) async fn find_application_and_eligibility(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    id: &ApplicationId,
) -> Result<Option<(Application, Round, Eligibility)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(flatten)]
        with_round: WithRoundRow,
        #[sqlx(flatten)]
        eligibility: EligibilityRow,
    }
    let query = sql!(
        tx,
        with_round!(
            concat!(
                ", ",
                mirror::school_columns!("member"),
                ", hub.start_date AS hub_start_date, hub.end_date AS hub_end_date, ",
                mirror::chosen_hub!("application.urn", ":scope_today"),
                " AS chosen_hub_today"
            ),
            concat!(
                "
             LEFT JOIN (",
                mirror::descendants!("(SELECT urn FROM application WHERE round = :round AND id = :id)", ":scope_today"),
                ") successor ON TRUE
             LEFT JOIN school member ON member.urn = successor.urn AND member.listed
             LEFT JOIN hub ON hub.id = application.hub
             ORDER BY successor.urn LIMIT :urns_max"
            )
        ),
        ..ScopeKey = scope,
        round,
        id,
        urns_max = LINEAGE_URNS_MAX,
    );
    let rows: Vec<Row> = query.fetch_all().await?;
    let (applications, eligibility): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| (row.with_round, row.eligibility)).unzip();
    let Some(first) = applications.into_iter().next() else { return Ok(None) };
    let (application, round): (Application, Round) = first.into();
    let eligibility = EligibilityRow::together(&application.hub, eligibility);
    Ok(Some((application, round, eligibility)))
}

/// A school that the newest register lists, and the hub that its lineage has chosen today.
pub(super) async fn find_school_and_choice(
    tx: &mut Tx<'_>,
    urn: Urn,
    today: Date,
) -> Result<Option<(School, Option<HubId>)>, Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(flatten)]
        school: SchoolRow,
        chosen_hub: Option<HubId>,
    }
    let school = sql!(
        tx,
        concat!(
            "SELECT ",
            mirror::school_columns!("school"),
            ", ",
            mirror::chosen_hub!(":urn", ":today"),
            " AS chosen_hub FROM school WHERE urn = :urn AND listed"
        ),
        urn,
        today,
    );
    let row: Option<Row> = school.fetch_optional().await?;
    Ok(row.and_then(|row| Some((row.school.school()?, row.chosen_hub))))
}

/// Which applications a page lists; `None` for all.
#[derive(Debug, Clone)]
pub(super) struct ApplicationFilter {
    pub(super) round: RoundFilter,
    pub(super) hub: Option<HubId>,
    /// With the predecessors and successors of the school.
    pub(super) urn: Option<Urn>,
    pub(super) state: Option<ApplicationState>,
    /// Only those whose school closes while they are live.
    pub(super) is_closing: bool,
}

#[derive(sqlx::FromRow)]
struct PageRow {
    #[sqlx(flatten)]
    application: ApplicationRow,
    #[sqlx(flatten)]
    closing: ClosingRow,
}

/// A page in order of id, with the schools that close. `None` when there is no such round.
pub(super) async fn application_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &ApplicationFilter,
    after: Option<&ApplicationId>,
    limit: i64,
) -> Result<Option<Vec<(Application, Option<Attention>)>>, Error> {
    let page = sql!(
        tx,
        child_page!(
            "SELECT id AS parent_id FROM round WHERE id = :round UNION ALL SELECT '-' WHERE :round = '-'",
            "id",
            concat!(
                "SELECT page.*, ",
                closing_columns!(),
                " FROM (SELECT found.* FROM (SELECT ",
                columns!(),
                ", CASE WHEN state IN ('draft', 'submitted', 'waitlisted', 'offered') THEN ",
                mirror::closing_school!("application.urn", ":scope_today"),
                " END AS closing_urn
                 FROM application
                 WHERE ",
                condition!(),
                " AND (:round = '-' OR round = :round) AND (:hub = '' OR hub = :hub) AND (:state = '' OR state = :state)
                   AND ",
                scope::of_lineage!(""),
                " AND id > :after) found
                 WHERE NOT :is_closing OR found.closing_urn IS NOT NULL
                 ORDER BY found.id LIMIT :limit) page LEFT JOIN school closing ON closing.urn = page.closing_urn"
            ),
            "page.id"
        ),
        ..ScopeKey = scope,
        round = filter.round.as_str(),
        hub = filter.hub.as_ref().map_or("", HubId::as_str),
        state = filter.state.map_or("", ApplicationState::as_str),
        urn = filter.urn.map_or(0, Urn::number),
        is_closing = filter.is_closing,
        after = after.map_or("", ApplicationId::as_str),
        limit,
    );
    let rows: Vec<Child<PageRow>> = page.fetch_all().await?;
    let with_attention = |row: PageRow| (row.application.into(), row.closing.attention(None));
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(with_attention).collect()))
}

/// Inserts a draft with the first free number of the school's drafts in the round. False when the school has [`DRAFTS_MAX`] of them, `None` when the
/// programme has left its round.
pub(super) async fn application_insert(tx: &mut Tx<'_>, application: &Application) -> Result<Option<bool>, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO application (id, round, urn, hub, chosen_hub, programme, state, claims_count, version, draft_number)
         WITH RECURSIVE draft (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM draft WHERE number < :drafts_max)
         SELECT :id, :round, :urn, :hub, CAST(:chosen_hub AS TEXT), :programme, :state, :claims_count, :version, MIN(draft.number) FROM draft
         WHERE NOT EXISTS (
             SELECT 1 FROM application other
             WHERE other.round = :round AND other.urn = :urn AND other.draft_number = draft.number)
         HAVING MIN(draft.number) IS NOT NULL",
        drafts_max = DRAFTS_MAX,
        id = application.id,
        round = application.round,
        urn = application.urn,
        hub = application.hub,
        chosen_hub = application.chosen_hub,
        programme = application.programme,
        state = application.state,
        claims_count = application.claims_count,
        version = application.version,
    );
    match inserted.execute().await {
        Err(error) if error.is_foreign_key_violation() => Ok(None),
        Err(error) if error.is_unique_violation() => {
            Err(Error::NotCommitted("another draft of the school took the number".to_owned()))
        }
        count => Ok(Some(count? == 1)),
    }
}

/// Writes the next version of an application, which is no draft. False when another transaction wrote it first.
pub(super) async fn application_update(tx: &mut Tx<'_>, next: &Application) -> Result<bool, Error> {
    let coldness = next.coldness.as_ref();
    let updated = sql!(
        tx,
        "UPDATE application SET state = :state, queue_number = :queue_number, coldness_ppm = :coldness_ppm,
             coldness_old_la_code = :coldness_old_la_code, coldness_education_phase = :coldness_education_phase,
             reach_publication = :reach_publication, coldness_rank = :coldness_rank, coldness_ranked_count = :coldness_ranked_count,
             submit_time = :submit_time, participation = :participation, chosen_hub = :chosen_hub,
             claims_count = :claims_count, withdraw_reason = :withdraw_reason, version = :version, draft_number = NULL
         WHERE id = :id AND version = :version - 1",
        state = next.state,
        queue_number = next.queue_number,
        coldness_ppm = coldness.map(|coldness| coldness.ppm),
        coldness_old_la_code = coldness.map(|coldness| coldness.old_la_code.as_str()),
        coldness_education_phase = coldness.map(|coldness| coldness.phase),
        reach_publication = coldness.map(|coldness| coldness.publication.as_str()),
        coldness_rank = coldness.map(|coldness| coldness.rank),
        coldness_ranked_count = coldness.map(|coldness| coldness.ranked_count),
        submit_time = next.submit_time,
        participation = next.participation,
        chosen_hub = next.chosen_hub,
        claims_count = next.claims_count,
        withdraw_reason = next.withdraw_reason,
        version = next.version,
        id = next.id,
    );
    Ok(updated.execute().await? == 1)
}

/// The same for a locked application, which no other transaction can write. Panics when one did.
pub(super) async fn application_update_locked(tx: &mut Tx<'_>, next: &Application) -> Result<(), Error> {
    assert!(application_update(tx, next).await?, "a locked application was written by another transaction");
    Ok(())
}
