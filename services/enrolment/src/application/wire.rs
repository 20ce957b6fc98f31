//! Applications as messages, and messages as applications.

use name::{HubId, ProgrammeId, Urn};
use proto::enrolment::v1 as pb;
use scope::Scope;
use server::Fields;
use service::{Resource, count};

use super::{
    ApplicationRef,
    offer_places::Offer,
    rules::{Application, ApplicationId, ApplicationState, Draft},
    store::ApplicationFilter,
};
use crate::round::{RoundFilter, RoundId};

/// Most offers of one call.
const OFFERS_COUNT_MAX: i32 = 1_000;

impl From<ApplicationState> for pb::ApplicationState {
    fn from(state: ApplicationState) -> Self {
        match state {
            ApplicationState::Draft => Self::Draft,
            ApplicationState::Submitted => Self::Submitted,
            ApplicationState::Offered => Self::Offered,
            ApplicationState::Accepted => Self::Accepted,
            ApplicationState::Waitlisted => Self::Waitlisted,
            ApplicationState::Declined => Self::Declined,
            ApplicationState::Lapsed => Self::Lapsed,
            ApplicationState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<&Application> for pb::Application {
    fn from(application: &Application) -> Self {
        let coldness = application.coldness.as_ref();
        Self {
            name: application.name(),
            school: application.urn.to_string(),
            hub: application.hub.to_string(),
            chosen_hub: application.chosen_hub.as_ref().map(ToString::to_string).unwrap_or_default(),
            programme: application.programme.as_str().to_owned(),
            state: pb::ApplicationState::from(application.state).into(),
            queue_number: application.queue_number.unwrap_or(0),
            coldness_ppm: coldness.map(|coldness| count(coldness.ppm)),
            reach_publication: coldness.map(|coldness| coldness.publication.clone()).unwrap_or_default(),
            submit_time: application.submit_time.map(time::Instant::to_proto),
            offer_expire_time: application.offer_expire_time.map(time::Instant::to_proto),
            participation: application.participation.as_ref().map(ToString::to_string).unwrap_or_default(),
            etag: application.etag(),
            coldness_old_la_code: coldness.map(|coldness| coldness.old_la_code.clone()).unwrap_or_default(),
            coldness_education_phase: coldness.map_or(0, |coldness| count(coldness.phase.number())),
            coldness_rank: coldness.map_or(0, |coldness| count(coldness.rank)),
            coldness_ranked_count: coldness.map_or(0, |coldness| count(coldness.ranked_count)),
        }
    }
}

/// The application that a caller of this scope names in the field `name`: `rounds/{round}/applications/{application}`.
pub(super) fn application_ref(fields: &mut Fields, scope: Scope, name: &str) -> Option<ApplicationRef> {
    let parts = name.find("/applications/").map(|slash| name.split_at(slash));
    let parse =
        |(round, application): (&str, &str)| Some((RoundId::parse(round).ok()?, ApplicationId::parse(&application[1..]).ok()?));
    let wrong = || format!("must be `rounds/ROUND/applications/APPLICATION`; found `{}`", text::excerpt(name));
    let (round, id) = fields.read("name", parts.and_then(parse).ok_or_else(wrong))?;
    Some(ApplicationRef { round, id, scope })
}

/// The application to draft.
pub(super) fn draft(fields: &mut Fields, message: &pb::CreateApplicationRequest) -> Option<Draft> {
    let round = fields.read("parent", RoundId::parse(&message.parent));
    let sent = message.application.clone().unwrap_or_default();
    let urn = fields.read("application.school", Urn::parse(&sent.school));
    let hub = fields.read("application.hub", HubId::parse(&sent.hub));
    let programme = fields.read("application.programme", ProgrammeId::parse(&sent.programme));
    Some(Draft { round: round?, urn: urn?, hub: hub?, programme: programme? })
}

/// The places to offer. An `offers_count` of 0 means one offer for every free place.
pub(super) fn offer(fields: &mut Fields, message: &pb::OfferPlacesRequest) -> Option<Offer> {
    let round = fields.read("parent", RoundId::parse(&message.parent));
    let hub = fields.read("hub", HubId::parse(&message.hub));
    let programme = fields.read("programme", ProgrammeId::parse(&message.programme));
    let count = message.offers_count;
    fields.require("offers_count", (0..=OFFERS_COUNT_MAX).contains(&count), "must be 0 to 1,000");
    Some(Offer { round: round?, hub: hub?, programme: programme?, offers_count: (count > 0).then_some(count.into()) })
}

/// The filter of a list.
pub(super) fn filter(fields: &mut Fields, message: &pb::ListApplicationsRequest) -> Option<ApplicationFilter> {
    let round = fields.read("parent", RoundFilter::parse(&message.parent));
    let state = state(fields, message.state);
    let hub = fields.optional("hub", &message.hub, HubId::parse);
    let urn = fields.optional("school", &message.school, Urn::parse);
    Some(ApplicationFilter { round: round?, hub, urn, state, is_closing: message.closing_school })
}

fn state(fields: &mut Fields, number: i32) -> Option<ApplicationState> {
    match pb::ApplicationState::try_from(number) {
        Ok(pb::ApplicationState::Unspecified) => None,
        Ok(state) => ApplicationState::ALL.iter().copied().find(|own| pb::ApplicationState::from(*own) == state),
        Err(_) => {
            fields.wrong("state", "is none of the states");
            None
        }
    }
}
