//! The spring after the last report: schools nominate teachers, and NCETM selects a cohort of specialists by the published reach.

use std::collections::BTreeMap;

use analytics::{ColdArea, Phase, Reach};
use anyhow::{Context, bail};
use proto::{network::v1 as network, specialists::v1 as pb};
use time::{AcademicYear, Date};

use super::{Simulation, council, request_id};
use crate::demo::{
    callers::{Actor, answered, listed},
    plan::{self, PROGRAMMES, Year},
};

/// Programme whose specialists are selected, as an index in [`PROGRAMMES`].
const PROGRAMME: usize = 1;
/// Applications of the last year for each nomination: 2,400 applications give 160 nominations, half of which are selected.
const APPLICATIONS_PER_NOMINATION: usize = 15;
const NOMINATIONS_PER_SELECTION: usize = 2;
/// Maximum areas in the summary.
const AREAS_MAX: usize = 10;
const PAGE_SIZE: i32 = 1_000;

/// The result of a cohort's selection.
#[derive(Debug)]
pub(crate) struct CohortSummary {
    /// The cohort's display name.
    pub(crate) display_name: String,
    /// Number of nominations.
    pub(crate) nominated_count: usize,
    /// Number of selected nominations.
    pub(crate) selected_count: usize,
    /// The publication that the ranking is based on, with its academic year; `None` before the first publication.
    pub(crate) publication: Option<(String, String)>,
    /// The coldest areas by that publication, coldest first.
    pub(crate) areas: Vec<Area>,
}

/// An area with little historic engagement.
#[derive(Debug)]
pub(crate) struct Area {
    /// 1 is the coldest.
    pub(crate) rank: i32,
    /// Name of the authority.
    pub(crate) la_name: String,
    /// In parts per million.
    pub(crate) coldness_ppm: u32,
    /// Nominated teachers of its schools.
    pub(crate) nominated_count: usize,
    /// Of these, the selected ones.
    pub(crate) selected_count: usize,
}

impl Simulation {
    /// Creates the cohort, and schools nominate teachers. `year` is the last simulated one.
    pub(super) async fn nominate(&self, year: &Year) -> anyhow::Result<()> {
        self.catch_up().await?;
        let first = spring(year);
        self.go_to(first, 2, 15, 9);
        self.meet(&[council::NEW_HUBS]).await?;
        self.go_to(first, 2, 25, 9);
        self.progress.now(format!("{}  schools nominate teachers", year.year));
        let window = [date(first, 2, 26), date(first, 3, 16)];
        self.announce_cohort(year, window).await?;
        self.go_to(first, 3, 1, 9);
        let count = year.applications_count.div_ceil(APPLICATIONS_PER_NOMINATION);
        let nominating = plan::nominating(self.options.seed, year.year, &self.schools().await?, count);
        self.nominate_all(year.year.plus(1), &cohort_name(year), nominating).await
    }

    /// Ranks the nominations and selects the nationally best ones. `reach` is the content of the last publication.
    pub(super) async fn select_specialists(&self, year: &Year, reach: &Reach) -> anyhow::Result<CohortSummary> {
        self.go_to(spring(year), 3, 20, 9);
        self.progress.now(format!("{}  specialists are selected", year.year));
        let parent = cohort_name(year);
        let message = pb::RankNominationsRequest {
            request_id: request_id("rank", year.year, "cohort"),
            parent: parent.clone(),
            validate_only: false,
        };
        let answer = self.callers.nominations(Actor::Ncetm).rank_nominations(message).await;
        let ranking = answered(answer, || "the nominations were not ranked".to_owned())?;
        let ranking = ranking.ranking.context("the specialists service answered without the ranking")?;
        let nominated_count = usize::try_from(ranking.nominations_count)?;
        let message = pb::SelectNominationsRequest {
            request_id: request_id("select", year.year, "cohort"),
            parent: parent.clone(),
            hub: String::new(),
            selections_count: i32::try_from(nominated_count.div_ceil(NOMINATIONS_PER_SELECTION))?,
            validate_only: false,
        };
        let answer = self.callers.nominations(Actor::Ncetm).select_nominations(message).await;
        let selected = answered(answer, || "no specialists were selected".to_owned())?.selected_nominations;
        let of_programme = |area: &ColdArea| reach.programmes[area.programme].id == PROGRAMMES[PROGRAMME].id;
        let published = reach.cold_areas.iter().any(|area| of_programme(area) && area.phase == Phase::Secondary);
        let (publication, areas) = match ranking.reach_publication.as_str() {
            "" if published => {
                bail!("reach is published for the cohort's programme and phase, but the ranking is not based on it")
            }
            "" => (None, Vec::new()),
            name => {
                let year = self.publication_year(name).await?;
                (Some((name.to_owned(), year)), self.areas(name, &parent).await?)
            }
        };
        let display_name =
            format!("Cohort {} of secondary specialists, from {}", self.cohort_number(), first_academic_year(year));
        Ok(CohortSummary { display_name, nominated_count, selected_count: selected.len(), publication, areas })
    }

    /// NCETM publishes the weights of scores, from a day on.
    pub(super) async fn publish_weights(&self, start: Date) -> anyhow::Result<()> {
        let message = pb::CreateScoreWeightsRequest {
            request_id: "demo-weights".to_owned(),
            score_weights: Some(pb::ScoreWeights {
                start_date: start.to_string(),
                decision: council::decision(start.year(), council::WEIGHTS),
                prior_schools_count: 10,
                area_permille: 800,
                region_permille: 200,
                ..pb::ScoreWeights::default()
            }),
        };
        let answer = self.callers.cohorts(Actor::Ncetm).create_score_weights(message).await;
        answered(answer, || "the weights were not published".to_owned()).map(|_| ())
    }

    async fn announce_cohort(&self, year: &Year, window: [Date; 2]) -> anyhow::Result<()> {
        let settings = [pb::YearSetting::OwnTeaching, pb::YearSetting::OwnDepartment, pb::YearSetting::LocalSchools];
        let years = settings.into_iter().zip([0, 0, 2]).zip(1..).map(|((setting, supported_schools_count), year_number)| {
            pb::CohortYear { year_number, setting: setting.into(), supported_schools_count, leads_groups: None }
        });
        let message = pb::CreateCohortRequest {
            request_id: request_id("cohort", year.year, "new"),
            cohort_id: cohort_id(year),
            cohort: Some(pb::Cohort {
                display_name: format!("Secondary Mastery Specialists from {}", first_academic_year(year)),
                number: self.cohort_number(),
                education_phase: network::EducationPhase::Secondary.into(),
                programme: PROGRAMMES[PROGRAMME].id.to_owned(),
                first_academic_year: first_academic_year(year).to_string(),
                window_start_date: window[0].to_string(),
                window_end_date: window[1].to_string(),
                years: years.collect(),
                // The demo leaves its last report provisional, to show one.
                provisional_figures_count: true,
                ..pb::Cohort::default()
            }),
        };
        let answer = self.callers.cohorts(Actor::Ncetm).create_cohort(message).await;
        answered(answer, || "the cohort was not announced".to_owned()).map(|_| ())
    }

    /// The number of the cohort: one more than the cohorts that led groups.
    fn cohort_number(&self) -> i32 {
        self.cohorts_counts.get(&PROGRAMME).copied().unwrap_or_default() + 1
    }

    async fn publication_year(&self, name: &str) -> anyhow::Result<String> {
        let message = network::GetReachPublicationRequest { name: name.to_owned() };
        let answer = self.callers.reach(Actor::Ncetm).get_reach_publication(message).await;
        let publication = answered(answer, || format!("{name} could not be read"))?.reach_publication;
        Ok(publication.context("the network service answered without the publication")?.academic_year)
    }

    /// The coldest areas of a publication, with their numbers of nominated and selected teachers.
    async fn areas(&self, publication: &str, cohort: &str) -> anyhow::Result<Vec<Area>> {
        let message = network::ListColdAreasRequest {
            parent: publication.to_owned(),
            page_size: PAGE_SIZE,
            programme: PROGRAMMES[PROGRAMME].id.to_owned(),
            education_phase: network::EducationPhase::Secondary.into(),
            ..network::ListColdAreasRequest::default()
        };
        let answer = self.callers.reach(Actor::Ncetm).list_cold_areas(message).await;
        let cold = answered(answer, || format!("the cold areas of {publication} were not listed"))?.cold_areas;
        let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        for nomination in self.nominations(cohort).await? {
            let selected = nomination.state() == pb::NominationState::Selected;
            let Some(inputs) = nomination.standing.and_then(|standing| standing.inputs) else { continue };
            let counted = counts.entry(inputs.old_la_code).or_default();
            counted[0] += 1;
            counted[1] += usize::from(selected);
        }
        let names: BTreeMap<String, String> =
            self.places_of_schools().await?.into_values().map(|place| (place.old_la_code, place.la_name)).collect();
        let ranked = cold.into_iter().filter(|area| area.rank > 0).take(AREAS_MAX);
        let areas = ranked.map(|area| {
            let [nominated_count, selected_count] = counts.get(&area.old_la_code).copied().unwrap_or_default();
            let la_name = names.get(&area.old_la_code).cloned().unwrap_or_else(|| area.old_la_code.clone());
            let coldness_ppm = u32::try_from(area.coldness_ppm)?;
            Ok(Area { rank: area.rank, la_name, coldness_ppm, nominated_count, selected_count })
        });
        areas.collect()
    }

    async fn nominations(&self, cohort: &str) -> anyhow::Result<Vec<pb::Nomination>> {
        let items = client::items(|page_token| async move {
            let message = pb::ListNominationsRequest {
                parent: cohort.to_owned(),
                page_size: PAGE_SIZE,
                page_token,
                ..pb::ListNominationsRequest::default()
            };
            let page = self.callers.nominations(Actor::Ncetm).list_nominations(message).await?.into_inner();
            Ok((page.nominations, page.next_page_token))
        });
        listed(items, || format!("the nominations of {cohort} were not listed")).await
    }
}

/// The calendar year of the spring in which the cohort is recruited: the first after the last report.
pub(super) fn spring(year: &Year) -> i16 {
    year.year.first_year() + 2
}

fn first_academic_year(year: &Year) -> AcademicYear {
    AcademicYear::starting(spring(year))
}

fn cohort_id(year: &Year) -> String {
    format!("secondary-{}", spring(year))
}

fn cohort_name(year: &Year) -> String {
    format!("cohorts/{}", cohort_id(year))
}

fn date(year: i16, month: i8, day: i8) -> Date {
    Date::new_checked(year, month, day).expect("the demo's days are days of the calendar")
}
