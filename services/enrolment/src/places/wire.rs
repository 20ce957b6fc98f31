//! Places as messages, and messages as places.

use name::{HubId, ProgrammeId};
use proto::enrolment::v1 as pb;
use server::Fields;
use service::{Resource, count};

use super::Places;
use crate::round::RoundId;

/// Most places of a hub for a programme.
const PLACES_COUNT_MAX: i32 = 100_000;

impl From<&Places> for pb::Places {
    fn from(places: &Places) -> Self {
        Self {
            name: places.name(),
            hub: places.hub.to_string(),
            programme: places.programme.as_str().to_owned(),
            places_count: count(places.places_count),
            accepted_count: count(places.accepted_count),
            etag: places.etag(),
        }
    }
}

/// Places as they shall be, and their etag, which is empty when the hub has none yet.
pub(crate) fn places(fields: &mut Fields, message: &pb::SetPlacesRequest) -> Option<(Places, String)> {
    let round = fields.read("parent", RoundId::parse(&message.parent));
    let Some(places) = &message.places else {
        fields.wrong("places", "must be set");
        return None;
    };
    let hub = fields.read("places.hub", HubId::parse(&places.hub));
    let programme = fields.read("places.programme", ProgrammeId::parse(&places.programme));
    let count = places.places_count;
    fields.require("places.places_count", (0..=PLACES_COUNT_MAX).contains(&count), "must be 0 to 100,000");
    let (round, hub, programme) = (round?, hub?, programme?);
    Some((Places { round, hub, programme, places_count: count.into(), accepted_count: 0, version: 1 }, places.etag.clone()))
}
