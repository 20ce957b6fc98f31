//! The conditions of the reasons, as parts of the statement that lists participations, and their columns.
//!
//! Each column is NULL, or false, when its reason does not hold, and has the facts of the reason otherwise. A statement with them binds `..ScopeKey = scope` and
//! `..AttentionDays = days`, and one with [`is_asked!`] `..AskedReasons = AskedReasons(filter)` too.

use db::{JsonText, ParameterGroup, Query};
use name::{PersonId, Urn};
use time::{AcademicYear, Date};

use super::rules::{Attention, AttentionDays, AttentionFilter, AttentionReason, MeetingDay};
use crate::work_group::WorkGroupId;

impl ParameterGroup for AttentionDays {
    const NAMES: &'static [&'static str] =
        &["year", "first_year", "group_date", "term_year", "term_start", "term_middle", "term_end"];

    fn bind<'q, 'c>(&self, query: Query<'q, 'c>) -> Query<'q, 'c> {
        let term = self.last_term;
        query
            .bind(self.year)
            .bind(i64::from(self.year.first_year()))
            .bind(self.group_date)
            .bind(AcademicYear::of(term.start))
            .bind(term.start)
            .bind(term.middle())
            .bind(term.end)
    }
}

/// The reasons of [`is_asked!`] as parameters.
pub(crate) struct AskedReasons<'f>(pub(crate) &'f AttentionFilter);

impl ParameterGroup for AskedReasons<'_> {
    const NAMES: &'static [&'static str] =
        &["is_asked", "asks_closing", "asks_no_group", "asks_missed", "asks_no_visit", "asks_overdue", "asks_leader"];

    fn bind<'q, 'c>(&self, query: Query<'q, 'c>) -> Query<'q, 'c> {
        let query = query.bind(!self.0.is_empty());
        AttentionReason::ALL.iter().fold(query, |query, reason| query.bind(self.0.contains(reason)))
    }
}

/// Whether a participation is in one of its years in the academic year `:year`: it has not completed the year of the programme that falls into it.
macro_rules! is_in_year {
    () => {
        "participation.state IN ('enrolled', 'active')
         AND :first_year - CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT) - participation.deferred_years_count
             BETWEEN participation.years_completed_count AND participation.years_count - 1"
    };
}

/// The memberships of a participation, as `membership`, with the meetings that begin on a day of them.
macro_rules! meetings {
    () => {
        "membership JOIN meeting ON meeting.parent = membership.work_group AND meeting.start_date >= membership.start_date
             AND (membership.end_date IS NULL OR meeting.start_date <= membership.end_date)
         WHERE membership.participation = participation.id"
    };
}

/// Whether a meeting is at the school of a participation, a predecessor or a successor.
macro_rules! is_host {
    () => {
        concat!("meeting.host_urn IN (SELECT line.urn FROM (", mirror::lineage!("participation.urn", ":scope_today"), ") line)")
    };
}

/// Whether the school of a participation, a predecessor or a successor hosted a peer visit of any group of the programme in the term.
macro_rules! hosted_peer_visit {
    () => {
        concat!(
            "EXISTS (SELECT 1 FROM (",
            mirror::lineage!("participation.urn", ":scope_today"),
            ") line JOIN meeting visit ON visit.host_urn = line.urn JOIN work_group visiting ON visiting.id = visit.parent
                 WHERE visiting.programme = participation.programme AND visit.state = 'held' AND visit.kind = 'peer_visit'
                   AND visit.start_date BETWEEN :term_start AND :term_end)"
        )
    };
}

/// Day, group and id of a meeting as JSON, in the order of the day.
macro_rules! meeting_day {
    ($day:literal) => {
        concat!("'[\"' || ", $day, " || '\",\"' || meeting.parent || '\",\"' || meeting.id || '\"]'")
    };
}

/// The columns of [`AttentionRow`] but for those of [`closing_columns!`], of a row `participation`.
macro_rules! columns {
    () => {
        concat!(
            "CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN ",
            mirror::closing_school!("participation.urn", ":scope_today"),
            " END AS closing_urn,
             (SELECT membership.work_group FROM membership
              WHERE membership.participation = participation.id AND membership.academic_year = :year
                AND (membership.end_date IS NULL OR membership.end_date >= :scope_today)
              ORDER BY membership.start_date LIMIT 1) AS present_group,
             (:scope_today >= :group_date AND ",
            $crate::attention::store::is_in_year!(),
            " AND NOT EXISTS (SELECT 1 FROM membership
                  WHERE membership.participation = participation.id AND membership.academic_year = :year
                    AND (membership.end_date IS NULL OR membership.end_date >= :scope_today))
              AND EXISTS (SELECT 1 FROM programme_terms terms
                  WHERE terms.programme = participation.programme AND terms.work_group_shape IS NOT NULL
                    AND terms.version = (SELECT newest.version FROM programme_terms newest
                        WHERE newest.programme = participation.programme
                          AND newest.start_date <= CAST(CAST(substr(participation.first_academic_year, 1, 4) AS BIGINT)
                              + participation.deferred_years_count AS TEXT) || '-09-01'
                        ORDER BY newest.start_date DESC, newest.version DESC LIMIT 1))) AS lacks_group,
             CASE WHEN ",
            $crate::attention::store::is_in_year!(),
            " THEN (SELECT CASE WHEN COUNT(*) = 2 AND MAX(CASE WHEN ",
            meeting::took_part!("participation.id"),
            " THEN 1 ELSE 0 END) = 0 THEN '[' || MIN(",
            $crate::attention::store::meeting_day!("meeting.start_date"),
            ") || ',' || MAX(",
            $crate::attention::store::meeting_day!("meeting.start_date"),
            ") || ']' END
                 FROM (SELECT meeting.id, meeting.parent, meeting.start_date FROM ",
            $crate::attention::store::meetings!(),
            " AND membership.academic_year = :year AND meeting.state = 'held' AND meeting.kind IN ('group', 'residential') AND ",
            meeting::expects!("participation.id"),
            " ORDER BY meeting.start_date DESC, meeting.parent DESC, meeting.id DESC LIMIT 2) meeting) END AS missed,
             CASE WHEN participation.state IN ('enrolled', 'active') THEN (SELECT member.work_group
                 FROM membership member JOIN work_group ON work_group.id = member.work_group
                 WHERE member.participation = participation.id AND member.academic_year = :term_year AND member.start_date <= :term_middle
                   AND (member.end_date IS NULL OR member.end_date >= :term_middle) AND work_group.support_visits_per_term_count > 0
                   AND NOT EXISTS (SELECT 1 FROM ",
            $crate::attention::store::meetings!(),
            " AND membership.academic_year = :term_year AND meeting.state = 'held' AND meeting.kind IN ('support_visit', 'peer_visit')
                       AND meeting.start_date BETWEEN :term_start AND :term_end AND (",
            $crate::attention::store::is_host!(),
            " OR ",
            meeting::took_part!("participation.id"),
            ")) AND NOT ",
            $crate::attention::store::hosted_peer_visit!(),
            " LIMIT 1) END AS unvisited_group,
             CASE WHEN participation.state IN ('enrolled', 'active', 'deferred') THEN (SELECT MIN(",
            $crate::attention::store::meeting_day!("meeting.end_date"),
            ") FROM ",
            $crate::attention::store::meetings!(),
            " AND meeting.state = 'planned' AND meeting.end_date < :scope_today AND ",
            meeting::expects!("participation.id"),
            " AND (meeting.kind <> 'support_visit' OR ",
            $crate::attention::store::is_host!(),
            ")) END AS overdue,
             CASE WHEN ",
            $crate::attention::store::is_in_year!(),
            " THEN (SELECT '[\"' || member.work_group || '\",\"' || COALESCE(known.id, work_group.leader) || '\"]'
                 FROM membership member JOIN work_group ON work_group.id = member.work_group
                     LEFT JOIN person recorded ON recorded.id = work_group.leader LEFT JOIN person known ON known.id = recorded.current_id
                 WHERE member.participation = participation.id AND member.academic_year = :year AND member.end_date IS NULL
                   AND COALESCE(known.erased, TRUE)) END AS leaderless"
        )
    };
}

/// The columns of [`ClosingRow`] that describe the school `closing` of a row `page` with a `closing_urn`.
macro_rules! closing_columns {
    () => {
        "closing.close_date AS closing_date,
         (SELECT '[' || {sqlite group_concat(link.successor_urn, ',')}{postgres string_agg(CAST(link.successor_urn AS TEXT), ',')} || ']'
          FROM school_link link WHERE link.predecessor_urn = page.closing_urn) AS closing_successors"
    };
}

/// Whether a row `found` has one of the reasons for which the list asks, or the list asks for none.
macro_rules! is_asked {
    () => {
        "(NOT :is_asked OR (:asks_closing AND found.closing_urn IS NOT NULL) OR (:asks_no_group AND found.lacks_group)
          OR (:asks_missed AND found.missed IS NOT NULL) OR (:asks_no_visit AND found.unvisited_group IS NOT NULL)
          OR (:asks_overdue AND found.overdue IS NOT NULL) OR (:asks_leader AND found.leaderless IS NOT NULL))"
    };
}

pub(crate) use {closing_columns, columns, hosted_peer_visit, is_asked, is_host, is_in_year, meeting_day, meetings};

/// A school that closes, if there is one.
#[derive(sqlx::FromRow)]
pub(crate) struct ClosingRow {
    closing_urn: Option<Urn>,
    closing_date: Option<Date>,
    closing_successors: Option<JsonText<Vec<Urn>>>,
}

impl ClosingRow {
    /// The reason, of a case that is in a group, or in none.
    pub(crate) fn attention(self, group: Option<WorkGroupId>) -> Option<Attention> {
        let mut successors = self.closing_successors.map(|list| list.0).unwrap_or_default();
        successors.sort();
        Some(Attention::ClosingSchool { school: self.closing_urn?, date: self.closing_date, successors, group })
    }
}

/// The reasons of a participation.
#[derive(sqlx::FromRow)]
pub(crate) struct AttentionRow {
    #[sqlx(flatten)]
    closing: ClosingRow,
    present_group: Option<WorkGroupId>,
    lacks_group: bool,
    missed: Option<JsonText<[MeetingDay; 2]>>,
    unvisited_group: Option<WorkGroupId>,
    overdue: Option<JsonText<MeetingDay>>,
    leaderless: Option<JsonText<(WorkGroupId, PersonId)>>,
}

impl AttentionRow {
    /// Those that hold, in order.
    pub(crate) fn attentions(self, days: &AttentionDays) -> Vec<Attention> {
        let no_visit = |group| Attention::NoVisit { group, term_end: days.last_term.end };
        let leaderless = |JsonText((group, leader))| Attention::LeaderMissing { group, leader };
        [
            self.closing.attention(self.present_group),
            self.lacks_group.then_some(Attention::NoWorkGroup { date: days.group_date }),
            self.missed.map(|meetings| Attention::MeetingsMissed(meetings.0)),
            self.unvisited_group.map(no_visit),
            self.overdue.map(|meeting| Attention::RegisterOverdue(meeting.0)),
            self.leaderless.map(leaderless),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
