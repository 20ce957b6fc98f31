//! Publishes a set of figures as provisional, in one step.

use proto::network::v1 as pb;
use service::Command;

use crate::{
    config::VIOLATIONS_MAX,
    domain::{
        reach::{Area, Figure, Header, Publication, area_wrong, areas_misplaced, areas_repeated, figure_wrong, figures_repeated},
        register::count,
    },
    error::Error,
    events, store, wire,
};

/// What was sent, decoded.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(crate) header: Header,
    pub(crate) figures: Vec<Figure>,
    pub(crate) areas: Vec<Area>,
}

/// Writes a set that was checked, in one transaction.
pub(crate) async fn publish_reach(cmd: &mut Command<'_, '_>, set: Set) -> Result<pb::PublishReachResponse, Error> {
    let Set { header, figures, areas } = set;
    let number = store::publication_next_number(cmd.tx).await?;
    let publication = Publication {
        publication_id: number.to_string(),
        header,
        published: cmd.now(),
        publisher: cmd.cause.actor.clone(),
        approved: None,
        figures_count: count(figures.len()),
        cold_areas_count: count(areas.len()),
        version: events::reach_events_count(figures.len(), areas.len()),
    };
    store::publication_insert(cmd.tx, number, &publication).await?;
    store::figure_insert(cmd.tx, &publication.publication_id, &figures).await?;
    store::area_insert(cmd.tx, &publication.publication_id, &areas).await?;
    events::reach_published(cmd, &publication, &figures, &areas);
    Ok(pb::PublishReachResponse { reach_publication: Some(wire::publication(&publication)) })
}

/// Errors with every row that is wrong, at most `VIOLATIONS_MAX`.
pub(crate) fn check(set: &Set) -> Result<(), Error> {
    let mut violations = Vec::new();
    for (place, figure) in set.figures.iter().enumerate() {
        let wrong = figure_wrong(figure, &set.header).into_iter();
        violations.extend(wrong.map(|(field, why)| (format!("figures[{place}].{field}"), why)));
    }
    for (place, area) in set.areas.iter().enumerate() {
        let wrong = area_wrong(area, &set.header).into_iter();
        violations.extend(wrong.map(|(field, why)| (format!("cold_areas[{place}].{field}"), why)));
    }
    let repeated = figures_repeated(&set.figures).into_iter();
    violations.extend(repeated.map(|place| (format!("figures[{place}]"), "asks the same question as an earlier one".to_owned())));
    violations.extend(areas_repeated(&set.areas).into_iter().map(|(place, first)| {
        let why =
            format!("names the area of cold_areas[{first}] again: an area stands once for a programme and phase, of one stage");
        (format!("cold_areas[{place}]"), why)
    }));
    let misplaced = areas_misplaced(&set.areas).into_iter();
    let why = "has a rank that is not the order of coldness, from 1";
    violations.extend(misplaced.map(|place| (format!("cold_areas[{place}]"), why.to_owned())));
    violations.truncate(VIOLATIONS_MAX);
    if violations.is_empty() { Ok(()) } else { Err(Error::Fields(violations)) }
}
