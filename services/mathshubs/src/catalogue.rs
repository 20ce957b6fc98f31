//! A catalogue of priorities, programmes and policies of reach as a file, with the meetings and decisions of the Council that it cites, and its loading into a suite.
//!
//! The file is JSON: `councilMeetings`, `decisions`, `priorities`, `programmes` and `reachPolicies`, each a list of resources as the API answers with them, without output-only
//! fields. It is checked as a whole before the first call.

use std::collections::BTreeSet;

use anyhow::bail;
use client::Connection;
use futures::TryStreamExt as _;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::network::v1::{
    self as pb, catalogue_service_client::CatalogueServiceClient, council_service_client::CouncilServiceClient,
    reach_service_client::ReachServiceClient,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tonic::Status;

/// The catalogue of 2014 to 2019, by the programme's newsletter of summer 2018.
const BUILT_IN: &str = include_str!("../catalogue.json");
/// The lists of a file.
const LISTS: [&str; 5] = ["councilMeetings", "decisions", "priorities", "programmes", "reachPolicies"];
const PAGE_SIZE: i32 = 1_000;

/// Priorities, programmes with their terms, and policies of reach, and the decisions that they cite.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    meetings: Vec<pb::CouncilMeeting>,
    decisions: Vec<pb::Decision>,
    priorities: Vec<pb::Priority>,
    programmes: Vec<pb::Programme>,
    reach_policies: Vec<pb::ReachPolicy>,
}

/// The result of loading a catalogue.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Names of resources that were created, in order.
    pub(crate) created: Vec<String>,
    /// The number of resources that were there, as in the file.
    pub(crate) unchanged_count: usize,
    /// Names of resources that were there and differ from the file. They stay as they are.
    pub(crate) different: Vec<String>,
}

impl Catalogue {
    /// The catalogue that the program contains.
    pub(crate) fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("a test checks the catalogue")
    }

    /// Reads a file. Errors with everything that is wrong in it, each with its place.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let file: Value = serde_json::from_str(text).map_err(|error| vec![format!("the file is not JSON: {error}")])?;
        let mut faults = Vec::new();
        let Value::Object(lists) = &file else { return Err(vec!["the file must be a JSON object".to_owned()]) };
        faults.extend(lists.keys().filter(|key| !LISTS.contains(&key.as_str())).map(|key| {
            format!("`{}` is none of the lists {}", text::excerpt(key), LISTS.map(|list| format!("`{list}`")).join(", "))
        }));
        let catalogue = Self {
            meetings: resources(&file, "councilMeetings", &mut faults),
            decisions: resources(&file, "decisions", &mut faults),
            priorities: resources(&file, "priorities", &mut faults),
            programmes: resources(&file, "programmes", &mut faults),
            reach_policies: resources(&file, "reachPolicies", &mut faults),
        };
        // Rules are checked when every resource was read: a reference to one that was not would be a second fault.
        if faults.is_empty() {
            catalogue.check(&mut faults);
        }
        if faults.is_empty() { Ok(catalogue) } else { Err(faults) }
    }

    fn check(&self, faults: &mut Vec<String>) {
        let placed = |place: String, violations: Vec<(String, String)>| {
            violations.into_iter().map(move |(field, why)| format!("{place}: `{field}` {why}"))
        };
        for (index, meeting) in self.meetings.iter().enumerate() {
            let violations = network::catalogue::meeting_violations(&record_meeting(meeting));
            faults.extend(placed(format!("councilMeetings[{index}]"), violations));
        }
        for (index, decision) in self.decisions.iter().enumerate() {
            let violations = network::catalogue::decision_violations(&record_decision(decision));
            faults.extend(placed(format!("decisions[{index}]"), violations));
        }
        for (index, priority) in self.priorities.iter().enumerate() {
            faults.extend(placed(
                format!("priorities[{index}]"),
                network::catalogue::priority_violations(&create_priority(priority)),
            ));
        }
        for (index, programme) in self.programmes.iter().enumerate() {
            let place = format!("programmes[{index}]");
            faults.extend(placed(place.clone(), network::catalogue::programme_violations(&create_programme(programme))));
            for (number, terms) in programme.terms.iter().enumerate() {
                let violations = network::catalogue::terms_violations(terms, programme.recurrence());
                faults.extend(placed(format!("{place}.terms[{number}]"), violations));
            }
            if !programme.terms.is_sorted_by(|one, next| one.start_date < next.start_date) {
                faults.push(format!("{place}: `terms` must be in order of their first day, no two on one day"));
            }
        }
        for (index, policy) in self.reach_policies.iter().enumerate() {
            let violations = network::catalogue::reach_policy_violations(&create_reach_policy(policy));
            faults.extend(placed(format!("reachPolicies[{index}]"), violations));
        }
        if !self.reach_policies.is_sorted_by(|one, next| one.start_date < next.start_date) {
            faults.push("`reachPolicies` must be in order of their first day, no two on one day".to_owned());
        }
    }

    /// The decisions that the catalogue cites.
    fn cited(&self) -> BTreeSet<&str> {
        let terms = self.programmes.iter().flat_map(|programme| &programme.terms);
        let of_terms = terms.flat_map(|terms| terms.targets.iter().map(|target| &target.decision).chain([&terms.decision]));
        let of_policies = self.reach_policies.iter().map(|policy| &policy.decision);
        let of_priorities = self.priorities.iter().map(|priority| &priority.decision);
        of_priorities.chain(of_terms).chain(of_policies).map(String::as_str).collect()
    }

    /// Creates what the suite does not have yet. What it has stays as it is. Errors before the first change when neither the file nor the suite has a decision
    /// that the file cites.
    pub(crate) async fn load(&self, connection: Connection) -> anyhow::Result<Loaded> {
        let suite = Suite {
            catalogue: CatalogueServiceClient::new(connection.clone()),
            council: CouncilServiceClient::new(connection.clone()),
            reach: ReachServiceClient::new(connection),
        };
        let decisions = suite.decisions().await.map_err(not_loaded)?;
        let is_known = |name: &str| self.decisions.iter().chain(&decisions).any(|decision| decision.name == name);
        let unknown: Vec<&str> = self.cited().into_iter().filter(|name| !is_known(name)).collect();
        if !unknown.is_empty() {
            bail!("neither the file nor the suite has the decisions {}; nothing was loaded", unknown.join(", "));
        }
        let mut loaded = Loaded::default();
        self.load_council(&suite, &decisions, &mut loaded).await.map_err(not_loaded)?;
        self.load_catalogue(&suite, &mut loaded).await.map_err(not_loaded)?;
        self.load_reach_policies(&suite, &mut loaded).await.map_err(not_loaded)?;
        Ok(loaded)
    }

    async fn load_council(&self, suite: &Suite, decisions: &[pb::Decision], loaded: &mut Loaded) -> Result<(), Status> {
        let known = suite.meetings().await?;
        for meeting in &self.meetings {
            let found = known.iter().find(|known| known.name == meeting.name);
            if loaded.is_missing(&meeting.name, found.map(|known| without_presence(known) == without_presence(meeting))) {
                suite.council.clone().record_meeting(record_meeting(meeting)).await?;
            }
        }
        for decision in &self.decisions {
            let found = decisions.iter().find(|known| known.name == decision.name);
            if loaded.is_missing(&decision.name, found.map(|known| known == decision)) {
                suite.council.clone().record_decision(record_decision(decision)).await?;
            }
        }
        Ok(())
    }

    async fn load_catalogue(&self, suite: &Suite, loaded: &mut Loaded) -> Result<(), Status> {
        let known = suite.priorities().await?;
        for priority in &self.priorities {
            let found = known.iter().find(|known| known.name == priority.name);
            if loaded.is_missing(&priority.name, found.map(|known| known == priority)) {
                suite.catalogue.clone().create_priority(create_priority(priority)).await?;
            }
        }
        let known = suite.programmes().await?;
        for programme in &self.programmes {
            let found = known.iter().find(|known| known.name == programme.name);
            let plain = |programme: &pb::Programme| pb::Programme { terms: Vec::new(), ..programme.clone() };
            if loaded.is_missing(&programme.name, found.map(|known| plain(known) == plain(programme))) {
                suite.catalogue.clone().create_programme(create_programme(programme)).await?;
            }
            for terms in &programme.terms {
                let name = format!("{}, terms from {}", programme.name, terms.start_date);
                let found = found.and_then(|known| known.terms.iter().find(|known| known.start_date == terms.start_date));
                let is_equal = |known: &pb::ProgrammeTerms| pb::ProgrammeTerms { name: String::new(), ..known.clone() } == *terms;
                if loaded.is_missing(&name, found.map(is_equal)) {
                    suite.catalogue.clone().add_programme_terms(add_terms(programme, terms)).await?;
                }
            }
        }
        Ok(())
    }

    async fn load_reach_policies(&self, suite: &Suite, loaded: &mut Loaded) -> Result<(), Status> {
        let known = suite.reach_policies().await?;
        for policy in &self.reach_policies {
            let found = known.iter().find(|known| known.name == policy.name);
            if loaded.is_missing(&policy.name, found.map(|known| known == policy)) {
                suite.reach.clone().create_reach_policy(create_reach_policy(policy)).await?;
            }
        }
        Ok(())
    }
}

fn not_loaded(status: Status) -> anyhow::Error {
    anyhow::anyhow!("the catalogue was not loaded completely: {}; correct it and load it again", status.message())
}

/// The names of those present are noted after a meeting, so a file may lack them.
fn without_presence(meeting: &pb::CouncilMeeting) -> pb::CouncilMeeting {
    pb::CouncilMeeting { present_persons: Vec::new(), present_hubs: Vec::new(), ..meeting.clone() }
}

impl Loaded {
    /// The numbers of resources, in a sentence without an end.
    pub(crate) fn counts(&self) -> String {
        let (created, different) = (self.created.len(), self.different.len());
        format!("{created} resources created, {} unchanged, {different} different", self.unchanged_count)
    }

    /// Counts a resource: whether the suite has it, and if so, whether it equals the file's. True when it is missing and must be created.
    fn is_missing(&mut self, name: &str, is_equal: Option<bool>) -> bool {
        match is_equal {
            None => self.created.push(name.to_owned()),
            Some(true) => self.unchanged_count += 1,
            Some(false) => self.different.push(name.to_owned()),
        }
        is_equal.is_none()
    }
}

/// The resources of a list. Each one that cannot be read is a fault.
fn resources<M: Message + Name + Default>(file: &Value, list: &str, faults: &mut Vec<String>) -> Vec<M> {
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).expect("the contracts are compiled");
    let descriptor = pool.get_message_by_name(&M::full_name()).expect("the message is in the contracts");
    let items = match file.get(list) {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            faults.push(format!("`{list}` must be a list"));
            return Vec::new();
        }
    };
    let mut read = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match DynamicMessage::deserialize(descriptor.clone(), item) {
            Ok(message) => read.push(M::decode(message.encode_to_vec().as_slice()).expect("it is the same message")),
            Err(error) => faults.push(format!("{list}[{index}]: {error}")),
        }
    }
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
        let collection = if list == "decisions" { "councilMeetings" } else { list };
        if !name.starts_with(&format!("{collection}/")) {
            faults.push(format!("{list}[{index}]: `name` must begin with `{collection}/`; found `{}`", text::excerpt(name)));
        } else if !seen.insert(name) {
            faults.push(format!("{list}[{index}]: `name` is duplicated: {}", text::excerpt(name)));
        }
    }
    read
}

/// The last part of a resource name.
fn id_of(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The same for each load, so that a load that was interrupted can be repeated.
fn request_id(name: &str, part: &str) -> String {
    let hash = Sha256::digest(format!("{name} {part}"));
    format!("catalogue-{:.40}", feed::hexadecimal(&hash))
}

fn record_meeting(meeting: &pb::CouncilMeeting) -> pb::RecordMeetingRequest {
    pb::RecordMeetingRequest {
        request_id: request_id(&meeting.name, ""),
        meeting_id: id_of(&meeting.name),
        council_meeting: Some(pb::CouncilMeeting { name: String::new(), ..meeting.clone() }),
    }
}

fn record_decision(decision: &pb::Decision) -> pb::RecordDecisionRequest {
    let (meeting, id) = decision.name.split_once("/decisions/").unwrap_or((&decision.name, ""));
    pb::RecordDecisionRequest {
        request_id: request_id(&decision.name, ""),
        council_meeting: meeting.to_owned(),
        decision_id: id.to_owned(),
        decision: Some(pb::Decision { name: String::new(), ..decision.clone() }),
    }
}

fn create_priority(priority: &pb::Priority) -> pb::CreatePriorityRequest {
    pb::CreatePriorityRequest {
        request_id: request_id(&priority.name, ""),
        priority_id: id_of(&priority.name),
        priority: Some(pb::Priority { name: String::new(), ..priority.clone() }),
    }
}

fn create_programme(programme: &pb::Programme) -> pb::CreateProgrammeRequest {
    pb::CreateProgrammeRequest {
        request_id: request_id(&programme.name, ""),
        programme_id: id_of(&programme.name),
        programme: Some(pb::Programme { name: String::new(), terms: Vec::new(), ..programme.clone() }),
    }
}

fn add_terms(programme: &pb::Programme, terms: &pb::ProgrammeTerms) -> pb::AddProgrammeTermsRequest {
    pb::AddProgrammeTermsRequest {
        request_id: request_id(&programme.name, &terms.start_date),
        parent: programme.name.clone(),
        terms: Some(terms.clone()),
    }
}

fn create_reach_policy(policy: &pb::ReachPolicy) -> pb::CreateReachPolicyRequest {
    pb::CreateReachPolicyRequest {
        request_id: request_id(&policy.name, ""),
        reach_policy_id: id_of(&policy.name),
        reach_policy: Some(pb::ReachPolicy { name: String::new(), ..policy.clone() }),
    }
}

/// The services of the network that hold the resources of a file.
struct Suite {
    catalogue: CatalogueServiceClient<Connection>,
    council: CouncilServiceClient<Connection>,
    reach: ReachServiceClient<Connection>,
}

impl Suite {
    async fn meetings(&self) -> Result<Vec<pb::CouncilMeeting>, Status> {
        let items = client::items(|page_token| async move {
            let request = pb::ListMeetingsRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
            let page = self.council.clone().list_meetings(request).await?.into_inner();
            Ok((page.council_meetings, page.next_page_token))
        });
        items.try_collect().await
    }

    async fn decisions(&self) -> Result<Vec<pb::Decision>, Status> {
        let items = client::items(|page_token| async move {
            let request = pb::ListDecisionsRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
            let page = self.council.clone().list_decisions(request).await?.into_inner();
            Ok((page.decisions, page.next_page_token))
        });
        items.try_collect().await
    }

    async fn priorities(&self) -> Result<Vec<pb::Priority>, Status> {
        let items = client::items(|page_token| async move {
            let request = pb::ListPrioritiesRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
            let page = self.catalogue.clone().list_priorities(request).await?.into_inner();
            Ok((page.priorities, page.next_page_token))
        });
        items.try_collect().await
    }

    async fn programmes(&self) -> Result<Vec<pb::Programme>, Status> {
        let items = client::items(|page_token| async move {
            let request = pb::ListProgrammesRequest { page_size: PAGE_SIZE, page_token, ..Default::default() };
            let page = self.catalogue.clone().list_programmes(request).await?.into_inner();
            Ok((page.programmes, page.next_page_token))
        });
        items.try_collect().await
    }

    async fn reach_policies(&self) -> Result<Vec<pb::ReachPolicy>, Status> {
        let items = client::items(|page_token| async move {
            let request = pb::ListReachPoliciesRequest { page_size: PAGE_SIZE, page_token };
            let page = self.reach.clone().list_reach_policies(request).await?.into_inner();
            Ok((page.reach_policies, page.next_page_token))
        });
        items.try_collect().await
    }
}

#[cfg(test)]
mod tests;
