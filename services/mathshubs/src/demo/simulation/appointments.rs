//! The people who lead: a hub lead of each region, who is its member of the Council; an assistant lead in each region of the North; the Council's members for
//! NCETM and DfE; and the chair of the Council, as the rotation proposes.

use anyhow::Context;
use proto::network::v1 as pb;

use super::Simulation;
use crate::demo::{
    callers::{Actor, answered},
    hubs::HUBS,
};

/// The regions of the North, in which hubs have assistant leads first.
const NORTH: [&str; 3] = ["E12000001", "E12000002", "E12000003"];
/// The responsibility of the assistant leads.
const REMIT: &str = "Teaching for mastery in secondary schools";

impl Simulation {
    /// Appoints the people of the first hub of each region, and the chair of the Council.
    pub(super) async fn appoint_all(&self) -> anyhow::Result<()> {
        let mut regions = Vec::new();
        for index in self.founded.iter().copied() {
            let hub = HUBS[index];
            if regions.contains(&hub.region_code) {
                continue;
            }
            regions.push(hub.region_code);
            let name = format!("hubs/{}", hub.id);
            let lead = self.person_of_hub(&name, "Lead").await?;
            self.appoint(pb::AppointmentRole::HubLead, &name, "1", &lead, "").await?;
            self.appoint(pb::AppointmentRole::CouncilMember, "", hub.region_code, &lead, "").await?;
            if NORTH.contains(&hub.region_code) {
                let assistant = self.person_of_hub(&name, "Assistant lead").await?;
                self.appoint(pb::AppointmentRole::AssistantHubLead, &name, "1", &assistant, hub.region_code).await?;
            }
        }
        for seat in ["NCETM", "DFE"] {
            let member = self.record_person("Member", seat, &seat.to_lowercase(), String::new()).await?;
            self.appoint(pb::AppointmentRole::CouncilMember, "", seat, &member, "").await?;
        }
        let request = pb::ProposeChairRequest { as_of_date: self.clock.today().to_string() };
        let proposed = self.callers.council(Actor::Ncetm).propose_chair(request).await;
        let proposed = answered(proposed, || "no chair of the Council was proposed".to_owned())?;
        let chair = proposed.candidates.first().context("the Council has no candidate for its chair")?;
        self.appoint(pb::AppointmentRole::CouncilChair, &chair.hub, "1", &chair.person, "").await?;
        self.progress.line(&format!(
            "appointed: leads of {} hubs, who are the Council's members beside NCETM's and DfE's; assistant leads of {}; {} chairs the Council",
            regions.len(),
            regions.iter().filter(|region| NORTH.contains(region)).count(),
            chair.hub
        ));
        Ok(())
    }

    /// Records a person of the school that leads a hub. Gives the name of the record.
    async fn person_of_hub(&self, hub: &str, title: &str) -> anyhow::Result<String> {
        let read = self.callers.hubs(Actor::Ncetm).get_hub(pb::GetHubRequest { name: hub.to_owned() }).await;
        let school = answered(read, || format!("{hub} was not read"))?.hub.unwrap_or_default().lead_school;
        self.record_person(title, hub, &hub.replace('/', "-"), school).await
    }

    /// Records a person of an organisation, which has a domain of e-mail addresses; `school` is empty for a person who teaches at none. Gives the name of
    /// the record.
    async fn record_person(&self, title: &str, organisation: &str, domain: &str, school: String) -> anyhow::Result<String> {
        let message = pb::RecordPersonRequest {
            request_id: format!("demo-{}-{domain}", &title[..4]),
            details: Some(pb::PersonDetails {
                display_name: format!("{title} of {organisation}"),
                email_address: format!("{}@{domain}.example", title.to_lowercase().replace(' ', "-")),
            }),
            school,
            start_date: String::new(),
        };
        let answer = self.callers.persons(Actor::Ncetm).record_person(message).await;
        let person = answered(answer, || format!("a person of {organisation} was not recorded"))?.person;
        Ok(person.context("the network service answered without the person")?.name)
    }

    pub(super) async fn appoint(
        &self,
        role: pb::AppointmentRole,
        hub: &str,
        seat: &str,
        holder: &str,
        region_code: &str,
    ) -> anyhow::Result<()> {
        let appointment = pb::Appointment {
            role: role.into(),
            hub: hub.to_owned(),
            seat: seat.to_owned(),
            holder: holder.to_owned(),
            start_date: self.clock.today().to_string(),
            remit: if region_code.is_empty() { String::new() } else { REMIT.to_owned() },
            region_code: region_code.to_owned(),
            ..pb::Appointment::default()
        };
        let request_id = format!("demo-appoint-{}-{}-{seat}", i32::from(role), hub.trim_start_matches("hubs/"));
        let request = pb::AppointRequest { request_id, appointment: Some(appointment) };
        let answer = self.callers.appointments(Actor::Ncetm).appoint(request).await;
        answered(answer, || format!("nobody was appointed to seat {seat} of {}", role.as_str_name())).map(|_| ())
    }
}
