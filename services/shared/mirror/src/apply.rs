//! Events of the network, as rows.

use db::Tx;
use feed::{ApplyError, decode};
use futures::future::BoxFuture;
use prost::Name;
use proto::{feed::v1::Event, network::v1 as pb};
use time::Date;

use crate::write::{self, AreaRow, HubRow, LinkRow, PublicationRow, SchoolRow};

/// Applies the network's events, for a service that only keeps them.
#[derive(Debug)]
pub struct Network;

impl feed::Apply for Network {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            for event in events {
                apply(tx, event).await?;
            }
            Ok(())
        })
    }

    /// Parts that were staged, and publications, are those of one history. So are schools and links: a restored network does not know what it told of
    /// imports that it lost, and never takes it back; they give way to those of the first import that is read again. Hubs are recorded again.
    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move { Ok(write::begin(tx).await?) })
    }
}

/// What took effect with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// All schools and links of an import.
    Register,
    /// A publication of reach, by its name.
    Reach(String),
    /// A hub.
    Hub,
    /// Nothing yet: a part of an import or a publication was staged.
    Staged,
    /// Nothing: the mirror does not keep such events.
    Ignored,
}

/// Events of the network that the mirror does not keep.
pub const IGNORED: &[&str] = &[pb::HubChosen::NAME, pb::ReachApproved::NAME];

/// Applies one event, and says what took effect with it. Errors when it cannot be applied.
pub async fn apply(tx: &mut Tx<'_>, event: &Event) -> Result<Applied, ApplyError> {
    let missing = |what: &str| ApplyError::event(event, format!("it has no {what}"));
    match event.r#type.strip_prefix("mathshubs.network.v1.").unwrap_or_default() {
        pb::SchoolsRecorded::NAME => {
            let part: pb::SchoolsRecorded = decode(event)?;
            let schools: Vec<SchoolRow> = part.schools.into_iter().map(school).collect();
            write::school_stage(tx, &schools).await?;
            Ok(Applied::Staged)
        }
        pb::SchoolLinksRecorded::NAME => {
            let part: pb::SchoolLinksRecorded = decode(event)?;
            let removed = part.removed_school_links.into_iter().map(|link| self::link(link, true));
            let links: Vec<LinkRow> = removed.chain(part.school_links.into_iter().map(|link| self::link(link, false))).collect();
            write::link_stage(tx, &links).await?;
            Ok(Applied::Staged)
        }
        pb::RegisterImported::NAME => {
            write::register_apply(tx).await?;
            Ok(Applied::Register)
        }
        pb::HubCreated::NAME => {
            write::hub_put(tx, &hub(event, decode::<pb::HubCreated>(event)?.hub)?).await?;
            Ok(Applied::Hub)
        }
        pb::HubUpdated::NAME => {
            write::hub_put(tx, &hub(event, decode::<pb::HubUpdated>(event)?.hub)?).await?;
            Ok(Applied::Hub)
        }
        pb::ReachFiguresRecorded::NAME => {
            let part: pb::ReachFiguresRecorded = decode(event)?;
            let areas = part.reach_part.ok_or_else(|| missing("part"))?.cold_areas;
            let areas: Vec<AreaRow> = areas.into_iter().map(area).collect();
            write::area_put(tx, &part.reach_publication, &areas).await?;
            Ok(Applied::Staged)
        }
        pb::ReachPublished::NAME => {
            let publication = decode::<pb::ReachPublished>(event)?.reach_publication.ok_or_else(|| missing("publication"))?;
            let publish_time = publication.publish_time.as_ref().ok_or_else(|| missing("time of publication"))?;
            let row = PublicationRow {
                name: publication.name.clone(),
                position: event.position,
                publish_time: time::Instant::from_proto(publish_time).micros(),
                true_on_date: publication.true_on_date,
                known_on_date: publication.known_on_date,
            };
            write::publication_put(tx, &row).await?;
            Ok(Applied::Reach(publication.name))
        }
        ignored => {
            if !IGNORED.contains(&ignored) {
                tracing::debug!(r#type = event.r#type, "an event of an unknown type is ignored");
            }
            Ok(Applied::Ignored)
        }
    }
}

fn hub(event: &Event, hub: Option<pb::Hub>) -> Result<HubRow, ApplyError> {
    let wrong = |what: &str| ApplyError::event(event, what);
    let hub = hub.ok_or_else(|| wrong("it has no hub"))?;
    let id = hub.name.strip_prefix("hubs/").ok_or_else(|| wrong("it has no name of a hub"))?;
    let day = |text: &str| match text {
        "" => Ok(None),
        text => Date::parse(text).map(|day| Some(day.to_string())).map_err(|error| ApplyError::event(event, error)),
    };
    Ok(HubRow { id: id.to_owned(), start_date: day(&hub.start_date)?, end_date: day(&hub.end_date)? })
}

fn school(school: pb::School) -> SchoolRow {
    SchoolRow {
        urn: school.urn.into(),
        old_la_code: school.old_la_code,
        former_old_la_code: school.former_old_la_code,
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
        schools_count: area.schools_count.into(),
        schools_never_reached_count: area.schools_never_reached_count.into(),
        region_schools_count: area.region_schools_count.into(),
        region_schools_never_reached_count: area.region_schools_never_reached_count.into(),
        coldness_ppm: area.coldness_ppm.into(),
    }
}
