//! Rows of memberships.

use db::{Error, Tx, sql};
use name::Urn;
use scope::ScopeKey;
use time::{AcademicYear, Date};

use super::{
    list_memberships::{MembershipFilter, MembershipKey},
    rules::Membership,
};
use crate::{participation::ParticipationId, work_group::WorkGroupId};

#[derive(sqlx::FromRow)]
struct MembershipRow {
    participation: ParticipationId,
    academic_year: AcademicYear,
    start_date: Date,
    work_group: WorkGroupId,
    urn: Urn,
    end_date: Option<Date>,
}

impl From<MembershipRow> for Membership {
    fn from(row: MembershipRow) -> Self {
        Self {
            participation: row.participation,
            academic_year: row.academic_year,
            start: row.start_date,
            work_group: row.work_group,
            urn: row.urn,
            end: row.end_date,
        }
    }
}

macro_rules! membership_columns {
    () => {
        "membership.participation, membership.academic_year, membership.start_date, membership.work_group, participation.urn, membership.end_date
         FROM membership JOIN participation ON participation.id = membership.participation"
    };
}

/// The memberships of participations in an academic year.
pub(crate) async fn membership_list(
    tx: &mut Tx<'_>,
    participations: &[ParticipationId],
    year: AcademicYear,
) -> Result<Vec<Membership>, Error> {
    let memberships = sql!(
        tx,
        concat!(
            "SELECT ",
            membership_columns!(),
            " WHERE membership.participation IN (:participations) AND membership.academic_year = :year
             ORDER BY membership.participation, membership.start_date"
        ),
        participations = [participation in participations => participation],
        year,
    );
    let rows: Vec<MembershipRow> = memberships.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The memberships of a participation that have no last day, or one after a day.
pub(super) async fn membership_list_after(
    tx: &mut Tx<'_>,
    participation: &ParticipationId,
    day: Date,
) -> Result<Vec<Membership>, Error> {
    let later = sql!(
        tx,
        concat!(
            "SELECT ",
            membership_columns!(),
            " WHERE membership.participation = :participation AND (membership.end_date IS NULL OR membership.end_date > :day)
             ORDER BY membership.academic_year, membership.start_date"
        ),
        participation,
        day,
    );
    let rows: Vec<MembershipRow> = later.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The open memberships of a group.
pub(crate) async fn member_list(tx: &mut Tx<'_>, group: &WorkGroupId) -> Result<Vec<Membership>, Error> {
    let members = sql!(
        tx,
        concat!(
            "SELECT ",
            membership_columns!(),
            " WHERE membership.work_group = :group AND membership.end_date IS NULL ORDER BY membership.participation"
        ),
        group,
    );
    let rows: Vec<MembershipRow> = members.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Adds memberships.
pub(crate) async fn membership_insert(tx: &mut Tx<'_>, memberships: &[Membership]) -> Result<(), Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO membership (participation, academic_year, start_date, work_group, end_date) VALUES :memberships",
        memberships = [membership in memberships =>
            membership.participation,
            membership.academic_year,
            membership.start,
            membership.work_group,
            membership.end,
        ],
    );
    inserted.execute().await.map(drop)
}

/// Writes the last day.
pub(super) async fn membership_update(tx: &mut Tx<'_>, ended: &Membership) -> Result<(), Error> {
    let updated = sql!(
        tx,
        "UPDATE membership SET end_date = :end_date
         WHERE participation = :participation AND academic_year = :academic_year AND start_date = :start_date",
        end_date = ended.end,
        participation = ended.participation,
        academic_year = ended.academic_year,
        start_date = ended.start,
    );
    updated.execute().await.map(drop)
}

/// Deletes a membership that never began.
pub(super) async fn membership_delete(tx: &mut Tx<'_>, membership: &Membership) -> Result<(), Error> {
    let deleted = sql!(
        tx,
        "DELETE FROM membership WHERE participation = :participation AND academic_year = :academic_year AND start_date = :start_date",
        participation = membership.participation,
        academic_year = membership.academic_year,
        start_date = membership.start,
    );
    deleted.execute().await.map(drop)
}

/// The latest first day of the memberships of a group that have begun.
pub(crate) async fn find_last_start_date(tx: &mut Tx<'_>, group: &WorkGroupId, today: Date) -> Result<Option<Date>, Error> {
    let last =
        sql!(tx, "SELECT MAX(start_date) FROM membership WHERE work_group = :group AND start_date <= :today", group, today);
    let (day,): (Option<Date>,) = last.fetch_one().await?;
    Ok(day)
}

/// Ends the memberships of a group on a day: the open ones, and those that have a later last day. Those that have not begun are deleted.
pub(crate) async fn membership_end_all(tx: &mut Tx<'_>, group: &WorkGroupId, end: Date, today: Date) -> Result<(), Error> {
    sql!(tx, "DELETE FROM membership WHERE work_group = :group AND start_date > :today", group, today).execute().await?;
    let ended = sql!(
        tx,
        "UPDATE membership SET end_date = :end WHERE work_group = :group AND (end_date IS NULL OR end_date > :end)",
        end,
        group,
    );
    ended.execute().await.map(drop)
}

/// A page in order of participation, academic year and first day.
pub(super) async fn membership_page(
    tx: &mut Tx<'_>,
    scope: &ScopeKey,
    filter: &MembershipFilter,
    after: Option<&MembershipKey>,
    limit: i64,
) -> Result<Vec<Membership>, Error> {
    let (participation, year, start) = after.cloned().map_or_else(Default::default, |(participation, year, start)| {
        (participation.as_str().to_owned(), year.to_string(), start.to_string())
    });
    let page = sql!(
        tx,
        concat!(
            "SELECT ",
            membership_columns!(),
            " JOIN work_group ON work_group.id = membership.work_group
             WHERE ",
            meeting::of_hub_or_leader!("work_group"),
            " AND (:scope_urn <= 0 OR participation.urn IN (",
            mirror::ancestors!(":scope_urn", ":scope_today"),
            ")) AND (:group = '' OR membership.work_group = :group)
               AND (:participation = '' OR membership.participation = :participation)
               AND (:day = '' OR (membership.start_date <= :day AND (membership.end_date IS NULL OR membership.end_date >= :day)))
               AND (membership.participation, membership.academic_year, membership.start_date) > (:after_participation, :after_year, :after_start)
             ORDER BY membership.participation, membership.academic_year, membership.start_date LIMIT :limit"
        ),
        ..ScopeKey = scope,
        scope_person = scope.person,
        group = filter.work_group.as_ref().map_or("", WorkGroupId::as_str),
        participation = filter.participation.as_ref().map_or("", ParticipationId::as_str),
        day = filter.as_of.map(|day| day.to_string()).unwrap_or_default(),
        after_participation = participation,
        after_year = year,
        after_start = start,
        limit,
    );
    let rows: Vec<MembershipRow> = page.fetch_all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
