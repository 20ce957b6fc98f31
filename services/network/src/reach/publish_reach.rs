//! `ReachService.PublishReach` publishes figures and areas as provisional, in one transaction.

use db::Tx;
use name::ProgrammeId;
use proto::network::v1 as pb;
use server::{ApiError, Call};
use service::{Command, Context, Error};
use tonic::{Response, Status};

use super::{
    ColdArea, Figure, Publication, PublicationHeader, PublicationId, ReachProgramme, ReachRule,
    check::check,
    figure_store,
    parts::{PublicationParts, ReceivedParts},
    store,
};
use crate::{
    programme::{self, ProgrammeViolation},
    reach_policy,
};

/// Figures or areas of one event.
const EVENT_ROWS_MAX: usize = 500;

/// Reads the parts, checks them and publishes them. `body` is the checksum of the stream.
pub(super) async fn publish_reach(
    context: &Context,
    call: &Call,
    header: &pb::PublishReachHeader,
    body: &[u8],
    parts: ReceivedParts,
) -> Result<Response<pb::PublishReachResponse>, Status> {
    let parts = parts.read().await?;
    parts.header.check_day(context.clock.today()).map_err(Error::from).map_err(ApiError::from)?;
    let header_read = parts.header.clone();
    let rule = context.read(move |tx| Box::pin(async move { rule_of(tx, &header_read).await })).await?;
    check(&parts, &rule).map_err(Error::from).map_err(ApiError::from)?;
    let (validate_only, figures_sha256) = (header.validate_only, parts.figures_sha256());
    context
        .mutate_stream(call, header, body, move |cmd| Box::pin(publication_create(cmd, parts, figures_sha256, validate_only)))
        .await
}

async fn publication_create(
    cmd: &mut Command<'_, '_>,
    parts: PublicationParts,
    figures_sha256: String,
    validate_only: bool,
) -> Result<pb::PublishReachResponse, Error> {
    check_programmes(&parts, &programme::store::programme_ids(cmd.tx).await?)?;
    let number = store::publication_next_number(cmd.tx).await?;
    // Again, because a policy may have been recorded since the rows were checked; now none is until the transaction ends.
    rule_of(cmd.tx, &parts.header).await?;
    let id = PublicationId::trusted(number.to_string());
    let mut publication = Publication::new(id, &parts, figures_sha256, cmd.cause.actor.id.clone(), cmd.now());
    let PublicationParts { figures, areas, .. } = parts;
    append_events(cmd, &mut publication, &figures, &areas);
    store::publication_insert(cmd.tx, number, &publication).await?;
    figure_store::figure_insert(cmd.tx, &publication.id, &figures).await?;
    figure_store::area_insert(cmd.tx, &publication.id, &areas).await?;
    let mut message = pb::ReachPublication::from(&publication);
    if validate_only {
        // A publication of a dry run does not exist, so it has neither a name nor an etag.
        message.name.clear();
        message.etag.clear();
    }
    Ok(pb::PublishReachResponse { reach_publication: Some(message) })
}

/// The rule of the policy in force on the day of the figures. Errors when the header names another policy.
async fn rule_of(tx: &mut Tx<'_>, header: &PublicationHeader) -> Result<ReachRule, Error> {
    let in_force = reach_policy::store::find_reach_policy_on(tx, header.true_on).await?;
    Ok(header.rule(in_force)?)
}

/// Whether the catalogue has every programme that a figure or an area names.
fn check_programmes(parts: &PublicationParts, known: &[ProgrammeId]) -> Result<(), ProgrammeViolation> {
    let named = parts.figures.iter().map(|figure| &figure.programme).chain(parts.areas.iter().map(|area| &area.programme));
    for programme in named {
        if let ReachProgramme::One(id) = programme
            && known.binary_search(id).is_err()
        {
            return Err(ProgrammeViolation::Unknown(id.clone()));
        }
    }
    Ok(())
}

/// Appends the parts of a publication, then its end. Each event makes a version of the publication.
fn append_events(cmd: &mut Command<'_, '_>, publication: &mut Publication, figures: &[Figure], areas: &[ColdArea]) {
    let figures = figures
        .chunks(EVENT_ROWS_MAX)
        .map(|chunk| pb::ReachPart { figures: chunk.iter().map(Into::into).collect(), cold_areas: Vec::new() });
    let areas = areas
        .chunks(EVENT_ROWS_MAX)
        .map(|chunk| pb::ReachPart { figures: Vec::new(), cold_areas: chunk.iter().map(Into::into).collect() });
    for part in figures.chain(areas) {
        publication.version += 1;
        let recorded = pb::ReachFiguresRecorded { reach_publication: publication.id.to_string(), reach_part: Some(part) };
        cmd.append(publication, &recorded);
    }
    publication.version += 1;
    cmd.append(publication, &pb::ReachPublished { reach_publication: Some((&*publication).into()) });
}
