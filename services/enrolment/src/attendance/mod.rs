//! Attendance: the days on which schools took part in meetings of their Work Groups, by the registers of the meetings. The crate `meeting` serves
//! `MeetingService` below Work Groups.

pub(crate) mod store;

use std::collections::BTreeSet;

use meeting::{Names, Parents, SubjectId, attended_days};
use proto::enrolment::v1 as pb;
use service::{Command, Error, RuleViolation};
use time::Date;

use crate::participation::{self, Participation};

/// Work Groups, whose members are participations.
pub(crate) const PARENTS: Parents = Parents {
    names: Names { parents: "workGroups", subjects: "participations" },
    lock_subjects: |cmd, subjects| Box::pin(lock(cmd, subjects)),
    attendance_changed: |cmd, days| Box::pin(keep_attendance(cmd, days)),
};

/// SQLite has one writer.
async fn lock(cmd: &mut Command<'_, '_>, subjects: BTreeSet<SubjectId>) -> Result<(), Error> {
    if cmd.tx.is_postgres() && !subjects.is_empty() {
        store::participations_lock(cmd.tx, &subjects).await?;
    }
    Ok(())
}

/// Makes the days of attendance of participations, which are locked, those of the registers.
async fn keep_attendance(cmd: &mut Command<'_, '_>, days: BTreeSet<(SubjectId, Date)>) -> Result<(), Error> {
    let dates: BTreeSet<Date> = days.iter().map(|(_, date)| *date).collect();
    let (Some(first), Some(last)) = (dates.first().copied(), dates.last().copied()) else { return Ok(()) };
    let subjects: BTreeSet<SubjectId> = days.iter().map(|(subject, _)| subject.clone()).collect();
    let attended = attended_days(cmd.tx, &subjects, first, last).await?;
    let recorded = store::attendance_list(cmd.tx, &subjects, first, last).await?;
    let today = cmd.today();
    let is_new = |day: &&(SubjectId, Date)| attended.contains(*day) && !recorded.contains(*day);
    store::attendance_insert(cmd.tx, days.iter().filter(is_new)).await?;
    let mut changed = Vec::new();
    for before in participation::store::participation_list(cmd.tx, &subjects, today).await? {
        let mut after = before.clone();
        for day in days.iter().filter(|(subject, _)| subject.as_str() == before.id.as_str()) {
            after = match (attended.contains(day), recorded.contains(day)) {
                (true, false) => record(cmd, &after, day.1)?,
                (false, true) => withdraw(cmd, &after, day.1).await?,
                _ => continue,
            };
        }
        if after != before {
            changed.push(after);
        }
    }
    Ok(participation::store::attended_update(cmd.tx, &changed).await?)
}

/// Records a day of attendance, whose row is inserted.
fn record(cmd: &mut Command<'_, '_>, before: &Participation, date: Date) -> Result<Participation, Error> {
    let after = before.attend(date, cmd.today()).map_err(|violation| violation.error().with("participation", &before.id))?;
    let (participation, first) = (Some((&after).into()), before.attended.is_none());
    cmd.append(&after, &pb::AttendanceRecorded { participation, attendance_date: date.to_string(), first });
    Ok(after)
}

/// Takes a day of attendance away.
async fn withdraw(cmd: &mut Command<'_, '_>, before: &Participation, date: Date) -> Result<Participation, Error> {
    store::attendance_delete(cmd.tx, &before.id, date).await?;
    let left = store::attendance_bounds(cmd.tx, &before.id).await?;
    let after = before.withdraw_attendance(left);
    let participation = Some((&after).into());
    cmd.append(&after, &pb::AttendanceWithdrawn { participation, attendance_date: date.to_string() });
    Ok(after)
}
