//! Rows of marks, of drafts, and of the persons whom registers name.

use std::collections::{BTreeMap, BTreeSet};

use db::{Error, Tx, sql};
use name::{PersonId, Urn};
use time::Date;

use super::{
    page_store::{MarkRow, columns, ids_of_person, is_newest},
    rules::{KnownPerson, Mark},
};
use crate::{
    parent::{ParentId, SubjectId},
    rules::MeetingId,
};

/// Most rows of one statement, below the number of values that SQLite binds.
const ROWS_MAX: usize = 1_000;

/// The newest mark of a person and a day in the register of a meeting, which is locked.
pub(crate) async fn find_newest_mark(
    tx: &mut Tx<'_>,
    meeting: &MeetingId,
    date: Date,
    person: &PersonId,
) -> Result<Option<Mark>, Error> {
    let mark = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM mark JOIN meeting ON meeting.id = mark.meeting
             WHERE mark.meeting = :meeting AND mark.mark_date = :date AND mark.person IN ",
            ids_of_person!(),
            " ORDER BY mark.number DESC, mark.person LIMIT 1"
        ),
        meeting,
        date,
        person,
    );
    let row: Option<MarkRow> = mark.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// The number of persons who took part in a meeting, which is locked, on a day.
pub(crate) async fn persons_count(tx: &mut Tx<'_>, meeting: &MeetingId, date: Date) -> Result<i64, Error> {
    let count = sql!(
        tx,
        concat!(
            "SELECT COUNT(*) FROM mark
             WHERE mark.meeting = :meeting AND mark.mark_date = :date AND mark.kind IN ('attended', 'part', 'substituted') AND ",
            is_newest!()
        ),
        meeting,
        date,
    );
    let (count,) = count.fetch_one().await?;
    Ok(count)
}

/// The days from `first` to `last` on which subjects attended: a person of theirs is marked so, in any meeting. Lock the subjects before.
pub async fn attended_days(
    tx: &mut Tx<'_>,
    subjects: &BTreeSet<SubjectId>,
    first: Date,
    last: Date,
) -> Result<BTreeSet<(SubjectId, Date)>, Error> {
    if subjects.is_empty() {
        return Ok(BTreeSet::new());
    }
    let days = sql!(
        tx,
        concat!(
            "SELECT DISTINCT mark.subject, mark.mark_date FROM mark
             WHERE mark.subject IN (:subjects) AND mark.mark_date BETWEEN :first AND :last
               AND mark.kind IN ('attended', 'part', 'substituted') AND ",
            is_newest!()
        ),
        first,
        last,
        subjects = [subject in subjects => subject],
    );
    let rows: Vec<(SubjectId, Date)> = days.fetch_all().await?;
    Ok(rows.into_iter().collect())
}

/// The last day of the registers of a parent, of all or of one subject.
pub(crate) async fn find_last_mark_date(
    tx: &mut Tx<'_>,
    parent: &ParentId,
    subject: Option<&SubjectId>,
) -> Result<Option<Date>, Error> {
    let last = sql!(
        tx,
        "SELECT MAX(mark.mark_date) FROM mark JOIN meeting ON meeting.id = mark.meeting
         WHERE meeting.parent = :parent AND (:subject = '' OR mark.subject = :subject)",
        parent,
        subject = subject.map_or("", SubjectId::as_str),
    );
    let (day,): (Option<Date>,) = last.fetch_one().await?;
    Ok(day)
}

/// The first attendance below a parent after a day, or at all, that can prove an entitlement: by day and then by subject. Of all meetings and subjects, or of one.
pub(crate) async fn find_evidence(
    tx: &mut Tx<'_>,
    parent: &ParentId,
    (meeting, subject): (Option<&MeetingId>, Option<&SubjectId>),
    after: Option<Date>,
) -> Result<Option<(Date, MeetingId, String)>, Error> {
    let first = sql!(
        tx,
        concat!(
            "SELECT mark.mark_date, mark.meeting, member.entitlement
             FROM meeting JOIN mark ON mark.meeting = meeting.id
                 JOIN meeting_subject member ON member.parent = meeting.parent AND member.subject = mark.subject
             WHERE meeting.parent = :parent AND (:meeting = '' OR meeting.id = :meeting) AND (:subject = '' OR mark.subject = :subject)
               AND mark.mark_date > :after AND mark.kind IN ('attended', 'part', 'substituted') AND member.entitlement IS NOT NULL AND ",
            is_newest!(),
            " ORDER BY mark.mark_date, mark.subject, mark.meeting LIMIT 1"
        ),
        parent,
        meeting = meeting.map_or("", MeetingId::as_str),
        subject = subject.map_or("", SubjectId::as_str),
        after = after.map(|day| day.to_string()).unwrap_or_default(),
    );
    first.fetch_optional().await
}

/// The last day of the registers of a parent that have a mark of a person.
pub async fn find_last_mark_date_of_person(tx: &mut Tx<'_>, parent: &ParentId, person: &PersonId) -> Result<Option<Date>, Error> {
    let last = sql!(
        tx,
        concat!(
            "SELECT MAX(mark.mark_date) FROM mark JOIN meeting ON meeting.id = mark.meeting
             WHERE meeting.parent = :parent AND mark.person IN ",
            ids_of_person!()
        ),
        parent,
        person,
    );
    let (day,): (Option<Date>,) = last.fetch_one().await?;
    Ok(day)
}

/// Adds marks.
pub(crate) async fn mark_insert(tx: &mut Tx<'_>, marks: &[Mark]) -> Result<(), Error> {
    for part in marks.chunks(ROWS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO mark (meeting, meeting_state, mark_date, person, number, subject, urn, kind, reason, record_time) VALUES :marks",
            marks = [mark in part =>
                mark.meeting, "held", mark.date, mark.person, mark.number, mark.subject, mark.urn, mark.kind, mark.reason, mark.recorded
            ],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// Replaces the draft of a meeting's register.
pub(crate) async fn draft_replace(tx: &mut Tx<'_>, meeting: &MeetingId, marks: &[Mark]) -> Result<(), Error> {
    draft_delete(tx, meeting).await?;
    for part in marks.chunks(ROWS_MAX) {
        let inserted = sql!(
            tx,
            "INSERT INTO draft_mark (meeting, meeting_state, mark_date, person, subject, urn, kind) VALUES :marks",
            marks = [mark in part => mark.meeting, "planned", mark.date, mark.person, mark.subject, mark.urn, mark.kind],
        );
        inserted.execute().await?;
    }
    Ok(())
}

/// The days of a draft with the number of persons who took part.
pub(crate) async fn draft_persons_count_list(tx: &mut Tx<'_>, meeting: &MeetingId) -> Result<Vec<(Date, i64)>, Error> {
    let counts = sql!(
        tx,
        "SELECT mark_date, COUNT(*) FROM draft_mark
         WHERE meeting = :meeting AND kind IN ('attended', 'part', 'substituted') GROUP BY mark_date ORDER BY mark_date",
        meeting,
    );
    counts.fetch_all().await
}

/// Deletes the draft of a meeting's register.
pub(crate) async fn draft_delete(tx: &mut Tx<'_>, meeting: &MeetingId) -> Result<(), Error> {
    sql!(tx, "DELETE FROM draft_mark WHERE meeting = :meeting", meeting).execute().await.map(drop)
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: PersonId,
    current_id: PersonId,
    erased: bool,
    start_date: Option<Date>,
    urn: Option<Urn>,
}

/// The persons whom ids mean, by the id, with all schools where they teach.
pub(crate) async fn known_person_list(
    tx: &mut Tx<'_>,
    asked: &BTreeSet<&PersonId>,
) -> Result<BTreeMap<PersonId, KnownPerson>, Error> {
    let persons = sql!(
        tx,
        "SELECT asked.id, asked.current_id, known.erased, employment.start_date, employment.urn
         FROM person asked JOIN person known ON known.id = asked.current_id
         LEFT JOIN person_employment employment ON employment.person = known.id
         WHERE asked.id IN (:asked) ORDER BY asked.id, employment.start_date",
        asked = [id in asked => *id],
    );
    let rows: Vec<PersonRow> = persons.fetch_all().await?;
    let mut known: BTreeMap<PersonId, KnownPerson> = BTreeMap::new();
    for row in rows {
        let PersonRow { id, current_id, erased, start_date, urn } = row;
        let person = known.entry(id).or_insert_with(|| KnownPerson { id: current_id, erased, employments: Vec::new() });
        person.employments.extend(start_date.zip(urn));
    }
    Ok(known)
}
