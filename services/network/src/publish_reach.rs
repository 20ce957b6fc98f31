//! Publishes a set of figures as provisional, in one step.

use proto::network::v1 as pb;
use server::Once;

use crate::{
    act::{Act, Desk},
    config::VIOLATIONS_MAX,
    domain::{
        reach::{Area, Figure, Header, Publication, area_wrong, areas_misplaced, areas_repeated, figure_wrong, figures_repeated},
        register::count,
    },
    error::Error,
    store, wire,
};

/// What was sent, decoded.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(crate) header: Header,
    pub(crate) figures: Vec<Figure>,
    pub(crate) areas: Vec<Area>,
}

/// Checks everything, and then writes it all in one transaction.
pub(crate) async fn publish_reach(
    desk: &Desk,
    request: Once,
    set: Set,
    validate_only: bool,
) -> Result<pb::PublishReachResponse, Error> {
    check(&set)?;
    let now = request.cause.recorded;
    let mut publication = Publication {
        publication_id: String::new(),
        header: set.header,
        published: now,
        publisher: request.cause.actor.clone(),
        approved: None,
        figures_count: count(set.figures.len()),
        cold_areas_count: count(set.areas.len()),
        version: Act::reach_events_count(set.figures.len(), set.areas.len()),
    };
    if validate_only {
        // It has neither a name nor an etag: it is not there.
        let would_be = pb::ReachPublication { name: String::new(), etag: String::new(), ..wire::publication(&publication) };
        return Ok(pb::PublishReachResponse { reach_publication: Some(would_be) });
    }
    let (figures, areas) = (set.figures, set.areas);
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let number = store::publication_next_number(act.tx).await?;
            publication.publication_id = number.to_string();
            store::publication_insert(act.tx, number, &publication).await?;
            store::figure_insert(act.tx, &publication.publication_id, &figures).await?;
            store::area_insert(act.tx, &publication.publication_id, &areas).await?;
            act.reach_published(&publication, &figures, &areas);
            Ok(pb::PublishReachResponse { reach_publication: Some(wire::publication(&publication)) })
        })
    })
    .await
}

fn check(set: &Set) -> Result<(), Error> {
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
