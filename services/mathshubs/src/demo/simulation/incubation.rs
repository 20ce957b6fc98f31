//! New hubs after the last year: announced, incubated beside two hubs of their region with three schools, and opened. The schools of their authorities then
//! choose them. Their days are invented: the real ones opened in 2019.

use proto::network::v1 as pb;
use time::Date;

use super::{Simulation, council, request_id, specialists::spring};
use crate::demo::{
    callers::{Actor, answered},
    hubs::{HUBS, Hub},
    plan::Year,
};

/// Hubs that incubate a new one.
const INCUBATING_HUBS: usize = 2;
/// Schools that prepare a new hub, and the first of which leads it.
const INCUBATING_SCHOOLS: usize = 3;

impl Simulation {
    /// Opens the hubs of the year after the last one. `year` is the last one.
    pub(super) async fn open_new_hubs(&self, year: &Year) -> anyhow::Result<()> {
        let day = |month| Date::new_checked(spring(year), month, 1).expect("each month has a first day");
        let [announced, incubated, opened] = [day(4), day(5), day(9)];
        let new = |hub: &&Hub| hub.first_year == year.year.first_year() + 1;
        let schools = self.schools_listed(pb::EducationPhase::Secondary, pb::RegisterReason::In).await?;
        for hub in HUBS.iter().filter(new) {
            let of_hub = schools.iter().filter(|school| hub.old_la_codes.contains(&school.old_la_code.as_str()));
            let schools: Vec<&str> = of_hub.take(INCUBATING_SCHOOLS).map(|school| school.name.as_str()).collect();
            if schools.is_empty() {
                self.progress
                    .line(&format!("hubs/{} is not opened: the register lists no secondary school of its authorities", hub.id));
                continue;
            }
            self.go_to_day(announced, 9);
            self.announce_hub(hub, schools[0], incubated, opened, year).await?;
            self.go_to_day(incubated, 9);
            let name = format!("hubs/{}", hub.id);
            for (school, seat) in schools.iter().zip(1..) {
                self.appoint(pb::AppointmentRole::IncubatingSchool, &name, &format!("{seat}"), school, "").await?;
            }
        }
        for hub in HUBS.iter().filter(new) {
            self.go_to_day(opened.plus_days(-1), 9);
            let moved = self.move_schools(hub, opened, year).await?;
            self.progress.line(&format!(
                "hubs/{}: incubated by {INCUBATING_HUBS} hubs from {incubated}, opened on {opened} (invented days), chosen by {moved} schools",
                hub.id
            ));
        }
        Ok(())
    }

    async fn announce_hub(&self, hub: &Hub, lead: &str, incubated: Date, opened: Date, year: &Year) -> anyhow::Result<()> {
        let neighbours = self.founded.iter().map(|index| HUBS[*index]).filter(|other| other.region_code == hub.region_code);
        let message = pb::CreateHubRequest {
            request_id: request_id("hub", year.year, hub.id),
            hub_id: hub.id.to_owned(),
            hub: Some(pb::Hub {
                display_name: hub.display_name.to_owned(),
                region_code: hub.region_code.to_owned(),
                old_la_codes: hub.old_la_codes.iter().map(|code| (*code).to_owned()).collect(),
                incubation_start_date: incubated.to_string(),
                incubated_by_hubs: neighbours.take(INCUBATING_HUBS).map(|other| format!("hubs/{}", other.id)).collect(),
                start_date: opened.to_string(),
                ..pb::Hub::default()
            }),
            lead_school: lead.to_owned(),
        };
        let answer = self.callers.hubs(Actor::Ncetm).create_hub(message).await;
        answered(answer, || format!("the hub {} was not announced", hub.id)).map(|_| ())
    }

    /// The schools of the hub's authorities choose it from a day on: exactly those of the preview. Gives their number.
    async fn move_schools(&self, hub: &Hub, from: Date, year: &Year) -> anyhow::Result<i32> {
        let preview = pb::MoveSchoolsRequest {
            request_id: request_id("preview", year.year, hub.id),
            old_la_codes: hub.old_la_codes.iter().map(|code| (*code).to_owned()).collect(),
            schools: Vec::new(),
            hub: format!("hubs/{}", hub.id),
            start_date: from.to_string(),
            decision: council::decision(spring(year), council::NEW_HUBS),
            etag: String::new(),
            validate_only: true,
        };
        let answer = self.callers.hubs(Actor::Ncetm).move_schools(preview.clone()).await;
        let previewed = answered(answer, || format!("the move to {} was not previewed", hub.id))?;
        let (request_id, etag) = (request_id("move", year.year, hub.id), previewed.etag);
        let message = pb::MoveSchoolsRequest { request_id, etag, validate_only: false, ..preview };
        let answer = self.callers.hubs(Actor::Ncetm).move_schools(message).await;
        let moved = answered(answer, || format!("no school moved to {}", hub.id))?.schools_count;
        anyhow::ensure!(moved == previewed.schools_count, "{moved} schools moved to {}, not {}", hub.id, previewed.schools_count);
        Ok(moved)
    }
}
