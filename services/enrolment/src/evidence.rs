//! What shows that a school takes part: its agreement, and that it attended.

use proto::enrolment::v1 as pb;
use server::Once;
use time::Date;

use crate::{act::Desk, domain::Broken, error::Error, journey::Journey, store};

/// The agreement to take part was signed.
pub(crate) async fn record_agreement(
    desk: &Desk,
    request: Once,
    journey: Journey,
    date: Date,
) -> Result<pb::RecordAgreementResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let next = journey.hold(&mut act).await?.agree(date, act.today())?;
            store::participation::participation_update(act.tx, &next).await?;
            act.agreement_signed(&next, date);
            Ok(pb::RecordAgreementResponse { participation: Some((&next).into()) })
        })
    })
    .await
}

/// The school attended a meeting.
pub(crate) async fn record_attendance(
    desk: &Desk,
    request: Once,
    journey: Journey,
    date: Date,
) -> Result<pb::RecordAttendanceResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let before = journey.hold(&mut act).await?;
            let next = before.attend(date, act.today())?;
            if !store::participation::attendance_insert(act.tx, &next.id, date).await? {
                return Err(Broken::AttendanceRecorded(date).into());
            }
            store::participation::participation_update(act.tx, &next).await?;
            act.attendance_recorded(&next, date, before.attended.is_none());
            Ok(pb::RecordAttendanceResponse { participation: Some((&next).into()) })
        })
    })
    .await
}
