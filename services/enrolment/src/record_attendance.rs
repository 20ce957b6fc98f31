//! A school attended a meeting.

use proto::enrolment::v1 as pb;
use service::Command;
use time::Date;

use crate::{domain::Broken, error::Error, events, participation_ref::ParticipationRef, store};

pub(crate) async fn record_attendance(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
) -> Result<pb::RecordAttendanceResponse, Error> {
    let before = participation.hold(cmd).await?;
    let next = before.attend(date, cmd.today())?;
    if !store::participation::attendance_insert(cmd.tx, &next.id, date).await? {
        return Err(Broken::AttendanceRecorded(date).into());
    }
    store::participation::participation_update(cmd.tx, &next).await?;
    events::attendance_recorded(cmd, &next, date, before.attended.is_none());
    Ok(pb::RecordAttendanceResponse { participation: Some((&next).into()) })
}
