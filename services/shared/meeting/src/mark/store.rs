//! Rows of marks.

use std::collections::{BTreeMap, BTreeSet};

use db::{Child, Error, Tx, child_page, sql};
use name::{PersonId, Urn};
use scope::ScopeKey;
use time::{Date, Instant};

use super::rules::{KnownPerson, Mark, MarkKind, MarkView};
use crate::rules::{MeetingId, ParentId, SubjectId};

/// Most rows of one statement, below the number of values that SQLite binds.
const ROWS_MAX: usize = 1_000;

/// The key of a mark in a list.
pub(crate) type MarkKey = (MeetingId, Date, PersonId, i64);

#[derive(sqlx::FromRow)]
struct MarkRow {
    meeting: MeetingId,
    mark_date: Date,
    person: PersonId,
    number: i64,
    parent: ParentId,
    subject: SubjectId,
    urn: Urn,
    kind: MarkKind,
    reason: Option<String>,
    record_time: Option<Instant>,
}

impl From<MarkRow> for Mark {
    fn from(row: MarkRow) -> Self {
        Self {
            parent: row.parent,
            meeting: row.meeting,
            subject: row.subject,
            urn: row.urn,
            person: row.person,
            date: row.mark_date,
            kind: row.kind,
            number: row.number,
            reason: row.reason,
            recorded: row.record_time,
        }
    }
}

macro_rules! columns {
    () => {
        "mark.meeting, mark.mark_date, mark.person, mark.number, meeting.parent, mark.subject, mark.urn, mark.kind, mark.reason, mark.record_time"
    };
}

macro_rules! draft_columns {
    () => {
        "mark.meeting, mark.mark_date, mark.person, CAST(0 AS BIGINT) AS number, meeting.parent, mark.subject, mark.urn, mark.kind,
         CAST(NULL AS TEXT) AS reason, CAST(NULL AS BIGINT) AS record_time"
    };
}

/// Whether no later mark of the person and the day is in the register.
macro_rules! is_newest {
    () => {
        "NOT EXISTS (
             SELECT 1 FROM mark later
             WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)"
    };
}

macro_rules! in_scope {
    () => {
        concat!(
            crate::store::of_hub_or_leader!(),
            " AND (:scope_urn <= 0 OR mark.urn IN (",
            mirror::ancestors!(":scope_urn", ":scope_today"),
            "))"
        )
    };
}

/// The ids that mean the person `:person`.
macro_rules! ids_of_person {
    () => {
        "(SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id WHERE asked.id = :person)"
    };
}

/// A page of marks, from a meeting or from all, that meet a condition. `$columns` and `$table` are those of the register or of drafts.
macro_rules! page {
    ($columns:expr, $table:literal, $condition:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            $table,
            " mark JOIN meeting ON meeting.id = mark.meeting JOIN meeting_parent parent ON parent.id = meeting.parent
             WHERE ",
            in_scope!(),
            " AND ",
            $condition
        )
    };
}

macro_rules! after {
    () => {
        " AND (mark.meeting, mark.mark_date, mark.person, mark.number) > (:after_meeting, :after_date, :after_person, :after_number)
         ORDER BY mark.meeting, mark.mark_date, mark.person, mark.number LIMIT :limit"
    };
}

macro_rules! draft_after {
    () => {
        " AND (mark.meeting, mark.mark_date, mark.person) > (:after_meeting, :after_date, :after_person)
         ORDER BY mark.meeting, mark.mark_date, mark.person LIMIT :limit"
    };
}

/// Which marks a page lists.
#[derive(Debug, Clone)]
pub(crate) struct MarkFilter {
    /// Of a meeting below its parent; `None` for all meetings.
    pub(crate) meeting: Option<(ParentId, MeetingId)>,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) person: Option<PersonId>,
    pub(crate) view: MarkView,
}

/// A page in order of the key. `None` when there is no such meeting in the scope.
pub(crate) async fn mark_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &MarkFilter,
    after: Option<&MarkKey>,
    limit: i64,
) -> Result<Option<Vec<Mark>>, Error> {
    match (&filter.meeting, &filter.subject, filter.view) {
        (Some(_), _, MarkView::Draft) => draft_page_of_meeting(tx, scope, filter, after, limit).await,
        (None, _, MarkView::Draft) => draft_page(tx, scope, filter, after, limit).await.map(Some),
        (Some(_), ..) => mark_page_of_meeting(tx, scope, filter, after, limit).await,
        (None, Some(_), _) => mark_page_of_subject(tx, scope, filter, after, limit).await.map(Some),
        (None, None, _) => mark_page_of_person(tx, scope, filter, after, limit).await.map(Some),
    }
}

/// The parameters of a key.
fn key(after: Option<&MarkKey>) -> (&str, String, &str, i64) {
    after.map_or(("", String::new(), "", 0), |(meeting, date, person, number)| {
        (meeting.as_str(), date.to_string(), person.as_str(), *number)
    })
}

macro_rules! meeting_in_scope {
    () => {
        concat!(
            "SELECT shown.id AS parent_id FROM meeting shown JOIN meeting_parent parent ON parent.id = shown.parent
             WHERE shown.id = :meeting AND shown.parent = :parent AND ",
            crate::store::parent_in_scope!()
        )
    };
}

async fn mark_page_of_meeting(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &MarkFilter,
    after: Option<&MarkKey>,
    limit: i64,
) -> Result<Option<Vec<Mark>>, Error> {
    let (after_meeting, after_date, after_person, after_number) = key(after);
    let (parent, meeting) = filter.meeting.as_ref().expect("the page is of a meeting");
    let page = sql!(
        tx,
        child_page!(
            meeting_in_scope!(),
            "meeting",
            concat!(
                page!(
                    columns!(),
                    "mark",
                    concat!(
                        "mark.meeting = :meeting AND (:subject = '' OR mark.subject = :subject) AND (:person = '' OR mark.person IN ",
                        ids_of_person!(),
                        ") AND (:history OR ",
                        is_newest!(),
                        ")"
                    )
                ),
                after!()
            ),
            "page.mark_date, page.person, page.number"
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        parent,
        meeting,
        subject = filter.subject.as_ref().map_or("", SubjectId::as_str),
        person = filter.person.as_ref().map_or("", PersonId::as_str),
        history = filter.view == MarkView::History,
        after_meeting,
        after_date,
        after_person,
        after_number,
        limit,
    );
    let rows: Vec<Child<MarkRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}

async fn draft_page_of_meeting(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &MarkFilter,
    after: Option<&MarkKey>,
    limit: i64,
) -> Result<Option<Vec<Mark>>, Error> {
    let (after_meeting, after_date, after_person, _) = key(after);
    let (parent, meeting) = filter.meeting.as_ref().expect("the page is of a meeting");
    let page = sql!(
        tx,
        child_page!(
            meeting_in_scope!(),
            "meeting",
            concat!(
                page!(
                    draft_columns!(),
                    "draft_mark",
                    concat!(
                        "mark.meeting = :meeting AND (:subject = '' OR mark.subject = :subject) AND (:person = '' OR mark.person IN ",
                        ids_of_person!(),
                        ")"
                    )
                ),
                draft_after!()
            ),
            "page.mark_date, page.person"
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        parent,
        meeting,
        subject = filter.subject.as_ref().map_or("", SubjectId::as_str),
        person = filter.person.as_ref().map_or("", PersonId::as_str),
        after_meeting,
        after_date,
        after_person,
        limit,
    );
    let rows: Vec<Child<MarkRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(Into::into).collect()))
}

async fn mark_page_of_subject(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &MarkFilter,
    after: Option<&MarkKey>,
    limit: i64,
) -> Result<Vec<Mark>, Error> {
    let (after_meeting, after_date, after_person, after_number) = key(after);
    let page = sql!(
        tx,
        concat!(
            page!(
                columns!(),
                "mark",
                concat!(
                    "mark.subject = :subject AND (:person = '' OR mark.person IN ",
                    ids_of_person!(),
                    ") AND (:history OR ",
                    is_newest!(),
                    ")"
                )
            ),
            after!()
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        subject = filter.subject.as_ref().map_or("", SubjectId::as_str),
        person = filter.person.as_ref().map_or("", PersonId::as_str),
        history = filter.view == MarkView::History,
        after_meeting,
        after_date,
        after_person,
        after_number,
        limit,
    );
    let rows: Vec<MarkRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

async fn mark_page_of_person(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &MarkFilter,
    after: Option<&MarkKey>,
    limit: i64,
) -> Result<Vec<Mark>, Error> {
    let (after_meeting, after_date, after_person, after_number) = key(after);
    let page = sql!(
        tx,
        concat!(
            page!(
                columns!(),
                "mark",
                concat!("mark.person IN ", ids_of_person!(), " AND (:history OR ", is_newest!(), ")")
            ),
            after!()
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        person = filter.person.as_ref().map_or("", PersonId::as_str),
        history = filter.view == MarkView::History,
        after_meeting,
        after_date,
        after_person,
        after_number,
        limit,
    );
    let rows: Vec<MarkRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Of a subject or a person. Drafts are few: each is replaced by a final register.
async fn draft_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &MarkFilter,
    after: Option<&MarkKey>,
    limit: i64,
) -> Result<Vec<Mark>, Error> {
    let (after_meeting, after_date, after_person, _) = key(after);
    let page = sql!(
        tx,
        concat!(
            page!(
                draft_columns!(),
                "draft_mark",
                concat!(
                    "(:subject = '' OR mark.subject = :subject) AND (:person = '' OR mark.person IN ",
                    ids_of_person!(),
                    ")"
                )
            ),
            draft_after!()
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        subject = filter.subject.as_ref().map_or("", SubjectId::as_str),
        person = filter.person.as_ref().map_or("", PersonId::as_str),
        after_meeting,
        after_date,
        after_person,
        limit,
    );
    let rows: Vec<MarkRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

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
