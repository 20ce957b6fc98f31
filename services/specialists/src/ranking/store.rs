//! Rows of rankings and their entries, and the figures that a ranking reads from the mirror.

use db::{Child, Error, Tx, child_page, sql};
use name::{PersonId, Urn};
use time::{Date, Instant};

use super::{Area, Candidate, Entry, Figures, Ranking, RankingBasis, Score, Standing};
use crate::{
    cohort::{Cohort, CohortId},
    nomination::NominationId,
    score_weights::Weights,
};

/// Most candidates that one statement reads.
const CANDIDATES_MAX: i64 = 5_000;
/// Most rows of one INSERT; each has 10 columns.
const ENTRIES_MAX: usize = 1_000;

#[derive(sqlx::FromRow)]
struct RankingRow {
    cohort: CohortId,
    number: i64,
    rank_time: Instant,
    actor: String,
    reach_publication: Option<String>,
    score_weights: Option<i64>,
    nominations_count: i64,
    scored_count: i64,
}

impl From<RankingRow> for Ranking {
    fn from(row: RankingRow) -> Self {
        Self {
            cohort: row.cohort,
            number: row.number,
            rank_time: row.rank_time,
            actor: row.actor,
            basis: row.reach_publication.zip(row.score_weights),
            nominations_count: row.nominations_count,
            scored_count: row.scored_count,
        }
    }
}

/// The figures of an authority; all absent when there are none.
#[derive(sqlx::FromRow)]
struct AreaColumns {
    old_la_code: Option<String>,
    schools_count: Option<i64>,
    schools_never_reached_count: Option<i64>,
    region_schools_count: Option<i64>,
    region_schools_never_reached_count: Option<i64>,
}

impl AreaColumns {
    fn area(self) -> Option<Area> {
        let figures = Figures {
            schools: self.schools_count?,
            never: self.schools_never_reached_count?,
            region_schools: self.region_schools_count?,
            region_never: self.region_schools_never_reached_count?,
        };
        Some(Area { old_la_code: self.old_la_code?, figures })
    }
}

/// The columns of a nomination's entry in the newest ranking, with all inputs of its score; all absent when it is not in the ranking.
#[derive(sqlx::FromRow)]
pub(crate) struct StandingColumns {
    ranking_number: Option<i64>,
    rank: Option<i64>,
    #[sqlx(flatten)]
    area: AreaColumns,
    score_ppm: Option<i64>,
    reach_publication: Option<String>,
    score_weights: Option<i64>,
    prior_schools_count: Option<i64>,
    area_permille: Option<i64>,
    region_permille: Option<i64>,
}

impl StandingColumns {
    pub(crate) fn standing(self) -> Option<Standing> {
        Some(Standing { ranking_number: self.ranking_number?, rank: self.rank?, score: self.score() })
    }

    fn score(self) -> Option<Score> {
        let Area { old_la_code, figures } = self.area.area()?;
        let weights = Weights {
            prior_schools: self.prior_schools_count?,
            area_permille: self.area_permille?,
            region_permille: self.region_permille?,
        };
        Some(Score {
            ppm: self.score_ppm?,
            figures,
            weights,
            weights_version: self.score_weights?,
            publication: self.reach_publication?,
            old_la_code,
        })
    }
}

/// The publication that counts for a cohort: published before the window's end and final by now, or provisional where the cohort says so; true and known
/// of no day after today, with figures for its programme and phase. Of several it is the newest by the day of which it is true, then by the day on which it was known, then by its position in the feed; so
/// old figures that are published again change nothing.
pub(super) async fn find_publication(tx: &mut Tx<'_>, cohort: &Cohort, today: Date) -> Result<Option<String>, Error> {
    let newest = sql!(
        tx,
        "SELECT publication.name FROM reach_publication publication
         WHERE publication.publish_time < :figures_end AND publication.true_on_date <= :today AND publication.known_on_date <= :today
             AND (publication.is_final OR CAST(:provisional_figures_count AS BOOLEAN))
             AND EXISTS (
                 SELECT 1 FROM cold_area area
                 WHERE area.reach_publication = publication.name AND area.programme = :programme AND area.education_phase = :phase)
         ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC LIMIT 1",
        figures_end = cohort.figures_end(),
        today,
        provisional_figures_count = cohort.provisional_figures_count,
        programme = cohort.programme,
        phase = cohort.phase,
    );
    let row: Option<(String,)> = newest.fetch_optional().await?;
    Ok(row.map(|(name,)| name))
}

#[derive(sqlx::FromRow)]
struct CandidateRow {
    id: NominationId,
    urn: Urn,
    submit_time: Instant,
    person: PersonId,
    #[sqlx(flatten)]
    area: AreaColumns,
}

impl From<CandidateRow> for Candidate {
    fn from(row: CandidateRow) -> Self {
        Self { nomination: row.id, urn: row.urn, submit_time: row.submit_time, person: row.person, area: row.area.area() }
    }
}

/// The submitted nominations of a cohort, which is locked, with the figures of their schools' authorities: those of the cohort's phase, also for an
/// all-through school. Where the publication has no figures of an authority, those of the authority to which the school belonged before a
/// reorganisation are used. Without a basis no candidate has figures.
pub(super) async fn candidates(tx: &mut Tx<'_>, cohort: &Cohort, basis: Option<&RankingBasis>) -> Result<Vec<Candidate>, Error> {
    let publication = basis.map_or("", |basis| basis.publication.as_str());
    let mut candidates: Vec<Candidate> = Vec::new();
    loop {
        let page = sql!(
            tx,
            "SELECT n.id, n.urn, n.submit_time, n.person, area.old_la_code, area.schools_count,
                 area.schools_never_reached_count, area.region_schools_count, area.region_schools_never_reached_count
             FROM nomination n
             LEFT JOIN school ON school.urn = n.urn
             LEFT JOIN cold_area own ON own.reach_publication = :publication AND own.old_la_code = school.old_la_code
                 AND own.programme = :programme AND own.education_phase = :phase
                 AND own.schools_count > 0 AND own.region_schools_count > 0
             LEFT JOIN cold_area area ON area.reach_publication = :publication
                 AND area.old_la_code = COALESCE(own.old_la_code, school.former_old_la_code)
                 AND area.programme = :programme AND area.education_phase = :phase
                 AND area.schools_count > 0 AND area.region_schools_count > 0
             WHERE n.cohort = :cohort AND n.state = 'submitted' AND n.id > :after
             ORDER BY n.id LIMIT :limit",
            publication,
            programme = cohort.programme,
            phase = cohort.phase,
            cohort = cohort.id,
            after = candidates.last().map_or("", |last| last.nomination.as_str()),
            limit = CANDIDATES_MAX,
        );
        let rows: Vec<CandidateRow> = page.fetch_all().await?;
        let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < CANDIDATES_MAX);
        candidates.extend(rows.into_iter().map(Candidate::from));
        if is_last {
            return Ok(candidates);
        }
    }
}

/// Inserts a ranking and its entries.
pub(super) async fn ranking_insert(tx: &mut Tx<'_>, ranking: &Ranking, entries: &[Entry]) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO ranking (cohort, number, rank_time, actor, reach_publication, score_weights, nominations_count, scored_count)
         VALUES (:cohort, :number, :rank_time, :actor, :reach_publication, :score_weights, :nominations_count, :scored_count)",
        cohort = ranking.cohort,
        number = ranking.number,
        rank_time = ranking.rank_time,
        actor = ranking.actor,
        reach_publication = ranking.basis.as_ref().map(|(publication, _)| publication),
        score_weights = ranking.basis.as_ref().map(|(_, version)| version),
        nominations_count = ranking.nominations_count,
        scored_count = ranking.scored_count,
    );
    inserted.execute().await?;
    for part in entries.chunks(ENTRIES_MAX) {
        entry_insert(tx, ranking, part).await?;
    }
    Ok(())
}

async fn entry_insert(tx: &mut Tx<'_>, ranking: &Ranking, entries: &[Entry]) -> Result<(), Error> {
    let figures = |entry: &Entry| entry.score.as_ref().map(|score| score.area.figures);
    let inserted = sql!(
        tx,
        "INSERT INTO ranking_entry (cohort, ranking_number, nomination, rank, old_la_code, schools_count,
             schools_never_reached_count, region_schools_count, region_schools_never_reached_count, score_ppm)
         VALUES :entries",
        entries = [entry in entries =>
            ranking.cohort,
            ranking.number,
            entry.nomination,
            entry.rank,
            entry.score.as_ref().map(|score| &score.area.old_la_code),
            figures(entry).map(|figures| figures.schools),
            figures(entry).map(|figures| figures.never),
            figures(entry).map(|figures| figures.region_schools),
            figures(entry).map(|figures| figures.region_never),
            entry.score.as_ref().map(|score| score.ppm),
        ],
    );
    inserted.execute().await.map(drop)
}

/// A page of a cohort's rankings, from the first. `None` when there is no such cohort.
pub(super) async fn ranking_page(
    tx: &mut Tx<'_>,
    cohort: &CohortId,
    after: i64,
    limit: i64,
) -> Result<Option<Vec<Ranking>>, Error> {
    let page = sql!(
        tx,
        child_page!(
            "SELECT id AS parent_id FROM cohort WHERE id = :cohort",
            "number",
            "SELECT cohort, number, rank_time, actor, reach_publication, score_weights, nominations_count, scored_count
             FROM ranking WHERE cohort = :cohort AND number > :after ORDER BY number LIMIT :limit",
            "page.number"
        ),
        cohort,
        after,
        limit,
    );
    let rows: Vec<Child<RankingRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}
