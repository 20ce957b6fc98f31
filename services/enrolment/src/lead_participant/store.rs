//! Rows of lead participants.

use std::collections::BTreeSet;

use db::{Child, Error, Tx, child_page, sql};
use name::PersonId;
use scope::{ScopeKey, current_condition};
use time::Date;

use super::rules::LeadParticipant;
use crate::participation::ParticipationId;

#[derive(sqlx::FromRow)]
struct LeadParticipantRow {
    participation: ParticipationId,
    start_date: Date,
    person: PersonId,
    end_date: Option<Date>,
}

impl From<LeadParticipantRow> for LeadParticipant {
    fn from(row: LeadParticipantRow) -> Self {
        Self { participation: row.participation, person: row.person, start: row.start_date, end: row.end_date }
    }
}

/// All lead participants of a participation, which is locked.
pub(super) async fn lead_participant_list(
    tx: &mut Tx<'_>,
    participation: &ParticipationId,
) -> Result<Vec<LeadParticipant>, Error> {
    let leads = sql!(
        tx,
        "SELECT participation, start_date, person, end_date FROM lead_participant
         WHERE participation = :participation ORDER BY start_date, person",
        participation,
    );
    let rows: Vec<LeadParticipantRow> = leads.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A page in order of first day and person. `None` when there is no such participation in scope.
pub(super) async fn lead_participant_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    participation: &ParticipationId,
    after: Option<&(Date, PersonId)>,
    limit: i64,
) -> Result<Option<Vec<LeadParticipant>>, Error> {
    let page = sql!(
        tx,
        child_page!(
            concat!(
                "SELECT id AS parent_id FROM participation WHERE id = :participation AND ",
                current_condition!("participation.urn", "participation.hub")
            ),
            "participation",
            "SELECT participation, start_date, person, end_date FROM lead_participant
             WHERE participation = :participation AND (start_date, person) > (:after_date, :after_person)
             ORDER BY start_date, person LIMIT :limit",
            "page.start_date, page.person"
        ),
        ..ScopeKey = scope,
        participation,
        after_date = after.map(|(date, _)| date.to_string()).unwrap_or_default(),
        after_person = after.map_or("", |(_, person)| person.as_str()),
        limit,
    );
    let rows: Vec<Child<LeadParticipantRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}

/// Ends the days of persons.
pub(super) async fn lead_participant_end(
    tx: &mut Tx<'_>,
    participation: &ParticipationId,
    persons: &BTreeSet<PersonId>,
    end: Date,
) -> Result<(), Error> {
    let ended = sql!(
        tx,
        "UPDATE lead_participant SET end_date = :end
         WHERE participation = :participation AND end_date IS NULL AND person IN (:persons)",
        end,
        participation,
        persons = [person in persons => person],
    );
    ended.execute().await.map(drop)
}

/// Adds persons from a day on.
pub(super) async fn lead_participant_insert(
    tx: &mut Tx<'_>,
    participation: &ParticipationId,
    persons: &BTreeSet<PersonId>,
    start: Date,
) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO lead_participant (participation, start_date, person) VALUES :persons",
        persons = [person in persons => participation, start, person],
    );
    inserted.execute().await.map(drop)
}
