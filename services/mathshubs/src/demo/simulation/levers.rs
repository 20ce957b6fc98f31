//! Before the offers of the last round: the effect of the two ways in which a round can give more places to the coldest areas. Places are shared among hubs by
//! `ProposePlaces`, and a part of them is kept by a policy. Every hub's offers are dry runs; then the round goes on as it was.

use std::collections::BTreeMap;

use anyhow::Context;
use proto::enrolment::v1 as pb;
use time::Date;

use super::{Simulation, Source, request_id, round_name};
use crate::demo::{
    callers::{Actor, answered, at_once, listed},
    hubs::HUBS,
    plan::{PROGRAMMES, Year},
};

/// Index of the programme whose places are compared.
const PROGRAMME: usize = 0;
/// A quarter of the places is kept for the coldest fifth of authorities, in thousandths.
const RESERVED_PERMILLE: i32 = 250;
const COLD_PERMILLE: i32 = 200;
/// Days of the two compared policies and of the policy that was in force before, as month and day: the days between the window and the offers.
const DAYS: [(i8, i8); 3] = [(6, 30), (7, 1), (7, 2)];

/// Offers of all hubs, and of these the ones to schools of the coldest fifth of authorities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Offers {
    pub(crate) count: usize,
    pub(crate) coldest_count: usize,
}

/// The coldest fifth of authorities in the last round.
#[derive(Debug, Default)]
pub(crate) struct LeverSummary {
    /// `2018/19`.
    pub(crate) year: String,
    pub(crate) programme: String,
    /// Day of the register, if one register serves all years.
    pub(crate) only_register: Option<Date>,
    /// Authorities of the fifth.
    pub(crate) authorities_count: i32,
    /// Schools that may take part: of the fifth, and all.
    pub(crate) schools: [i32; 2],
    /// Submitted applications: of the fifth, and all.
    pub(crate) applications: [i32; 2],
    /// Accepted places: of the fifth, and all.
    pub(crate) places: [i32; 2],
    /// Each order of places with the offers from the places as they were set, and from those of the proposal.
    pub(crate) offers: Vec<(String, [Offers; 2])>,
}

impl LeverSummary {
    /// Takes later counts of the round, and keeps the offers.
    pub(super) fn count_again(&mut self, counted: Self) {
        *self = Self { offers: std::mem::take(&mut self.offers), ..counted };
    }
}

impl Simulation {
    /// Tries the orders and the places, if authorities are ranked. Afterwards policy and places are those of before.
    pub(super) async fn try_levers(&self, year: &Year) -> anyhow::Result<LeverSummary> {
        self.progress.now(format!("{}  other orders of places are tried", year.year));
        let mut summary = self.count_places(year).await?;
        if summary.schools[0] == 0 {
            return Ok(summary);
        }
        let order = if year.priority { "as the round: by coldness" } else { "as the round: by submission" };
        let days = DAYS.map(|(month, day)| Date::new_checked(year.year.first_year(), month, day).expect("the days exist"));
        self.add_policies(year, days).await?;
        let set = self.places_of_programme(year).await?;
        let proposed = self.propose(year, set.values().map(|places| places.places_count).sum()).await?;
        let planned: BTreeMap<String, i32> =
            proposed.keys().map(|hub| (hub.clone(), set.get(hub).map_or(0, |places| places.places_count))).collect();
        for (index, label) in [order, "by submission", "by submission, a quarter kept"].into_iter().enumerate() {
            if let Some(before) = index.checked_sub(1) {
                self.go_to_day(days[before], 9);
            }
            let of_planned = self.try_offers(year, &format!("{index}-planned"), &planned).await?;
            self.set_counts(year, &format!("{index}-proposed"), &proposed).await?;
            let of_proposed = self.try_offers(year, &format!("{index}-proposed"), &proposed).await?;
            self.set_counts(year, &format!("{index}-back"), &planned).await?;
            summary.offers.push((label.to_owned(), [of_planned, of_proposed]));
        }
        Ok(summary)
    }

    /// Counts the applications, offers and places of the round.
    pub(super) async fn count_places(&self, year: &Year) -> anyhow::Result<LeverSummary> {
        let message = pb::GetRoundProgressRequest { name: round_name(year), programme: PROGRAMMES[PROGRAMME].id.to_owned() };
        let answer = self.callers.rounds(Actor::Ncetm).get_round_progress(message).await;
        let progress = answered(answer, || format!("the applications of {} were not counted", year.year))?;
        let mut summary = LeverSummary {
            year: year.year.to_string(),
            programme: PROGRAMMES[PROGRAMME].id.replace('-', " "),
            only_register: matches!(self.options.source, Source::File { .. }).then_some(self.options.as_of),
            ..LeverSummary::default()
        };
        for fifth in &progress.coldness_fifths {
            summary.schools[1] += fifth.schools_count;
            if fifth.coldness_fifth == 1 {
                summary.schools[0] += fifth.schools_count;
                summary.authorities_count += fifth.authorities_count;
            }
        }
        for group in &progress.application_counts {
            let of_fifth = i32::from(group.coldness_fifth == 1) * group.applications_count;
            if group.state() != pb::ApplicationState::Draft {
                summary.applications[0] += of_fifth;
                summary.applications[1] += group.applications_count;
            }
            if group.state() == pb::ApplicationState::Accepted {
                summary.places[0] += of_fifth;
                summary.places[1] += group.applications_count;
            }
        }
        Ok(summary)
    }

    /// Policies of the days to come: by submission, the same with places that are kept, and at last the one of before.
    async fn add_policies(&self, year: &Year, days: [Date; 3]) -> anyhow::Result<()> {
        let answer = self.callers.rounds(Actor::Ncetm).get_round(pb::GetRoundRequest { name: round_name(year) }).await;
        let read = answered(answer, || format!("the round of {} was not read", year.year))?;
        let mut round = read.round.context("the enrolment service answered without the round")?;
        let before = round.place_order_policies[0].clone();
        let by_submission = pb::PlaceOrderPolicy { place_order: pb::PlaceOrder::Submission.into(), ..before.clone() };
        let keeping = pb::PlaceOrderPolicy {
            reserved_permille: RESERVED_PERMILLE,
            reserved_until_date: days[2].to_string(),
            cold_permille: COLD_PERMILLE,
            ..by_submission.clone()
        };
        for (policy, day) in [by_submission, keeping, before].into_iter().zip(days) {
            round.place_order_policies.push(pb::PlaceOrderPolicy { start_date: day.to_string(), ..policy });
        }
        let message = pb::UpdateRoundRequest { request_id: request_id("policies", year.year, "compared"), round: Some(round) };
        let answer = self.callers.rounds(Actor::Ncetm).update_round(message).await;
        answered(answer, || format!("the policies of {} were not added", year.year)).map(|_| ())
    }

    /// The places of the compared programme, by hub.
    async fn places_of_programme(&self, year: &Year) -> anyhow::Result<BTreeMap<String, pb::Places>> {
        let items = client::items(|page_token| async move {
            let message = pb::ListPlacesRequest {
                parent: round_name(year),
                page_size: 1_000,
                page_token,
                ..pb::ListPlacesRequest::default()
            };
            let page = self.callers.rounds(Actor::Ncetm).list_places(message).await?.into_inner();
            Ok((page.places, page.next_page_token))
        });
        let places = listed(items, || format!("the places of {} were not listed", year.year)).await?;
        let of_programme = places.into_iter().filter(|places| places.programme == PROGRAMMES[PROGRAMME].id);
        Ok(of_programme.map(|places| (places.hub.clone(), places)).collect())
    }

    /// The same number of places, as the round's policy shares them.
    async fn propose(&self, year: &Year, places_count: i32) -> anyhow::Result<BTreeMap<String, i32>> {
        let message =
            pb::ProposePlacesRequest { parent: round_name(year), programme: PROGRAMMES[PROGRAMME].id.to_owned(), places_count };
        let answer = self.callers.rounds(Actor::Ncetm).propose_places(message).await;
        let proposal = answered(answer, || format!("places of {} were not proposed", year.year))?;
        let proposed = proposal.proposed_places.into_iter().filter_map(|proposed| proposed.places);
        Ok(proposed.map(|places| (places.hub, places.places_count)).collect())
    }

    /// Sets the number of places of hubs.
    async fn set_counts(&self, year: &Year, label: &str, counts: &BTreeMap<String, i32>) -> anyhow::Result<()> {
        let current = self.places_of_programme(year).await?;
        let wanted: Vec<pb::Places> = counts
            .iter()
            .map(|(hub, places_count)| pb::Places {
                hub: hub.clone(),
                programme: PROGRAMMES[PROGRAMME].id.to_owned(),
                places_count: *places_count,
                etag: current.get(hub).map(|places| places.etag.clone()).unwrap_or_default(),
                ..pb::Places::default()
            })
            .collect();
        let (callers, parent, year, label) = (self.callers.clone(), round_name(year), year.year, label.to_owned());
        at_once(&self.progress, wanted, move |places| {
            let (callers, parent) = (callers.clone(), parent.clone());
            let hub = places.hub.trim_start_matches("hubs/").to_owned();
            let request_id = request_id("set", year, format_args!("{label}-{hub}"));
            async move {
                let message = pb::SetPlacesRequest { request_id, parent, places: Some(places) };
                let answer = callers.rounds(Actor::Ncetm).set_places(message).await;
                answered(answer, || format!("the places of {hub} were not set")).map(|_| ())
            }
        })
        .await?;
        Ok(())
    }

    /// The offers that all hubs would make today.
    async fn try_offers(&self, year: &Year, label: &str, hubs: &BTreeMap<String, i32>) -> anyhow::Result<Offers> {
        let hubs: Vec<String> = hubs.iter().filter(|(_, places_count)| **places_count > 0).map(|(hub, _)| hub.clone()).collect();
        let (callers, parent, year, label) = (self.callers.clone(), round_name(year), year.year, label.to_owned());
        let offers = at_once(&self.progress, hubs, move |hub| {
            let (callers, parent) = (callers.clone(), parent.clone());
            let id = hub.trim_start_matches("hubs/").to_owned();
            let request_id = request_id("try", year, format_args!("{label}-{id}"));
            async move {
                let lead = HUBS.iter().position(|hub| hub.id == id).context("each hub is one of the demo")?;
                let message = pb::OfferPlacesRequest {
                    request_id,
                    parent,
                    hub,
                    programme: PROGRAMMES[PROGRAMME].id.to_owned(),
                    offers_count: 0,
                    validate_only: true,
                };
                let answer = callers.applications(Actor::HubLead(lead)).offer_places(message).await;
                let offered = answered(answer, || format!("the offers of {id} were not tried"))?.offered_applications;
                let is_coldest =
                    |one: &&pb::Application| one.coldness_rank > 0 && (one.coldness_rank - 1) * 5 < one.coldness_ranked_count;
                Ok(Offers { count: offered.len(), coldest_count: offered.iter().filter(is_coldest).count() })
            }
        })
        .await?;
        Ok(offers.into_iter().fold(Offers::default(), |sum, one| Offers {
            count: sum.count + one.count,
            coldest_count: sum.coldest_count + one.coldest_count,
        }))
    }
}
