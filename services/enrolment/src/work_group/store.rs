//! Rows of Work Groups.

use db::{Error, Tx, sql};
use mirror::GroupLeader;
use name::{HubId, PersonId, ProgrammeId, Urn};
use scope::{Scope, ScopeKey};
use time::{AcademicYear, Date};

use super::rules::{GroupYear, Shape, WorkGroup, WorkGroupId, WorkGroupState};
use crate::participation::ParticipationId;

macro_rules! columns {
    () => {
        "id, hub, programme, academic_year, year_number, leader, leader_start_date, terms_version, leader_kind, schools_min_count, schools_max_count,
         meetings_count, support_visits_per_term_count, schools_count, state, end_date, version"
    };
}

/// Which groups the caller may see: a school sees those of which it, or a predecessor, is or was a member.
macro_rules! in_scope {
    () => {
        concat!(
            meeting::of_hub_or_leader!("work_group"),
            " AND (:scope_urn <= 0 OR EXISTS (SELECT 1 FROM membership own JOIN participation ON participation.id = own.participation
                 WHERE own.work_group = work_group.id AND participation.urn IN (",
            mirror::ancestors!(":scope_urn", ":scope_today"),
            ")))"
        )
    };
}

/// The columns of [`WorkGroupRow`].
macro_rules! row_columns {
    () => {
        concat!(
            columns!(),
            ", ",
            meeting::current_hub!("work_group"),
            " AS current_hub, COALESCE((SELECT recorded.current_id FROM person recorded WHERE recorded.id = work_group.leader), work_group.leader) AS present_leader"
        )
    };
}

#[derive(sqlx::FromRow)]
struct WorkGroupRow {
    id: WorkGroupId,
    hub: HubId,
    current_hub: HubId,
    programme: ProgrammeId,
    academic_year: AcademicYear,
    year_number: i64,
    /// The record into which that of the leader was merged, or the leader's own.
    present_leader: PersonId,
    leader_start_date: Date,
    terms_version: i64,
    leader_kind: GroupLeader,
    schools_min_count: i64,
    schools_max_count: i64,
    meetings_count: i64,
    support_visits_per_term_count: i64,
    schools_count: i64,
    state: WorkGroupState,
    end_date: Option<Date>,
    version: i64,
}

impl From<WorkGroupRow> for WorkGroup {
    fn from(row: WorkGroupRow) -> Self {
        Self {
            id: row.id,
            hub: row.hub,
            current_hub: row.current_hub,
            year: GroupYear { programme: row.programme, academic_year: row.academic_year, year_number: row.year_number },
            leader: row.present_leader,
            leader_start: row.leader_start_date,
            shape: Shape {
                terms_version: row.terms_version,
                leader_kind: row.leader_kind,
                schools_min_count: row.schools_min_count,
                schools_max_count: row.schools_max_count,
                meetings_count: row.meetings_count,
                support_visits_per_term_count: row.support_visits_per_term_count,
            },
            schools_count: row.schools_count,
            state: row.state,
            end: row.end_date,
            version: row.version,
        }
    }
}

macro_rules! by_id {
    () => {
        concat!("SELECT ", row_columns!(), " FROM work_group WHERE ", in_scope!(), " AND id = :id")
    };
}

/// In scope.
pub(crate) async fn find_work_group(tx: &mut Tx<'_>, scope: &ScopeKey, id: &WorkGroupId) -> Result<Option<WorkGroup>, Error> {
    let query = sql!(tx, by_id!(), ..ScopeKey = scope, scope_person = scope.person, id);
    let row: Option<WorkGroupRow> = query.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// In scope, locked to change it.
pub(super) async fn find_work_group_for_update(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    id: &WorkGroupId,
) -> Result<Option<WorkGroup>, Error> {
    let query = sql!(tx, concat!(by_id!(), " {postgres FOR UPDATE}"), ..ScopeKey = scope, scope_person = scope.person, id);
    let row: Option<WorkGroupRow> = query.fetch_optional().await?;
    Ok(row.map(Into::into))
}

/// The groups that a list shows. An absent part does not filter.
#[derive(Debug, Clone)]
pub(super) struct WorkGroupFilter {
    /// The current hub.
    pub(super) hub: Option<HubId>,
    pub(super) programme: Option<ProgrammeId>,
    pub(super) academic_year: Option<AcademicYear>,
    pub(super) leader: Option<PersonId>,
    /// With the predecessors and successors of the school.
    pub(super) urn: Option<Urn>,
    pub(super) state: Option<WorkGroupState>,
}

/// A page in order of id.
pub(super) async fn work_group_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &WorkGroupFilter,
    after: Option<&WorkGroupId>,
    limit: i64,
) -> Result<Vec<WorkGroup>, Error> {
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            row_columns!(),
            " FROM work_group
             WHERE ",
            in_scope!(),
            " AND (:hub = '' OR ",
            meeting::of_hub!("work_group", ":hub"),
            ") AND (:programme = '' OR programme = :programme) AND (:year = '' OR academic_year = :year)
               AND (:state = '' OR state = :state)
               AND (:leader = '' OR leader IN (SELECT same.id FROM person asked JOIN person same ON same.current_id = asked.current_id
                   WHERE asked.id = :leader))
               AND (:urn = 0 OR EXISTS (SELECT 1 FROM membership listed JOIN participation ON participation.id = listed.participation
                   WHERE listed.work_group = work_group.id AND ",
            scope::of_lineage!("participation."),
            "))
               AND id > :after
             ORDER BY id LIMIT :limit"
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        hub = filter.hub.as_ref().map_or("", HubId::as_str),
        programme = filter.programme.as_ref().map_or("", ProgrammeId::as_str),
        year = filter.academic_year.map(|year| year.to_string()).unwrap_or_default(),
        state = filter.state.map_or("", WorkGroupState::as_str),
        leader = filter.leader.as_ref().map_or("", PersonId::as_str),
        urn = filter.urn.map_or(0, Urn::number),
        after = after.map_or("", WorkGroupId::as_str),
        limit,
    );
    let rows: Vec<WorkGroupRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(super) async fn work_group_insert(tx: &mut Tx<'_>, group: &WorkGroup) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        concat!(
            "INSERT INTO work_group (",
            columns!(),
            ") VALUES (:id, :hub, :programme, :academic_year, :year_number, :leader, :leader_start_date, :terms_version, :leader_kind,
                 :schools_min_count, :schools_max_count, :meetings_count, :support_visits_per_term_count, :schools_count, :state, :end_date, :version)"
        ),
        id = group.id,
        hub = group.hub,
        programme = group.year.programme,
        academic_year = group.year.academic_year,
        year_number = group.year.year_number,
        leader = group.leader,
        leader_start_date = group.leader_start,
        terms_version = group.shape.terms_version,
        leader_kind = group.shape.leader_kind,
        schools_min_count = group.shape.schools_min_count,
        schools_max_count = group.shape.schools_max_count,
        meetings_count = group.shape.meetings_count,
        support_visits_per_term_count = group.shape.support_visits_per_term_count,
        schools_count = group.schools_count,
        state = group.state,
        end_date = group.end,
        version = group.version,
    );
    inserted.execute().await.map(drop)
}

/// Writes leader, state and end. The row is locked, so its version is the one before.
pub(super) async fn work_group_update(tx: &mut Tx<'_>, next: &WorkGroup) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE work_group SET leader = :leader, leader_start_date = :leader_start_date, schools_count = :schools_count, state = :state,
             end_date = :end_date, version = :version
         WHERE id = :id",
        leader = next.leader,
        leader_start_date = next.leader_start,
        schools_count = next.schools_count,
        state = next.state,
        end_date = next.end,
        version = next.version,
        id = next.id,
    );
    updated.execute().await.map(drop)
}

/// Keeps the leader of a group until a day.
pub(super) async fn former_leader_insert(tx: &mut Tx<'_>, before: &WorkGroup, end: Date) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO former_leader (work_group, start_date, leader, end_date) VALUES (:work_group, :start_date, :leader, :end_date)",
        work_group = before.id,
        start_date = before.leader_start,
        leader = before.leader,
        end_date = end,
    );
    inserted.execute().await.map(drop)
}

/// Takes a seat for one more school. This statement decides among all calls at once. False when the group ended or is full.
pub(super) async fn seat_take(tx: &mut Tx<'_>, id: &WorkGroupId) -> Result<bool, Error> {
    let taken = sql!(
        tx,
        "UPDATE work_group SET schools_count = schools_count + 1, version = version + 1
         WHERE id = :id AND state = 'open' AND schools_count < schools_max_count",
        id,
    );
    Ok(taken.execute().await? == 1)
}

/// Locks the groups in which participations are, and one more, in the order of ids, so that no two calls wait for each other. What is read of them later
/// holds until the end of the transaction. The participations are locked.
pub(crate) async fn lock_groups(
    tx: &mut Tx<'_>,
    participations: &[ParticipationId],
    more: Option<&WorkGroupId>,
) -> Result<(), Error> {
    let locked = sql!(
        tx,
        "SELECT id FROM work_group
         WHERE id IN (SELECT work_group FROM membership WHERE participation IN (:participations) AND end_date IS NULL UNION ALL SELECT :more)
         ORDER BY id {postgres FOR UPDATE}",
        participations = [participation in participations => participation],
        more = more.map_or("", WorkGroupId::as_str),
    );
    let _: Vec<(WorkGroupId,)> = locked.fetch_all().await?;
    Ok(())
}

/// Locks the groups in which a participation, which is locked, is or was after a day, as [`lock_groups`] does.
pub(crate) async fn lock_groups_after(tx: &mut Tx<'_>, participation: &ParticipationId, day: Date) -> Result<(), Error> {
    let locked = sql!(
        tx,
        "SELECT id FROM work_group
         WHERE id IN (SELECT work_group FROM membership WHERE participation = :participation AND (end_date IS NULL OR end_date > :day))
         ORDER BY id {postgres FOR UPDATE}",
        participation,
        day,
    );
    let _: Vec<(WorkGroupId,)> = locked.fetch_all().await?;
    Ok(())
}

/// Gives a group its next version, because a membership that has no seat changed.
pub(crate) async fn work_group_next_version(tx: &mut Tx<'_>, id: &WorkGroupId) -> Result<(), Error> {
    sql!(tx, "UPDATE work_group SET version = version + 1 WHERE id = :id", id).execute().await.map(drop)
}

/// Frees the seat of a school.
pub(crate) async fn seat_free(tx: &mut Tx<'_>, id: &WorkGroupId) -> Result<(), Error> {
    let freed = sql!(tx, "UPDATE work_group SET schools_count = schools_count - 1, version = version + 1 WHERE id = :id", id);
    freed.execute().await.map(drop)
}

/// A group that exists, as it is in this transaction.
pub(crate) async fn work_group_by_id(tx: &mut Tx<'_>, id: &WorkGroupId, today: Date) -> Result<WorkGroup, Error> {
    let found = find_work_group(tx, &ScopeKey::new(&Scope::All, today), id).await?;
    Ok(found.ok_or(sqlx::Error::RowNotFound)?)
}
