//! Appointments as messages, and messages as appointments.

use db::Column;
use name::HubId;
use proto::network::v1 as pb;
use server::Fields;
use service::{Resource, count};
use time::Date;

use super::{Appointment, AppointmentId, Holder, NewAppointment, Role, list_appointments::AppointmentFilter, rules::Remit};
use crate::school::column::RegionCode;

/// Longest remit, in characters.
const REMIT_LENGTH_MAX: usize = 500;

impl From<&Appointment> for pb::Appointment {
    fn from(appointment: &Appointment) -> Self {
        let remit = appointment.remit.as_ref();
        Self {
            name: appointment.name(),
            role: count(appointment.role.number()),
            hub: appointment.hub.as_ref().map(ToString::to_string).unwrap_or_default(),
            seat: appointment.seat.as_str().to_owned(),
            holder: appointment.holder.to_string(),
            start_date: appointment.start.to_string(),
            end_date: appointment.end.map(|day| day.to_string()).unwrap_or_default(),
            remit: remit.map(|remit| remit.text.clone()).unwrap_or_default(),
            region_code: remit.map(|remit| remit.region.0.code.to_owned()).unwrap_or_default(),
            etag: appointment.etag(),
        }
    }
}

/// An appointment that is to be made.
pub(super) fn appointment(fields: &mut Fields, message: &pb::AppointRequest) -> Option<NewAppointment> {
    fields.require("appointment", message.appointment.is_some(), "must be set");
    let sent = message.appointment.clone().unwrap_or_default();
    let role = fields.read("appointment.role", Role::from_stored(sent.role.into()));
    let start = fields.date("appointment.start_date", &sent.start_date);
    let end = fields.optional_date("appointment.end_date", &sent.end_date);
    if let (Some(start), Some(end)) = (start, end) {
        fields.require("appointment.end_date", end >= start, "must not be before the first day");
    }
    let role = role?;
    let seat = fields.read("appointment.seat", role.seat(&sent.seat));
    let holder = fields.read("appointment.holder", Holder::parse(&sent.holder));
    if let Some(holder) = &holder {
        let fits = role.is_of_school() == matches!(holder, Holder::School(_));
        fields.require("appointment.holder", fits, "must be a school for a lead or incubating school, and a person else");
    }
    let hub = hub(fields, role, &sent.hub);
    let remit = remit(fields, role, &sent);
    Some(NewAppointment { role, hub: hub?, seat: seat?, holder: holder?, start: start?, end, remit: remit? })
}

/// The hub, which every role but the Council's members has.
#[expect(
    clippy::option_option,
    reason = "the outer option says whether the field is right, the inner whether the role has a hub"
)]
fn hub(fields: &mut Fields, role: Role, name: &str) -> Option<Option<HubId>> {
    if role == Role::CouncilMember {
        fields.require("appointment.hub", name.is_empty(), "must be empty for a member of the Council");
        return Some(None);
    }
    fields.read("appointment.hub", HubId::parse(name)).map(Some)
}

/// The remit, which an assistant lead alone has.
#[expect(
    clippy::option_option,
    reason = "the outer option says whether the fields are right, the inner whether the role has a remit"
)]
fn remit(fields: &mut Fields, role: Role, sent: &pb::Appointment) -> Option<Option<Remit>> {
    if role != Role::AssistantHubLead {
        fields.require("appointment.remit", sent.remit.is_empty(), "must be empty unless for an assistant lead");
        fields.require("appointment.region_code", sent.region_code.is_empty(), "must be empty unless for an assistant lead");
        return Some(None);
    }
    let text = fields.text("appointment.remit", &sent.remit, 1, REMIT_LENGTH_MAX);
    let region = fields.read("appointment.region_code", RegionCode::parse(&sent.region_code));
    Some(Some(Remit { text: text?, region: region? }))
}

/// The appointment that ends, its etag as the caller read it, and the last day.
pub(super) fn end(fields: &mut Fields, message: &pb::EndAppointmentRequest) -> Option<(AppointmentId, String, Date)> {
    let id = fields.read("name", AppointmentId::parse(&message.name));
    let etag = fields.etag("etag", &message.etag);
    let end = fields.date("end_date", &message.end_date);
    Some((id?, etag?, end?))
}

/// The filter of a list. A field that is wrong does not filter.
pub(super) fn filter(fields: &mut Fields, message: &pb::ListAppointmentsRequest) -> AppointmentFilter {
    fields.require("hub", message.hub.is_empty() || !message.council, "must be empty with `council`");
    let role = (message.role != 0).then(|| fields.read("role", Role::from_stored(message.role.into())));
    AppointmentFilter {
        hub: fields.optional("hub", &message.hub, HubId::parse),
        is_of_council: message.council,
        role: role.flatten(),
        holder: fields.optional("holder", &message.holder, Holder::parse),
        as_of: fields.optional_date("as_of_date", &message.as_of_date),
    }
}
