//! `AppointmentService.Appoint` appoints a person or a school to a seat.

use proto::network::v1 as pb;
use service::{Command, Error};

use super::{Appointment, AppointmentViolation, Holder, NewAppointment, Role, store};
use crate::{
    hub,
    school::{self, SchoolViolation},
};

/// The school before the hub, and both before the seats, in the order of other calls.
pub(crate) async fn appoint(cmd: &mut Command<'_, '_>, mut new: NewAppointment) -> Result<Appointment, Error> {
    match &mut new.holder {
        Holder::School(urn) if school::store::school_is_listed_for_update(cmd.tx, *urn).await? => {}
        Holder::School(urn) => return Err(SchoolViolation::NotListed(*urn).into()),
        Holder::Person(person) => *person = store::person_for_share(cmd.tx, person).await?,
    }
    if let Some(id) = &new.hub {
        let hub = hub::store::hub_by_id_for_share(cmd.tx, id, cmd.today()).await?;
        if let Some(end) = hub.end_date.filter(|end| *end < new.start) {
            return Err(AppointmentViolation::HubEnded { hub: hub.id, end }.into());
        }
    }
    if let (Role::CouncilChair, Some(hub), Holder::Person(person)) = (new.role, &new.hub, &new.holder)
        && !store::may_chair(cmd.tx, person, hub, new.start).await?
    {
        return Err(AppointmentViolation::ChairNotMember { person: person.clone(), hub: hub.clone(), day: new.start }.into());
    }
    store::seat_lock(cmd.tx).await?;
    if let Some(other) = store::find_overlapping(cmd.tx, &new).await? {
        return Err(AppointmentViolation::SeatTaken(other).into());
    }
    let appointment = new.with_id(cmd.next_id());
    store::appointment_insert(cmd.tx, &appointment).await?;
    cmd.append(&appointment, &pb::Appointed { appointment: Some((&appointment).into()) });
    Ok(appointment)
}
