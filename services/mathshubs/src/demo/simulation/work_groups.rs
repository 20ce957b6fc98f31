//! Autumn: hubs form Work Groups of the schools that start a year, by the service's own proposal, and leaders take the register of the first meeting. Winter:
//! visits, in one hub of each region.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use proto::{enrolment::v1 as pb, meeting::v1 as meeting};
use time::AcademicYear;

use super::{Place, Simulation, leaders::record_teacher, request_id};
use crate::demo::{
    callers::{Actor, Callers, answered, at_once},
    hubs::{self, HUBS},
    plan::{self, PROGRAMMES},
};

/// Teachers of a school.
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

/// The Work Groups of a year.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupSummary {
    /// Academic year.
    pub(crate) year: String,
    /// Number of groups, and of the schools in them.
    pub(crate) groups_count: usize,
    pub(crate) schools_count: usize,
    /// Number of hubs with groups, and of hubs with schools in a programme.
    pub(crate) hubs_count: usize,
    pub(crate) hubs_with_schools_count: usize,
    /// Number of schools in no group, by the constraint that binds.
    pub(crate) left_over: BTreeMap<pb::LeftOverReason, usize>,
}

/// The teachers of a school who take part.
pub(super) struct Participants {
    participation: String,
    urn: i32,
    persons: Vec<String>,
    is_visited: bool,
}

/// A meeting of a group that takes place today.
struct Meeting {
    group: Group,
    /// For the ids of the requests: one of each in a year and group.
    id: String,
    kind: meeting::MeetingKind,
    /// `schools/{urn}`. Empty for meetings elsewhere.
    host_school: String,
    marks: Vec<meeting::Mark>,
}

impl Simulation {
    /// Each hub forms the groups that the enrolment service proposes for its schools.
    pub(super) async fn form_groups(&mut self, year: AcademicYear) -> anyhow::Result<GroupSummary> {
        self.progress.now(format!("{year}  Work Groups are formed"));
        let kinds: BTreeSet<(usize, usize, i32)> =
            self.places.iter().map(|place| (place.hub, place.programme, place.year_number)).collect();
        let mut kinds_of_hubs: BTreeMap<usize, Vec<(usize, i32)>> = BTreeMap::new();
        for (hub, programme, year_number) in kinds {
            kinds_of_hubs.entry(hub).or_default().push((programme, year_number));
        }
        let (callers, start_date) = (self.callers.clone(), self.clock.today().to_string());
        let hubs_with_schools_count = kinds_of_hubs.len();
        let formed = at_once(&self.progress, kinds_of_hubs.into_iter().collect(), move |(hub, kinds)| {
            let (callers, start_date) = (callers.clone(), start_date.clone());
            async move {
                let (mut groups, mut left_over) = (Vec::new(), Vec::new());
                for (programme, year_number) in kinds {
                    let of_kind = form(&callers, year, hub, (programme, year_number), &start_date).await?;
                    groups.extend(of_kind.0);
                    left_over.extend(of_kind.1);
                }
                Ok((groups, left_over))
            }
        })
        .await?;
        self.groups.clear();
        let mut summary = GroupSummary { year: year.to_string(), hubs_with_schools_count, ..GroupSummary::default() };
        for (groups, reasons) in formed {
            summary.hubs_count += usize::from(!groups.is_empty());
            summary.groups_count += groups.len();
            summary.schools_count += groups.iter().map(|group| group.members.len()).sum::<usize>();
            reasons.into_iter().for_each(|reason| *summary.left_over.entry(reason).or_default() += 1);
            self.groups.extend(groups);
        }
        Ok(summary)
    }

    /// Schools that start their first year record a teacher who takes part; in hubs with visits all their teachers who take part.
    pub(super) async fn record_participants(&self, year: AcademicYear) -> anyhow::Result<Vec<Participants>> {
        let new = self.places.iter().filter(|place| !self.participants.contains_key(&place.participation));
        let new: Vec<Place> = new.cloned().collect();
        let (callers, with_visits) = (self.callers.clone(), hubs_with_visits(year));
        at_once(&self.progress, new, move |Place { participation, urn, hub, programme, .. }| {
            let (callers, is_visited) = (callers.clone(), with_visits.contains(&hub));
            async move {
                let mut persons = Vec::new();
                let teachers_count = if is_visited { PROGRAMMES[programme].teachers_count } else { 1 };
                for teacher in TEACHERS.iter().take(teachers_count) {
                    persons.push(record_teacher(&callers, year, urn, teacher).await?);
                }
                Ok(Participants { participation, urn, persons, is_visited })
            }
        })
        .await
    }

    /// Schools of hubs with visits name their teachers who take part as lead participants.
    pub(super) async fn name_lead_participants(&mut self, year: AcademicYear, recorded: Vec<Participants>) -> anyhow::Result<()> {
        self.participants.extend(recorded.iter().map(|of_school| (of_school.participation.clone(), of_school.persons.clone())));
        let leading: Vec<_> = recorded.into_iter().filter(|of_school| of_school.is_visited).collect();
        let (callers, start_date) = (self.callers.clone(), self.clock.today().to_string());
        at_once(&self.progress, leading, move |Participants { participation, urn, persons, .. }| {
            let (callers, start_date) = (callers.clone(), start_date.clone());
            async move {
                let message = pb::SetLeadParticipantsRequest {
                    request_id: request_id("lead", year, participation.trim_start_matches("participations/")),
                    name: participation,
                    persons,
                    start_date,
                };
                let answer = callers.participations(Actor::School(urn)).set_lead_participants(message).await;
                answered(answer, || format!("schools/{urn} could not name its lead participants")).map(|_| ())
            }
        })
        .await?;
        Ok(())
    }

    /// Each group meets once in the autumn: its leader plans the meeting and takes the register.
    pub(super) async fn attend(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        self.progress.now(format!("{year}  Work Groups meet"));
        let attending = self.attending(year);
        let due = self.places.iter().filter(|place| {
            let is_first = place.year_number == 1 && place.programme == super::funding::PROGRAMME;
            is_first && attending.contains_key(&place.participation) && self.signed.contains(&place.urn)
        });
        let due: Vec<i32> = due.map(|place| place.urn).collect();
        self.due.extend(due);
        let mark = |participation: &String| {
            let attends = attending.contains_key(participation);
            self.marks(participation, if attends { meeting::MarkKind::Attended } else { meeting::MarkKind::Absent })
        };
        let meetings = self.groups.iter().map(|group| Meeting {
            group: group.clone(),
            id: "meeting".to_owned(),
            kind: meeting::MeetingKind::Group,
            host_school: String::new(),
            marks: group.members.iter().flat_map(mark).collect(),
        });
        self.hold(year, meetings.collect()).await
    }

    /// In one hub of each region, the leader of each group visits its schools that are open, and their teachers visit the classroom of one of them.
    pub(super) async fn visit(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        self.progress.now(format!("{year}  visits in one hub of each region"));
        let visited = hubs_with_visits(year);
        let open = self.open_schools().await?;
        let mut attending = self.attending(year);
        attending.retain(|_, urn| open.contains(urn));
        let mut meetings = Vec::new();
        for group in self.groups.iter().filter(|group| visited.contains(&group.hub)) {
            let members: Vec<&String> = group.members.iter().filter(|member| attending.contains_key(*member)).collect();
            let attended = |member: &&String| self.marks(member, meeting::MarkKind::Attended);
            let mut visit = |id: &str, kind, host: &String, marks| {
                let host_school = format!("schools/{}", attending[host]);
                meetings.push(Meeting { group: group.clone(), id: id.to_owned(), kind, host_school, marks });
            };
            for (index, member) in members.iter().enumerate() {
                visit(&format!("support-{index}"), meeting::MeetingKind::SupportVisit, member, attended(member));
            }
            if let [host, others @ ..] = &members[..]
                && !others.is_empty()
            {
                visit("peer", meeting::MeetingKind::PeerVisit, host, others.iter().flat_map(attended).collect());
            }
        }
        self.hold(year, meetings).await
    }

    /// URNs of the schools in groups whose teachers come to meetings, by participation.
    fn attending(&self, year: AcademicYear) -> BTreeMap<String, i32> {
        let members: BTreeSet<&String> = self.groups.iter().flat_map(|group| &group.members).collect();
        let attends = |place: &&Place| {
            members.contains(&place.participation) && (place.year_number > 1 || plan::attends(self.options.seed, year, place.urn))
        };
        self.places.iter().filter(attends).map(|place| (place.participation.clone(), place.urn)).collect()
    }

    /// Marks of today, one for each teacher of a participation who takes part.
    fn marks(&self, participation: &str, kind: meeting::MarkKind) -> Vec<meeting::Mark> {
        let mark_date = self.clock.today().to_string();
        let mark = |person: &String| meeting::Mark {
            subject: participation.to_owned(),
            person: person.clone(),
            mark_date: mark_date.clone(),
            kind: kind.into(),
            ..meeting::Mark::default()
        };
        self.participants.get(participation).map(Vec::as_slice).unwrap_or_default().iter().map(mark).collect()
    }

    /// Hubs plan meetings, and leaders take the registers.
    async fn hold(&self, year: AcademicYear, meetings: Vec<Meeting>) -> anyhow::Result<()> {
        let (callers, today) = (self.callers.clone(), self.clock.today().to_string());
        at_once(&self.progress, meetings, move |meeting| {
            let (callers, today) = (callers.clone(), today.clone());
            async move { hold(&callers, year, &today, meeting).await }
        })
        .await?;
        Ok(())
    }
}

/// The hubs in which visits are played: one of each region.
fn hubs_with_visits(year: AcademicYear) -> BTreeSet<usize> {
    analytics::REGIONS.iter().filter_map(|region| hubs::of_region(region.code, year).first().copied()).collect()
}

/// Forms the proposed groups of a hub for a programme and a year of it. Returns them, and for each school in none the constraint that binds.
async fn form(
    callers: &Callers,
    year: AcademicYear,
    hub: usize,
    (programme, year_number): (usize, i32),
    start_date: &str,
) -> anyhow::Result<(Vec<Group>, Vec<pb::LeftOverReason>)> {
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
    let left_over = proposal.left_over.iter().map(|left| left.reason()).collect();
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
    Ok((groups, left_over))
}

/// The hub plans a meeting for today, and the leader takes its register.
async fn hold(callers: &Callers, year: AcademicYear, today: &str, held: Meeting) -> anyhow::Result<()> {
    let Meeting { group, id, kind, host_school, marks } = held;
    let of = format!("{id}-{}", group.name.trim_start_matches("workGroups/"));
    let venue = if host_school.is_empty() { "The school of the leader" } else { "" };
    let message = meeting::PlanMeetingRequest {
        request_id: request_id("plan", year, &of),
        parent: group.name.clone(),
        meeting: Some(meeting::Meeting {
            kind: kind.into(),
            start_date: today.to_owned(),
            end_date: today.to_owned(),
            host_school,
            venue: venue.to_owned(),
            hub: format!("hubs/{}", HUBS[group.hub].id),
            ..meeting::Meeting::default()
        }),
    };
    let answer = callers.meetings(Actor::HubLead(group.hub)).plan_meeting(message).await;
    let planned = answered(answer, || format!("a meeting of {} was not planned", group.name))?;
    let message = meeting::TakeRegisterRequest {
        request_id: request_id("register", year, &of),
        name: planned.meeting.context("the enrolment service answered without the meeting")?.name,
        register_state: meeting::RegisterState::Final.into(),
        marks,
    };
    let answer = callers.meetings_of_leader(&group.leader).take_register(message).await;
    answered(answer, || format!("the register of {} was not taken", group.name)).map(|_| ())
}
