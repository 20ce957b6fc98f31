//! The facts by which a submission is judged, from the mirror of the network.

use db::{Error, Tx, sql};
use mirror::LINEAGE_URNS_MAX;
use name::{Phase, Urn};
use time::Date;

use super::{
    eligibility::Eligibility,
    rules::{Application, Coldness},
    store::EligibilityRow,
};
use crate::round::Round;

/// The facts by which a submission is judged.
#[derive(Debug)]
pub(super) struct SubmissionBasis {
    /// URNs of the school's lineage on the day, ascending.
    pub(super) urns: Vec<Urn>,
    /// How little the school's area was reached; `None` when no publication that counts has a figure.
    pub(super) coldness: Option<Coldness>,
    pub(super) eligibility: Eligibility,
}

#[derive(sqlx::FromRow)]
struct Row {
    urn: Urn,
    coldness_ppm: Option<i64>,
    coldness_old_la_code: Option<String>,
    coldness_education_phase: Option<Phase>,
    reach_publication: Option<String>,
    coldness_rank: Option<i64>,
    coldness_ranked_count: i64,
    #[sqlx(flatten)]
    eligibility: EligibilityRow,
}

/// The figure is the newest of the school's area among those of final publications, and of provisional ones where the round's policy says so: by the day of which it is true, then by the day on which it was known, then by its publication. Figures
/// of days to come do not count, and old figures that are published again change nothing. An all-through school's area is judged by another phase. The
/// area is the school's authority; of equally new figures, those of the authority before a reorganisation come second.
pub(super) async fn submission_basis(
    tx: &mut Tx<'_>,
    draft: &Application,
    round: &Round,
    day: Date,
) -> Result<SubmissionBasis, Error> {
    let query = sql!(
        tx,
        concat!(
            "SELECT line.urn, area.coldness_ppm, area.old_la_code AS coldness_old_la_code, area.education_phase AS coldness_education_phase,
                 area.reach_publication, area.rank AS coldness_rank,
                 (SELECT COUNT(*) FROM cold_area ranked
                  WHERE ranked.reach_publication = area.reach_publication AND ranked.programme = :programme
                    AND ranked.education_phase = area.education_phase AND ranked.rank > 0) AS coldness_ranked_count, hub.start_date AS hub_start_date, hub.end_date AS hub_end_date, ",
            mirror::chosen_hub!(":urn", ":day"),
            " AS chosen_hub_today, ",
            mirror::school_columns!("member"),
            "
             FROM (",
            mirror::lineage!(":urn", ":day"),
            ") line
             LEFT JOIN school member ON member.urn = line.urn AND line.descends = 1 AND member.listed
             LEFT JOIN hub ON hub.id = :hub
             LEFT JOIN (
                 SELECT figure.reach_publication, figure.old_la_code, figure.education_phase, figure.coldness_ppm, figure.rank
                 FROM school
                 CROSS JOIN reach_publication publication
                 JOIN cold_area figure ON figure.reach_publication = publication.name
                     AND figure.old_la_code IN (school.old_la_code, school.former_old_la_code) AND figure.programme = :programme
                     AND figure.education_phase = CASE school.education_phase WHEN :all_through THEN :phase_of_all_through
                         ELSE school.education_phase END
                 WHERE school.urn = :urn AND publication.true_on_date <= :day AND publication.known_on_date <= :day
                     AND (publication.is_final OR CAST(:provisional_figures_count AS BOOLEAN))
                 ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC,
                     CASE figure.old_la_code WHEN school.old_la_code THEN 0 ELSE 1 END
                 LIMIT 1) area ON TRUE
             ORDER BY line.urn LIMIT :urns_max"
        ),
        urn = draft.urn,
        day,
        hub = draft.hub,
        programme = draft.programme,
        all_through = Phase::AllThrough,
        phase_of_all_through = round.programme(&draft.programme).phase_of_all_through(),
        provisional_figures_count = round.provisional_figures_count(day),
        urns_max = LINEAGE_URNS_MAX,
    );
    let mut rows: Vec<Row> = query.fetch_all().await?;
    let coldness = rows.first_mut().and_then(|row| {
        Some(Coldness {
            ppm: row.coldness_ppm?,
            old_la_code: row.coldness_old_la_code.take()?,
            phase: row.coldness_education_phase?,
            publication: row.reach_publication.take()?,
            rank: row.coldness_rank?,
            ranked_count: row.coldness_ranked_count,
        })
    });
    let urns = rows.iter().map(|row| row.urn).collect();
    let eligibility = EligibilityRow::together(&draft.hub, rows.into_iter().map(|row| row.eligibility).collect());
    Ok(SubmissionBasis { urns, coldness, eligibility })
}
