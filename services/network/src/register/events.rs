//! The events of an import and of a confirmation of links.

use proto::network::v1 as pb;
use service::Command;

use super::{Register, SchoolChange};
use crate::lineage::LinkChange;

/// Schools of one event.
const EVENT_SCHOOLS_MAX: usize = 500;
/// Links of one event.
const EVENT_LINKS_MAX: usize = 1_000;

/// The events about schools, made one by one.
pub(crate) fn school_parts(change: &SchoolChange) -> impl Iterator<Item = pb::SchoolsRecorded> {
    let chunks = change.entries.chunks(EVENT_SCHOOLS_MAX);
    chunks.map(|chunk| pb::SchoolsRecorded { schools: chunk.iter().map(Into::into).collect() })
}

/// Appends the parts; the caller appends the event that ends them. Each event makes a version of the register.
pub(crate) fn append_parts(
    cmd: &mut Command<'_, '_>,
    register: &mut Register,
    schools: &[pb::SchoolsRecorded],
    links: &LinkChange,
) {
    for part in schools {
        register.version += 1;
        cmd.append(register, part);
    }
    for chunk in links.removed.chunks(EVENT_LINKS_MAX) {
        register.version += 1;
        let removed_school_links = chunk.iter().map(Into::into).collect();
        cmd.append(register, &pb::SchoolLinksRecorded { school_links: Vec::new(), removed_school_links });
    }
    for chunk in links.written.chunks(EVENT_LINKS_MAX) {
        register.version += 1;
        let school_links = chunk.iter().map(Into::into).collect();
        cmd.append(register, &pb::SchoolLinksRecorded { school_links, removed_school_links: Vec::new() });
    }
}
