//! Work Groups, their meetings and visits, and the people in their registers.

use proto::{
    enrolment::v1 as enrolment,
    meeting::v1::{self as meeting, MarkKind},
    network::v1 as network,
};

use super::World;

/// A meeting or a visit with its day.
#[derive(Clone)]
pub(crate) struct Met {
    name: String,
    on: String,
}

/// Persons with numbers, as a register names them.
pub(crate) fn persons(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| format!("persons/{number}")).collect()
}

impl World {
    /// A hub of a region.
    pub(crate) fn hub(&mut self, id: &str, region_code: &str) -> &mut Self {
        let hub = network::Hub { name: format!("hubs/{id}"), region_code: region_code.into(), ..network::Hub::default() };
        self.network.push(Self::event("2014-09-01", &network::HubCreated { hub: Some(hub) }));
        self
    }

    /// A hub forms a group. Returns its name.
    pub(crate) fn forms_group(&mut self, id: &str, programme: &str, on: &str) -> String {
        let name = format!("workGroups/{id}");
        let group = enrolment::WorkGroup { name: name.clone(), programme: programme.into(), ..enrolment::WorkGroup::default() };
        self.enrolment.push(Self::event(on, &enrolment::WorkGroupFormed { work_group: Some(group), ..Default::default() }));
        name
    }

    /// A hub's group meets, in the classroom of another school if there is a host; a final register is taken on the same day, in which persons of participations are marked.
    pub(crate) fn meets(
        &mut self,
        (group, hub): (&str, &str),
        on: &str,
        host: Option<i32>,
        marks: &[(&enrolment::Participation, Vec<String>, MarkKind)],
    ) -> Met {
        let name = format!("{group}/meetings/{}", self.enrolment.len());
        let kind = if host.is_some() { meeting::MeetingKind::PeerVisit } else { meeting::MeetingKind::Group };
        let held = meeting::Meeting {
            name: name.clone(),
            kind: kind.into(),
            start_date: on.into(),
            end_date: on.into(),
            host_school: host.map(|urn| format!("schools/{urn}")).unwrap_or_default(),
            hub: format!("hubs/{hub}"),
            state: meeting::MeetingState::Held.into(),
            register_state: meeting::RegisterState::Final.into(),
            ..meeting::Meeting::default()
        };
        let met = Met { name, on: on.into() };
        let marks = marks.iter().flat_map(|(participation, persons, kind)| {
            persons.iter().map(|person| mark(&met, participation, person, *kind, 1)).collect::<Vec<_>>()
        });
        let taken = meeting::RegisterTaken { meeting: Some(held), marks: marks.collect() };
        self.enrolment.push(Self::event(on, &taken));
        met
    }

    /// A mark of the register is corrected on a day, for the `number - 1`st time.
    pub(crate) fn corrects(
        &mut self,
        met: &Met,
        (participation, person): (&enrolment::Participation, &str),
        (kind, number): (MarkKind, i32),
        on: &str,
    ) -> &mut Self {
        let mark = mark(met, participation, person, kind, number);
        self.enrolment.push(Self::event(on, &meeting::MarkCorrected { mark: Some(mark) }));
        self
    }

    /// A meeting that was planned for a day does not take place.
    pub(crate) fn cancels_meeting(&mut self, (group, hub): (&str, &str), on: &str) -> &mut Self {
        let planned = meeting::Meeting {
            name: format!("{group}/meetings/{}", self.enrolment.len()),
            kind: meeting::MeetingKind::Group.into(),
            start_date: on.into(),
            end_date: on.into(),
            hub: format!("hubs/{hub}"),
            ..meeting::Meeting::default()
        };
        self.enrolment.push(Self::event(on, &meeting::MeetingPlanned { meeting: Some(planned.clone()) }));
        self.enrolment.push(Self::event(on, &meeting::MeetingCancelled { meeting: Some(planned) }));
        self
    }

    /// The second record of a person is merged into the first.
    pub(crate) fn merges(&mut self, stays: &str, merged: &str, on: &str) -> &mut Self {
        let person = network::Person { name: stays.into(), ..network::Person::default() };
        let merged = network::PersonsMerged { person: Some(person), merged_person: merged.into() };
        self.network.push(Self::event(on, &merged));
        self
    }

    /// Name and address of a person are erased.
    pub(crate) fn erases(&mut self, person: &str, on: &str) -> &mut Self {
        let person = network::Person { name: person.into(), erased: true, ..network::Person::default() };
        self.network.push(Self::event(on, &network::PersonErased { person: Some(person) }));
        self
    }
}

fn mark(met: &Met, participation: &enrolment::Participation, person: &str, kind: MarkKind, number: i32) -> meeting::Mark {
    meeting::Mark {
        meeting: met.name.clone(),
        subject: participation.name.clone(),
        person: person.into(),
        mark_date: met.on.clone(),
        kind: kind.into(),
        number,
        ..meeting::Mark::default()
    }
}
