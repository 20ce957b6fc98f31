//! The live nominations of a person: of all records that were merged into one, at most one is live.

use db::{Error, Tx, sql};
use name::PersonId;
use time::AcademicYear;

use super::{
    Nomination, NominationId,
    store::{NominationRow, is_duplicate, select_nominations},
};

/// The ids that mean the person `:person`, an id that is merged into none.
macro_rules! ids_of_person {
    () => {
        "(SELECT same.id FROM person same WHERE same.current_id = :person)"
    };
}

/// Whether a person has a live nomination in any cohort.
pub(super) async fn has_live_nomination(tx: &mut Tx<'_>, person: &PersonId) -> Result<bool, Error> {
    let live =
        sql!(tx, concat!("SELECT EXISTS (SELECT 1 FROM nomination WHERE is_live AND person IN ", ids_of_person!(), ")"), person);
    let (live,): (bool,) = live.fetch_one().await?;
    Ok(live)
}

/// Whether a nomination is live and its person has another live nomination.
pub(super) async fn has_other_live_nomination(tx: &mut Tx<'_>, nomination: &Nomination) -> Result<bool, Error> {
    let live = sql!(
        tx,
        "SELECT EXISTS (
             SELECT 1 FROM nomination n
             JOIN person mine ON mine.id = n.person
             JOIN person same ON same.current_id = mine.current_id
             JOIN nomination other ON other.person = same.id
             WHERE n.id = :id AND n.is_live AND other.id <> n.id AND other.is_live)",
        id = nomination.id,
    );
    let (live,): (bool,) = live.fetch_one().await?;
    Ok(live)
}

/// Lapses the submitted nominations of a person for cohorts whose first academic year has begun: they become not selected. Gives them as they are then.
pub(super) async fn nomination_lapse(tx: &mut Tx<'_>, person: &PersonId, year: AcademicYear) -> Result<Vec<Nomination>, Error> {
    let updated = sql!(
        tx,
        concat!(
            "UPDATE nomination SET state = 'not_selected', is_live = FALSE, version = version + 1
             WHERE person IN ",
            ids_of_person!(),
            " AND state = 'submitted'
                 AND cohort IN (SELECT id FROM cohort WHERE first_academic_year <= :year)
             RETURNING id"
        ),
        person,
        year,
    );
    let lapsed: Vec<(NominationId,)> = updated.fetch_all().await?;
    if lapsed.is_empty() {
        return Ok(Vec::new());
    }
    let nominations = sql!(
        tx,
        concat!(select_nominations!(), "n.id IN (:ids) ORDER BY n.id"),
        year,
        ids = [(id,) in lapsed.iter() => id],
    );
    let rows: Vec<NominationRow> = nominations.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Ends the live time of a person's selected nomination for a cohort whose last academic year is over. Nothing else of it changes, and there is no
/// event: the person was a specialist of that cohort.
pub(super) async fn nomination_release(tx: &mut Tx<'_>, person: &PersonId, year: AcademicYear) -> Result<(), Error> {
    let updated = sql!(
        tx,
        concat!(
            "UPDATE nomination SET is_live = FALSE
             WHERE person IN ",
            ids_of_person!(),
            " AND is_live AND state = 'selected'
                 AND cohort IN (SELECT id FROM cohort WHERE last_academic_year < :year)"
        ),
        person,
        year,
    );
    updated.execute().await.map(drop)
}
