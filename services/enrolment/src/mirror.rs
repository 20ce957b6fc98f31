//! What enrolment keeps of the network's events: hubs, schools and their lineage, and how little areas were reached. Parts of an import or a
//! publication are staged, and take effect together when its end comes. With its own copy enrolment goes on while the network is down.

use db::Tx;
use feed::{Apply, ApplyError, payload};
use futures::future::BoxFuture;
use proto::{feed::v1::Event, network::v1 as pb};

use crate::store::mirror::{self as store, AreaRow, LinkRow, SchoolRow};

/// Applies the network's events.
#[derive(Debug)]
pub(crate) struct Mirror;

impl Apply for Mirror {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            for event in events {
                apply(tx, event).await?;
            }
            Ok(())
        })
    }
}

async fn apply(tx: &mut Tx<'_>, event: &Event) -> Result<(), ApplyError> {
    let missing = |what: &str| ApplyError::event(event, format!("it has no {what}"));
    if let Some(part) = payload::<pb::SchoolsRecorded>(event)? {
        let schools: Vec<SchoolRow> = part.schools.into_iter().map(school).collect();
        store::school_stage(tx, &schools).await?;
    } else if let Some(part) = payload::<pb::SchoolLinksRecorded>(event)? {
        let removed = part.removed_school_links.into_iter().map(|link| self::link(link, true));
        let links: Vec<LinkRow> = removed.chain(part.school_links.into_iter().map(|link| self::link(link, false))).collect();
        store::link_stage(tx, &links).await?;
    } else if payload::<pb::RegisterImported>(event)?.is_some() {
        store::register_apply(tx).await?;
    } else if let Some(created) = payload::<pb::HubCreated>(event)? {
        let hub = created.hub.ok_or_else(|| missing("hub"))?;
        let id = hub.name.strip_prefix("hubs/").ok_or_else(|| missing("name of a hub"))?;
        store::hub_put(tx, id).await?;
    } else if let Some(part) = payload::<pb::ReachFiguresRecorded>(event)? {
        let areas = part.reach_part.ok_or_else(|| missing("part"))?.cold_areas;
        let areas: Vec<AreaRow> = areas.into_iter().map(area).collect();
        store::area_stage(tx, &part.reach_publication, &areas).await?;
    } else if let Some(published) = payload::<pb::ReachPublished>(event)? {
        let publication = published.reach_publication.ok_or_else(|| missing("publication"))?;
        store::reach_apply(tx, &publication.name).await?;
    }
    // Other events do not concern enrolment.
    Ok(())
}

fn school(school: pb::School) -> SchoolRow {
    SchoolRow {
        urn: school.urn.into(),
        old_la_code: school.old_la_code,
        education_phase: school.education_phase.into(),
        register_reason: school.register_reason.into(),
        listed: school.listed,
    }
}

fn link(link: pb::SchoolLink, is_removed: bool) -> LinkRow {
    LinkRow {
        predecessor_urn: link.predecessor_urn.into(),
        successor_urn: link.successor_urn.into(),
        is_removed,
        // A link of a kind that says no descent is handled as a split is: nothing follows from it.
        is_split: !matches!(link.kind(), pb::LinkKind::Predecessor | pb::LinkKind::PredecessorMerged),
        established_date: link.established_date,
    }
}

fn area(area: pb::ColdArea) -> AreaRow {
    AreaRow {
        old_la_code: area.old_la_code,
        programme: area.programme,
        education_phase: area.education_phase.into(),
        coldness_ppm: area.coldness_ppm.into(),
    }
}
