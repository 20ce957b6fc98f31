//! Rows of schools that are in no Work Group, and of persons who may lead one.

use db::{Error, Tx, sql};
use mirror::GroupLeader;
use name::{PersonId, Urn};
use scope::ScopeKey;

use super::rules::{Location, Unplaced};
use crate::{
    leader::store::{appointment_holds, has_completed, leads_groups},
    participation::ParticipationId,
    work_group::GroupYear,
};

/// Most participations of a proposal.
const UNPLACED_MAX: i64 = 1_000;
/// Most persons of a proposal.
const CANDIDATES_MAX: i64 = 200;

/// The columns of a [`LocationRow`].
macro_rules! location {
    ($school:literal) => {
        concat!($school, ".easting_metres, ", $school, ".northing_metres, ", $school, ".old_la_code, ", $school, ".region_code")
    };
}

#[derive(sqlx::FromRow)]
struct LocationRow {
    easting_metres: Option<i64>,
    northing_metres: Option<i64>,
    old_la_code: String,
    region_code: String,
}

impl From<LocationRow> for Location {
    fn from(row: LocationRow) -> Self {
        let LocationRow { easting_metres, northing_metres, old_la_code, region_code } = row;
        Self { point: easting_metres.zip(northing_metres), old_la_code, region_code }
    }
}

#[derive(sqlx::FromRow)]
struct UnplacedRow {
    id: ParticipationId,
    urn: Urn,
    #[sqlx(flatten)]
    location: LocationRow,
}

/// Live participations of a year of a programme, of the hub of the scope, that are in no group of the academic year.
pub(super) async fn unplaced_list(tx: &mut Tx<'_>, scope: &ScopeKey, year: &GroupYear) -> Result<Vec<Unplaced>, Error> {
    let unplaced = sql!(
        tx,
        concat!(
            "SELECT participation.id, participation.urn, ",
            location!("school"),
            " FROM participation JOIN school ON school.urn = participation.urn
             WHERE ",
            scope::may_be_of_hub!("participation.urn", "participation.hub"),
            " AND ",
            scope::current_condition!("participation.urn", "participation.hub"),
            " AND participation.programme = :programme AND CAST(SUBSTR(participation.first_academic_year, 1, 4) AS BIGINT) + participation.deferred_years_count = :first_year
               AND participation.state IN ('enrolled', 'active') AND participation.years_completed_count < :year_number
               AND participation.years_count >= :year_number
               AND NOT EXISTS (SELECT 1 FROM membership WHERE membership.participation = participation.id
                   AND membership.academic_year = :year AND membership.end_date IS NULL)
             ORDER BY participation.id LIMIT :limit"
        ),
        ..ScopeKey = scope,
        programme = year.programme,
        first_year = i64::from(year.first_academic_year().first_year()),
        year_number = year.year_number,
        year = year.academic_year,
        limit = UNPLACED_MAX,
    );
    let rows: Vec<UnplacedRow> = unplaced.fetch_all().await?;
    let school = |row: UnplacedRow| Unplaced { participation: row.id, urn: row.urn, location: row.location.into() };
    Ok(rows.into_iter().map(school).collect())
}

#[derive(sqlx::FromRow)]
struct CandidateRow {
    person: PersonId,
    urn: Urn,
    #[sqlx(flatten)]
    location: LocationRow,
}

/// A person who may lead a group, and the school where the person teaches.
pub(super) struct PersonOfSchool {
    pub(super) person: PersonId,
    pub(super) urn: Urn,
    pub(super) location: Location,
}

/// Persons who may lead groups of the year, whose school has chosen the hub of the scope, or who were nominated or appointed there if it has chosen none, and who lead no open group of the programme in the academic year.
pub(super) async fn candidate_list(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    year: &GroupYear,
    kind: GroupLeader,
) -> Result<Vec<PersonOfSchool>, Error> {
    let candidates = sql!(
        tx,
        concat!(
            "SELECT teaching.person, teaching.urn, ",
            location!("school"),
            " FROM (SELECT lead.person, MIN(lead.hub) AS hub, (SELECT employment.urn FROM person_employment employment
                     WHERE employment.person = lead.person AND employment.start_date <= :day ORDER BY employment.start_date DESC LIMIT 1) AS urn
                 FROM (SELECT same.current_id AS person, specialist.hub FROM specialist JOIN person same ON same.id = specialist.person
                       WHERE ",
            "(:kind = 'local_leader' AND ",
            has_completed!(),
            ") OR (:kind = 'mastery_specialist' AND ",
            leads_groups!(),
            ")
                       UNION ALL
                       SELECT same.current_id, appointment.hub FROM person_appointment appointment JOIN person same ON same.id = appointment.person
                       WHERE :kind = 'local_leader' AND ",
            appointment_holds!(),
            ") lead
                 GROUP BY lead.person) teaching
             JOIN person ON person.id = teaching.person AND NOT person.erased
             JOIN school ON school.urn = teaching.urn
             WHERE ",
            scope::may_be_of_hub!("school.urn", "teaching.hub"),
            " AND ",
            scope::current_condition!("school.urn", "teaching.hub"),
            " AND NOT EXISTS (SELECT 1 FROM work_group JOIN person led ON led.id = work_group.leader
                   WHERE led.current_id = teaching.person AND work_group.programme = :programme AND work_group.academic_year = :year
                     AND work_group.state = 'open')
             ORDER BY teaching.person LIMIT :limit"
        ),
        ..ScopeKey = scope,
        day = scope.today,
        kind,
        year = year.academic_year,
        programme = year.programme,
        limit = CANDIDATES_MAX,
    );
    let rows: Vec<CandidateRow> = candidates.fetch_all().await?;
    let person = |row: CandidateRow| PersonOfSchool { person: row.person, urn: row.urn, location: row.location.into() };
    Ok(rows.into_iter().map(person).collect())
}
