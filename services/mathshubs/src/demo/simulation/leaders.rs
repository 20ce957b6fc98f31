//! The leaders of Work Groups: each spring schools that have not applied nominate teachers, and NCETM selects them as specialists of a programme.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use proto::{network::v1 as network, specialists::v1 as pb};
use time::{AcademicYear, Date};

use super::{Simulation, request_id};
use crate::demo::{
    callers::{Actor, Callers, answered, at_once},
    hubs::HUBS,
    plan::{self, PROGRAMMES, Phase, Round, Year},
};

/// Schools that nominate a teacher, with their hubs.
type Nominating = Vec<(i32, usize)>;

impl Simulation {
    /// Recruits, for each programme whose groups specialists lead, those that each hub lacks for its Work Groups of the year, and one more.
    pub(super) async fn recruit_leaders(&mut self, year: &Year, round: &Round) -> anyhow::Result<()> {
        let nominating = self.nominating_leaders(year, round).await?;
        if nominating.is_empty() {
            return Ok(());
        }
        self.progress.now(format!("{}  specialists are recruited", year.year));
        for programme in nominating.keys() {
            self.announce_leaders(year, *programme).await?;
        }
        let first = year.year.first_year();
        self.go_to(first, 2, 27, 9);
        let programmes: Vec<usize> = nominating.keys().copied().collect();
        for (programme, nominating) in nominating {
            for (_, hub) in &nominating {
                *self.leaders.entry((*hub, programme)).or_default() += 1;
            }
            self.leading.extend(nominating.iter().map(|(urn, _)| self.lineage.of(*urn)));
            self.nominate_all(year.year, &format!("cohorts/{}", cohort_id(year, programme)), nominating).await?;
        }
        self.go_to(first, 3, 20, 9);
        for programme in programmes {
            self.select_leaders(year, programme).await?;
        }
        self.suite.catch_up_leaders().await
    }

    /// Announces the next cohort of a programme. The demo plays no years before the first, so its specialists lead groups from their first year on: secondary
    /// specialists pairs of local schools.
    async fn announce_leaders(&mut self, year: &Year, programme: usize) -> anyhow::Result<()> {
        let number = self.cohorts_counts.entry(programme).or_default();
        *number += 1;
        let (phase, setting, supported_schools_count) = match specialists_phase(programme) {
            Phase::Secondary => (network::EducationPhase::Secondary, pb::YearSetting::LocalSchools, 2),
            _ => (network::EducationPhase::Primary, pb::YearSetting::OwnTeaching, 0),
        };
        let leading =
            pb::CohortYear { year_number: 1, setting: setting.into(), supported_schools_count, leads_groups: Some(true) };
        let (first, cohort) = (year.year.first_year(), cohort_id(year, programme));
        let message = pb::CreateCohortRequest {
            request_id: request_id("cohort", year.year, programme),
            cohort_id: cohort.clone(),
            cohort: Some(pb::Cohort {
                display_name: format!("{} Mastery Specialists from {}", specialists_phase(programme).name(), year.year),
                number: *number,
                education_phase: phase.into(),
                programme: PROGRAMMES[programme].id.to_owned(),
                first_academic_year: year.year.to_string(),
                window_start_date: day(first, 2, 26).to_string(),
                window_end_date: day(first, 3, 16).to_string(),
                years: vec![leading],
                provisional_figures_count: true,
                ..pb::Cohort::default()
            }),
        };
        let answer = self.callers.cohorts(Actor::Ncetm).create_cohort(message).await;
        answered(answer, || format!("{cohort} was not announced")).map(|_| ())
    }

    /// Selects all nominations of a cohort.
    async fn select_leaders(&self, year: &Year, programme: usize) -> anyhow::Result<()> {
        let parent = format!("cohorts/{}", cohort_id(year, programme));
        let message = pb::RankNominationsRequest {
            request_id: request_id("rank", year.year, programme),
            parent: parent.clone(),
            validate_only: false,
        };
        let answer = self.callers.nominations(Actor::Ncetm).rank_nominations(message).await;
        let ranking = answered(answer, || format!("the nominations of {parent} were not ranked"))?.ranking;
        let message = pb::SelectNominationsRequest {
            request_id: request_id("select", year.year, programme),
            parent: parent.clone(),
            hub: String::new(),
            selections_count: ranking.context("the specialists service answered without the ranking")?.nominations_count,
            validate_only: false,
        };
        let answer = self.callers.nominations(Actor::Ncetm).select_nominations(message).await;
        answered(answer, || format!("no specialists of {parent} were selected")).map(|_| ())
    }

    /// The schools that nominate a teacher, by programme: as many as each hub lacks, of schools that neither apply nor have a specialist.
    async fn nominating_leaders(&self, year: &Year, round: &Round) -> anyhow::Result<BTreeMap<usize, Nominating>> {
        let mut schools: BTreeMap<(usize, usize), usize> = round.places.clone();
        // Schools in their second year meet too.
        for place in self.places.iter().filter(|place| PROGRAMMES[place.programme].years_count > 1) {
            *schools.entry((place.hub, place.programme)).or_default() += 1;
        }
        let mut needed: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for ((hub, programme), count) in schools {
            let Some(of_group) = PROGRAMMES[programme].schools_of_specialist else { continue };
            let leaders = self.leaders.get(&(hub, programme)).copied().unwrap_or_default();
            needed.insert((hub, programme), (count.div_ceil(of_group) + 1).saturating_sub(leaders));
        }
        let applying: BTreeSet<i32> = round.applicants.iter().map(|applicant| applicant.lineage).collect();
        let applied: BTreeSet<i32> = self.applied.iter().map(|urn| self.lineage.of(*urn)).collect();
        let is_free =
            |lineage: &i32| !applying.contains(lineage) && !applied.contains(lineage) && !self.leading.contains(lineage);
        let programmes: BTreeSet<usize> = needed.keys().map(|(_, programme)| *programme).collect();
        let listed = self.schools().await?;
        let mut nominating: BTreeMap<usize, Nominating> = BTreeMap::new();
        for programme in programmes {
            for (urn, lineage, hub) in plan::with_leaders(self.options.seed, year.year, &listed, specialists_phase(programme)) {
                let Some(needed) = needed.get_mut(&(hub, programme)).filter(|needed| **needed > 0) else { continue };
                if is_free(&lineage) {
                    *needed -= 1;
                    nominating.entry(programme).or_default().push((urn, hub));
                }
            }
        }
        nominating.values_mut().for_each(|schools| schools.sort_unstable());
        Ok(nominating)
    }

    /// Schools record a teacher and nominate the person.
    pub(super) async fn nominate_all(&self, year: AcademicYear, parent: &str, schools: Vec<(i32, usize)>) -> anyhow::Result<()> {
        let callers = self.callers.clone();
        let teachers = at_once(&self.progress, schools, move |(urn, hub)| {
            let callers = callers.clone();
            async move {
                let person = record_teacher(&callers, year, urn, "specialist").await?;
                Ok((urn, hub, person))
            }
        })
        .await?;
        self.catch_up().await?;
        let (callers, parent) = (self.callers.clone(), parent.to_owned());
        at_once(&self.progress, teachers, move |(urn, hub, person)| {
            let (callers, parent) = (callers.clone(), parent.clone());
            async move {
                let message = pb::CreateNominationRequest {
                    request_id: request_id("nominate", year, urn),
                    parent,
                    nomination: Some(pb::Nomination {
                        school: format!("schools/{urn}"),
                        hub: format!("hubs/{}", HUBS[hub].id),
                        person,
                        ..pb::Nomination::default()
                    }),
                    early_career_teacher: false,
                    head_teacher_agrees: true,
                };
                let answer = callers.nominations(Actor::School(urn)).create_nomination(message).await;
                answered(answer, || format!("schools/{urn} could not nominate its teacher")).map(|_| ())
            }
        })
        .await?;
        Ok(())
    }
}

/// A school records one of its teachers. Returns the person's name as a resource.
pub(super) async fn record_teacher(callers: &Callers, year: AcademicYear, urn: i32, what: &str) -> anyhow::Result<String> {
    let details = network::PersonDetails {
        display_name: format!("A teacher of school {urn}"),
        email_address: format!("{what}-{}@school-{urn}.example", year.first_year()),
    };
    let message = network::RecordPersonRequest {
        request_id: request_id(what, year, urn),
        details: Some(details),
        school: format!("schools/{urn}"),
        start_date: String::new(),
    };
    let answer = callers.persons(Actor::School(urn)).record_person(message).await;
    let answer = answered(answer, || format!("schools/{urn} could not record its teacher"))?;
    Ok(answer.person.context("the network service answered without the person")?.name)
}

/// The phase of the schools whose teachers become the specialists of a programme.
fn specialists_phase(programme: usize) -> Phase {
    PROGRAMMES[programme].phases[0]
}

fn cohort_id(year: &Year, programme: usize) -> String {
    format!("{}-{}", specialists_phase(programme).name().to_lowercase(), year.year.first_year())
}

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new_checked(year, month, day).expect("the demo's days are days of the calendar")
}
