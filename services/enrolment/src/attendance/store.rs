//! Rows of attendance, and what enrolment stores about a person.

use std::collections::BTreeSet;

use db::{Error, Tx, sql};
use futures::future::BoxFuture;
use meeting::SubjectId;
use service::{PersonRecord, PersonRecordPage};
use time::Date;

use crate::participation::ParticipationId;

/// Locks participations in order of their id.
pub(super) async fn participations_lock(tx: &mut Tx<'_>, subjects: &BTreeSet<SubjectId>) -> Result<(), Error> {
    let locked = sql!(
        tx,
        "SELECT id FROM participation WHERE id IN (:subjects) ORDER BY id {postgres FOR UPDATE}",
        subjects = [subject in subjects => subject],
    );
    let _rows: Vec<(ParticipationId,)> = locked.fetch_all().await?;
    Ok(())
}

/// The days of attendance from `first` to `last` that are recorded.
pub(super) async fn attendance_list(
    tx: &mut Tx<'_>,
    subjects: &BTreeSet<SubjectId>,
    first: Date,
    last: Date,
) -> Result<BTreeSet<(SubjectId, Date)>, Error> {
    let days = sql!(
        tx,
        "SELECT participation, attendance_date FROM attendance
         WHERE participation IN (:subjects) AND attendance_date BETWEEN :first AND :last",
        first,
        last,
        subjects = [subject in subjects => subject],
    );
    let rows: Vec<(SubjectId, Date)> = days.fetch_all().await?;
    Ok(rows.into_iter().collect())
}

/// Adds days of attendance.
pub(super) async fn attendance_insert(tx: &mut Tx<'_>, days: impl Iterator<Item = &(SubjectId, Date)>) -> Result<(), Error> {
    let days: Vec<_> = days.collect();
    if days.is_empty() {
        return Ok(());
    }
    let inserted = sql!(
        tx,
        "INSERT INTO attendance (participation, attendance_date) VALUES :days",
        days = [(participation, date) in days => participation, date],
    );
    inserted.execute().await.map(drop)
}

/// Deletes a day of attendance.
pub(super) async fn attendance_delete(tx: &mut Tx<'_>, participation: &ParticipationId, date: Date) -> Result<(), Error> {
    let deleted =
        sql!(tx, "DELETE FROM attendance WHERE participation = :participation AND attendance_date = :date", participation, date,);
    deleted.execute().await.map(drop)
}

/// The first and the last day of attendance; `None` when there is none.
pub(super) async fn attendance_bounds(tx: &mut Tx<'_>, participation: &ParticipationId) -> Result<Option<(Date, Date)>, Error> {
    let bounds = sql!(
        tx,
        "SELECT MIN(attendance_date), MAX(attendance_date) FROM attendance WHERE participation = :participation",
        participation,
    );
    let (first, last): (Option<Date>, Option<Date>) = bounds.fetch_one().await?;
    Ok(first.zip(last))
}

/// The records of enrolment about a person: the mirror, the marks of registers, and what the person leads or was selected for.
pub(crate) fn person_records<'a>(tx: &'a mut Tx<'_>, page: PersonRecordPage) -> BoxFuture<'a, Result<Vec<PersonRecord>, Error>> {
    Box::pin(async move {
        let records = sql!(
            tx,
            service::person_records!(concat!(
                mirror::person_records!(),
                " UNION ALL ",
                meeting::person_records!("workGroups", "participations"),
                " UNION ALL
                 SELECT 'lead-participant', lead.participation, lead.start_date, 'participations/' || lead.participation,
                     'is a lead participant from ' || lead.start_date || COALESCE(' to ' || lead.end_date, '')
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN lead_participant lead ON lead.person = same.id
                 WHERE asked.id = :person
                 UNION ALL
                 SELECT 'leader', leader.parent, leader.start_date, 'workGroups/' || leader.parent,
                     'leads from ' || leader.start_date || COALESCE(' to ' || leader.end_date, '')
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN meeting_leader leader ON leader.person = same.id
                 WHERE asked.id = :person
                 UNION ALL
                 SELECT 'specialist', REPLACE(specialist.nomination, specialist.cohort || '/nominations/', ''), '-', specialist.nomination,
                     'is a specialist, nominated by hubs/' || specialist.hub
                 FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN specialist ON specialist.person = same.id
                 WHERE asked.id = :person"
            )),
            ..PersonRecordPage = page,
        );
        records.fetch_all().await
    })
}
