//! Persons: the one table with names.

use db::{Error, Tx, sql};

use super::{ScopeKey, in_scope};
use crate::domain::PersonId;

/// Who somebody is. It has no `Debug`, so that it cannot come into a log by chance.
#[derive(sqlx::FromRow)]
pub(crate) struct PersonRow {
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) email_address: String,
}

/// A person whom a nomination in scope is about.
pub(crate) async fn find_person(tx: &mut Tx<'_>, scope: &ScopeKey, id: &PersonId) -> Result<Option<PersonRow>, Error> {
    Ok(sql!(tx, conn => sqlx::query_as(concat!(
        "SELECT id, display_name, email_address FROM person
         WHERE id = $4 AND EXISTS (SELECT 1 FROM nomination WHERE nomination.person = $4 AND ", in_scope!(), ")"))
        .bind(&scope.hub).bind(scope.urn).bind(&scope.today).bind(id.as_str()).fetch_optional(conn).await)?)
}

/// Keeps a person, and gives the id: the one that the email address has already, or the new one. The name that was told last stands. The row is held
/// to the end of the transaction, so that nominations of one person come one after another.
pub(crate) async fn person_put(tx: &mut Tx<'_>, new_id: &PersonId, name: &str, email_address: &str) -> Result<PersonId, Error> {
    let (id,): (String,) = sql!(tx, conn => sqlx::query_as(
        "INSERT INTO person (id, display_name, email_address) VALUES ($1, $2, $3)
         ON CONFLICT (email_address) DO UPDATE SET display_name = excluded.display_name RETURNING id")
        .bind(new_id.as_str()).bind(name).bind(email_address).fetch_one(conn).await)?;
    Ok(PersonId::trusted(id))
}
