//! Hubs as messages, and messages as hubs.

use std::collections::BTreeSet;

use name::{HubId, Urn};
use proto::network::v1 as pb;
use server::Fields;
use service::Resource;
use time::Date;

use super::{Hub, HubChange, HubProfile, HubState, Incubation, find_local_hubs::Near};
use crate::school::column::RegionCode;

/// Longest display name, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 120;
/// Longest contact address, in characters.
const CONTACT_ADDRESS_LENGTH_MAX: usize = 200;
/// Most authorities that a hub serves, or whose schools are moved in one call.
const AUTHORITIES_MAX: usize = 60;
/// Most hubs that incubate another one.
const INCUBATED_BY_MAX: usize = 3;

impl From<&Hub> for pb::Hub {
    fn from(hub: &Hub) -> Self {
        let incubation = hub.profile.incubation.as_ref();
        Self {
            name: hub.name(),
            display_name: hub.display_name.clone(),
            lead_school: hub.lead_school.map(|urn| urn.to_string()).unwrap_or_default(),
            start_date: hub.start_date.to_string(),
            end_date: hub.end_date.map(|day| day.to_string()).unwrap_or_default(),
            etag: hub.etag(),
            region_code: hub.region.0.code.to_owned(),
            old_la_codes: hub.profile.old_la_codes.clone(),
            contact_address: hub.profile.contact_address.clone(),
            incubation_start_date: incubation.map(|incubation| incubation.start.to_string()).unwrap_or_default(),
            incubated_by_hubs: hub.profile.incubated_by().iter().map(ToString::to_string).collect(),
            state: pb::HubState::from(hub.state()).into(),
        }
    }
}

impl From<HubState> for pb::HubState {
    fn from(state: HubState) -> Self {
        match state {
            HubState::Announced => Self::Announced,
            HubState::Incubating => Self::Incubating,
            HubState::Open => Self::Open,
            HubState::Closed => Self::Closed,
        }
    }
}

/// The description of a hub. `id` is the hub's own.
fn profile(fields: &mut Fields, id: Option<&HubId>, sent: &pb::Hub) -> Option<HubProfile> {
    let old_la_codes = authorities(fields, "hub.old_la_codes", &sent.old_la_codes);
    let contact_address = fields.text("hub.contact_address", &sent.contact_address, 0, CONTACT_ADDRESS_LENGTH_MAX);
    let start = fields.optional_date("hub.incubation_start_date", &sent.incubation_start_date);
    let by = sent.incubated_by_hubs.iter().take(INCUBATED_BY_MAX).enumerate();
    let by: Vec<_> =
        by.map(|(index, name)| fields.read(&format!("hub.incubated_by_hubs[{index}]"), HubId::parse(name))).collect();
    let by: Option<Vec<HubId>> = by.into_iter().collect();
    let is_incubated = !sent.incubation_start_date.is_empty();
    let count = sent.incubated_by_hubs.len();
    let fits = if is_incubated { (1..=INCUBATED_BY_MAX).contains(&count) } else { count == 0 };
    fields.require("hub.incubated_by_hubs", fits, "must be one to three hubs with an incubation_start_date, and empty without");
    if let Some(by) = &by {
        let distinct = by.iter().collect::<BTreeSet<_>>().len() == by.len();
        let is_other = id.is_none_or(|id| !by.contains(id));
        fields.require("hub.incubated_by_hubs", distinct && is_other, "must have no hub twice, and not the hub itself");
    }
    let by = by?;
    let incubation = start.map(|start| Incubation { start, by });
    Some(HubProfile { old_la_codes: old_la_codes?, contact_address: contact_address?, incubation })
}

/// Codes of authorities, none twice.
pub(crate) fn authorities(fields: &mut Fields, field: &str, codes: &[String]) -> Option<Vec<String>> {
    let known = codes.iter().all(|code| geography::authority_by_old_code(code).is_some());
    let distinct = codes.iter().collect::<BTreeSet<_>>().len() == codes.len();
    let fits = known && distinct && codes.len() <= AUTHORITIES_MAX;
    let why = format!("must be at most {AUTHORITIES_MAX} three-digit codes of authorities, none twice");
    fields.require(field, fits, &why);
    fits.then(|| codes.to_vec())
}

/// The school or authority whose local hubs are asked for, and the day.
pub(super) fn near(fields: &mut Fields, message: &pb::FindLocalHubsRequest, today: Date) -> Option<(Near, Date)> {
    let one = message.school.is_empty() != message.old_la_code.is_empty();
    fields.require("school", one, "must be set, or old_la_code, and not both");
    let urn = fields.optional("school", &message.school, Urn::parse);
    let known = message.old_la_code.is_empty() || geography::authority_by_old_code(&message.old_la_code).is_some();
    fields.require("old_la_code", known, "must be the three-digit code of an authority");
    let day = fields.optional_date("as_of_date", &message.as_of_date).unwrap_or(today);
    Some((Near { urn, old_la_code: message.old_la_code.clone() }, day))
}

/// A new hub and its lead school.
pub(super) fn hub(fields: &mut Fields, message: &pb::CreateHubRequest, today: Date) -> Option<(Hub, Urn)> {
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
    let profile = profile(fields, id.as_ref(), &sent);
    if let (Some(start), Some(Some(incubation))) = (start_date, profile.as_ref().map(|profile| &profile.incubation)) {
        fields.require("hub.incubation_start_date", incubation.start < start, "must be before the first day");
    }
    let lead_school = fields.read("lead_school", Urn::parse(&message.lead_school))?;
    let hub = Hub {
        id: id?,
        display_name: display_name?,
        lead_school: Some(lead_school),
        region: region?,
        profile: profile?,
        as_of: today,
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
    let profile = profile(fields, id.as_ref(), &sent);
    let etag = fields.etag("hub.etag", &sent.etag);
    let change = HubChange { id: id?, display_name: display_name?, start_date, region, profile: profile?, end_date };
    Some((change, etag?))
}
