//! Messages as they arrive.

use std::time::Duration;

use http_body_util::BodyExt as _;
use tonic::{Status, body::Body};

use super::{Admission, Hold, Resource};
use crate::incoming::{cut_off, too_large};

/// Bytes of the prefix of a gRPC message: one of flags, four of its length.
const PREFIX_BYTES: usize = 5;

/// The body of a request with one message of at most `bytes_max` bytes, once it has arrived as a whole. Errors when that takes too long, when it is too long or breaks off, and when
/// its caller has too many bytes of unfinished requests.
pub(crate) async fn arrived(
    admission: &Admission,
    mut body: Body,
    mut bytes: Hold,
    bytes_max: usize,
    time_max: Duration,
) -> Result<prost::bytes::Bytes, Status> {
    let arrive = async {
        let mut first = prost::bytes::Bytes::new();
        let mut more = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Status::from(cut_off()))?.into_data() else { continue };
            if bytes.amount() + data.len() > bytes_max + PREFIX_BYTES {
                return Err(too_large(bytes_max).into());
            }
            if !bytes.set(bytes.amount() + data.len()) {
                return Err(admission.refusal(Resource::RequestBytes, "the caller"));
            }
            // Most messages come in one frame and are not copied.
            if first.is_empty() {
                first = data;
            } else {
                more.extend_from_slice(&data);
            }
        }
        Ok(if more.is_empty() { first } else { [&first[..], &more[..]].concat().into() })
    };
    tokio::time::timeout(time_max, arrive).await.unwrap_or_else(|_| Err(cut_off().into()))
}

/// The bounds of the messages in a stream.
#[derive(Debug, Default)]
pub(crate) struct Framing {
    prefix: [u8; PREFIX_BYTES],
    prefix_bytes: usize,
    message_bytes: usize,
    missing_bytes: usize,
}

impl Framing {
    /// Passes over the next bytes of the stream. Gives the number of bytes so far of the message that has not arrived as a whole.
    pub(crate) fn pass(&mut self, mut data: &[u8]) -> usize {
        while !data.is_empty() {
            if self.prefix_bytes < PREFIX_BYTES {
                let count = data.len().min(PREFIX_BYTES - self.prefix_bytes);
                self.prefix[self.prefix_bytes..self.prefix_bytes + count].copy_from_slice(&data[..count]);
                self.prefix_bytes += count;
                data = &data[count..];
                if self.prefix_bytes == PREFIX_BYTES {
                    let [_, length @ ..] = self.prefix;
                    self.message_bytes = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                    self.missing_bytes = self.message_bytes;
                }
            } else {
                let count = data.len().min(self.missing_bytes);
                self.missing_bytes -= count;
                data = &data[count..];
            }
            if self.prefix_bytes == PREFIX_BYTES && self.missing_bytes == 0 {
                *self = Self::default();
            }
        }
        self.prefix_bytes + self.message_bytes - self.missing_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bytes_of_an_unfinished_message_count() {
        let message = |length: u8| [&[0, 0, 0, 0, length][..], &vec![7; length.into()]].concat();
        let stream = [message(3), message(0), message(200)].concat();
        for size in 1..stream.len() {
            let mut framing = Framing::default();
            let mut passed = 0;
            for piece in stream.chunks(size) {
                passed += piece.len();
                // The first two messages end after 8 and 13 bytes.
                let begun = [0, 8, 13, 218].into_iter().rev().find(|end| *end <= passed).expect("0 is");
                assert_eq!(framing.pass(piece), passed - begun, "{passed} bytes in pieces of {size}");
            }
        }
    }
}
