//! The parts of a publication: received as a stream into a temporary file, and read.

use prost::Message;
use proto::network::v1::{self as pb, publish_reach_request::Part};
use server::{ApiError, Fields};
use service::RuleViolation;
use sha2::{Digest, Sha256};
use tonic::Status;
use upload::{Messages, Spool, StreamViolation, blocking};

use super::{ColdArea, Figure, PublicationHeader, wire};
use crate::{Config, stream::VIOLATIONS_MAX};

/// Figures and areas of one publication. A year of every authority, phase and stage is 2,600 for each programme, so that nine programmes and their total
/// have room for nineteen years.
const ROWS_MAX: usize = 500_000;
/// Figures and areas of one message.
const MESSAGE_ROWS_MAX: usize = 500;
/// Bytes of one publication, without its header: room for [`ROWS_MAX`] figures.
const PUBLICATION_SIZE_MAX_BYTES: usize = 64_000_000;

/// A publication as it was sent, in a temporary file.
pub(super) struct ReceivedParts {
    header: PublicationHeader,
    /// The messages, each after its length.
    spool: Spool,
    figures_count: usize,
    areas_count: usize,
}

/// A publication as it was sent.
#[derive(Debug, Clone)]
pub(super) struct PublicationParts {
    pub(super) header: PublicationHeader,
    pub(super) figures: Vec<Figure>,
    pub(super) areas: Vec<ColdArea>,
}

impl ReceivedParts {
    /// Receives the messages after the header, and adds them to the checksum. An error names every row of one message that is wrong.
    pub(super) async fn receive(
        messages: &mut Messages<pb::PublishReachRequest>,
        header: PublicationHeader,
        checksum: &mut Sha256,
        config: &Config,
    ) -> Result<Self, Status> {
        let mut parts = Self { header, spool: Spool::create(&config.temporary_folder).await?, figures_count: 0, areas_count: 0 };
        while let Some(message) = messages.next().await? {
            let part = match message.part {
                Some(Part::ReachPart(part)) => part,
                Some(Part::Header(_)) => return Err(ApiError::field("header", "must be the first message, and only that").into()),
                None => return Err(ApiError::field("part", "must be set").into()),
            };
            let rows = part.figures.len() + part.cold_areas.len();
            if rows > MESSAGE_ROWS_MAX {
                return Err(ApiError::field("reach_part", format!("must not hold more than {MESSAGE_ROWS_MAX} rows")).into());
            }
            if parts.figures_count + parts.areas_count + rows > ROWS_MAX {
                return Err(StreamViolation::TooLarge { what: "the number of figures and areas", max: ROWS_MAX }.error().into());
            }
            let bytes = part.encode_length_delimited_to_vec();
            // Wrong rows, and those with texts that are too long, end the stream here. The rows themselves are decoded again when they are read.
            let (figures, areas) = decode(part, parts.figures_count, parts.areas_count)?;
            if parts.spool.size_bytes() + bytes.len() > PUBLICATION_SIZE_MAX_BYTES {
                let (what, max) = ("the number of bytes of the figures and areas", PUBLICATION_SIZE_MAX_BYTES);
                return Err(StreamViolation::TooLarge { what, max }.error().into());
            }
            checksum.update(&bytes);
            parts.spool.push(&bytes).await?;
            parts.figures_count += figures.len();
            parts.areas_count += areas.len();
        }
        Ok(parts)
    }

    /// Reads the parts into memory.
    pub(super) async fn read(self) -> Result<PublicationParts, ApiError> {
        let Self { header, spool, figures_count, areas_count } = self;
        let bytes = spool.into_bytes().await?;
        blocking(move || {
            let (mut figures, mut areas) = (Vec::with_capacity(figures_count), Vec::with_capacity(areas_count));
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let part = pb::ReachPart::decode_length_delimited(&mut rest).expect("the file has messages of this type");
                let (next_figures, next_areas) = decode(part, figures.len(), areas.len())?;
                figures.extend(next_figures);
                areas.extend(next_areas);
            }
            Ok(PublicationParts { header, figures, areas })
        })
        .await
    }
}

impl PublicationParts {
    /// The checksum of the figures and areas.
    pub(super) fn figures_sha256(&self) -> String {
        proto::figures_sha256(self.figures.iter().map(Into::into), self.areas.iter().map(Into::into))
    }
}

/// Decodes a message that comes after this number of figures and areas. Rows after the first [`VIOLATIONS_MAX`] wrong ones are not read.
fn decode(part: pb::ReachPart, figures_before: usize, areas_before: usize) -> Result<(Vec<Figure>, Vec<ColdArea>), ApiError> {
    let mut fields = Fields::new();
    let (mut figures, mut areas) = (Vec::with_capacity(part.figures.len()), Vec::with_capacity(part.cold_areas.len()));
    let mut wrong = 0;
    for (index, figure) in (figures_before..).zip(part.figures) {
        match wire::figure(&mut fields, index, figure) {
            Some(figure) => figures.push(figure),
            None => wrong += 1,
        }
        if wrong == VIOLATIONS_MAX {
            return Err(fields.refusal());
        }
    }
    for (index, area) in (areas_before..).zip(part.cold_areas) {
        match wire::area(&mut fields, index, area) {
            Some(area) => areas.push(area),
            None => wrong += 1,
        }
        if wrong == VIOLATIONS_MAX {
            break;
        }
    }
    fields.check()?;
    Ok((figures, areas))
}
