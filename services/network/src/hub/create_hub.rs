//! `HubService.CreateHub` creates a hub and appoints its lead school.

use name::Urn;
use proto::network::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{Hub, HubViolation, store};
use crate::{
    appointment::{NewAppointment, appoint::appoint},
    school::{self, SchoolViolation},
};

/// The lead school of the hub must be listed; it is appointed with the hub.
pub(super) async fn create_hub(cmd: &mut Command<'_, '_>, hub: Hub, lead_school: Urn) -> Result<pb::CreateHubResponse, Error> {
    if !school::store::school_is_listed_for_update(cmd.tx, lead_school).await? {
        return Err(SchoolViolation::NotListed(lead_school).into());
    }
    if let Some(unknown) = store::find_unknown_hub(cmd.tx, hub.profile.incubated_by()).await? {
        return Err(ApiError::not_found(&unknown.to_string()).into());
    }
    if !store::hub_insert(cmd.tx, &hub).await? {
        return Err(HubViolation::Exists(hub.id).into());
    }
    cmd.append(&hub, &pb::HubCreated { hub: Some((&hub).into()) });
    appoint(cmd, NewAppointment::of_lead_school(hub.id.clone(), lead_school, hub.start_date)).await?;
    Ok(pb::CreateHubResponse { hub: Some((&hub).into()) })
}
