//! Rows of meetings, and the views of their parents and subjects.

use db::{Child, Error, Tx, child_page, sql};
use name::{HubId, PersonId, Urn};
use scope::ScopeKey;
use time::{AcademicYear, Date, Instant};

use crate::{
    Names,
    conditions::parent_in_scope,
    parent::{Leadership, Membership, Parent, ParentId, SubjectId},
    rules::{Meeting, MeetingId, MeetingKind, MeetingState, Plan, RegisterState},
};

macro_rules! columns {
    () => {
        "meeting.id, meeting.parent, meeting.kind, meeting.start_date, meeting.end_date, meeting.host_urn, meeting.venue, meeting.hub,
         meeting.persons_max_count, meeting.state, meeting.register_state, meeting.register_date, meeting.register_time, meeting.cancel_reason,
         meeting.version,
         (SELECT {sqlite group_concat(expected.subject, ' ')}{postgres string_agg(expected.subject, ' ')}
          FROM meeting_expected expected WHERE expected.meeting = meeting.id) AS expected"
    };
}

/// The meetings of a scope.
macro_rules! meetings {
    () => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM meeting JOIN meeting_parent parent ON parent.id = meeting.parent WHERE ",
            parent_in_scope!()
        )
    };
}

#[derive(sqlx::FromRow)]
struct MeetingRow {
    id: MeetingId,
    parent: ParentId,
    kind: MeetingKind,
    start_date: Date,
    end_date: Date,
    host_urn: Option<Urn>,
    venue: String,
    hub: HubId,
    persons_max_count: i64,
    state: MeetingState,
    register_state: RegisterState,
    register_date: Option<Date>,
    register_time: Option<Instant>,
    cancel_reason: Option<String>,
    version: i64,
    /// Ids, with spaces between them.
    expected: Option<String>,
}

impl MeetingRow {
    fn meeting(self, names: Names) -> Meeting {
        let expected = self.expected.unwrap_or_default();
        let mut expected: Vec<SubjectId> = expected.split_whitespace().map(SubjectId::trusted).collect();
        expected.sort();
        let plan = Plan {
            kind: self.kind,
            start: self.start_date,
            end: self.end_date,
            host: self.host_urn,
            venue: self.venue,
            hub: self.hub,
            expected,
            persons_max: self.persons_max_count,
        };
        Meeting {
            names,
            parent: self.parent,
            id: self.id,
            plan,
            state: self.state,
            register: self.register_state,
            register_date: self.register_date,
            register_time: self.register_time,
            cancel_reason: self.cancel_reason,
            version: self.version,
        }
    }
}

/// A parent in scope. Until the transaction ends, it does not change.
pub(crate) async fn find_parent_for_share(tx: &mut Tx<'_>, scope: &ScopeKey, parent: &ParentId) -> Result<Option<Parent>, Error> {
    let found = sql!(
        tx,
        concat!(
            "SELECT parent.id, parent.academic_year, parent.end_date, parent.hub, ",
            crate::current_hub!("parent"),
            " AS current_hub FROM meeting_parent parent
             WHERE parent.id = :parent AND ",
            parent_in_scope!(),
            " {postgres FOR SHARE OF parent}"
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        parent,
    );
    let row: Option<(ParentId, AcademicYear, Option<Date>, HubId, HubId)> = found.fetch_optional().await?;
    Ok(row.map(|(_, academic_year, end, hub, current_hub)| Parent { academic_year, end, hub, current_hub }))
}

/// All days on which persons lead a parent, each person as the record that remained after mergers.
pub(crate) async fn leadership_list(tx: &mut Tx<'_>, parent: &ParentId) -> Result<Vec<Leadership>, Error> {
    let leaders = sql!(
        tx,
        "SELECT person.current_id, leader.start_date, leader.end_date
         FROM meeting_leader leader JOIN person ON person.id = leader.person WHERE leader.parent = :parent ORDER BY leader.start_date",
        parent,
    );
    let rows: Vec<(PersonId, Date, Option<Date>)> = leaders.fetch_all().await?;
    Ok(rows.into_iter().map(|(person, start, end)| Leadership { person, start, end }).collect())
}

/// All days on which subjects belong to a parent.
pub(crate) async fn membership_list(tx: &mut Tx<'_>, parent: &ParentId) -> Result<Vec<Membership>, Error> {
    let members = sql!(
        tx,
        "SELECT subject, urn, start_date, end_date FROM meeting_subject WHERE parent = :parent ORDER BY subject, start_date",
        parent,
    );
    let rows: Vec<(SubjectId, Urn, Date, Option<Date>)> = members.fetch_all().await?;
    Ok(rows.into_iter().map(|(subject, urn, start, end)| Membership { subject, urn, start, end }).collect())
}

/// A meeting in scope.
pub(crate) async fn find_meeting(
    tx: &mut Tx<'_>,
    names: Names,
    scope: &ScopeKey,
    parent: &ParentId,
    id: &MeetingId,
) -> Result<Option<Meeting>, Error> {
    let meeting = sql!(
        tx,
        concat!(meetings!(), " AND meeting.id = :id AND meeting.parent = :parent"),
        ..ScopeKey = scope,
        scope_person = scope.person,
        parent,
        id,
    );
    let row: Option<MeetingRow> = meeting.fetch_optional().await?;
    Ok(row.map(|row| row.meeting(names)))
}

/// A meeting below a parent, which is locked for share and in scope; locked to change it.
pub(crate) async fn find_meeting_for_update(
    tx: &mut Tx<'_>,
    names: Names,
    parent: &ParentId,
    id: &MeetingId,
) -> Result<Option<Meeting>, Error> {
    let meeting = sql!(
        tx,
        concat!("SELECT ", columns!(), " FROM meeting WHERE meeting.id = :id AND meeting.parent = :parent {postgres FOR UPDATE}"),
        parent,
        id,
    );
    let row: Option<MeetingRow> = meeting.fetch_optional().await?;
    Ok(row.map(|row| row.meeting(names)))
}

/// The planned meetings of a parent that begin after a day, locked to change them.
pub(crate) async fn meeting_list_to_come_for_update(
    tx: &mut Tx<'_>,
    names: Names,
    parent: &ParentId,
    day: Date,
) -> Result<Vec<Meeting>, Error> {
    let meetings = sql!(
        tx,
        concat!(
            "SELECT ",
            columns!(),
            " FROM meeting WHERE meeting.parent = :parent AND meeting.state = 'planned' AND meeting.start_date > :day
             ORDER BY meeting.id {postgres FOR UPDATE}"
        ),
        parent,
        day,
    );
    let rows: Vec<MeetingRow> = meetings.fetch_all().await?;
    Ok(rows.into_iter().map(|row| row.meeting(names)).collect())
}

/// Which meetings a page lists; `None` for all.
#[derive(Debug, Clone, Default)]
pub(crate) struct MeetingFilter {
    pub(crate) parent: Option<ParentId>,
    pub(crate) hub: Option<HubId>,
    pub(crate) kind: Option<MeetingKind>,
    pub(crate) state: Option<MeetingState>,
    /// Of meetings that end on the day or later.
    pub(crate) from: Option<Date>,
    /// Of meetings that begin on the day or earlier.
    pub(crate) to: Option<Date>,
    /// Of planned meetings that ended before this day.
    pub(crate) overdue_on: Option<Date>,
}

macro_rules! filtered {
    ($parent:literal) => {
        concat!(
            meetings!(),
            " AND ",
            $parent,
            " AND (:hub = '' OR meeting.hub = :hub) AND (:kind = '' OR meeting.kind = :kind) AND (:state = '' OR meeting.state = :state)
               AND (:from_date = '' OR meeting.end_date >= :from_date) AND (:to_date = '' OR meeting.start_date <= :to_date)
               AND (:overdue_on = '' OR (meeting.state = 'planned' AND meeting.end_date < :overdue_on))
               AND meeting.id > :after
             ORDER BY meeting.id LIMIT :limit"
        )
    };
}

/// A page in order of id. `None` when there is no such parent in the scope.
pub(crate) async fn meeting_page(
    tx: &mut Tx<'_>,
    names: Names,
    scope: &ScopeKey,
    filter: &MeetingFilter,
    after: Option<&MeetingId>,
    limit: i64,
) -> Result<Option<Vec<Meeting>>, Error> {
    let (hub, kind, state, days) = parameters(filter);
    let Some(parent) = &filter.parent else {
        let [from_date, to_date, overdue_on] = days;
        let page = sql!(
            tx,
            filtered!("TRUE"),
            ..ScopeKey = scope,
            scope_person = scope.person,
            hub,
            kind,
            state,
            from_date,
            to_date,
            overdue_on,
            after = after.map_or("", MeetingId::as_str),
            limit,
        );
        let rows: Vec<MeetingRow> = page.fetch_all().await?;
        return Ok(Some(rows.into_iter().map(|row| row.meeting(names)).collect()));
    };
    let [from_date, to_date, overdue_on] = days;
    let page = sql!(
        tx,
        child_page!(
            concat!("SELECT parent.id AS parent_id FROM meeting_parent parent WHERE parent.id = :parent AND ", parent_in_scope!()),
            "id",
            filtered!("meeting.parent = :parent"),
            "page.id"
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        parent,
        hub,
        kind,
        state,
        from_date,
        to_date,
        overdue_on,
        after = after.map_or("", MeetingId::as_str),
        limit,
    );
    let rows: Vec<Child<MeetingRow>> = page.fetch_all().await?;
    Ok(Child::page(rows).map(|(_, rows)| rows.into_iter().map(|row| row.meeting(names)).collect()))
}

fn parameters(filter: &MeetingFilter) -> (&str, &'static str, &'static str, [String; 3]) {
    let days = [filter.from, filter.to, filter.overdue_on];
    (
        filter.hub.as_ref().map_or("", HubId::as_str),
        filter.kind.map_or("", MeetingKind::as_str),
        filter.state.map_or("", MeetingState::as_str),
        days.map(|day| day.map(|day| day.to_string()).unwrap_or_default()),
    )
}

/// Adds a planned meeting.
pub(crate) async fn meeting_insert(tx: &mut Tx<'_>, meeting: &Meeting) -> Result<(), Error> {
    let plan = &meeting.plan;
    let inserted = sql!(
        tx,
        "INSERT INTO meeting (id, parent, kind, start_date, end_date, host_urn, venue, hub, persons_max_count, state, register_state, version)
         VALUES (:id, :parent, :kind, :start_date, :end_date, :host_urn, :venue, :hub, :persons_max_count, :state, :register_state, :version)",
        id = meeting.id,
        parent = meeting.parent,
        kind = plan.kind,
        start_date = plan.start,
        end_date = plan.end,
        host_urn = plan.host,
        venue = plan.venue,
        hub = plan.hub,
        persons_max_count = plan.persons_max,
        state = meeting.state,
        register_state = meeting.register,
        version = meeting.version,
    );
    inserted.execute().await?;
    expected_insert(tx, meeting).await
}

/// The row is locked, so its version is the one before.
pub(crate) async fn meeting_update(tx: &mut Tx<'_>, next: &Meeting) -> Result<(), Error> {
    let plan = &next.plan;
    let updated = sql!(
        tx,
        "UPDATE meeting SET kind = :kind, start_date = :start_date, end_date = :end_date, host_urn = :host_urn, venue = :venue, hub = :hub,
             persons_max_count = :persons_max_count, state = :state, register_state = :register_state, register_date = :register_date,
             register_time = :register_time, cancel_reason = :cancel_reason, version = :version
         WHERE id = :id",
        kind = plan.kind,
        start_date = plan.start,
        end_date = plan.end,
        host_urn = plan.host,
        venue = plan.venue,
        hub = plan.hub,
        persons_max_count = plan.persons_max,
        state = next.state,
        register_state = next.register,
        register_date = next.register_date,
        register_time = next.register_time,
        cancel_reason = next.cancel_reason,
        version = next.version,
        id = next.id,
    );
    updated.execute().await.map(drop)
}

/// Replaces the expected subjects of a meeting by those of its plan.
pub(crate) async fn expected_replace(tx: &mut Tx<'_>, meeting: &Meeting) -> Result<(), Error> {
    sql!(tx, "DELETE FROM meeting_expected WHERE meeting = :meeting", meeting = meeting.id).execute().await?;
    expected_insert(tx, meeting).await
}

async fn expected_insert(tx: &mut Tx<'_>, meeting: &Meeting) -> Result<(), Error> {
    if meeting.plan.expected.is_empty() {
        return Ok(());
    }
    let inserted = sql!(
        tx,
        "INSERT INTO meeting_expected (meeting, subject) VALUES :expected",
        expected = [subject in &meeting.plan.expected => meeting.id, subject],
    );
    inserted.execute().await.map(drop)
}
