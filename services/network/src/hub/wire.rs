//! Hubs as messages, and messages as hubs.

use name::{HubId, Urn};
use proto::network::v1 as pb;
use server::Fields;
use service::Resource;

use super::{Hub, HubChange};
use crate::school::column::RegionCode;

/// Longest display name, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 120;

impl From<&Hub> for pb::Hub {
    fn from(hub: &Hub) -> Self {
        Self {
            name: hub.name(),
            display_name: hub.display_name.clone(),
            lead_school: hub.lead_school.map(|urn| urn.to_string()).unwrap_or_default(),
            start_date: hub.start_date.to_string(),
            end_date: hub.end_date.map(|day| day.to_string()).unwrap_or_default(),
            etag: hub.etag(),
            region_code: hub.region.0.code.to_owned(),
        }
    }
}

/// A new hub and its lead school.
pub(super) fn hub(fields: &mut Fields, message: &pb::CreateHubRequest) -> Option<(Hub, Urn)> {
    let id = fields.new_id("hub_id", &message.hub_id, HubId::LENGTH_MAX).map(HubId::trusted);
    fields.require("hub", message.hub.is_some(), "must be set");
    let sent = message.hub.clone().unwrap_or_default();
    let display_name = fields.title("hub.display_name", &sent.display_name, DISPLAY_NAME_LENGTH_MAX);
    let region = fields.read("hub.region_code", RegionCode::parse(&sent.region_code));
    let start_date = fields.date("hub.start_date", &sent.start_date);
    let end_date = fields.optional_date("hub.end_date", &sent.end_date);
    if let (Some(start), Some(end)) = (start_date, end_date) {
        fields.require("hub.end_date", end >= start, "must not be before the first day");
    }
    let lead_school = fields.read("lead_school", Urn::parse(&message.lead_school))?;
    let hub = Hub {
        id: id?,
        display_name: display_name?,
        lead_school: Some(lead_school),
        region: region?,
        start_date: start_date?,
        end_date,
        version: 1,
    };
    Some((hub, lead_school))
}

/// A hub as a caller wants it, and its etag as the caller read it.
pub(super) fn change(fields: &mut Fields, message: &pb::UpdateHubRequest) -> Option<(HubChange, String)> {
    fields.require("hub", message.hub.is_some(), "must be set");
    let sent = message.hub.clone().unwrap_or_default();
    let id = fields.read("hub.name", HubId::parse(&sent.name));
    let display_name = fields.title("hub.display_name", &sent.display_name, DISPLAY_NAME_LENGTH_MAX);
    let region = fields.optional("hub.region_code", &sent.region_code, RegionCode::parse);
    let start_date = fields.optional_date("hub.start_date", &sent.start_date);
    let end_date = fields.optional_date("hub.end_date", &sent.end_date);
    let etag = fields.etag("hub.etag", &sent.etag);
    let change = HubChange { id: id?, display_name: display_name?, start_date, region, end_date };
    Some((change, etag?))
}
