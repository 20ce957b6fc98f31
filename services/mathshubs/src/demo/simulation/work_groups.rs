//! Autumn: hubs form Work Groups of the schools that start a year, by the service's own proposal, and leaders take the register of the first meeting.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use proto::{enrolment::v1 as pb, meeting::v1 as meeting};
use time::AcademicYear;

use super::{Place, Simulation, leaders::record_teacher, request_id};
use crate::demo::{
    callers::{Actor, Callers, answered, at_once},
    hubs::HUBS,
    plan::{self, PROGRAMMES},
};

/// Teachers of each school that take part.
const TEACHERS: [&str; 2] = ["teacher-a", "teacher-b"];

/// A Work Group of the year.
#[derive(Debug, Clone)]
pub(super) struct Group {
    name: String,
    hub: usize,
    /// `persons/{person}`.
    leader: String,
    /// Participations.
    members: Vec<String>,
}

impl Simulation {
    /// Each hub forms the groups that the enrolment service proposes for its schools. Returns the number of groups.
    pub(super) async fn form_groups(&mut self, year: AcademicYear) -> anyhow::Result<usize> {
        self.progress.now(format!("{year}  Work Groups are formed"));
        self.record_participants(year).await?;
        let kinds: BTreeSet<(usize, usize, i32)> =
            self.places.iter().map(|place| (place.hub, place.programme, place.year_number)).collect();
        let mut kinds_of_hubs: BTreeMap<usize, Vec<(usize, i32)>> = BTreeMap::new();
        for (hub, programme, year_number) in kinds {
            kinds_of_hubs.entry(hub).or_default().push((programme, year_number));
        }
        let (callers, start_date) = (self.callers.clone(), self.clock.today().to_string());
        let groups = at_once(&self.progress, kinds_of_hubs.into_iter().collect(), move |(hub, kinds)| {
            let (callers, start_date) = (callers.clone(), start_date.clone());
            async move {
                let mut groups = Vec::new();
                for (programme, year_number) in kinds {
                    groups.extend(form(&callers, year, hub, (programme, year_number), &start_date).await?);
                }
                Ok(groups)
            }
        })
        .await?;
        self.groups = groups.into_iter().flatten().collect();
        Ok(self.groups.len())
    }

    /// Schools that start their first year record the two teachers who take part.
    async fn record_participants(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        let new = self.places.iter().filter(|place| !self.participants.contains_key(&place.participation));
        let new: Vec<(String, i32)> = new.map(|place| (place.participation.clone(), place.urn)).collect();
        let callers = self.callers.clone();
        let recorded = at_once(&self.progress, new, move |(participation, urn)| {
            let callers = callers.clone();
            async move {
                let mut persons = Vec::new();
                for teacher in TEACHERS {
                    persons.push(record_teacher(&callers, year, urn, teacher).await?);
                }
                Ok((participation, persons))
            }
        })
        .await?;
        self.participants.extend(recorded);
        self.catch_up().await
    }

    /// Each group meets once in the autumn: its leader plans the meeting and takes the register.
    pub(super) async fn attend(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        self.progress.now(format!("{year}  Work Groups meet"));
        let seed = self.options.seed;
        let places: BTreeMap<&str, &Place> = self.places.iter().map(|place| (&*place.participation, place)).collect();
        let attends = |place: &Place| place.year_number > 1 || plan::attends(seed, year, place.urn);
        let members = self.groups.iter().flat_map(|group| &group.members);
        let attending: BTreeSet<&str> =
            members.map(String::as_str).filter(|name| places.get(name).is_some_and(|place| attends(place))).collect();
        let due = self.places.iter().filter(|place| {
            let is_first = place.year_number == 1 && place.programme == super::funding::PROGRAMME;
            is_first && attending.contains(&*place.participation) && self.signed.contains(&place.urn)
        });
        self.due.extend(due.map(|place| place.urn));
        let today = self.clock.today().to_string();
        let mark = |participation: &String| {
            let kind = if attending.contains(&**participation) { meeting::MarkKind::Attended } else { meeting::MarkKind::Absent };
            let persons = self.participants.get(participation).map(Vec::as_slice).unwrap_or_default();
            let mark = |person: &String| meeting::Mark {
                subject: participation.clone(),
                person: person.clone(),
                mark_date: today.clone(),
                kind: kind.into(),
                ..meeting::Mark::default()
            };
            persons.iter().map(mark).collect::<Vec<_>>()
        };
        let registers: Vec<_> =
            self.groups.iter().map(|group| (group.clone(), group.members.iter().flat_map(mark).collect::<Vec<_>>())).collect();
        let (callers, today) = (self.callers.clone(), today.clone());
        at_once(&self.progress, registers, move |(group, marks)| {
            let (callers, today) = (callers.clone(), today.clone());
            async move { meet(&callers, year, &group, &today, marks).await }
        })
        .await?;
        Ok(())
    }
}

/// Forms the proposed groups of a hub for a programme and a year of it.
async fn form(
    callers: &Callers,
    year: AcademicYear,
    hub: usize,
    (programme, year_number): (usize, i32),
    start_date: &str,
) -> anyhow::Result<Vec<Group>> {
    let (hub_name, kind) = (format!("hubs/{}", HUBS[hub].id), programme);
    let programme = PROGRAMMES[programme].id;
    let lead = callers.work_groups(Actor::HubLead(hub));
    let message = pb::ProposeWorkGroupsRequest {
        hub: hub_name.clone(),
        programme: programme.to_owned(),
        academic_year: year.to_string(),
        year_number,
    };
    let answer = lead.clone().propose_work_groups(message).await;
    let proposal = answered(answer, || format!("no groups of {hub_name} for {programme} were proposed"))?;
    let mut groups = Vec::new();
    for (index, proposed) in proposal.work_groups.into_iter().enumerate() {
        let message = pb::FormWorkGroupRequest {
            request_id: request_id("group", year, format_args!("{}-{kind}-{year_number}-{index}", HUBS[hub].id)),
            work_group: Some(pb::WorkGroup {
                hub: hub_name.clone(),
                programme: programme.to_owned(),
                academic_year: year.to_string(),
                year_number,
                leader: proposed.leader.clone(),
                ..pb::WorkGroup::default()
            }),
            participations: proposed.participations.clone(),
            start_date: start_date.to_owned(),
            validate_only: false,
        };
        let answer = lead.clone().form_work_group(message).await;
        let formed = answered(answer, || format!("a group of {hub_name} for {programme} was not formed"))?;
        let name = formed.work_group.context("the enrolment service answered without the group")?.name;
        groups.push(Group { name, hub, leader: proposed.leader, members: proposed.participations });
    }
    Ok(groups)
}

/// The hub plans a meeting for today, and the leader takes its register.
async fn meet(
    callers: &Callers,
    year: AcademicYear,
    group: &Group,
    today: &str,
    marks: Vec<meeting::Mark>,
) -> anyhow::Result<()> {
    let id = group.name.trim_start_matches("workGroups/");
    let message = meeting::PlanMeetingRequest {
        request_id: request_id("meeting", year, id),
        parent: group.name.clone(),
        meeting: Some(meeting::Meeting {
            kind: meeting::MeetingKind::Group.into(),
            start_date: today.to_owned(),
            end_date: today.to_owned(),
            venue: "The school of the leader".to_owned(),
            hub: format!("hubs/{}", HUBS[group.hub].id),
            ..meeting::Meeting::default()
        }),
    };
    let answer = callers.meetings(Actor::HubLead(group.hub)).plan_meeting(message).await;
    let planned = answered(answer, || format!("a meeting of {} was not planned", group.name))?;
    let message = meeting::TakeRegisterRequest {
        request_id: request_id("register", year, id),
        name: planned.meeting.context("the enrolment service answered without the meeting")?.name,
        register_state: meeting::RegisterState::Final.into(),
        marks,
    };
    let answer = callers.meetings_of_leader(&group.leader).take_register(message).await;
    answered(answer, || format!("the register of {} was not taken", group.name)).map(|_| ())
}
