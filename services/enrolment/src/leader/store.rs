//! Rows of specialists, and the standing of persons.

use db::{Error, Tx, sql};
use name::{HubId, PersonId, ProgrammeId};
use server::ApiError;
use time::{AcademicYear, Date, Instant};

use super::rules::{Leader, Standing};
use crate::work_group::GroupYear;

/// A year of a cohort.
pub(super) struct CohortYearRow {
    pub(super) academic_year: AcademicYear,
    pub(super) leads_groups: bool,
    pub(super) is_last: bool,
}

pub(super) async fn cohort_year_put(
    tx: &mut Tx<'_>,
    cohort: &str,
    programme: &ProgrammeId,
    years: &[CohortYearRow],
) -> Result<(), Error> {
    if years.is_empty() {
        return Ok(());
    }
    let put = sql!(
        tx,
        "INSERT INTO cohort_year (cohort, programme, academic_year, leads_groups, is_last) VALUES :years
         ON CONFLICT (cohort, academic_year)
         DO UPDATE SET programme = excluded.programme, leads_groups = excluded.leads_groups, is_last = excluded.is_last",
        years = [year in years => cohort, programme, year.academic_year, year.leads_groups, year.is_last],
    );
    put.execute().await.map(drop)
}

pub(super) async fn specialist_put(
    tx: &mut Tx<'_>,
    nomination: &str,
    cohort: &str,
    person: &PersonId,
    hub: &HubId,
) -> Result<(), Error> {
    let put = sql!(
        tx,
        "INSERT INTO specialist (nomination, cohort, person, hub) VALUES (:nomination, :cohort, :person, :hub)
         ON CONFLICT (nomination) DO UPDATE SET person = excluded.person, hub = excluded.hub",
        nomination,
        cohort,
        person,
        hub,
    );
    put.execute().await.map(drop)
}

pub(super) async fn specialist_delete(tx: &mut Tx<'_>, nomination: &str) -> Result<(), Error> {
    sql!(tx, "DELETE FROM specialist WHERE nomination = :nomination", nomination).execute().await.map(drop)
}

pub(super) async fn specialist_delete_all(tx: &mut Tx<'_>) -> Result<(), Error> {
    sql!(tx, "DELETE FROM specialist").execute().await?;
    sql!(tx, "DELETE FROM cohort_year").execute().await.map(drop)
}

/// Whether the specialist of a row `specialist` leads groups of `:programme` in the year `:year`, as a condition: in a year that leads groups of a cohort of
/// the programme, or after its last year.
macro_rules! leads_groups {
    () => {
        "EXISTS (SELECT 1 FROM cohort_year training WHERE training.cohort = specialist.cohort AND training.programme = :programme
             AND ((training.leads_groups AND training.academic_year = :year) OR (training.is_last AND training.academic_year < :year)))"
    };
}

/// Whether the specialist of a row `specialist` has completed the years of the cohort, of any programme, before `:year`, as a condition.
macro_rules! has_completed {
    () => {
        "EXISTS (SELECT 1 FROM cohort_year passed WHERE passed.cohort = specialist.cohort AND passed.is_last AND passed.academic_year < :year)"
    };
}

/// Whether the appointment of a row `appointment` holds on `:day`, as a condition.
macro_rules! appointment_holds {
    () => {
        "appointment.start_date <= :day AND (appointment.end_date IS NULL OR appointment.end_date >= :day)"
    };
}
pub(crate) use {appointment_holds, has_completed, leads_groups};

#[derive(sqlx::FromRow)]
struct StandingRow {
    specialist_known: bool,
    leads_groups: bool,
    has_completed: bool,
    is_appointed: bool,
}

/// A person who is to lead groups of a year of a programme from a day. Errors as `mirror::person_by_id_for_update`.
pub(crate) async fn leader_by_id<E>(
    tx: &mut Tx<'_>,
    id: &PersonId,
    year: &GroupYear,
    day: Date,
    now: Instant,
) -> Result<Leader, E>
where
    E: From<Error> + From<ApiError>,
{
    let person = mirror::person_by_id_for_update::<E>(tx, id, day, now).await?;
    let own_schools = match person.school {
        Some(urn) => mirror::lineage(tx, urn, day).await?,
        None => Vec::new(),
    };
    let standing = sql!(
        tx,
        concat!(
            "SELECT EXISTS (SELECT 1 FROM specialist) AS specialist_known,
                 EXISTS (SELECT 1 FROM specialist JOIN person same ON same.id = specialist.person
                     WHERE same.current_id = :person AND ",
            leads_groups!(),
            ") AS leads_groups,
                 EXISTS (SELECT 1 FROM specialist JOIN person same ON same.id = specialist.person
                     WHERE same.current_id = :person AND ",
            has_completed!(),
            ") AS has_completed,
                 EXISTS (SELECT 1 FROM person_appointment appointment JOIN person same ON same.id = appointment.person
                     WHERE same.current_id = :person AND ",
            appointment_holds!(),
            ") AS is_appointed"
        ),
        person = person.id,
        programme = year.programme,
        year = year.academic_year,
        day,
    );
    let row: StandingRow = standing.fetch_one().await?;
    let StandingRow { specialist_known, leads_groups, has_completed, is_appointed } = row;
    let standing = Standing { specialist_known, leads_groups, has_completed, is_appointed };
    Ok(Leader { person: person.id, own_schools, standing })
}
