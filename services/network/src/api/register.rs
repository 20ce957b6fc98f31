//! `RegisterService`.

use std::{sync::Arc, time::Duration};

use proto::network::v1 as pb;
use server::{ApiError, Call, Fields, Page};
use service::Context;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

use super::fields;
use crate::{
    Config,
    config::CHUNK_SIZE_MAX_BYTES,
    error::Error,
    import_register::{Files, import_files, not_in_future},
    store::{self, SchoolFilter},
    wire,
};

/// The service.
pub(super) struct Register {
    pub(super) context: Context,
    pub(super) config: Config,
    /// One import at a time is in memory.
    pub(super) import_turn: Arc<Semaphore>,
}

/// The next message of a stream. Errors when nothing comes for too long, or the stream breaks off.
pub(super) async fn next<M>(stream: &mut Streaming<M>, timeout: Duration) -> Result<Option<M>, Status> {
    match tokio::time::timeout(timeout, stream.message()).await {
        Ok(Ok(None)) => {
            // tonic tells a stream that its caller gave up like one that is complete. The transport drops this call as soon as it waits, so it waits
            // once: otherwise half a stream would be taken for the whole.
            tokio::task::yield_now().await;
            Ok(None)
        }
        Ok(message) => message,
        Err(_) => Err(Error::StreamSilent(timeout).into()),
    }
}

impl Register {
    /// The files of a stream, whose header was read. They are bounded together.
    async fn files(&self, stream: &mut Streaming<pb::ImportRegisterRequest>) -> Result<Files, Status> {
        use pb::import_register_request::Part;
        let mut files = Files::default();
        let max = self.config.register_size_max_bytes;
        while let Some(message) = next(stream, self.config.stream_timeout).await? {
            let (chunk, name) = match message.part {
                Some(Part::ExtractChunk(_)) if files.links.is_some() => {
                    return Err(ApiError::field("extract_chunk", "must not come after the links").into());
                }
                Some(Part::ExtractChunk(chunk)) => (chunk, "extract_chunk"),
                Some(Part::LinksChunk(chunk)) => (chunk, "links_chunk"),
                Some(Part::Header(_)) => return Err(ApiError::field("header", "must be sent first, and once").into()),
                None => return Err(ApiError::field("part", "must be given").into()),
            };
            if chunk.len() > CHUNK_SIZE_MAX_BYTES {
                return Err(ApiError::field(name, format!("must not be larger than {CHUNK_SIZE_MAX_BYTES} bytes")).into());
            }
            let total = files.extract.bytes.len() + files.links.as_ref().map_or(0, |links| links.bytes.len()) + chunk.len();
            if total > max {
                return Err(Error::TooLarge("the number of bytes of the files", max).into());
            }
            let file = if name == "extract_chunk" { &mut files.extract } else { files.links.get_or_insert_default() };
            file.push(&chunk);
        }
        Ok(files)
    }
}

#[tonic::async_trait]
impl pb::register_service_server::RegisterService for Register {
    async fn import_register(
        &self,
        request: Request<Streaming<pb::ImportRegisterRequest>>,
    ) -> Result<Response<pb::ImportRegisterResponse>, Status> {
        let call = Call::of(&request)?;
        let mut stream = request.into_inner();
        let first = next(&mut stream, self.config.stream_timeout).await?.and_then(|message| message.part);
        let Some(pb::import_register_request::Part::Header(header)) = first else {
            return Err(ApiError::field("header", "must be sent first").into());
        };
        let (as_of, links_as_of) = Fields::decode_mutation(&header, |fields| {
            let as_of = fields.date("as_of_date", &header.as_of_date);
            let links_as_of = fields::day_if_any(fields, "links_as_of_date", &header.links_as_of_date);
            Some((as_of?, links_as_of?))
        })?;
        not_in_future(
            self.context.clock.today(),
            self.config.future_register_allowed,
            &[("as_of_date", Some(as_of)), ("links_as_of_date", links_as_of)],
        )?;
        let _turn = self.import_turn.acquire().await.expect("the semaphore is never closed");
        let files = self.files(&mut stream).await?;
        import_files(&self.context, &call, header, as_of, files).await
    }

    async fn get_register(&self, request: Request<pb::GetRegisterRequest>) -> Result<Response<pb::GetRegisterResponse>, Status> {
        let name = request.into_inner().name;
        if name != "register" {
            return Err(ApiError::field("name", "must be `register`").into());
        }
        let read = self.context.read(move |tx| Box::pin(async move { store::register_current(tx).await }));
        let register = read.await?;
        if register.version == 0 {
            return Err(Error::NotFound(name).into());
        }
        Ok(Response::new(pb::GetRegisterResponse { register: Some(wire::register(&register)) }))
    }

    async fn get_school(&self, request: Request<pb::GetSchoolRequest>) -> Result<Response<pb::GetSchoolResponse>, Status> {
        let name = request.into_inner().name;
        let urn = Fields::decode(|fields| fields::school(fields, "name", &name))?;
        let read = self.context.read(move |tx| Box::pin(async move { store::school_find(tx, urn).await }));
        let entry = read.await?.ok_or(Error::NotFound(name))?;
        Ok(Response::new(pb::GetSchoolResponse { school: Some(wire::school(&entry)) }))
    }

    async fn list_schools(&self, request: Request<pb::ListSchoolsRequest>) -> Result<Response<pb::ListSchoolsResponse>, Status> {
        let message = request.into_inner();
        let (phase, reason, page, after) = Fields::decode(|fields| {
            fields::region_if_any(fields, "region_code", &message.region_code);
            fields::old_la_code_if_any(fields, "old_la_code", &message.old_la_code);
            let phase = fields::code_if_any(fields, "education_phase", message.education_phase);
            let reason = fields::code_if_any(fields, "register_reason", message.register_reason);
            let same = pb::ListSchoolsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read(fields, message.page_size, &message.page_token, &same)?;
            let after = page.after.as_deref().map(after_school);
            fields.require("page_token", after != Some(None), "is not a token of this list; begin again without it");
            Some((phase?, reason?, page, after.flatten()))
        })?;
        let filter = SchoolFilter { region_code: message.region_code, old_la_code: message.old_la_code, phase, reason };
        let (after_urn, limit) = (after.map_or(0, |(_, urn)| urn), page.limit());
        let read = self.context.read(move |tx| Box::pin(async move { store::school_list(tx, &filter, after_urn, limit).await }));
        let rows = read.await?;
        // A token was given because another school followed in the register of that page. Pages of two registers do not make a list.
        if let Some((version, _)) = after
            && rows.first().is_none_or(|(_, current)| *current != version)
        {
            return Err(Error::RegisterChanged.into());
        }
        let (schools, next_page_token) =
            page.cut(rows, |(entry, version)| format!("{version}/{}", entry.school.urn), |(entry, _)| wire::school(&entry));
        Ok(Response::new(pb::ListSchoolsResponse { schools, next_page_token }))
    }

    async fn get_lineage(&self, request: Request<pb::GetLineageRequest>) -> Result<Response<pb::GetLineageResponse>, Status> {
        let message = request.into_inner();
        let (urn, as_of) = Fields::decode(|fields| {
            let urn = fields::school(fields, "name", &message.name);
            let as_of = fields::day_if_any(fields, "as_of_date", &message.as_of_date);
            Some((urn?, as_of?))
        })?;
        let read = self.context.read(move |tx| Box::pin(async move { store::lineage_find(tx, urn, as_of).await }));
        let lineage = read.await?.ok_or(Error::NotFound(message.name))?;
        if !lineage.complete {
            return Err(Error::LineageTooLarge(urn).into());
        }
        Ok(Response::new(pb::GetLineageResponse {
            school: Some(wire::school(&lineage.school)),
            as_of_date: lineage.as_of.to_string(),
            predecessors: lineage.predecessors.iter().map(wire::school).collect(),
            successors: lineage.successors.iter().map(wire::school).collect(),
            links: lineage.links.iter().map(wire::link).collect(),
        }))
    }
}

/// The register's version and the last URN of the page before.
fn after_school(key: &str) -> Option<(i64, i64)> {
    let (version, urn) = key.split_once('/')?;
    Some((version.parse().ok()?, urn.parse().ok()?))
}
