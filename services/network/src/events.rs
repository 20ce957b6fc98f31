//! What the network tells the others. Each function records one event, or the parts of one, in the transaction that causes it.

use proto::network::v1 as pb;
use service::Command;

use crate::{
    domain::{
        hub::{Choice, Hub},
        lineage::Change,
        reach::{Area, Figure, Publication},
        register::{Entry, Register, count},
    },
    wire,
};

/// Schools of one event.
const EVENT_SCHOOLS_MAX: usize = 500;
/// Links of one event, those that stand and those that were removed together.
const EVENT_LINKS_MAX: usize = 1_000;
/// Figures and areas of one event.
const EVENT_REACH_MAX: usize = 500;

/// The parts of an import that tell of schools, made one by one.
pub(crate) fn schools_recorded(entries: &[Entry]) -> impl Iterator<Item = pb::SchoolsRecorded> {
    entries.chunks(EVENT_SCHOOLS_MAX).map(|chunk| pb::SchoolsRecorded { schools: chunk.iter().map(wire::school).collect() })
}

/// An import: its parts, then its end. Each part takes a version of the register; the last is that of `register`, which is set here.
pub(crate) fn register_imported(
    cmd: &mut Command<'_, '_>,
    schools: &[pb::SchoolsRecorded],
    change: &Change,
    register: &mut Register,
) {
    for part in schools {
        register.version += 1;
        cmd.record("register", register.version, part);
    }
    for chunk in change.removed.chunks(EVENT_LINKS_MAX) {
        register.version += 1;
        let removed_school_links = chunk.iter().map(wire::link).collect();
        let payload = pb::SchoolLinksRecorded { school_links: Vec::new(), removed_school_links };
        cmd.record("register", register.version, &payload);
    }
    for chunk in change.written.chunks(EVENT_LINKS_MAX) {
        register.version += 1;
        let school_links = chunk.iter().map(wire::link).collect();
        let payload = pb::SchoolLinksRecorded { school_links, removed_school_links: Vec::new() };
        cmd.record("register", register.version, &payload);
    }
    register.version += 1;
    let payload = pb::RegisterImported {
        register: Some(wire::register(register)),
        generated: register.generated,
        demonstration: register.demonstration,
    };
    cmd.record("register", register.version, &payload);
}

pub(crate) fn hub_created(cmd: &mut Command<'_, '_>, hub: &Hub) {
    let hub_message = wire::hub(hub);
    let name = hub_message.name.clone();
    cmd.record(&name, hub.version, &pb::HubCreated { hub: Some(hub_message) });
}

pub(crate) fn hub_updated(cmd: &mut Command<'_, '_>, hub: &Hub) {
    let hub_message = wire::hub(hub);
    let name = hub_message.name.clone();
    cmd.record(&name, hub.version, &pb::HubUpdated { hub: Some(hub_message) });
}

pub(crate) fn hub_chosen(cmd: &mut Command<'_, '_>, choice: &Choice) {
    let hub_choice = wire::choice(choice);
    let name = hub_choice.name.clone();
    cmd.record(&name, choice.version, &pb::HubChosen { hub_choice: Some(hub_choice) });
}

/// The events that a publication of so many rows takes.
pub(crate) fn reach_events_count(figures_count: usize, areas_count: usize) -> i64 {
    count(figures_count.div_ceil(EVENT_REACH_MAX) + areas_count.div_ceil(EVENT_REACH_MAX) + 1)
}

/// A publication: its parts, then its end, whose version is the publication's.
pub(crate) fn reach_published(cmd: &mut Command<'_, '_>, publication: &Publication, figures: &[Figure], areas: &[Area]) {
    let name = wire::publication_name(&publication.publication_id);
    let figures = figures
        .chunks(EVENT_REACH_MAX)
        .map(|chunk| pb::ReachPart { figures: chunk.iter().map(wire::figure).collect(), cold_areas: Vec::new() });
    let areas = areas
        .chunks(EVENT_REACH_MAX)
        .map(|chunk| pb::ReachPart { figures: Vec::new(), cold_areas: chunk.iter().map(wire::area).collect() });
    for (version, part) in (1..).zip(figures.chain(areas)) {
        let payload = pb::ReachFiguresRecorded { reach_publication: name.clone(), reach_part: Some(part) };
        cmd.record(&name, version, &payload);
    }
    let payload = pb::ReachPublished { reach_publication: Some(wire::publication(publication)) };
    cmd.record(&name, publication.version, &payload);
}

pub(crate) fn reach_approved(cmd: &mut Command<'_, '_>, publication: &Publication) {
    let name = wire::publication_name(&publication.publication_id);
    let payload = pb::ReachApproved { reach_publication: Some(wire::publication(publication)) };
    cmd.record(&name, publication.version, &payload);
}
