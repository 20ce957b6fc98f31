//! `RoundService.ProposePlaces` shares places among hubs and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use db::Tx;
use name::{HubId, ProgrammeId};
use proto::enrolment::v1 as pb;
use service::{Error, count};
use time::Date;

use super::{
    Places, PlacesViolation, check_hub_open,
    share::{Shares, share},
    store,
};
use crate::round::{self, RoundId};

/// The places that are shared.
#[derive(Debug, Clone)]
pub(crate) struct WantedPlaces {
    pub(crate) round: RoundId,
    pub(crate) programme: ProgrammeId,
    pub(crate) places_count: i64,
}

pub(crate) async fn propose_places(
    tx: &mut Tx<'_>,
    wanted: WantedPlaces,
    today: Date,
) -> Result<pb::ProposePlacesResponse, Error> {
    let WantedPlaces { round, programme, places_count } = wanted;
    let round = round::store::round_by_id(tx, &round).await?;
    let terms = round.check_programme(&programme, "programme")?;
    let mut open: BTreeMap<HubId, BTreeSet<String>> = BTreeMap::new();
    for (hub, old_la_code) in store::hub_authority_list(tx).await? {
        if check_hub_open(&hub, round.academic_year, today).is_ok() {
            open.entry(hub.id).or_default().extend(old_la_code);
        }
    }
    let groups = store::school_group_list(tx, terms, today).await?;
    let (need_permille, decision) = match round.policy(today) {
        Some(policy) => (policy.need_permille, policy.decision.to_string()),
        None => (0, String::new()),
    };
    let shares = share(places_count, need_permille, &groups, &open);
    let shares = shares.ok_or_else(|| PlacesViolation::NoSchool { programme: programme.clone() })?;
    let current = store::places_of_programme(tx, &round.id, &programme).await?;
    let proposed = |hub: &HubId, places_count: i64| {
        let before = current.iter().find(|places| places.hub == *hub).cloned();
        let is_new = before.is_none();
        let places = before.unwrap_or_else(|| Places::new(round.id.clone(), hub.clone(), programme.clone(), 0));
        let mut message = pb::Places::from(&Places { places_count, ..places });
        if is_new {
            message.etag.clear();
        }
        message
    };
    let Shares { of_hubs, without_hub, total, need_permille } = shares;
    let of_hubs = of_hubs.into_iter().map(|(hub, share)| pb::ProposedPlaces {
        places: Some(proposed(&hub, share.places_count)),
        chosen_schools_count: count(share.chosen.schools_count),
        chosen_schools_never_reached_count: count(share.chosen.never_reached_count),
        served_schools_thousandths: share.served_thousandths.schools_count,
        served_schools_never_reached_thousandths: share.served_thousandths.never_reached_count,
        part_thousandths: share.part_thousandths,
        rounded_up: share.is_rounded_up,
    });
    Ok(pb::ProposePlacesResponse {
        proposed_places: of_hubs.collect(),
        schools_count: count(total.schools_count),
        schools_never_reached_count: count(total.never_reached_count),
        schools_without_hub_count: count(without_hub.schools_count),
        need_permille: count(need_permille),
        decision,
    })
}
