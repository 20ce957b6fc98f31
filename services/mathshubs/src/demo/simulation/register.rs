//! The start of a year: NCETM imports the register, DfE confirms its changed links, and NCETM creates hubs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, MutexGuard},
};

use anyhow::Context;
use proto::network::v1 as pb;
use time::{AcademicYear, Date};

use super::{DemoOptions, ListedSchools, Simulation, Source, request_id};
use crate::{
    demo::{
        callers::{Actor, Callers, answered, listed},
        hubs::HUBS,
        plan::{Phase, School, Year},
    },
    import,
};

/// Location of a school.
#[derive(Debug)]
pub(super) struct Location {
    pub(super) region_code: String,
    pub(super) old_la_code: String,
    pub(super) la_name: String,
}

/// The code of GIAS of a closed school.
const CLOSED: i32 = 2;
/// The codes of GIAS of the establishment type group of colleges, and of the phase 16 plus.
const COLLEGES: i32 = 1;
const SIXTEEN_PLUS: i32 = 6;
/// Schools per page.
const PAGE_SIZE: i32 = 1_000;

/// Validates the import of the register against a suite without changing anything. A generated register needs no validation.
pub(crate) async fn try_register(options: &DemoOptions, callers: &Callers) -> anyhow::Result<()> {
    let Source::File { extract, links } = &options.source else { return Ok(()) };
    let header = pb::ImportRegisterHeader {
        request_id: "demo-register-trial".to_owned(),
        as_of_date: options.as_of.to_string(),
        validate_only: true,
        ..pb::ImportRegisterHeader::default()
    };
    let messages = import::messages(header, extract, links.as_deref());
    callers
        .register(Actor::Ncetm)
        .import_register(futures::stream::iter(messages))
        .await
        .map(drop)
        .map_err(|status| import::refused("the register", &status))
}

impl Simulation {
    /// Imports the year's register and creates the hubs that start.
    pub(super) async fn enter(&mut self, year: &Year, first: bool) -> anyhow::Result<()> {
        match &self.options.source {
            Source::File { .. } if first => self.load(year.year, self.options.as_of).await?,
            Source::File { .. } => {}
            // The extract of a download in spring, unless the extract's own day is earlier.
            Source::Made(_) => self.load(year.year, self.clock.today().min(self.options.as_of)).await?,
        }
        self.create_hubs(year.year).await
    }

    /// Imports the last extract on its own day, unless it is imported already.
    pub(super) async fn enter_last(&mut self, year: &Year) -> anyhow::Result<()> {
        if matches!(self.options.source, Source::Made(_)) && self.options.as_of > year.year.plus(-1).end_date() {
            self.go_to_day(self.options.as_of, 7);
            self.load(year.year, self.options.as_of).await?;
        }
        Ok(())
    }

    async fn load(&mut self, year: AcademicYear, as_of: Date) -> anyhow::Result<()> {
        self.progress.now(format!("{year}  the register of {as_of} is loaded"));
        let made;
        let (extract, links) = match &self.options.source {
            Source::File { extract, links } => (extract.as_slice(), links.as_deref()),
            Source::Made(register) => {
                made = (register.extract(as_of), register.links(as_of));
                (made.0.as_slice(), made.1.as_deref())
            }
        };
        if let Some(links) = links {
            self.lineage.add_file(links);
        }
        let header = pb::ImportRegisterHeader {
            request_id: request_id("register", year, as_of),
            as_of_date: as_of.to_string(),
            ..pb::ImportRegisterHeader::default()
        };
        let messages = import::messages(header, extract, links);
        let response = self.callers.register(Actor::Ncetm).import_register(futures::stream::iter(messages)).await;
        let response = response.map_err(|status| import::refused("the register", &status))?;
        let register = response.into_inner().register.context("the network service answered without the register")?;
        if year == self.options.years[0].year {
            let schools = import::reason_count(&register, pb::RegisterReason::In);
            self.progress.line(&format!(
                "register of {as_of}: {} rows, {} schools in the programme's reach, {} links",
                register.rows_count, schools, register.links_count
            ));
        }
        self.confirm_links(year, register).await?;
        self.listed().clear();
        self.catch_up().await
    }

    /// Links of schools that an earlier register listed are pending. NCETM imported them, so DfE confirms them.
    async fn confirm_links(&self, year: AcademicYear, register: pb::Register) -> anyhow::Result<()> {
        if register.pending_links_count == 0 {
            return Ok(());
        }
        let message = pb::ConfirmLinksRequest {
            request_id: request_id("links", year, &register.as_of_date),
            name: register.name,
            etag: register.etag,
            predecessor_schools: Vec::new(),
        };
        let answer = self.callers.register(Actor::Dfe).confirm_links(message).await;
        let confirmed = answered(answer, || format!("the links of the register of {} were not confirmed", register.as_of_date))?;
        self.progress.line(&format!(
            "register of {}: {} links were pending, DfE confirmed {}",
            register.as_of_date, register.pending_links_count, confirmed.confirmed_links_count
        ));
        Ok(())
    }

    async fn create_hubs(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        let leads = self.schools_listed(pb::EducationPhase::Secondary, pb::RegisterReason::In).await?;
        for (index, hub) in HUBS.iter().enumerate() {
            if !hub.is_active_in(year) || !self.founded.insert(index) {
                continue;
            }
            let lead = leads.iter().find(|school| hub.old_la_codes.contains(&school.old_la_code.as_str()));
            let lead = lead.or_else(|| leads.iter().find(|school| school.region_code == hub.region_code));
            let lead = lead.with_context(|| format!("the register lists no secondary school in region {}", hub.region_code))?;
            let message = pb::CreateHubRequest {
                request_id: request_id("hub", year, hub.id),
                hub_id: hub.id.to_owned(),
                hub: Some(pb::Hub {
                    display_name: hub.display_name.to_owned(),
                    region_code: hub.region_code.to_owned(),
                    old_la_codes: hub.old_la_codes.iter().map(|code| (*code).to_owned()).collect(),
                    start_date: hub.start_date().to_string(),
                    ..pb::Hub::default()
                }),
                lead_school: lead.name.clone(),
            };
            let answer = self.callers.hubs(Actor::Ncetm).create_hub(message).await;
            answered(answer, || format!("the hub {} was not founded", hub.id))?;
        }
        self.catch_up().await
    }

    /// The schools that may take part, in order of their URNs, and then the colleges.
    pub(super) async fn schools(&self) -> anyhow::Result<Vec<School>> {
        let listed = self.schools_listed(pb::EducationPhase::Unspecified, pb::RegisterReason::In).await?;
        let others = self.schools_listed(pb::EducationPhase::Unspecified, pb::RegisterReason::NotStateFunded).await?;
        let is_college = |school: &pb::School| school.type_group_code == COLLEGES && school.phase_code == SIXTEEN_PLUS;
        let colleges = others.iter().filter(|school| is_college(school) && !school.region_code.is_empty());
        let schools = listed.iter().chain(colleges).filter_map(|school| {
            let phase = match school.education_phase() {
                pb::EducationPhase::Primary => Some(Phase::Primary),
                pb::EducationPhase::Secondary => Some(Phase::Secondary),
                pb::EducationPhase::AllThrough => Some(Phase::AllThrough),
                pb::EducationPhase::Unspecified if is_college(school) => None,
                pb::EducationPhase::Unspecified => return None,
            };
            let (lineage, ages) = (self.lineage.of(school.urn), school.low_age.zip(school.high_age));
            let (region_code, old_la_code) = (school.region_code.clone(), school.old_la_code.clone());
            Some(School { urn: school.urn, region_code, old_la_code, phase, ages, lineage })
        });
        Ok(schools.collect())
    }

    /// URNs of the listed schools that are not closed today.
    pub(super) async fn open_schools(&self) -> anyhow::Result<BTreeSet<i32>> {
        let listed = self.schools_listed(pb::EducationPhase::Unspecified, pb::RegisterReason::Unspecified).await?;
        let today = self.clock.today().to_string();
        let is_open = |school: &&pb::School| match school.close_date.as_str() {
            "" => school.status_code != CLOSED,
            close_date => today.as_str() < close_date,
        };
        Ok(listed.iter().filter(is_open).map(|school| school.urn).collect())
    }

    /// Locations of all listed schools, closed ones included, by name.
    pub(super) async fn places_of_schools(&self) -> anyhow::Result<BTreeMap<String, Location>> {
        let listed = self.schools_listed(pb::EducationPhase::Unspecified, pb::RegisterReason::Unspecified).await?;
        let lies = |school: &pb::School| {
            let pb::School { name, region_code, old_la_code, la_name, .. } = school.clone();
            (name, Location { region_code, old_la_code, la_name })
        };
        Ok(listed.iter().map(lies).collect())
    }

    /// Schools of a phase and a reason of the register, all for an unspecified one. Listed once for each register.
    pub(super) async fn schools_listed(
        &self,
        phase: pb::EducationPhase,
        reason: pb::RegisterReason,
    ) -> anyhow::Result<Arc<[pb::School]>> {
        if let Some(schools) = self.listed().get(&(phase, reason)) {
            return Ok(Arc::clone(schools));
        }
        let items = client::items(|page_token| async move {
            let message = pb::ListSchoolsRequest {
                page_size: PAGE_SIZE,
                page_token,
                education_phase: phase.into(),
                register_reason: reason.into(),
                ..pb::ListSchoolsRequest::default()
            };
            let page = self.callers.register(Actor::Ncetm).list_schools(message).await?.into_inner();
            Ok((page.schools, page.next_page_token))
        });
        let schools: Arc<[pb::School]> = listed(items, || "the schools were not listed".to_owned()).await?.into();
        self.listed().insert((phase, reason), Arc::clone(&schools));
        Ok(schools)
    }

    fn listed(&self) -> MutexGuard<'_, ListedSchools> {
        self.listed.lock().expect("no holder of the listed schools panics")
    }
}
