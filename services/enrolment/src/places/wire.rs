//! Places as messages, and messages as places.

use name::{HubId, ProgrammeId};
use proto::enrolment::v1 as pb;
use server::Fields;
use service::{Resource, count};

use super::{Places, propose_places::WantedPlaces};
use crate::round::RoundId;

/// Most places of a hub for a programme, and most that are shared.
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
            reserved_count: count(places.reserved_count),
            cold_accepted_count: count(places.cold_accepted_count),
        }
    }
}

/// The places to share.
pub(crate) fn wanted(fields: &mut Fields, message: &pb::ProposePlacesRequest) -> Option<WantedPlaces> {
    let round = fields.read("parent", RoundId::parse(&message.parent));
    let programme = fields.read("programme", ProgrammeId::parse(&message.programme));
    let places_count = message.places_count;
    fields.require("places_count", (0..=PLACES_COUNT_MAX).contains(&places_count), "must be 0 to 100,000");
    Some(WantedPlaces { round: round?, programme: programme?, places_count: places_count.into() })
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
    Some((Places::new(round, hub, programme, count.into()), places.etag.clone()))
}
