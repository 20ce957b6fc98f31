//! Statements of the consumer.

use db::{Error, Tx, sql};
use name::{DecisionId, HubId, PersonId, Urn};
use proto::network::v1 as pb;
use time::{Date, Instant};

use crate::Hub;

/// Most rows of one INSERT. Events hold at most 1,000 items of a kind, and a row has at most 14 columns.
const INSERT_ROWS_MAX: usize = 1_000;

/// The columns of a school but for `listed`.
macro_rules! columns {
    () => {
        "urn, old_la_code, former_old_la_code, education_phase, region_code, status_code, type_group_code, phase_code, low_age, high_age,
         easting_metres, northing_metres, close_date"
    };
}

macro_rules! school_replace {
    () => {
        "ON CONFLICT (urn) DO UPDATE SET old_la_code = excluded.old_la_code, former_old_la_code = excluded.former_old_la_code,
             education_phase = excluded.education_phase, region_code = excluded.region_code, status_code = excluded.status_code,
             type_group_code = excluded.type_group_code, phase_code = excluded.phase_code, low_age = excluded.low_age,
             high_age = excluded.high_age, easting_metres = excluded.easting_metres, northing_metres = excluded.northing_metres,
             close_date = excluded.close_date, listed = excluded.listed"
    };
}

/// An age as a column; -1 when the register does not say.
fn age(age: Option<i32>) -> i64 {
    age.map_or(-1, i64::from)
}

/// A row of a link.
pub(crate) struct LinkRow {
    pub(crate) predecessor_urn: i64,
    pub(crate) successor_urn: i64,
    pub(crate) is_removed: bool,
    pub(crate) is_split: bool,
    /// Empty when the link always held; else a day.
    pub(crate) established_date: String,
}

/// A row of a choice. It ends on the day before the school's next choice begins.
pub(crate) struct ChoiceRow {
    pub(crate) urn: Urn,
    pub(crate) start_date: Date,
    pub(crate) hub: HubId,
}

/// A row of a person, with the first day and the school of each employment.
pub(crate) struct PersonRow {
    pub(crate) id: PersonId,
    pub(crate) erased: bool,
    pub(crate) employments: Vec<(Date, Urn)>,
}

/// A row of an appointment that a person holds.
pub(crate) struct AppointmentRow {
    pub(crate) id: String,
    pub(crate) person: PersonId,
    /// `None` for members of the Council.
    pub(crate) hub: Option<HubId>,
    pub(crate) start: Date,
    pub(crate) end: Option<Date>,
}

/// A row of a publication.
pub(crate) struct PublicationRow {
    pub(crate) name: String,
    pub(crate) position: i64,
    pub(crate) publish_time: Instant,
    pub(crate) true_on_date: String,
    pub(crate) known_on_date: String,
}

/// Deletes what a history will record again in other parts. Schools and links of the earlier history stay until the first import is complete, which then
/// unlists the schools and removes the links that it does not hold.
pub(crate) async fn begin(tx: &mut Tx<'_>) -> Result<(), Error> {
    sql!(tx, "DELETE FROM school_staged").execute().await?;
    sql!(tx, "DELETE FROM school_link_staged").execute().await?;
    let unlisted =
        sql!(tx, concat!("INSERT INTO school_staged (", columns!(), ", listed) SELECT ", columns!(), ", FALSE FROM school"),);
    unlisted.execute().await?;
    let removed = sql!(
        tx,
        "INSERT INTO school_link_staged (predecessor_urn, successor_urn, is_removed, is_split, established_date)
         SELECT predecessor_urn, successor_urn, TRUE, is_split, established_date FROM school_link",
    );
    removed.execute().await?;
    // Verdicts stay: they depend on no history.
    sql!(tx, "DELETE FROM programme_terms").execute().await?;
    sql!(tx, "DELETE FROM programme").execute().await?;
    sql!(tx, "DELETE FROM cold_area").execute().await?;
    sql!(tx, "DELETE FROM reach_publication").execute().await?;
    sql!(tx, "DELETE FROM council_decision").execute().await?;
    sql!(tx, "DELETE FROM hub_choice").execute().await?;
    sql!(tx, "DELETE FROM person_appointment").execute().await?;
    Ok(())
}

/// Puts a hub, and the authorities that it serves instead of those that it served before.
pub(crate) async fn hub_put(tx: &mut Tx<'_>, hub: &Hub, old_la_codes: &[String]) -> Result<(), Error> {
    let put = sql!(
        tx,
        "INSERT INTO hub (id, start_date, end_date) VALUES (:id, :start_date, :end_date)
         ON CONFLICT (id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date",
        id = hub.id,
        start_date = hub.start,
        end_date = hub.end,
    );
    put.execute().await?;
    sql!(tx, "DELETE FROM hub_authority WHERE hub = :id", id = hub.id).execute().await?;
    if old_la_codes.is_empty() {
        return Ok(());
    }
    let inserted = sql!(
        tx,
        "INSERT INTO hub_authority (hub, old_la_code) VALUES :authorities",
        authorities = [old_la_code in old_la_codes => hub.id, old_la_code],
    );
    inserted.execute().await.map(drop)
}

/// Puts choices, one of each school and first day.
pub(crate) async fn choice_put_all(tx: &mut Tx<'_>, choices: &[ChoiceRow]) -> Result<(), Error> {
    for part in choices.chunks(INSERT_ROWS_MAX) {
        let put = sql!(
            tx,
            "INSERT INTO hub_choice (urn, start_date, hub) VALUES :choices
             ON CONFLICT (urn, start_date) DO UPDATE SET hub = excluded.hub",
            choices = [choice in part => choice.urn, choice.start_date, choice.hub],
        );
        put.execute().await?;
    }
    Ok(())
}

/// Puts persons that are merged into none, each once, with their employments instead of those that they had before.
pub(crate) async fn person_put_all(tx: &mut Tx<'_>, persons: &[PersonRow]) -> Result<(), Error> {
    for part in persons.chunks(INSERT_ROWS_MAX) {
        let put = sql!(
            tx,
            "INSERT INTO person (id, current_id, erased) VALUES :persons
             ON CONFLICT (id) DO UPDATE SET current_id = excluded.current_id, erased = excluded.erased",
            persons = [person in part => person.id, person.id, person.erased],
        );
        put.execute().await?;
        let deleted = sql!(
            tx,
            "DELETE FROM person_employment WHERE person IN (:persons)",
            persons = [person in part => person.id],
        );
        deleted.execute().await?;
    }
    let employments = persons.iter().flat_map(|person| person.employments.iter().map(|(start, urn)| (&person.id, *start, *urn)));
    let employments: Vec<_> = employments.collect();
    for part in employments.chunks(INSERT_ROWS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO person_employment (person, start_date, urn) VALUES :employments",
            employments = [(person, start_date, urn) in part => *person, *start_date, *urn],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// Merges one person, and those that were merged into it, into another.
pub(crate) async fn person_merge(tx: &mut Tx<'_>, stays: &PersonId, merged: &PersonId) -> Result<(), Error> {
    let updated = sql!(tx, "UPDATE person SET current_id = :stays WHERE current_id = :merged OR id = :merged", stays, merged);
    updated.execute().await.map(drop)
}

pub(crate) async fn appointment_put(tx: &mut Tx<'_>, appointment: &AppointmentRow) -> Result<(), Error> {
    let put = sql!(
        tx,
        "INSERT INTO person_appointment (id, person, hub, start_date, end_date) VALUES (:id, :person, :hub, :start_date, :end_date)
         ON CONFLICT (id) DO UPDATE SET end_date = excluded.end_date",
        id = appointment.id,
        person = appointment.person,
        hub = appointment.hub,
        start_date = appointment.start,
        end_date = appointment.end,
    );
    put.execute().await.map(drop)
}

pub(crate) async fn decision_put(tx: &mut Tx<'_>, id: &DecisionId) -> Result<(), Error> {
    let put = sql!(tx, "INSERT INTO council_decision (decision_id) VALUES (:id) ON CONFLICT (decision_id) DO NOTHING", id);
    put.execute().await.map(drop)
}

/// Stages the schools of a part of an import.
pub(crate) async fn school_stage(tx: &mut Tx<'_>, schools: &[pb::School]) -> Result<(), Error> {
    for part in schools.chunks(INSERT_ROWS_MAX) {
        let staged = sql!(
            tx,
            concat!("INSERT INTO school_staged (", columns!(), ", listed) VALUES :schools ", school_replace!()),
            schools = [school in part =>
                i64::from(school.urn),
                school.old_la_code,
                school.former_old_la_code,
                i64::from(school.education_phase),
                school.region_code,
                i64::from(school.status_code),
                i64::from(school.type_group_code),
                i64::from(school.phase_code),
                age(school.low_age),
                age(school.high_age),
                school.easting_metres.map(i64::from),
                school.northing_metres.map(i64::from),
                Some(&school.close_date).filter(|day| !day.is_empty()),
                school.listed,
            ],
        );
        staged.execute().await?;
    }
    Ok(())
}

/// Stages the links of a part of an import.
pub(crate) async fn link_stage(tx: &mut Tx<'_>, links: &[LinkRow]) -> Result<(), Error> {
    for part in links.chunks(INSERT_ROWS_MAX) {
        let staged = sql!(
            tx,
            "INSERT INTO school_link_staged (predecessor_urn, successor_urn, is_removed, is_split, established_date) VALUES :links
             ON CONFLICT (predecessor_urn, successor_urn, is_removed) DO UPDATE SET is_split = excluded.is_split,
                 established_date = excluded.established_date",
            links = [link in part =>
                link.predecessor_urn,
                link.successor_urn,
                link.is_removed,
                link.is_split,
                link.established_date,
            ],
        );
        staged.execute().await?;
    }
    Ok(())
}

/// Applies all staged parts of an import together. A link that is both removed and new gets its new description.
pub(crate) async fn register_apply(tx: &mut Tx<'_>) -> Result<(), Error> {
    let schools = sql!(
        tx,
        concat!(
            "INSERT INTO school (",
            columns!(),
            ", listed) SELECT ",
            columns!(),
            ", listed FROM school_staged WHERE TRUE ",
            school_replace!()
        ),
    );
    schools.execute().await?;
    sql!(tx, "DELETE FROM school_staged").execute().await?;
    let removed = sql!(
        tx,
        "DELETE FROM school_link WHERE (predecessor_urn, successor_urn) IN
             (SELECT predecessor_urn, successor_urn FROM school_link_staged WHERE is_removed)",
    );
    removed.execute().await?;
    let links = sql!(
        tx,
        "INSERT INTO school_link (predecessor_urn, successor_urn, is_split, established_date)
         SELECT predecessor_urn, successor_urn, is_split, established_date FROM school_link_staged WHERE NOT is_removed
         ON CONFLICT (predecessor_urn, successor_urn) DO UPDATE SET is_split = excluded.is_split,
             established_date = excluded.established_date",
    );
    links.execute().await?;
    sql!(tx, "DELETE FROM school_link_staged").execute().await?;
    Ok(())
}

/// Inserts the areas of a part of a publication. They have no effect before the publication's row exists.
pub(crate) async fn area_insert(tx: &mut Tx<'_>, publication: &str, areas: &[pb::ColdArea]) -> Result<(), Error> {
    for part in areas.chunks(INSERT_ROWS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO cold_area (reach_publication, old_la_code, programme, education_phase, schools_count,
                 schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm, rank)
             VALUES :areas",
            areas = [area in part =>
                publication,
                area.old_la_code,
                area.programme,
                i64::from(area.education_phase),
                i64::from(area.schools_count),
                i64::from(area.schools_never_reached_count),
                i64::from(area.region_schools_count),
                i64::from(area.region_schools_never_reached_count),
                i64::from(area.coldness_ppm),
                i64::from(area.rank),
            ],
        );
        inserted.execute().await?;
    }
    Ok(())
}

pub(crate) async fn publication_insert(tx: &mut Tx<'_>, publication: &PublicationRow) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO reach_publication (name, position, publish_time, true_on_date, known_on_date, is_final)
         VALUES (:name, :position, :publish_time, :true_on_date, :known_on_date, FALSE)",
        name = publication.name,
        position = publication.position,
        publish_time = publication.publish_time,
        true_on_date = publication.true_on_date,
        known_on_date = publication.known_on_date,
    );
    inserted.execute().await.map(drop)
}

/// Makes a publication final.
pub(crate) async fn publication_approve(tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
    sql!(tx, "UPDATE reach_publication SET is_final = TRUE WHERE name = :name", name).execute().await.map(drop)
}
