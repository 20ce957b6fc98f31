//! Rows of persons.

use db::{Error, Tx, sql};
use name::HubId;
use scope::ScopeKey;
use server::ApiError;
use time::{AcademicYear, Date};

use super::{Person, PersonDetails, PersonId};

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: PersonId,
    display_name: String,
    email_address: String,
}

/// A person who has a nomination in scope. NOT_FOUND when there is no such person, or the person is erased.
pub(super) async fn person_by_id(tx: &mut Tx<'_>, scope: &ScopeKey, id: &PersonId) -> Result<Person, service::Error> {
    let person = sql!(
        tx,
        concat!(
            "SELECT id, display_name, email_address FROM person
             WHERE id = :id AND display_name IS NOT NULL AND EXISTS (SELECT 1 FROM nomination WHERE nomination.person = :id AND ",
            scope::condition!("nomination."),
            ")"
        ),
        ..ScopeKey = scope,
        id,
    );
    let row: Option<PersonRow> = person.fetch_optional().await?;
    let PersonRow { id, display_name, email_address } = row.ok_or_else(|| ApiError::not_found(&id.to_string()))?;
    Ok(Person { id, details: PersonDetails { display_name, email_address } })
}

/// The person whom a hub knows by this email address; a new one when there is none. A known person keeps the name. The row stays locked to the end of the
/// transaction, so nominations of one person are made one after another.
pub(crate) async fn person_put(
    tx: &mut Tx<'_>,
    new_id: &PersonId,
    hub: &HubId,
    person: &PersonDetails,
) -> Result<PersonId, Error> {
    let put = sql!(
        tx,
        "INSERT INTO person (id, hub, display_name, email_address) VALUES (:new_id, :hub, :display_name, :email_address)
         ON CONFLICT (hub, email_address) DO UPDATE SET email_address = excluded.email_address RETURNING id",
        new_id,
        hub,
        display_name = person.display_name,
        email_address = person.email_address,
    );
    let (id,) = put.fetch_one().await?;
    Ok(id)
}

/// Erases the names and addresses of at most 1,000 persons without an open case since a day: no nomination waits for a decision, the years of a selected
/// one ended before the day's academic year, and the window of every other closed before the day. Gives their number.
pub(super) async fn person_erase_before(tx: &mut Tx<'_>, day: Date) -> Result<u64, Error> {
    let erased = sql!(
        tx,
        "UPDATE person SET display_name = NULL, email_address = NULL
         WHERE id IN (
             SELECT id FROM person
             WHERE display_name IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM nomination JOIN cohort ON cohort.id = nomination.cohort
                 WHERE nomination.person = person.id
                       AND (nomination.state = 'submitted'
                            OR (nomination.state = 'selected' AND cohort.last_academic_year >= :year)
                            OR (nomination.state IN ('not_selected', 'withdrawn') AND cohort.window_end_date >= :day)))
             ORDER BY id LIMIT 1000)",
        day,
        year = AcademicYear::of(day).to_string(),
    );
    erased.execute().await
}
