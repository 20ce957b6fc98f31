//! The import of past participation. Serves `HistoryService`.

mod file;
mod import_history;
mod rules;
mod store;
mod wire;

use proto::enrolment::v1::{self as pb, history_service_server::HistoryService, import_history_request::Part};
use server::{ApiError, Call, Fields};
use service::RuleViolation;
use tonic::{Request, Response, Status, Streaming};
use upload::{Messages, Spool, StreamViolation, blocking};

use self::{
    file::HistoryFile,
    import_history::{Import, import_history},
    rules::{HistorySource, HistoryViolation},
};
use crate::service::Api;

/// Longest description of a file's source, in characters.
const SOURCE_LENGTH_MAX: usize = 200;
/// Largest size of a file. [`file::ROWS_MAX`] rows have about half of it.
const FILE_SIZE_MAX_BYTES: usize = 2_000_000;
/// Largest chunk of a file.
const CHUNK_SIZE_MAX_BYTES: usize = 1024 * 1024;

#[tonic::async_trait]
impl HistoryService for Api {
    async fn import_history(
        &self,
        request: Request<Streaming<pb::ImportHistoryRequest>>,
    ) -> Result<Response<pb::ImportHistoryResponse>, Status> {
        let call = Call::of(&request)?;
        let _slot = self.imports.take()?;
        let mut messages = Messages::new(request.into_inner(), self.config.stream_timeout, server::MESSAGE_SIZE_MAX);
        let Some(Part::Header(header)) = messages.next().await?.and_then(|message| message.part) else {
            return Err(ApiError::field("header", "must be the first message").into());
        };
        let source = Fields::decode_mutation(&header, |fields| {
            let text = fields.title("source", &header.source, SOURCE_LENGTH_MAX);
            let as_of = fields.date("as_of_date", &header.as_of_date);
            Some(HistorySource { text: text?, as_of: as_of? })
        })?;
        let today = self.context.clock.today();
        if source.as_of > today {
            return Err(HistoryViolation::InFuture { day: source.as_of, today }.error().into());
        }
        let spool = self.receive(&mut messages).await?;
        let _turn = self.turn.wait().await;
        let bytes = spool.into_bytes().await?;
        let body = [&prost::Message::encode_to_vec(&header), &bytes[..]].concat();
        let as_of = source.as_of;
        let file = blocking(move || HistoryFile::parse(&bytes, as_of)).await;
        let import = Import { source, file };
        self.context.mutate_stream(&call, &header, &body, move |cmd| Box::pin(import_history(cmd, import))).await
    }
}

impl Api {
    /// Receives the messages after the header.
    async fn receive(&self, messages: &mut Messages<pb::ImportHistoryRequest>) -> Result<Spool, Status> {
        let mut spool = Spool::create(&self.config.temporary_folder).await?;
        while let Some(message) = messages.next().await? {
            let chunk = match message.part {
                Some(Part::CsvChunk(chunk)) => chunk,
                Some(Part::Header(_)) => return Err(ApiError::field("header", "must be sent once").into()),
                None => return Err(ApiError::field("part", "must be set").into()),
            };
            if chunk.len() > CHUNK_SIZE_MAX_BYTES {
                return Err(ApiError::field("csv_chunk", "must have at most 1 MiB").into());
            }
            if spool.size_bytes() + chunk.len() > FILE_SIZE_MAX_BYTES {
                let (what, max) = ("the number of bytes of the file", FILE_SIZE_MAX_BYTES);
                return Err(StreamViolation::TooLarge { what, max }.error().into());
            }
            spool.push(&chunk).await?;
        }
        Ok(spool)
    }
}
