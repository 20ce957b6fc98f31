//! Queries of the mirror for use cases.

use std::collections::BTreeMap;

use db::{Error, Tx, sql};
use name::{DecisionId, HubId, PersonId, Urn};
use server::ApiError;
use time::{Date, Instant};

use crate::{Hub, Person, School, SchoolEnd, SchoolRow, erased_person, unknown_person};

/// Most schools of one lineage. The longest in the national register has a dozen.
pub const LINEAGE_URNS_MAX: i64 = 500;

/// Most schools whose lineages one statement reads.
const LINEAGES_MAX: usize = 1_000;

/// A school that the newest register lists.
pub async fn find_school(tx: &mut Tx<'_>, urn: Urn) -> Result<Option<School>, Error> {
    let school = sql!(tx, concat!("SELECT ", crate::school_columns!("school"), " FROM school WHERE urn = :urn AND listed"), urn);
    let row: Option<SchoolRow> = school.fetch_optional().await?;
    Ok(row.and_then(SchoolRow::school))
}

/// The end of a school that the newest register lists.
pub async fn find_school_end(tx: &mut Tx<'_>, urn: Urn) -> Result<Option<SchoolEnd>, Error> {
    let end = sql!(tx, "SELECT close_date, status_code = 2 AS is_closed FROM school WHERE urn = :urn AND listed", urn);
    end.fetch_optional().await
}

/// A hub that the network has, or had.
pub async fn find_hub(tx: &mut Tx<'_>, hub: &HubId) -> Result<Option<Hub>, Error> {
    let row: Option<(HubId, Option<Date>, Option<Date>)> =
        sql!(tx, "SELECT id, start_date, end_date FROM hub WHERE id = :hub", hub).fetch_optional().await?;
    Ok(row.map(|(id, start, end)| Hub { id, start, end }))
}

/// Whether the network has such a hub, or had.
pub async fn hub_exists(tx: &mut Tx<'_>, hub: &HubId) -> Result<bool, Error> {
    let row: Option<(HubId,)> = sql!(tx, "SELECT id FROM hub WHERE id = :hub", hub).fetch_optional().await?;
    Ok(row.is_some())
}

/// The person whom an id means, with the school of a day. Until the transaction ends, nobody else reads the person so, and none is merged into it. Errors when
/// the mirror has no such person ([`unknown_person`]), and with PERSON_ERASED when name and address are erased.
pub async fn person_by_id_for_update<E>(tx: &mut Tx<'_>, id: &PersonId, day: Date, now: Instant) -> Result<Person, E>
where
    E: From<Error> + From<ApiError>,
{
    let person = find_person_for_update(tx, id, day).await?.ok_or_else(|| unknown_person(id, now))?;
    if person.erased { Err(erased_person(id).into()) } else { Ok(person) }
}

/// The same, with persons who are erased; `None` when the mirror has no such person.
pub async fn find_person_for_update(tx: &mut Tx<'_>, id: &PersonId, day: Date) -> Result<Option<Person>, Error> {
    let person = sql!(
        tx,
        "SELECT p.current_id, p.erased,
             (SELECT e.urn FROM person_employment e WHERE e.person = p.id AND e.start_date <= :day ORDER BY e.start_date DESC LIMIT 1) AS urn
         FROM person p WHERE p.id = (SELECT asked.current_id FROM person asked WHERE asked.id = :id)
         {postgres FOR NO KEY UPDATE OF p}",
        day,
        id,
    );
    let row: Option<(PersonId, bool, Option<Urn>)> = person.fetch_optional().await?;
    Ok(row.map(|(id, erased, school)| Person { id, erased, school }))
}

/// The first of these decisions that the Council has not recorded, if any.
pub async fn find_unknown_decision<'d>(
    tx: &mut Tx<'_>,
    decisions: impl IntoIterator<Item = &'d DecisionId>,
) -> Result<Option<DecisionId>, Error> {
    let decisions: Vec<&DecisionId> = decisions.into_iter().collect();
    if decisions.is_empty() {
        return Ok(None);
    }
    let known = sql!(
        tx,
        "SELECT decision_id FROM council_decision WHERE decision_id IN (:decisions)",
        decisions = [decision in &decisions => *decision],
    );
    let known: Vec<(DecisionId,)> = known.fetch_all().await?;
    Ok(decisions.into_iter().find(|decision| !known.iter().any(|(known,)| known == *decision)).cloned())
}

/// The URNs of a school's lineage on a day, ascending: its own, those from which it descends, those that descend from it. Splits are left out, because a
/// person decides which school follows. At most [`LINEAGE_URNS_MAX`].
pub async fn lineage(tx: &mut Tx<'_>, urn: Urn, day: Date) -> Result<Vec<Urn>, Error> {
    let lineage = sql!(
        tx,
        concat!("SELECT line.urn FROM (", crate::lineage!(":urn", ":day"), ") line ORDER BY line.urn LIMIT :limit"),
        urn,
        day,
        limit = LINEAGE_URNS_MAX,
    );
    let rows: Vec<(Urn,)> = lineage.fetch_all().await?;
    Ok(rows.into_iter().map(|(urn,)| urn).collect())
}

/// The lineages of schools on a day, as [`lineage`] gives them, by school. Without schools that no register has listed.
pub async fn lineages(tx: &mut Tx<'_>, urns: &[Urn], day: Date) -> Result<BTreeMap<Urn, Vec<Urn>>, Error> {
    let mut lineages: BTreeMap<Urn, Vec<Urn>> = BTreeMap::new();
    for part in urns.chunks(LINEAGES_MAX) {
        let query = sql!(
            tx,
            "WITH RECURSIVE
             up (school, urn) AS (
                 SELECT urn, urn FROM school WHERE urn IN (:urns)
                 UNION
                 SELECT up.school, link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
                 WHERE NOT link.is_split AND link.established_date <= :day),
             down (school, urn) AS (
                 SELECT school, urn FROM up WHERE school = urn
                 UNION
                 SELECT down.school, link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
                 WHERE NOT link.is_split AND link.established_date <= :day)
             SELECT school, urn FROM up UNION SELECT school, urn FROM down ORDER BY 1, 2 LIMIT :limit",
            urns = [urn in part => *urn],
            day,
            limit = LINEAGE_URNS_MAX * i64::try_from(part.len()).expect("a part is bounded"),
        );
        let rows: Vec<(Urn, Urn)> = query.fetch_all().await?;
        for (school, urn) in rows {
            lineages.entry(school).or_default().push(urn);
        }
    }
    Ok(lineages)
}

/// A query of what the mirror holds about the person `:person`, as a literal, with the columns `kind`, `id`, `part`, `resource` and `content`.
#[macro_export]
macro_rules! person_records {
    () => {
        "SELECT 'person' AS kind, same.id AS id, '-' AS part, 'persons/' || same.id AS resource,
             CASE WHEN same.id <> same.current_id THEN 'is an id that means persons/' || same.current_id
                  WHEN same.erased THEN 'is known as an id; name and address are erased'
                  ELSE 'is known as an id' END AS content
         FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = :person
         UNION ALL
         SELECT 'employment', employment.person, employment.start_date, 'persons/' || employment.person, 'teaches at schools/' || CAST(employment.urn AS TEXT) || ' from ' || employment.start_date
         FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN person_employment employment ON employment.person = same.id
         WHERE asked.id = :person
         UNION ALL
         SELECT 'appointment', appointment.id, '-', 'appointments/' || appointment.id,
             'is appointed ' || COALESCE('at hubs/' || appointment.hub, 'to the Council') || ' from ' || appointment.start_date
                 || COALESCE(' to ' || appointment.end_date, '')
         FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN person_appointment appointment ON appointment.person = same.id
         WHERE asked.id = :person"
    };
}

/// A query of the URNs from which a school descends, and its own, as a literal: `ancestors!(":urn", ":day")`, where the parameters are the school and the
/// day.
#[macro_export]
macro_rules! ancestors {
    ($urn:literal, $day:literal) => {
        concat!(
            "WITH RECURSIVE up (urn) AS (
                 SELECT ",
            $urn,
            "
                 UNION
                 SELECT link.predecessor_urn FROM up JOIN school_link link ON link.successor_urn = up.urn
                 WHERE NOT link.is_split AND link.established_date <= ",
            $day,
            ")
             SELECT up.urn FROM up"
        )
    };
}

/// A query of the URNs that descend from a school, and its own, as a literal: `descendants!(":urn", ":day")`.
#[macro_export]
macro_rules! descendants {
    ($urn:literal, $day:literal) => {
        concat!(
            "WITH RECURSIVE down (urn) AS (
                 SELECT ",
            $urn,
            "
                 UNION
                 SELECT link.successor_urn FROM down JOIN school_link link ON link.predecessor_urn = down.urn
                 WHERE NOT link.is_split AND link.established_date <= ",
            $day,
            ")
             SELECT down.urn FROM down"
        )
    };
}

/// A query of the URNs of a school's whole lineage, as a literal. Its column `descends` is 1 for the URNs of [`descendants!`], and 0 for the other URNs of
/// [`ancestors!`].
#[macro_export]
macro_rules! lineage {
    ($urn:literal, $day:literal) => {
        concat!(
            "SELECT either.urn, MAX(either.descends) AS descends
             FROM (SELECT down.urn, 1 AS descends FROM (",
            $crate::descendants!($urn, $day),
            ") down
                   UNION ALL
                   SELECT up.urn, 0 AS descends FROM (",
            $crate::ancestors!($urn, $day),
            ") up) either
             GROUP BY either.urn"
        )
    };
}

/// Whether the register links a school to any other, as a condition and a literal: `has_links!("participation.urn")`. Most schools have no link, and this
/// condition is much cheaper than their lineage.
#[macro_export]
macro_rules! has_links {
    ($urn:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM school_link link WHERE link.predecessor_urn = ",
            $urn,
            ") OR EXISTS (SELECT 1 FROM school_link link WHERE link.successor_urn = ",
            $urn,
            "))"
        )
    };
}

/// The hub that a school's lineage has chosen by a day, as a scalar and a literal: `chosen_hub!("participation.urn", ":day")`. The newest choice that has
/// begun counts, of a predecessor or a successor too; of two from one day, that of the successor. NULL when the lineage has chosen none.
#[macro_export]
macro_rules! chosen_hub {
    ($urn:literal, $day:literal) => {
        concat!(
            "CASE WHEN ",
            $crate::has_links!($urn),
            " THEN (SELECT choice.hub FROM (",
            $crate::lineage!($urn, $day),
            ") line JOIN hub_choice choice ON choice.urn = line.urn WHERE choice.start_date <= ",
            $day,
            " ORDER BY choice.start_date DESC, line.descends DESC, choice.urn DESC LIMIT 1)
             ELSE (SELECT choice.hub FROM hub_choice choice WHERE choice.urn = ",
            $urn,
            " AND choice.start_date <= ",
            $day,
            " ORDER BY choice.start_date DESC LIMIT 1) END"
        )
    };
}

/// Whether a school is open and the register knows no end of it, as a condition and a literal: `goes_on!("school")`.
#[macro_export]
macro_rules! goes_on {
    ($school:literal) => {
        concat!("(", $school, ".listed AND ", $school, ".status_code = 1 AND ", $school, ".close_date IS NULL)")
    };
}

/// Whether a school has closed or will close by the register, as a condition and a literal: `closes!("school")`. Such a school never [`goes_on!`].
#[macro_export]
macro_rules! closes {
    ($school:literal) => {
        concat!("(NOT ", $school, ".listed OR ", $school, ".status_code IN (2, 3) OR ", $school, ".close_date IS NOT NULL)")
    };
}

/// The school that closes, or has closed, at the end of a school's lineage, as a scalar query and a literal: `closing_school!("participation.urn", ":day")`. NULL when
/// the school, or one that descends from it by the links that hold on the day, [`goes_on!`]. Of several, the one that is still open, and then the one that closes last.
#[macro_export]
macro_rules! closing_school {
    ($urn:literal, $day:literal) => {
        concat!(
            "CASE WHEN EXISTS (SELECT 1 FROM school own WHERE own.urn = ",
            $urn,
            " AND NOT ",
            $crate::goes_on!("own"),
            ") THEN (SELECT CASE WHEN SUM(CASE WHEN ",
            $crate::goes_on!("here"),
            " THEN 1 ELSE 0 END) = 0 THEN CAST(substr(MAX(CASE WHEN ",
            $crate::closes!("here"),
            " THEN CASE WHEN here.status_code = 2 THEN '0' ELSE '1' END || COALESCE(here.close_date, '9999-99-99') || CAST(here.urn AS TEXT) END), 12) AS BIGINT) END
             FROM (",
            $crate::descendants!($urn, $day),
            ") line JOIN school here ON here.urn = line.urn) END"
        )
    };
}
