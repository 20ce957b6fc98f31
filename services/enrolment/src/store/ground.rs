//! What a submission rests on, of the network's mirror.

use db::{Error, Tx, sql};
use mirror::LINEAGE_URNS_MAX;
use time::Date;

use crate::domain::{Coldness, ProgrammeId, Urn};

/// The URNs of the school's lineage on the day, ascending, and how little its area was reached, by the newest publication.
pub(crate) async fn submission_ground(
    tx: &mut Tx<'_>,
    urn: Urn,
    programme: &ProgrammeId,
    day: Date,
) -> Result<(Vec<Urn>, Option<Coldness>), Error> {
    let rows: Vec<(i64, Option<i64>, Option<String>)> = sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT line.urn, area.coldness_ppm, area.reach_publication
         FROM (", mirror::lineage!("$1", "$2"), ") line
         LEFT JOIN school ON school.urn = $1
         LEFT JOIN cold_area area
             ON area.reach_publication = (SELECT name FROM reach_publication ORDER BY position DESC LIMIT 1)
             AND area.old_la_code = school.old_la_code AND area.education_phase = school.education_phase AND area.programme = $3
         ORDER BY line.urn LIMIT $4"))
        .bind(urn.number()).bind(day.to_string()).bind(programme.as_str()).bind(LINEAGE_URNS_MAX).fetch_all(conn).await)?;
    let coldness = rows.first().and_then(|(_, ppm, publication)| {
        let ppm = i32::try_from((*ppm)?).expect("a share in parts per million fits");
        Some(Coldness { ppm, publication: publication.clone()? })
    });
    Ok((rows.into_iter().map(|(urn, _, _)| Urn::trusted(urn)).collect(), coldness))
}
