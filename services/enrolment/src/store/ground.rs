//! What a submission rests on, of the network's mirror.

use db::{Error, Tx, sql};
use mirror::LINEAGE_URNS_MAX;
use time::Date;

use super::row::GroundRow;
use crate::domain::{Application, Coldness, Ground, Phase, RoundProgramme, Urn};

/// What a submission rests on.
#[derive(Debug)]
pub(crate) struct SubmissionGround {
    /// Of the school's lineage on the day, ascending.
    pub(crate) urns: Vec<Urn>,
    /// How little its area was reached; None where no publication says.
    pub(crate) coldness: Option<Coldness>,
    pub(crate) ground: Ground,
}

#[derive(sqlx::FromRow)]
struct Row {
    urn: i64,
    coldness_ppm: Option<i64>,
    coldness_old_la_code: Option<String>,
    coldness_education_phase: Option<i64>,
    reach_publication: Option<String>,
    #[sqlx(flatten)]
    ground: GroundRow,
}

/// By the figure of the school's area that is newest by what it is true of, then by when it was known, then by when it was published; none is true or
/// known of a day to come. So old figures that are published once more decide nothing. An all-through school's area is judged by another phase. The
/// area is the school's authority or, of equally new figures only after it, the one that it belonged to before a reorganisation.
pub(crate) async fn submission_ground(
    tx: &mut Tx<'_>,
    draft: &Application,
    programme: &RoundProgramme,
    day: Date,
) -> Result<SubmissionGround, Error> {
    let mut rows: Vec<Row> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT line.urn, area.coldness_ppm, area.old_la_code AS coldness_old_la_code, area.education_phase AS coldness_education_phase,
             area.reach_publication, member.urn AS member_urn,
             member.old_la_code AS member_old_la_code, member.education_phase AS member_education_phase,
             member.register_reason AS member_register_reason, hub.start_date AS hub_start_date, hub.end_date AS hub_end_date
         FROM (", mirror::lineage!("$1", "$2"), ") line
         LEFT JOIN school member ON member.urn = line.urn AND line.descends = 1 AND member.listed
         LEFT JOIN hub ON hub.id = $4
         LEFT JOIN (
             SELECT figure.reach_publication, figure.old_la_code, figure.education_phase, figure.coldness_ppm
             FROM school
             CROSS JOIN reach_publication publication
             JOIN cold_area figure ON figure.reach_publication = publication.name
                 AND figure.old_la_code IN (school.old_la_code, school.former_old_la_code) AND figure.programme = $3
                 AND figure.education_phase = CASE school.education_phase WHEN $6 THEN $7 ELSE school.education_phase END
             WHERE school.urn = $1 AND publication.true_on_date <= $2 AND publication.known_on_date <= $2
             ORDER BY publication.true_on_date DESC, publication.known_on_date DESC, publication.position DESC,
                 CASE figure.old_la_code WHEN school.old_la_code THEN 0 ELSE 1 END
             LIMIT 1) area ON TRUE
         ORDER BY line.urn LIMIT $5"))
        .bind(draft.urn.number()).bind(day.to_string()).bind(draft.programme.as_str()).bind(draft.hub.as_str()).bind(LINEAGE_URNS_MAX)
        .bind(Phase::AllThrough.number()).bind(programme.phase_of_all_through().number()).fetch_all(conn).await)?;
    let coldness = rows.first_mut().and_then(|row| {
        let ppm = i32::try_from(row.coldness_ppm?).expect("a share in parts per million fits");
        let phase = Phase::of(row.coldness_education_phase?).expect("figures are of phases that are counted");
        Some(Coldness { ppm, old_la_code: row.coldness_old_la_code.take()?, phase, publication: row.reach_publication.take()? })
    });
    let urns = rows.iter().map(|row| Urn::trusted(row.urn)).collect();
    let ground = GroundRow::together(&draft.hub, rows.into_iter().map(|row| row.ground).collect());
    Ok(SubmissionGround { urns, coldness, ground })
}
