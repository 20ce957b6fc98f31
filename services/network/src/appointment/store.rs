//! Rows of appointments.

use db::{Error, Tx, sql};
use name::{HubId, PersonId, Urn};
use server::ApiError;
use time::Date;

use super::{
    Appointment, AppointmentId, Holder, NewAppointment, Role, Seat,
    list_appointments::{AppointmentFilter, AppointmentKey},
    rules::Remit,
};
use crate::{
    person::PersonViolation,
    school::column::{DayOrBlank, RegionCode},
};

macro_rules! columns {
    () => {
        "appointment_id, role, seat, hub, holder_person, holder_urn, start_date, end_date, remit, region_code, version"
    };
}

#[derive(sqlx::FromRow)]
struct AppointmentRow {
    appointment_id: AppointmentId,
    role: Role,
    seat: String,
    hub: Option<HubId>,
    holder_person: Option<PersonId>,
    holder_urn: Option<Urn>,
    start_date: Date,
    end_date: Option<Date>,
    remit: Option<String>,
    region_code: Option<RegionCode>,
    version: i64,
}

impl From<AppointmentRow> for Appointment {
    fn from(row: AppointmentRow) -> Self {
        let holder = match (row.holder_person, row.holder_urn) {
            (Some(person), _) => Holder::Person(person),
            (None, Some(urn)) => Holder::School(urn),
            (None, None) => unreachable!("a constraint of the table gives every appointment a holder"),
        };
        Self {
            id: row.appointment_id,
            made: NewAppointment {
                role: row.role,
                hub: row.hub,
                seat: Seat::trusted(row.seat),
                holder,
                start: row.start_date,
                end: row.end_date,
                remit: row.remit.zip(row.region_code).map(|(text, region)| Remit { text, region }),
            },
            version: row.version,
        }
    }
}

/// The person that an id means today, which cannot be erased until the transaction ends. NOT_FOUND when there is no such person, and PERSON_ERASED when
/// nobody has the id any more.
pub(super) async fn person_for_share(tx: &mut Tx<'_>, id: &PersonId) -> Result<PersonId, service::Error> {
    let person = sql!(
        tx,
        "SELECT person_id, erased FROM person WHERE person_id = (SELECT current_id FROM person WHERE person_id = :id)
         {postgres FOR SHARE}",
        id,
    );
    match person.fetch_optional().await? {
        None => Err(PersonViolation::NotFound(id.clone()).into()),
        Some((id, true)) => Err(PersonViolation::Erased(id).into()),
        Some((id, false)) => Ok(id),
    }
}

/// An appointment that a person holds today or will hold.
pub(crate) async fn find_open_appointment(
    tx: &mut Tx<'_>,
    person: &PersonId,
    today: Date,
) -> Result<Option<AppointmentId>, Error> {
    let open = sql!(
        tx,
        "SELECT appointment_id FROM appointment
         WHERE holder_person IN (SELECT person_id FROM person WHERE current_id = :person) AND (end_date IS NULL OR end_date >= :today)
         ORDER BY start_date, appointment_id LIMIT 1",
        person,
        today,
    );
    let row: Option<(AppointmentId,)> = open.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
}

/// Lets one transaction at a time look for an appointment to a seat and add one. A trigger of the table refuses what this would miss.
pub(super) async fn seat_lock(tx: &mut Tx<'_>) -> Result<(), Error> {
    sql!(tx, "SELECT only_row FROM appointment_lock {postgres FOR UPDATE}").execute().await.map(drop)
}

/// An appointment to the same seat that holds on one of the days. After [`seat_lock`], in a separate statement: one that also locked would read the rows as
/// they were before it waited.
pub(super) async fn find_overlapping(tx: &mut Tx<'_>, new: &NewAppointment) -> Result<Option<AppointmentId>, Error> {
    let other = sql!(
        tx,
        "SELECT appointment_id FROM appointment
         WHERE body = :body AND role = :role AND seat = :seat
             AND (CAST(:end AS TEXT) IS NULL OR start_date <= :end) AND (end_date IS NULL OR end_date >= :start)
         ORDER BY start_date LIMIT 1",
        body = new.body(),
        role = new.role,
        seat = new.seat.as_str(),
        end = new.end,
        start = new.start,
    );
    let row: Option<(AppointmentId,)> = other.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
}

/// Whether a person is on a day a lead or assistant lead of a hub, and a member of the Council.
pub(super) async fn may_chair(tx: &mut Tx<'_>, person: &PersonId, hub: &HubId, day: Date) -> Result<bool, Error> {
    let may = sql!(
        tx,
        "SELECT EXISTS (SELECT 1 FROM appointment
                        WHERE holder_person IN (SELECT person_id FROM person WHERE current_id = :person) AND body = :hub AND role IN (1, 4)
                            AND start_date <= :day AND (end_date IS NULL OR end_date >= :day))
             AND EXISTS (SELECT 1 FROM appointment
                         WHERE holder_person IN (SELECT person_id FROM person WHERE current_id = :person) AND role = 7
                             AND start_date <= :day AND (end_date IS NULL OR end_date >= :day))",
        person,
        hub,
        day,
    );
    let (may,): (bool,) = may.fetch_one().await?;
    Ok(may)
}

pub(super) async fn appointment_insert(tx: &mut Tx<'_>, appointment: &Appointment) -> Result<(), Error> {
    let (person, urn) = match &appointment.holder {
        Holder::Person(person) => (Some(person), None),
        Holder::School(urn) => (None, Some(*urn)),
    };
    let remit = appointment.remit.as_ref();
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO appointment (body, ",
            columns!(),
            ")
             VALUES (:body, :id, :role, :seat, :hub, :person, :urn, :start, :end, :remit, :region, :version)"
        ),
        body = appointment.body(),
        id = appointment.id,
        role = appointment.role,
        seat = appointment.seat.as_str(),
        hub = appointment.hub,
        person,
        urn,
        start = appointment.start,
        end = appointment.end,
        remit = remit.map(|remit| remit.text.as_str()),
        region = remit.map(|remit| remit.region),
        version = appointment.version,
    );
    inserted.execute().await.map(drop)
}

/// Locked, to end it. NOT_FOUND when there is no such appointment.
pub(super) async fn appointment_by_id_for_update(tx: &mut Tx<'_>, id: &AppointmentId) -> Result<Appointment, service::Error> {
    let appointment =
        sql!(tx, concat!("SELECT ", columns!(), " FROM appointment WHERE appointment_id = :id {postgres FOR NO KEY UPDATE}"), id);
    let row: Option<AppointmentRow> = appointment.fetch_optional().await?;
    Ok(row.ok_or_else(|| ApiError::not_found(&id.to_string()))?.into())
}

/// Changes the last day and the version.
pub(super) async fn appointment_update(tx: &mut Tx<'_>, appointment: &Appointment) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE appointment SET end_date = :end, version = :version WHERE appointment_id = :id",
        end = appointment.end,
        version = appointment.version,
        id = appointment.id,
    );
    updated.execute().await.map(drop)
}

/// A page in order of hub, with the Council first, then role, seat and first day.
pub(super) async fn appointment_page(
    tx: &mut Tx<'_>,
    filter: &AppointmentFilter,
    after: Option<&AppointmentKey>,
    limit: i64,
) -> Result<Vec<Appointment>, Error> {
    let (person, urn) = match &filter.holder {
        Some(Holder::Person(person)) => (Some(person), None),
        Some(Holder::School(urn)) => (None, Some(*urn)),
        None => (None, None),
    };
    // A hub's id is never empty, so the Council is an empty one.
    let body = filter.hub.as_ref().map(HubId::as_str).or(filter.is_of_council.then_some(""));
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM appointment
             WHERE (body, role, seat, start_date) > (:after_body, :after_role, :after_seat, :after_start)
                 AND (CAST(:body AS TEXT) IS NULL OR body = :body)
                 AND (CAST(:role AS BIGINT) IS NULL OR role = :role)
                 AND (CAST(:person AS TEXT) IS NULL OR holder_person IN (
                     SELECT same.person_id FROM person same
                     WHERE same.current_id = (SELECT one.current_id FROM person one WHERE one.person_id = :person)))
                 AND (CAST(:urn AS BIGINT) IS NULL OR holder_urn = :urn)
                 AND (:as_of = '' OR (start_date <= :as_of AND (end_date IS NULL OR end_date >= :as_of)))
             ORDER BY body, role, seat, start_date LIMIT :limit"
        ),
        after_body = after.map_or("", |(body, ..)| body),
        after_role = after.map_or(0, |(_, role, ..)| *role),
        after_seat = after.map_or("", |(_, _, seat, _)| seat),
        after_start = DayOrBlank(after.map(|(.., start)| *start)),
        body,
        role = filter.role,
        person,
        urn,
        as_of = DayOrBlank(filter.as_of),
        limit,
    );
    let rows: Vec<AppointmentRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
