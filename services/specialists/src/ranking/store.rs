//! Rankings: what they rest on, and how they are kept.

use db::{Child, Error, Tx, child_page, sql};
use sqlx::AssertSqlSafe;
use time::Date;

use super::row::{CandidateRow, RankingRow};
use crate::domain::{Candidate, Cohort, CohortId, Entry, Ranking};

/// Candidates that one statement reads.
const CANDIDATES_MAX: i64 = 5_000;
/// Rows of one INSERT, of 10 columns each.
const ENTRIES_MAX: usize = 1_000;

/// The publication that counts for a cohort: published before the window's end, true and known of no day after today, with figures for its programme
/// and phase; of these the newest by what it is true of, then by when it was known, then by when it was published. So old figures that are published
/// once more decide nothing.
pub(crate) async fn find_publication(tx: &mut Tx<'_>, cohort: &Cohort, today: Date) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = sql!(tx, conn => sqlx::query_as(
        "SELECT publication.name FROM reach_publication publication
         WHERE publication.publish_time < $1 AND publication.true_on_date <= $2 AND publication.known_on_date <= $2 AND EXISTS (
             SELECT 1 FROM cold_area area
             WHERE area.reach_publication = publication.name AND area.programme = $3 AND area.education_phase = $4)
         ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC LIMIT 1")
        .bind(cohort.figures_end().micros()).bind(today.to_string()).bind(cohort.programme.as_str()).bind(cohort.phase.number())
        .fetch_optional(conn).await)?;
    Ok(found.map(|(name,)| name))
}

/// The submitted nominations of a cohort, which is held, with the figures of their schools' authorities by a publication: those of the cohort's phase,
/// also for an all-through school. Where the publication has none of an authority, they are those of the one to which the school belonged before a
/// reorganisation. Without a publication there are none.
pub(crate) async fn candidates(tx: &mut Tx<'_>, cohort: &Cohort, publication: Option<&str>) -> Result<Vec<Candidate>, Error> {
    let mut candidates: Vec<Candidate> = Vec::new();
    loop {
        let after = candidates.last().map_or("", |last| last.nomination.as_str()).to_owned();
        let rows: Vec<CandidateRow> = sql!(tx, conn => sqlx::query_as(
            "SELECT n.id, n.urn, n.submit_time, person.email_address, area.old_la_code, area.schools_count,
                 area.schools_never_reached_count, area.region_schools_count, area.region_schools_never_reached_count
             FROM nomination n
             JOIN person ON person.id = n.person
             LEFT JOIN school ON school.urn = n.urn
             LEFT JOIN cold_area own ON own.reach_publication = $3 AND own.old_la_code = school.old_la_code
                 AND own.programme = $4 AND own.education_phase = $5 AND own.schools_count > 0 AND own.region_schools_count > 0
             LEFT JOIN cold_area area ON area.reach_publication = $3
                 AND area.old_la_code = COALESCE(own.old_la_code, school.former_old_la_code)
                 AND area.programme = $4 AND area.education_phase = $5 AND area.schools_count > 0 AND area.region_schools_count > 0
             WHERE n.cohort = $1 AND n.state = 'submitted' AND n.id > $2
             ORDER BY n.id LIMIT $6")
            .bind(cohort.id.as_str()).bind(&after).bind(publication.unwrap_or_default()).bind(cohort.programme.as_str())
            .bind(cohort.phase.number()).bind(CANDIDATES_MAX).fetch_all(conn).await)?;
        let is_last = rows.len() < usize::try_from(CANDIDATES_MAX).expect("it is small");
        candidates.extend(rows.into_iter().map(Candidate::from));
        if is_last {
            return Ok(candidates);
        }
    }
}

/// Keeps a ranking and its entries.
pub(crate) async fn ranking_insert(tx: &mut Tx<'_>, ranking: &Ranking, entries: &[Entry]) -> Result<(), Error> {
    let (publication, weights) = ranking.ground.as_ref().map(|(name, version)| (name.as_str(), *version)).unzip();
    sql!(tx, conn => sqlx::query(
        "INSERT INTO ranking (cohort, number, rank_time, actor, reach_publication, score_weights, nominations_count, scored_count)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(ranking.cohort.as_str()).bind(ranking.number).bind(ranking.rank_time.micros()).bind(&ranking.actor).bind(publication)
        .bind(weights).bind(ranking.nominations_count).bind(ranking.scored_count).execute(conn).await.map(drop))?;
    for part in entries.chunks(ENTRIES_MAX) {
        let text = format!(
            "INSERT INTO ranking_entry (cohort, ranking_number, nomination, rank, old_la_code, schools_count,
                 schools_never_reached_count, region_schools_count, region_schools_never_reached_count, score_ppm) VALUES {}",
            tx.placeholders(part.len(), 10)
        );
        sql!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false);
            for entry in part {
                let (code, figures) = entry.scored.as_ref().map(|(code, figures, _)| (code.as_str(), figures)).unzip();
                query = query
                    .bind(ranking.cohort.as_str())
                    .bind(ranking.number)
                    .bind(entry.nomination.as_str())
                    .bind(entry.rank)
                    .bind(code)
                    .bind(figures.map(|figures| figures.schools))
                    .bind(figures.map(|figures| figures.never))
                    .bind(figures.map(|figures| figures.region_schools))
                    .bind(figures.map(|figures| figures.region_never))
                    .bind(entry.scored.as_ref().map(|(_, _, ppm)| *ppm));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// A page of a cohort's rankings, from the first. `None` when there is no such cohort.
pub(crate) async fn ranking_page(
    tx: &mut Tx<'_>,
    cohort: &CohortId,
    after: i64,
    limit: i64,
) -> Result<Option<Vec<Ranking>>, Error> {
    let rows: Vec<Child<RankingRow>> = sql!(tx, conn => sqlx::query_as(child_page!(
        "SELECT id AS parent_id FROM cohort WHERE id = $1",
        "number",
        "SELECT cohort, number, rank_time, actor, reach_publication, score_weights, nominations_count, scored_count
         FROM ranking WHERE cohort = $1 AND number > $2 ORDER BY number LIMIT $3",
        "page.number"))
        .bind(cohort.as_str()).bind(after).bind(limit).fetch_all(conn).await)?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}
