//! The programmes of a round, by the catalogue.

use db::Tx;
use name::ProgrammeId;
use service::Error;
use time::AcademicYear;

use super::RoundProgramme;

/// Programmes by the terms of an academic year. Those of `kept` stay as they are: a round keeps the terms by which it was announced. PROGRAMME_UNKNOWN when
/// the catalogue does not offer another one in that year.
pub(super) async fn programmes_of_year(
    tx: &mut Tx<'_>,
    ids: &[ProgrammeId],
    year: AcademicYear,
    kept: &[RoundProgramme],
) -> Result<Vec<RoundProgramme>, Error> {
    let mut programmes = Vec::new();
    for id in ids {
        let programme = match kept.iter().find(|programme| programme.id == *id) {
            Some(programme) => programme.clone(),
            None => mirror::programme_of_year::<Error>(tx, id, year).await?.into(),
        };
        programmes.push(programme);
    }
    Ok(programmes)
}
