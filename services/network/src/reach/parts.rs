//! The parts of a publication, received as a stream.

use prost::Message;
use proto::network::v1::{self as pb, publish_reach_request::Part};
use server::{ApiError, Fields};
use service::RuleViolation;
use sha2::{Digest, Sha256};
use tonic::Status;

use super::{ColdArea, Figure, PublicationHeader, wire};
use crate::stream::{Messages, StreamViolation, VIOLATIONS_MAX};

/// Figures and areas of one publication. A year of every authority, phase and stage is 2,600 for each programme, so that nine programmes and their total
/// have room for nineteen years.
const ROWS_MAX: usize = 500_000;
/// Figures and areas of one message.
const MESSAGE_ROWS_MAX: usize = 500;

/// A publication as it was sent.
#[derive(Debug, Clone)]
pub(super) struct PublicationParts {
    pub(super) header: PublicationHeader,
    pub(super) figures: Vec<Figure>,
    pub(super) areas: Vec<ColdArea>,
}

impl PublicationParts {
    /// Receives the messages after the header, and adds them to the checksum. An error names every row of one message that is wrong.
    pub(super) async fn receive(
        messages: &mut Messages<pb::PublishReachRequest>,
        header: PublicationHeader,
        checksum: &mut Sha256,
    ) -> Result<Self, Status> {
        let mut parts = Self { header, figures: Vec::new(), areas: Vec::new() };
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
            if parts.figures.len() + parts.areas.len() + rows > ROWS_MAX {
                return Err(StreamViolation::TooLarge { what: "the number of figures and areas", max: ROWS_MAX }.error().into());
            }
            checksum.update(part.encode_length_delimited_to_vec());
            parts.decode(part)?;
        }
        Ok(parts)
    }

    /// The checksum of the figures and areas.
    pub(super) fn figures_sha256(&self) -> String {
        proto::figures_sha256(self.figures.iter().map(Into::into), self.areas.iter().map(Into::into))
    }

    /// Decodes a message. Rows after the first [`VIOLATIONS_MAX`] wrong ones are not read.
    fn decode(&mut self, part: pb::ReachPart) -> Result<(), ApiError> {
        let mut fields = Fields::new();
        let mut wrong = 0;
        for figure in part.figures {
            match wire::figure(&mut fields, self.figures.len(), figure) {
                Some(figure) => self.figures.push(figure),
                None => wrong += 1,
            }
            if wrong == VIOLATIONS_MAX {
                return fields.check();
            }
        }
        for area in part.cold_areas {
            match wire::area(&mut fields, self.areas.len(), area) {
                Some(area) => self.areas.push(area),
                None => wrong += 1,
            }
            if wrong == VIOLATIONS_MAX {
                break;
            }
        }
        fields.check()
    }
}
