//! The leaders of Work Groups: each spring primary schools that have not applied nominate teachers, and NCETM selects them as specialists.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use proto::{network::v1 as network, specialists::v1 as pb};
use time::{AcademicYear, Date};

use super::{Simulation, request_id};
use crate::demo::{
    callers::{Actor, Callers, answered, at_once},
    hubs::HUBS,
    plan::{self, PROGRAMMES, Round, Year},
};

/// Programme whose specialists lead the groups, as an index in [`PROGRAMMES`].
const PROGRAMME: usize = 0;

impl Simulation {
    /// Recruits the specialists that each hub lacks for its Work Groups of the year, and one more. `number` is that of the cohort, from 1.
    pub(super) async fn recruit_leaders(&mut self, year: &Year, round: &Round, number: i32) -> anyhow::Result<()> {
        let nominating = self.nominating_leaders(year, round).await?;
        if nominating.is_empty() {
            return Ok(());
        }
        self.progress.now(format!("{}  specialists are recruited", year.year));
        let first = year.year.first_year();
        let (start, end) = (day(first, 2, 26), day(first, 3, 16));
        let cohort = format!("primary-{first}");
        let setting = pb::YearSetting::OwnTeaching.into();
        // The demo plays no years before the first, so its specialists lead groups from their first year on.
        let leading = pb::CohortYear { year_number: 1, setting, supported_schools_count: 0, leads_groups: Some(true) };
        let message = pb::CreateCohortRequest {
            request_id: request_id("cohort", year.year, "primary"),
            cohort_id: cohort.clone(),
            cohort: Some(pb::Cohort {
                display_name: format!("Primary Mastery Specialists from {}", year.year),
                number,
                education_phase: network::EducationPhase::Primary.into(),
                programme: PROGRAMMES[PROGRAMME].id.to_owned(),
                first_academic_year: year.year.to_string(),
                window_start_date: start.to_string(),
                window_end_date: end.to_string(),
                years: vec![leading],
                provisional_figures_count: true,
                ..pb::Cohort::default()
            }),
        };
        let answer = self.callers.cohorts(Actor::Ncetm).create_cohort(message).await;
        answered(answer, || format!("{cohort} was not announced"))?;
        self.go_to(first, 2, 27, 9);
        let parent = format!("cohorts/{cohort}");
        for (_, hub) in &nominating {
            *self.leaders.entry(*hub).or_default() += 1;
        }
        self.leading.extend(nominating.iter().map(|(urn, _)| self.lineage.of(*urn)));
        self.nominate_all(year.year, &parent, nominating).await?;
        self.go_to(first, 3, 20, 9);
        let message = pb::RankNominationsRequest {
            request_id: request_id("rank", year.year, "primary"),
            parent: parent.clone(),
            validate_only: false,
        };
        let answer = self.callers.nominations(Actor::Ncetm).rank_nominations(message).await;
        let ranking = answered(answer, || format!("the nominations of {parent} were not ranked"))?.ranking;
        let message = pb::SelectNominationsRequest {
            request_id: request_id("select", year.year, "primary"),
            parent: parent.clone(),
            hub: String::new(),
            selections_count: ranking.context("the specialists service answered without the ranking")?.nominations_count,
            validate_only: false,
        };
        let answer = self.callers.nominations(Actor::Ncetm).select_nominations(message).await;
        answered(answer, || format!("no specialists of {parent} were selected"))?;
        self.suite.catch_up_leaders().await
    }

    /// Schools that nominate a teacher, with their hubs: as many as the hub lacks, of schools that neither apply nor have a specialist.
    async fn nominating_leaders(&self, year: &Year, round: &Round) -> anyhow::Result<Vec<(i32, usize)>> {
        let mut schools: BTreeMap<(usize, usize), usize> = round.places.clone();
        // Schools in their second year meet too.
        for place in self.places.iter().filter(|place| PROGRAMMES[place.programme].years_count > 1) {
            *schools.entry((place.hub, place.programme)).or_default() += 1;
        }
        let mut needed: BTreeMap<usize, usize> = BTreeMap::new();
        for ((hub, programme), count) in schools {
            let Some(of_group) = PROGRAMMES[programme].schools_of_specialist else { continue };
            let groups = count.div_ceil(of_group) + 1;
            let of_hub = needed.entry(hub).or_default();
            *of_hub = groups.max(*of_hub);
        }
        let applying: BTreeSet<i32> = round.applicants.iter().map(|applicant| applicant.lineage).collect();
        let applied: BTreeSet<i32> = self.applied.iter().map(|urn| self.lineage.of(*urn)).collect();
        let is_free =
            |lineage: &i32| !applying.contains(lineage) && !applied.contains(lineage) && !self.leading.contains(lineage);
        let candidates = plan::with_leaders(self.options.seed, year.year, &self.schools().await?);
        let mut nominating = Vec::new();
        for (urn, lineage, hub) in candidates {
            let Some(needed) =
                needed.get_mut(&hub).filter(|needed| **needed > self.leaders.get(&hub).copied().unwrap_or_default())
            else {
                continue;
            };
            if is_free(&lineage) {
                *needed -= 1;
                nominating.push((urn, hub));
            }
        }
        nominating.sort_unstable();
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

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new_checked(year, month, day).expect("the demo's days are days of the calendar")
}
