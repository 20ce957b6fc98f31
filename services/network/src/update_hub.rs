//! Changes a hub's name, lead school or last day.

use proto::network::v1 as pb;
use service::Command;
use time::Date;

use crate::{
    domain::{Urn, hub::Hub},
    error::Error,
    events, store, wire,
};

/// A hub as it shall be.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) hub_id: String,
    pub(crate) display_name: String,
    pub(crate) lead_school: Urn,
    /// As the caller read it; it cannot change.
    pub(crate) start_date: Option<Date>,
    pub(crate) end_date: Option<Date>,
    /// The version that the caller read; `None` when the etag is none of ours.
    pub(crate) version: Option<i64>,
}

pub(crate) async fn update_hub(cmd: &mut Command<'_, '_>, change: Change) -> Result<pb::UpdateHubResponse, Error> {
    let name = format!("hubs/{}", change.hub_id);
    // The school before the hub, as whoever chooses a hub locks them: in another order the two could wait for each other.
    let is_listed = store::school_lock(cmd.tx, change.lead_school).await?;
    let stored = store::hub_find_held(cmd.tx, &change.hub_id).await?.ok_or_else(|| Error::NotFound(name.clone()))?;
    if change.version != Some(stored.version) {
        return Err(Error::Stale(name));
    }
    if change.start_date.is_some_and(|date| date != stored.start_date) {
        let why = format!("cannot change; it is {}", stored.start_date);
        return Err(Error::Fields(vec![("hub.start_date".to_owned(), why)]));
    }
    if change.end_date.is_some_and(|end| end < stored.start_date) {
        let why = format!("must not be before the first day, {}", stored.start_date);
        return Err(Error::Fields(vec![("hub.end_date".to_owned(), why)]));
    }
    if change.lead_school != stored.lead_school && !is_listed {
        return Err(Error::SchoolNotListed(change.lead_school));
    }
    let mut hub = Hub { display_name: change.display_name, lead_school: change.lead_school, end_date: change.end_date, ..stored };
    if !store::hub_update(cmd.tx, &hub).await? {
        return Err(Error::Stale(name));
    }
    hub.version += 1;
    // After the update, which waits for choices that are being made and makes later ones wait.
    if let Some(end) = hub.end_date
        && store::choice_exists_after(cmd.tx, &hub.hub_id, end).await?
    {
        return Err(Error::HubChosenLater(hub.hub_id, end));
    }
    events::hub_updated(cmd, &hub);
    Ok(pb::UpdateHubResponse { hub: Some(wire::hub(&hub)) })
}
