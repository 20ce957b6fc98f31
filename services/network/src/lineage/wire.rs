//! Links as messages.

use db::Column;
use proto::network::v1 as pb;
use service::count;

use super::{Lineage, Link, PendingLink};
use crate::school::column::DayOrBlank;

impl From<&Link> for pb::SchoolLink {
    fn from(link: &Link) -> Self {
        Self {
            predecessor_urn: count(link.predecessor.number()),
            successor_urn: count(link.successor.number()),
            kind: count(link.descent.number()),
            established_date: DayOrBlank(link.established).to_stored(),
        }
    }
}

impl From<&PendingLink> for pb::PendingLink {
    fn from(link: &PendingLink) -> Self {
        Self {
            current_link: link.current.as_ref().map(Into::into),
            confirmed_link: link.confirmed.as_ref().map(Into::into),
            importer: link.importer.clone(),
            import_time: Some(link.imported.to_proto()),
        }
    }
}

impl From<&Lineage> for pb::GetLineageResponse {
    fn from(lineage: &Lineage) -> Self {
        Self {
            school: Some((&lineage.school).into()),
            as_of_date: lineage.as_of.to_string(),
            predecessors: lineage.predecessors.iter().map(Into::into).collect(),
            successors: lineage.successors.iter().map(Into::into).collect(),
            links: lineage.links.iter().map(Into::into).collect(),
        }
    }
}
