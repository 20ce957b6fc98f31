//! July to August: hubs offer places, schools answer, offers lapse, and applications from the waiting list get offers.

use std::collections::BTreeSet;

use anyhow::Context;
use proto::enrolment::v1 as pb;

use super::{Place, Simulation, funding, programme_place, request_id, round_name};
use crate::demo::{
    callers::{Actor, answered, at_once, listed},
    hubs::HUBS,
    plan::{self, Answer, Applicant, PROGRAMMES, Year},
};

/// Days on which unanswered offers lapse and schools from the waiting list answer theirs, as month and day.
const WAVES: [(i8, i8); 3] = [(7, 18), (8, 3), (8, 19)];
/// Index of the wave before which schools give places back.
const GIVE_BACK_WAVE: usize = 2;
/// Applications per page.
const PAGE_SIZE: i32 = 1_000;

impl Simulation {
    /// Every hub offers its places. Returns the number of offers.
    pub(super) async fn offer(&self, year: &Year) -> anyhow::Result<usize> {
        self.progress.now(format!("{}  hubs offer their places", year.year));
        let hubs = self.founded.iter().flat_map(|hub| (0..year.programmes_count).map(|programme| (*hub, programme)));
        let applied: BTreeSet<(usize, usize)> = hubs.collect();
        let (callers, parent, year) = (self.callers.clone(), round_name(year), year.year);
        let offers = at_once(&self.progress, applied.into_iter().collect(), move |(hub, programme)| {
            let (callers, parent) = (callers.clone(), parent.clone());
            async move {
                let message = pb::OfferPlacesRequest {
                    request_id: request_id("offer", year, format_args!("{}-{programme}", HUBS[hub].id)),
                    parent,
                    hub: format!("hubs/{}", HUBS[hub].id),
                    programme: PROGRAMMES[programme].id.to_owned(),
                    offers_count: 0,
                    validate_only: false,
                };
                let answer = callers.applications(Actor::HubLead(hub)).offer_places(message).await;
                match answer {
                    // A hub without applications has no places.
                    Err(status) if matches!(status.code(), tonic::Code::FailedPrecondition | tonic::Code::NotFound) => Ok(0),
                    answer => {
                        let offered = answered(answer, || format!("the hub {} could not offer places", HUBS[hub].id))?;
                        Ok(offered.offered_applications.len())
                    }
                }
            }
        })
        .await?;
        Ok(offers.into_iter().sum())
    }

    /// Schools with a new offer accept it, decline it, or do not answer.
    pub(super) async fn answer(&mut self, year: &Year, asked: &mut BTreeSet<i32>) -> anyhow::Result<()> {
        self.progress.now(format!("{}  schools answer their offers", year.year));
        let offered = self.applications_in(year, pb::ApplicationState::Offered).await?;
        let new: Vec<(i32, pb::Application)> = offered
            .into_iter()
            .filter_map(|application| {
                let urn = urn_of(&application.school)?;
                asked.insert(urn).then_some((urn, application))
            })
            .collect();
        let (callers, seed, year) = (self.callers.clone(), self.options.seed, year.year);
        let places = at_once(&self.progress, new, move |(urn, application)| {
            let callers = callers.clone();
            async move {
                match plan::answer(seed, year, urn) {
                    Answer::Silence => Ok(None),
                    Answer::Decline => {
                        let message =
                            pb::DeclineOfferRequest { request_id: request_id("decline", year, urn), name: application.name };
                        let answer = callers.applications(Actor::School(urn)).decline_offer(message).await;
                        answered(answer, || format!("schools/{urn} could not decline its offer")).map(|_| None)
                    }
                    Answer::Accept => {
                        let message = pb::AcceptOfferRequest {
                            request_id: request_id("accept", year, urn),
                            name: application.name,
                            ..Default::default()
                        };
                        let answer = callers.applications(Actor::School(urn)).accept_offer(message).await;
                        let accepted = answered(answer, || format!("schools/{urn} could not accept its offer"))?;
                        let accepted = accepted.application.context("the enrolment service answered without the application")?;
                        let hub = hub_place(&accepted.hub)?;
                        let programme = programme_place(&accepted.programme);
                        Ok(Some((
                            Place { participation: accepted.participation, urn, hub, programme, year_number: 0 },
                            accepted.name,
                        )))
                    }
                }
            }
        })
        .await?;
        // In order of the schools, because ids differ between runs.
        let mut places: Vec<(Place, String)> = places.into_iter().flatten().collect();
        places.sort_by_key(|(place, _)| place.urn);
        for (place, application) in places {
            self.accepted.insert(place.urn, application);
            self.places.push(place);
        }
        Ok(())
    }

    /// Until the year starts: offers lapse, schools give places back, and waiting applications get offers. Schools without a place may apply again
    /// next year.
    pub(super) async fn fill(&mut self, year: &Year, asked: &mut BTreeSet<i32>) -> anyhow::Result<()> {
        for (wave, (month, day)) in WAVES.into_iter().enumerate() {
            self.go_to(year.year.first_year(), month, day, 9);
            if wave == GIVE_BACK_WAVE {
                self.give_back(year).await?;
            }
            let message = pb::LapseOffersRequest { request_id: request_id("lapse", year.year, wave), parent: round_name(year) };
            let answer = self.callers.applications(Actor::Ncetm).lapse_offers(message).await;
            answered(answer, || format!("the offers of {} could not lapse", year.year))?;
            self.answer(year, asked).await?;
        }
        self.accepted.clear();
        let left = self.applications_in(year, pb::ApplicationState::Waitlisted).await?;
        let mut returning = Vec::new();
        for application in left {
            let Some(urn) = urn_of(&application.school).filter(|urn| plan::returns(self.options.seed, year.year, *urn)) else {
                continue;
            };
            let (hub, programme) = (hub_place(&application.hub)?, programme_place(&application.programme));
            returning.push(Applicant { urn, lineage: self.lineage.of(urn), hub, programme, moment: 0 });
        }
        returning.sort_by_key(|applicant| applicant.urn);
        self.returning = returning;
        Ok(())
    }

    async fn give_back(&mut self, year: &Year) -> anyhow::Result<()> {
        let seed = self.options.seed;
        let given: Vec<(i32, String)> =
            std::mem::take(&mut self.accepted).into_iter().filter(|(urn, _)| plan::gives_back(seed, year.year, *urn)).collect();
        let gone: BTreeSet<i32> = given.iter().map(|(urn, _)| *urn).collect();
        let given_back = |place: &Place| place.year_number == 0 && gone.contains(&place.urn);
        self.given_back_count +=
            self.places.iter().filter(|place| given_back(place) && place.programme == funding::PROGRAMME).count();
        self.places.retain(|place| !given_back(place));
        let (callers, year) = (self.callers.clone(), year.year);
        at_once(&self.progress, given, move |(urn, name)| {
            let callers = callers.clone();
            async move {
                let message = pb::WithdrawApplicationRequest {
                    request_id: request_id("withdraw", year, urn),
                    name,
                    reason: "The school cannot release teachers this year.".to_owned(),
                };
                let answer = callers.applications(Actor::School(urn)).withdraw_application(message).await;
                answered(answer, || format!("schools/{urn} could not give its place back")).map(|_| ())
            }
        })
        .await?;
        Ok(())
    }

    async fn applications_in(&self, year: &Year, state: pb::ApplicationState) -> anyhow::Result<Vec<pb::Application>> {
        let items = client::items(|page_token| async move {
            let message = pb::ListApplicationsRequest {
                parent: round_name(year),
                page_size: PAGE_SIZE,
                page_token,
                state: state.into(),
                ..pb::ListApplicationsRequest::default()
            };
            let page = self.callers.applications(Actor::Ncetm).list_applications(message).await?.into_inner();
            Ok((page.applications, page.next_page_token))
        });
        listed(items, || format!("the applications of {} were not listed", year.year)).await
    }
}

fn urn_of(school: &str) -> Option<i32> {
    school.strip_prefix("schools/")?.parse().ok()
}

fn hub_place(hub: &str) -> anyhow::Result<usize> {
    let place = hub.strip_prefix("hubs/").and_then(|id| HUBS.iter().position(|hub| hub.id == id));
    place.with_context(|| format!("the enrolment service names {hub}, which is not a hub of the demo"))
}
