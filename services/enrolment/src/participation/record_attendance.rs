//! `ParticipationService.RecordAttendance` records a day on which a school attended a meeting.

use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{ParticipationRef, rules::ParticipationViolation, store};

pub(super) async fn record_attendance(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::RecordAttendanceResponse, Error> {
    let before = participation.lock(cmd).await?;
    let after = before.attend(date, cmd.today())?;
    if !store::attendance_insert(cmd.tx, &after.id, date).await? {
        return Err(ParticipationViolation::AttendanceRecorded(date).into());
    }
    store::participation_update(cmd.tx, &after).await?;
    let (participation, first) = (Some((&after).into()), before.attended.is_none());
    cmd.append(&after, &pb::AttendanceRecorded { participation, attendance_date: date.to_string(), first });
    Ok(pb::RecordAttendanceResponse { participation: Some((&after).into()) })
}
