//! Pages of marks.

use db::{Child, Error, Tx, child_page, sql};
use name::{PersonId, Urn};
use scope::ScopeKey;
use time::{Date, Instant};

use super::rules::{Mark, MarkKind, MarkView};
use crate::{
    parent::{ParentId, SubjectId},
    rules::MeetingId,
};

/// The key of a mark in a list.
pub(crate) type MarkKey = (MeetingId, Date, PersonId, i64);

#[derive(sqlx::FromRow)]
pub(super) struct MarkRow {
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
#[doc(hidden)]
#[macro_export]
macro_rules! is_newest {
    () => {
        "NOT EXISTS (
             SELECT 1 FROM mark later
             WHERE later.meeting = mark.meeting AND later.mark_date = mark.mark_date AND later.person = mark.person AND later.number = mark.number + 1)"
    };
}
pub(super) use {columns, is_newest};

macro_rules! in_scope {
    () => {
        concat!(
            crate::of_hub_or_leader!("parent"),
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
pub(super) use ids_of_person;

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
            crate::conditions::parent_in_scope!()
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
