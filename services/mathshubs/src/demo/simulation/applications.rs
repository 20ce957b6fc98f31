//! Spring to summer: NCETM creates a round, schools choose their hub, draft and submit applications.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use proto::{enrolment::v1 as pb, network::v1 as network};
use time::Date;

use super::{Simulation, council, request_id, round_id, round_name};
use crate::demo::{
    callers::{Actor, answered, at_once},
    hubs::HUBS,
    plan::{self, Applicant, PROGRAMMES, Round, Year},
};

/// First day, middle and last day of a round's window, as month and day.
const MOMENTS: [(i8, i8); 3] = [(4, 16), (5, 21), (6, 29)];
/// Days until an offer lapses.
const OFFER_DAYS: i32 = 14;
/// Share of the places that a proposal gives to hubs by their schools never reached, in thousandths.
const NEED_PERMILLE: i32 = 500;

impl Simulation {
    /// Creates the year's round with its places. Returns the planned applications and the number of places.
    pub(super) async fn announce(&mut self, year: &Year) -> anyhow::Result<(Round, usize)> {
        self.progress.now(format!("{}  the round is announced", year.year));
        let schools = self.schools().await?;
        let taken = self.applied.iter().map(|urn| self.lineage.of(*urn)).collect();
        let round = plan::round(self.options.seed, year, &schools, &taken, &self.returning);
        let colleges: BTreeSet<i32> = schools.iter().filter(|school| school.phase.is_none()).map(|school| school.urn).collect();
        let applying = round.applicants.iter().filter(|applicant| colleges.contains(&applicant.urn)).count();
        if applying > 0 {
            self.progress.line(&format!("{}  {applying:>5} of the applications are by colleges", year.year));
        }
        let [first, _, last] = MOMENTS.map(|(month, day)| date(year, month, day));
        let order = if year.priority { pb::PlaceOrder::PriorityThenSubmission } else { pb::PlaceOrder::Submission };
        let programmes = PROGRAMMES
            .iter()
            .take(year.programmes_count)
            .map(|programme| pb::RoundProgramme { programme: programme.id.to_owned(), ..pb::RoundProgramme::default() });
        let message = pb::CreateRoundRequest {
            request_id: request_id("round", year.year, "new"),
            round_id: round_id(year),
            round: Some(pb::Round {
                display_name: format!("Places from September {}", year.year.first_year()),
                academic_year: year.year.to_string(),
                window_start_date: first.to_string(),
                window_end_date: last.to_string(),
                offer_days_count: OFFER_DAYS,
                programmes: programmes.collect(),
                place_order_policies: vec![pb::PlaceOrderPolicy {
                    start_date: first.to_string(),
                    place_order: order.into(),
                    decision: council::decision(year.year.first_year(), council::PLACE_ORDER),
                    need_permille: NEED_PERMILLE,
                    ..pb::PlaceOrderPolicy::default()
                }],
                ..pb::Round::default()
            }),
        };
        let answer = self.callers.rounds(Actor::Ncetm).create_round(message).await;
        answered(answer, || format!("the round of {} was not announced", year.year))?;
        let (callers, parent, year) = (self.callers.clone(), round_name(year), year.year);
        let set = at_once(&self.progress, round.places.clone().into_iter().collect(), move |((hub, programme), count)| {
            let (callers, parent) = (callers.clone(), parent.clone());
            async move {
                let (hub, programme) = (HUBS[hub].id, PROGRAMMES[programme].id);
                let message = pb::SetPlacesRequest {
                    request_id: request_id("places", year, format_args!("{hub}-{}", &programme[..4])),
                    parent,
                    places: Some(pb::Places {
                        hub: format!("hubs/{hub}"),
                        programme: programme.to_owned(),
                        places_count: i32::try_from(count).context("a hub has fewer places than that")?,
                        ..pb::Places::default()
                    }),
                };
                let answer = callers.rounds(Actor::Ncetm).set_places(message).await;
                let set = answered(answer, || format!("the places of {hub} for {programme} were not set"))?;
                Ok(usize::try_from(set.places.unwrap_or_default().places_count)?)
            }
        })
        .await?;
        Ok((round, set.into_iter().sum()))
    }

    /// Schools choose their hub, draft their applications and submit them in the round's window. Returns the number of submitted applications.
    pub(super) async fn apply(&mut self, year: &Year, round: Round) -> anyhow::Result<usize> {
        self.choose_hubs(year, &round).await?;
        let day = |(month, day)| (year.year.first_year(), month, day);
        let (at, month, first) = day(MOMENTS[0]);
        self.go_to(at, month, first, 8);
        let drafts = self.draft(year, &round).await?;
        self.applied.extend(round.applicants.iter().map(|applicant| applicant.urn));
        self.progress.now(format!("{}  schools submit their applications", year.year));
        let mut submitted_count = 0;
        for (moment, on) in MOMENTS.into_iter().enumerate() {
            let (at, month, on) = day(on);
            self.go_to(at, month, on, 10);
            // The order of submission matters within one hub and programme: each such queue is sequential, the queues run in parallel.
            let mut queues: BTreeMap<(usize, usize), Vec<(Applicant, String)>> = BTreeMap::new();
            for (applicant, name) in drafts.iter().filter(|(applicant, _)| applicant.moment == moment) {
                queues.entry((applicant.hub, applicant.programme)).or_default().push((*applicant, name.clone()));
            }
            let (callers, progress, year) = (self.callers.clone(), self.progress.clone(), year.year);
            let submitted = at_once(&self.progress, queues.into_values().collect(), move |queue| {
                let (callers, progress) = (callers.clone(), progress.clone());
                async move {
                    let count = queue.len();
                    for (applicant, name) in queue {
                        let message = pb::SubmitApplicationRequest {
                            request_id: request_id("submit", year, applicant.urn),
                            name,
                            etag: String::new(),
                        };
                        let answer = callers.applications(Actor::School(applicant.urn)).submit_application(message).await;
                        answered(answer, || format!("schools/{} could not submit its application", applicant.urn))?;
                        progress.step();
                    }
                    Ok(count)
                }
            })
            .await?;
            submitted_count += submitted.into_iter().sum::<usize>();
        }
        Ok(submitted_count)
    }

    async fn choose_hubs(&self, year: &Year, round: &Round) -> anyhow::Result<()> {
        self.progress.now(format!("{}  schools choose their hub", year.year));
        let again: BTreeSet<i32> = self.returning.iter().map(|applicant| applicant.urn).collect();
        let new = round.applicants.iter().filter(|applicant| !again.contains(&applicant.urn)).copied().collect();
        let (callers, start_date, year) = (self.callers.clone(), self.clock.today().to_string(), year.year);
        at_once(&self.progress, new, move |applicant: Applicant| {
            let (callers, start_date) = (callers.clone(), start_date.clone());
            async move {
                let message = network::ChooseHubRequest {
                    request_id: request_id("choose", year, applicant.urn),
                    school: format!("schools/{}", applicant.urn),
                    hub: format!("hubs/{}", HUBS[applicant.hub].id),
                    start_date,
                    ..Default::default()
                };
                let answer = callers.hubs(Actor::School(applicant.urn)).choose_hub(message).await;
                answered(answer, || format!("the choice of schools/{} was not recorded", applicant.urn)).map(|_| ())
            }
        })
        .await?;
        self.catch_up().await
    }

    async fn draft(&self, year: &Year, round: &Round) -> anyhow::Result<Vec<(Applicant, String)>> {
        self.progress.now(format!("{}  schools draft their applications", year.year));
        let (callers, parent, year) = (self.callers.clone(), round_name(year), year.year);
        at_once(&self.progress, round.applicants.clone(), move |applicant| {
            let (callers, parent) = (callers.clone(), parent.clone());
            async move {
                let message = pb::CreateApplicationRequest {
                    request_id: request_id("draft", year, applicant.urn),
                    parent,
                    application: Some(pb::Application {
                        school: format!("schools/{}", applicant.urn),
                        hub: format!("hubs/{}", HUBS[applicant.hub].id),
                        programme: PROGRAMMES[applicant.programme].id.to_owned(),
                        ..pb::Application::default()
                    }),
                };
                let answer = callers.applications(Actor::School(applicant.urn)).create_application(message).await;
                let drafted = answered(answer, || format!("schools/{} could not draft an application", applicant.urn))?;
                Ok((applicant, drafted.application.context("the enrolment service answered without the application")?.name))
            }
        })
        .await
    }
}

fn date(year: &Year, month: i8, day: i8) -> Date {
    Date::new_checked(year.year.first_year(), month, day).expect("the window's days exist in every year")
}
