//! Meetings and visits below the parents of a service, with their registers: `MeetingService`, which enrolment serves for Work Groups.
//!
//! A service that has parents says so with [`Parents`], serves [`server`], and makes three views, which `migrations/0030_meeting.sql` describes. A final register is
//! never changed: a correction adds a mark, and the newest counts. Each register and correction that may change the attendance of a subject calls
//! [`Parents::attendance_changed`] in the same transaction.
//!
//! Rows are locked in the order subjects, parent, meeting.
#![warn(missing_docs)]

mod api;
mod cancel_meeting;
mod cancel_to_come;
mod conditions;
mod correct_mark;
mod evidence;
mod get_meeting;
mod list_marks;
mod list_meetings;
mod mark;
mod meeting_ref;
mod parent;
mod plan;
mod plan_meeting;
mod rules;
mod store;
mod take_register;
mod update_meeting;
mod wire;

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use service::{Command, Error};
use time::Date;

pub use api::{Api, server};
pub use cancel_to_come::cancel_to_come;
pub use evidence::{AttendanceEvidence, LaterRegisters, find_later_registers};
pub use mark::store::{attended_days, find_last_mark_date_of_person};
#[doc(hidden)]
pub use mirror;
pub use parent::{ParentId, SubjectId};
pub use rules::{MeetingState, MeetingVerb, TRANSITIONS};

/// The tables of meetings.
pub const MIGRATIONS: &[db::Migration] =
    &[db::Migration { version: 30, name: "meeting", sql: include_str!("../migrations/0030_meeting.sql") }];

/// The parents of a service's meetings, and what attendance means there.
#[derive(Debug, Clone, Copy)]
pub struct Parents {
    /// The collections of their names.
    pub names: Names,
    /// Called before a register or a correction: locks the subjects until the transaction ends, so that their attendance has one writer. Unknown ones are ignored.
    pub lock_subjects: LockSubjects,
    /// Called after a register or a correction, in its transaction, for the days on which the attendance of subjects may have changed; [`attended_days`] says
    /// which of them they attended. An error refuses the register or the correction.
    pub attendance_changed: AttendanceChanged,
}

/// Collections of resource names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// Of parents: `workGroups`.
    pub parents: &'static str,
    /// Of subjects, which attend: `participations`.
    pub subjects: &'static str,
}

/// Locks subjects.
pub type LockSubjects = for<'a, 'c, 't> fn(&'a mut Command<'c, 't>, BTreeSet<SubjectId>) -> BoxFuture<'a, Result<(), Error>>;

/// Reacts to changed attendance.
pub type AttendanceChanged =
    for<'a, 'c, 't> fn(&'a mut Command<'c, 't>, BTreeSet<(SubjectId, Date)>) -> BoxFuture<'a, Result<(), Error>>;

/// A query of what the marks say about the person `:person`, as a literal with the columns of `service::PersonRecord`: of the parents and the subjects of these
/// collections, `person_records!("workGroups", "participations")`.
#[macro_export]
macro_rules! person_records {
    ($parents:literal, $subjects:literal) => {
        concat!(
            "SELECT 'mark', mark.meeting, mark.mark_date || '-' || CAST(mark.number AS TEXT), '",
            $parents,
            "/' || meeting.parent || '/meetings/' || mark.meeting,
                 'is marked ' || mark.kind || ' on ' || mark.mark_date || ' for ",
            $subjects,
            "/' || mark.subject || COALESCE(': ' || mark.reason, '')
             FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN mark ON mark.person = same.id
                 JOIN meeting ON meeting.id = mark.meeting
             WHERE asked.id = :person
             UNION ALL
             SELECT 'mark-draft', draft_mark.meeting, draft_mark.mark_date, '",
            $parents,
            "/' || meeting.parent || '/meetings/' || draft_mark.meeting,
                 'is marked ' || draft_mark.kind || ' on ' || draft_mark.mark_date || ' for ",
            $subjects,
            "/' || draft_mark.subject || ' in a draft'
             FROM person asked JOIN person same ON same.current_id = asked.current_id JOIN draft_mark ON draft_mark.person = same.id
                 JOIN meeting ON meeting.id = draft_mark.meeting
             WHERE asked.id = :person"
        )
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn the_state_machine_is_reviewed() {
        let lines = service::testing::state_lines("meeting", crate::TRANSITIONS);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/states.csv");
        db::testing::reviewed(path.as_ref(), &format!("resource,from,verb,to\n{lines}"));
    }

    #[tokio::test]
    async fn the_schema_is_the_same_on_both_databases() {
        let below = [db::MIGRATIONS, feed::MIGRATIONS, mirror::MIGRATIONS].concat();
        db::testing::migrations_agree(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"), crate::MIGRATIONS, &below).await;
    }
}
