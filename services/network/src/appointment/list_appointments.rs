//! `AppointmentService.ListAppointments` gives a page of appointments, by hub, role, seat and first day.

use db::Tx;
use name::HubId;
use proto::network::v1 as pb;
use server::Page;
use service::Error;
use time::Date;

use super::{Appointment, Holder, Role, store};

/// The appointments of a list. An absent part does not filter.
#[derive(Debug, Clone)]
pub(super) struct AppointmentFilter {
    pub(super) hub: Option<HubId>,
    /// Those of the Council alone.
    pub(super) is_of_council: bool,
    pub(super) role: Option<Role>,
    pub(super) holder: Option<Holder>,
    /// A day on which the appointments hold.
    pub(super) as_of: Option<Date>,
}

/// The end of a page: the hub (empty for the Council), role, seat and first day of its last appointment.
pub(super) type AppointmentKey = (String, i64, String, Date);

pub(super) async fn list_appointments(
    tx: &mut Tx<'_>,
    filter: AppointmentFilter,
    page: Page<AppointmentKey>,
) -> Result<pb::ListAppointmentsResponse, Error> {
    let rows = store::appointment_page(tx, &filter, page.after(), page.limit()).await?;
    let (appointments, next_page_token) = page.cut(rows, Appointment::key, |appointment| (&appointment).into());
    Ok(pb::ListAppointmentsResponse { appointments, next_page_token })
}
