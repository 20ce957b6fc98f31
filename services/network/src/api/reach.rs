//! `ReachService`.

use std::time::Duration;

use name::resource_id;
use prost::Message;
use proto::network::v1 as pb;
use server::{ApiError, Call, Fields, Page};
use service::Context;
use sha2::{Digest, Sha256};
use time::AcademicYear;
use tonic::{Request, Response, Status, Streaming};

use super::{fields, reach_fields, register::next};
use crate::{
    approve_reach::approve_reach,
    config::{REACH_PART_ROWS_MAX, REACH_ROWS_MAX, VIOLATIONS_MAX},
    error::Error,
    publish_reach::{Set, check, publish_reach},
    store::{self, AreaFilter, AreaKey, FigureFilter},
    wire,
};

const PUBLICATION_ID_LENGTH_MAX: usize = 40;

/// The service.
pub(super) struct Reach {
    pub(super) context: Context,
    /// Longest wait for the next message of a stream.
    pub(super) stream_timeout: Duration,
}

/// Reads the parts of a stream, whose header was read, into a set and a checksum. Everything that is wrong with a part is told at once.
async fn parts(
    stream: &mut Streaming<pb::PublishReachRequest>,
    timeout: Duration,
    set: &mut Set,
    checksum: &mut Sha256,
) -> Result<(), Status> {
    use pb::publish_reach_request::Part;
    let mut wrong = 0;
    while let Some(message) = next(stream, timeout).await? {
        let part = match message.part {
            Some(Part::ReachPart(part)) => part,
            Some(Part::Header(_)) => return Err(ApiError::field("header", "must be sent first, and once").into()),
            None => return Err(ApiError::field("part", "must be given").into()),
        };
        let rows = part.figures.len() + part.cold_areas.len();
        if rows > REACH_PART_ROWS_MAX {
            return Err(ApiError::field("reach_part", format!("must not hold more than {REACH_PART_ROWS_MAX} rows")).into());
        }
        if set.figures.len() + set.areas.len() + rows > REACH_ROWS_MAX {
            return Err(Error::TooLarge("the number of figures and areas", REACH_ROWS_MAX).into());
        }
        checksum.update(part.encode_length_delimited_to_vec());
        let mut fields = Fields::new();
        for figure in part.figures {
            match reach_fields::figure(&mut fields, set.figures.len(), figure) {
                Some(figure) => set.figures.push(figure),
                None => wrong += 1,
            }
            if wrong >= VIOLATIONS_MAX {
                break;
            }
        }
        for area in part.cold_areas {
            match reach_fields::area(&mut fields, set.areas.len(), area) {
                Some(area) => set.areas.push(area),
                None => wrong += 1,
            }
            if wrong >= VIOLATIONS_MAX {
                break;
            }
        }
        fields.check()?;
    }
    Ok(())
}

/// The id in `reachPublications/{publication}`; `None` for `-`, the newest.
#[expect(clippy::option_option, reason = "the outer one says whether the field is right, the inner one whether it names one")]
fn publication(fields: &mut Fields, field: &str, name: &str) -> Option<Option<String>> {
    let id = fields.read(field, resource_id(name, "reachPublications", PUBLICATION_ID_LENGTH_MAX))?;
    Some((id != "-").then(|| id.to_owned()))
}

/// A key of a page of figures or areas: the publication, so that the pages of the newest stay with one when a newer one comes, and the rest.
fn split_key(key: Option<&str>) -> Option<(Option<String>, String)> {
    match key {
        None => Some((None, String::new())),
        Some(key) => key.split_once('/').map(|(id, rest)| (Some(id.to_owned()), rest.to_owned())),
    }
}

#[tonic::async_trait]
impl pb::reach_service_server::ReachService for Reach {
    async fn publish_reach(
        &self,
        request: Request<Streaming<pb::PublishReachRequest>>,
    ) -> Result<Response<pb::PublishReachResponse>, Status> {
        let call = Call::of(&request)?;
        let mut stream = request.into_inner();
        let first = next(&mut stream, self.stream_timeout).await?.and_then(|message| message.part);
        let Some(pb::publish_reach_request::Part::Header(sent)) = first else {
            return Err(ApiError::field("header", "must be sent first").into());
        };
        let header = Fields::decode_mutation(&sent, |fields| {
            fields.require("reach_publication", sent.reach_publication.is_some(), "must be given");
            reach_fields::header(fields, &sent.reach_publication.clone().unwrap_or_default())
        })?;
        let mut set = Set { header, figures: Vec::new(), areas: Vec::new() };
        let mut checksum = Sha256::new_with_prefix(sent.encode_length_delimited_to_vec());
        parts(&mut stream, self.stream_timeout, &mut set, &mut checksum).await?;
        check(&set)?;
        let body = checksum.finalize();
        let mut answer = self.context.mutate_stream(&call, &sent, &body, |cmd| Box::pin(publish_reach(cmd, set))).await?;
        if sent.validate_only
            && let Some(publication) = &mut answer.get_mut().reach_publication
        {
            // It has neither a name nor an etag: it is not there.
            publication.name.clear();
            publication.etag.clear();
        }
        Ok(answer)
    }

    async fn approve_reach(
        &self,
        request: Request<pb::ApproveReachRequest>,
    ) -> Result<Response<pb::ApproveReachResponse>, Status> {
        let (call, message) = Call::split(request)?;
        let (id, version) = Fields::decode_mutation(&message, |fields| {
            let id = publication(fields, "name", &message.name);
            fields.require("name", id != Some(None), "must name a publication: what is approved was looked at");
            let version = fields::version(fields, "etag", &message.etag);
            Some((id??, version?))
        })?;
        let role = call.caller.role;
        self.context.mutate(&call, &message, move |cmd| Box::pin(approve_reach(cmd, role, id, version))).await
    }

    async fn get_reach_publication(
        &self,
        request: Request<pb::GetReachPublicationRequest>,
    ) -> Result<Response<pb::GetReachPublicationResponse>, Status> {
        let name = request.into_inner().name;
        let id = Fields::decode(|fields| publication(fields, "name", &name))?;
        let read = self.context.read(move |tx| Box::pin(async move { store::publication_find(tx, id.as_deref()).await }));
        let found = read.await?.ok_or(Error::NotFound(name))?;
        Ok(Response::new(pb::GetReachPublicationResponse { reach_publication: Some(wire::publication(&found)) }))
    }

    async fn list_reach_publications(
        &self,
        request: Request<pb::ListReachPublicationsRequest>,
    ) -> Result<Response<pb::ListReachPublicationsResponse>, Status> {
        let message = request.into_inner();
        let (page, before) = Fields::decode(|fields| {
            let same = pb::ListReachPublicationsRequest::default();
            let page = Page::read(fields, message.page_size, &message.page_token, &same);
            let key = page.as_ref().and_then(|page| page.after.as_deref());
            let before = key.map_or(Some(i64::MAX), |key| key.parse().ok());
            fields.require("page_token", before.is_some(), "is not a token of this list; begin again without it");
            Some((page?, before?))
        })?;
        let limit = page.limit();
        let read = self.context.read(move |tx| Box::pin(async move { store::publication_list(tx, before, limit).await }));
        let (reach_publications, next_page_token) =
            page.cut(read.await?, |(number, _)| number.to_string(), |(_, publication)| wire::publication(&publication));
        Ok(Response::new(pb::ListReachPublicationsResponse { reach_publications, next_page_token }))
    }

    async fn list_reach_figures(
        &self,
        request: Request<pb::ListReachFiguresRequest>,
    ) -> Result<Response<pb::ListReachFiguresResponse>, Status> {
        let message = request.into_inner();
        let (parent, level, page, after) = Fields::decode(|fields| {
            let parent = publication(fields, "parent", &message.parent);
            if !message.academic_year.is_empty() {
                fields.read("academic_year", AcademicYear::parse(&message.academic_year));
            }
            let level = fields::code_if_any(fields, "geographic_level", message.geographic_level);
            fields::programme_if_any(fields, "programme", &message.programme);
            let same = pb::ListReachFiguresRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same)?;
            let after = split_key(page.after.as_deref()).and_then(|(id, rest)| match rest.as_str() {
                "" => Some((id, -1)),
                position => Some((id, position.parse().ok()?)),
            });
            fields.require("page_token", after.is_some(), "is not a token of this list; begin again without it");
            Some((parent?, level?, page, after?))
        })?;
        let (held, position) = after;
        let id = parent.or(held);
        let filter = FigureFilter { academic_year: message.academic_year, level, programme: message.programme };
        let limit = page.limit();
        let read = self
            .context
            .read(move |tx| Box::pin(async move { store::figure_list(tx, id.as_deref(), &filter, position, limit).await }));
        let (id, rows) = read.await?.ok_or(Error::NotFound(message.parent))?;
        let (reach_figures, next_page_token) =
            page.cut(rows, |(position, _)| format!("{id}/{position}"), |(_, figure)| wire::figure(&figure));
        Ok(Response::new(pb::ListReachFiguresResponse { reach_figures, next_page_token }))
    }

    async fn list_cold_areas(
        &self,
        request: Request<pb::ListColdAreasRequest>,
    ) -> Result<Response<pb::ListColdAreasResponse>, Status> {
        let message = request.into_inner();
        let (parent, phase, page, after) = Fields::decode(|fields| {
            let parent = publication(fields, "parent", &message.parent);
            fields::programme_if_any(fields, "programme", &message.programme);
            let phase = fields::code_if_any(fields, "education_phase", message.education_phase);
            let same = pb::ListColdAreasRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same)?;
            let after = split_key(page.after.as_deref()).and_then(|(id, rest)| Some((id, area_key(&rest)?)));
            fields.require("page_token", after.is_some(), "is not a token of this list; begin again without it");
            Some((parent?, phase?, page, after?))
        })?;
        let (held, key) = after;
        let id = parent.or(held);
        let filter = AreaFilter { programme: message.programme, phase };
        let limit = page.limit();
        let read =
            self.context.read(move |tx| Box::pin(async move { store::area_list(tx, id.as_deref(), &filter, &key, limit).await }));
        let (id, rows) = read.await?.ok_or(Error::NotFound(message.parent))?;
        let key = |key: &AreaKey| format!("{id}/{}/{}/{}/{}", key.programme, key.phase, key.rank, key.position);
        let (cold_areas, next_page_token) = page.cut(rows, |(row_key, _)| key(row_key), |(_, area)| wire::area(&area));
        Ok(Response::new(pb::ListColdAreasResponse { cold_areas, next_page_token }))
    }
}

/// Programme, phase, rank and position; what comes before all of them when empty.
fn area_key(text: &str) -> Option<AreaKey> {
    if text.is_empty() {
        return Some(AreaKey { position: -1, ..AreaKey::default() });
    }
    let mut parts = text.split('/');
    let programme = parts.next()?.to_owned();
    let mut number = || parts.next()?.parse().ok();
    Some(AreaKey { programme, phase: number()?, rank: number()?, position: number()? })
}
