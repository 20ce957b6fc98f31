//! `AppointmentService.EndAppointment` ends an appointment, or ends it earlier.

use proto::network::v1 as pb;
use service::{Command, Error, Resource};
use time::Date;

use super::{AppointmentId, store};

pub(super) async fn end_appointment(
    cmd: &mut Command<'_, '_>,
    id: AppointmentId,
    etag: String,
    end: Date,
) -> Result<pb::EndAppointmentResponse, Error> {
    let before = store::appointment_by_id_for_update(cmd.tx, &id).await?;
    before.check_etag(&etag)?;
    let after = before.end(end)?;
    store::appointment_update(cmd.tx, &after).await?;
    cmd.append(&after, &pb::AppointmentEnded { appointment: Some((&after).into()) });
    Ok(pb::EndAppointmentResponse { appointment: Some((&after).into()) })
}
