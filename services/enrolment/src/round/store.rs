//! Rows of rounds.

use db::{Error, JsonText, Tx, sql};
use name::{HubId, Phase, ProgrammeId};
use scope::{ScopeKey, condition};
use server::ApiError;
use time::{AcademicYear, Date};

use super::{PlaceOrderPolicy, Round, RoundId, RoundProgramme};
use crate::application::{ApplicationId, ApplicationState};

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
pub(crate) async fn round_by_id_for_update(tx: &mut Tx<'_>, id: &RoundId) -> Result<Round, service::Error> {
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

/// The fifth of a rank among a number of ranked authorities, as an expression and a literal: 1 is the coldest fifth, 0 is without a rank.
macro_rules! fifth {
    ($rank:literal, $ranked_count:literal) => {
        concat!(
            "CASE WHEN ",
            $rank,
            " > ",
            $ranked_count,
            " THEN 5 WHEN ",
            $rank,
            " > 0 THEN (",
            $rank,
            " - 1) * 5 / ",
            $ranked_count,
            " + 1 ELSE 0 END"
        )
    };
}

/// A number of applications that have all else in common.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ProgressRow {
    pub(super) hub: HubId,
    pub(super) programme: ProgrammeId,
    pub(super) state: ApplicationState,
    pub(super) coldness_fifth: i64,
    pub(super) applications_count: i64,
}

/// The applications of a round by programme, hub, fifth and state. `programme` is `None` for all programmes.
pub(super) async fn progress_list(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    round: &RoundId,
    programme: Option<&ProgrammeId>,
) -> Result<Vec<ProgressRow>, Error> {
    let counts = sql!(
        tx,
        concat!(
            "SELECT judged.hub, judged.programme, judged.state, judged.coldness_fifth, COUNT(*) AS applications_count
             FROM (SELECT hub, programme, state, ",
            fifth!("coldness_rank", "coldness_ranked_count"),
            " AS coldness_fifth FROM application
                   WHERE ",
            condition!(),
            " AND round = :round AND (:programme = '' OR programme = :programme)) judged
             GROUP BY judged.hub, judged.programme, judged.state, judged.coldness_fifth
             ORDER BY judged.programme, judged.hub, judged.coldness_fifth, judged.state"
        ),
        ..ScopeKey = scope,
        round,
        programme = programme.map_or("", ProgrammeId::as_str),
    );
    counts.fetch_all().await
}

/// The schools of a fifth of the authorities.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct FifthRow {
    pub(super) programme: ProgrammeId,
    pub(super) coldness_fifth: i64,
    pub(super) schools_count: i64,
    pub(super) authorities_count: i64,
    pub(super) reach_publication: Option<String>,
}

/// The schools that may take part in programmes today, by the fifth of their authorities in the newest publication that counts: each school as a submission
/// would judge it, but by one publication for the whole programme.
pub(super) async fn fifth_list(
    tx: &mut Tx<'_>,
    programmes: &[&RoundProgramme],
    provisional_figures_count: bool,
    day: Date,
) -> Result<Vec<FifthRow>, Error> {
    let fifths = sql!(
        tx,
        concat!(
            "WITH wanted (programme, eligibility, phase_of_all_through) AS (VALUES :programmes),
             ranking AS (
                 SELECT wanted.programme, wanted.eligibility, wanted.phase_of_all_through,
                     (SELECT publication.name FROM reach_publication publication
                      WHERE publication.true_on_date <= :day AND publication.known_on_date <= :day
                          AND (publication.is_final OR CAST(:provisional_figures_count AS BOOLEAN))
                          AND EXISTS (
                              SELECT 1 FROM cold_area area
                              WHERE area.reach_publication = publication.name AND area.programme = wanted.programme)
                      ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC LIMIT 1) AS reach_publication
                 FROM wanted),
             ranked AS (
                 SELECT ranking.programme, area.education_phase, COUNT(*) AS ranked_count
                 FROM ranking JOIN cold_area area ON area.reach_publication = ranking.reach_publication AND area.programme = ranking.programme
                 WHERE area.rank > 0 GROUP BY ranking.programme, area.education_phase),
             judged AS (
                 SELECT ranking.programme, ranking.reach_publication, ranking.eligibility, school.old_la_code, school.former_old_la_code,
                     school.type_group_code, school.phase_code, school.low_age, school.high_age,
                     CASE school.education_phase WHEN :all_through THEN ranking.phase_of_all_through ELSE school.education_phase END AS phase
                 FROM ranking CROSS JOIN school WHERE ",
            mirror::is_open!("school"),
            "),
             placed AS (
                 SELECT judged.programme, judged.reach_publication, COALESCE(own.old_la_code, former.old_la_code, judged.old_la_code) AS old_la_code,
                     COALESCE(own.rank, former.rank, 0) AS rank, COALESCE(ranked.ranked_count, 0) AS ranked_count
                 FROM judged ",
            mirror::join_verdict!("judged", "judged.eligibility"),
            " LEFT JOIN cold_area own ON own.reach_publication = judged.reach_publication AND own.old_la_code = judged.old_la_code
                     AND own.programme = judged.programme AND own.education_phase = judged.phase
                 LEFT JOIN cold_area former ON former.reach_publication = judged.reach_publication AND former.old_la_code = judged.former_old_la_code
                     AND former.programme = judged.programme AND former.education_phase = judged.phase
                 LEFT JOIN ranked ON ranked.programme = judged.programme AND ranked.education_phase = judged.phase
                 WHERE verdict.is_eligible)
             SELECT fifth.programme, fifth.coldness_fifth, fifth.reach_publication, COUNT(*) AS schools_count,
                 COUNT(DISTINCT fifth.old_la_code) AS authorities_count
             FROM (SELECT placed.programme, placed.reach_publication, placed.old_la_code, ",
            fifth!("placed.rank", "placed.ranked_count"),
            " AS coldness_fifth FROM placed) fifth
             GROUP BY fifth.programme, fifth.coldness_fifth, fifth.reach_publication
             ORDER BY fifth.programme, fifth.coldness_fifth"
        ),
        programmes = [programme in programmes => programme.id, programme.eligibility.key(), programme.phase_of_all_through()],
        day,
        all_through = Phase::AllThrough,
        provisional_figures_count,
    );
    fifths.fetch_all().await
}
