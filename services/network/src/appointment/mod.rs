//! Appointments of persons and schools to seats of hubs and of the Council. Serves `AppointmentService`.

pub(crate) mod appoint;
mod end_appointment;
mod list_appointments;
mod rules;
pub(crate) mod store;
mod wire;

use proto::network::v1::{self as pb, appointment_service_server::AppointmentService};
use server::{Call, Fields, Page};
use tonic::{Request, Response, Status};

use self::{appoint::appoint, end_appointment::end_appointment, list_appointments::list_appointments};
use crate::service::Api;
use rules::{Appointment, AppointmentViolation, Holder, Role, Seat};
pub(crate) use rules::{AppointmentId, NewAppointment};

#[tonic::async_trait]
impl AppointmentService for Api {
    async fn appoint(&self, request: Request<pb::AppointRequest>) -> Result<Response<pb::AppointResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let new = Fields::decode_mutation(&message, |fields| wire::appointment(fields, &message))?;
        self.context
            .mutate(&call, &message, move |cmd| {
                Box::pin(async move {
                    let appointment = appoint(cmd, new).await?;
                    Ok::<_, service::Error>(pb::AppointResponse { appointment: Some((&appointment).into()) })
                })
            })
            .await
    }

    async fn end_appointment(
        &self,
        request: Request<pb::EndAppointmentRequest>,
    ) -> Result<Response<pb::EndAppointmentResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, etag, end) = Fields::decode_mutation(&message, |fields| wire::end(fields, &message))?;
        self.context.mutate(&call, &message, move |cmd| Box::pin(end_appointment(cmd, id, etag, end))).await
    }

    async fn list_appointments(
        &self,
        request: Request<pb::ListAppointmentsRequest>,
    ) -> Result<Response<pb::ListAppointmentsResponse>, Status> {
        let (_, message) = Call::split(request)?;
        let (filter, page) = Fields::decode(|fields| {
            let filter = wire::filter(fields, &message);
            Some((filter, Page::of(fields, &message)?))
        })?;
        self.context.query(move |tx| Box::pin(list_appointments(tx, filter, page))).await
    }
}
