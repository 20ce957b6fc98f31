//! A response body that records the end of its call, and ends its stream at drain.

use prost::bytes::Bytes;
use proto::Reason;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Code, Status, body::Body};

use crate::{
    ApiError,
    admission::{ANSWER_PIECE_BYTES, Admission, Hold, Party, Resource, Unread},
    record::Record,
};

/// A response's body, with the record of its call.
pub(crate) struct RecordedBody {
    inner: Body,
    record: Option<Record>,
    /// For streams: cancelled when they must end.
    drain: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    answer: Answer,
    /// The rest of the message that the caller is reading.
    rest: Bytes,
}

/// The resources of an answer, until its caller has read it.
pub(crate) struct Answer {
    pub(crate) admission: Arc<Admission>,
    pub(crate) party: Party,
    /// The bytes of the message that the caller is reading.
    pub(crate) bytes: Hold,
    /// The slot of a call, or a stream.
    pub(crate) _slots: Vec<Hold>,
    pub(crate) unread: Option<Unread>,
}

impl RecordedBody {
    pub(crate) fn new(inner: Body, record: Record, drain: Option<CancellationToken>, answer: Answer) -> Self {
        let drain = drain.map(|token| Box::pin(token.cancelled_owned()));
        Self { inner, record: Some(record), drain, answer, rest: Bytes::new() }
    }

    /// The next piece of the message that the caller is reading.
    fn piece(&mut self) -> Frame<Bytes> {
        Frame::data(self.rest.split_to(self.rest.len().min(ANSWER_PIECE_BYTES)))
    }

    /// Ends the stream with an error.
    fn end(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.finish(status.code());
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers)?;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn finish(&mut self, code: Code) {
        if let Some(record) = self.record.take() {
            record.finish(code);
        }
    }
}

impl http_body::Body for RecordedBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        // The call is over, in either way.
        if self.record.is_none() {
            return Poll::Ready(None);
        }
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.piece())));
        }
        // The transport asks for more only when the caller has read what came before.
        self.answer.bytes.set(0);
        self.answer.unread = None;
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    let code = Status::from_header_map(trailers).map_or(Code::Unknown, |status| status.code());
                    self.finish(code);
                }
                let data = match frame.into_data() {
                    Ok(data) => data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                };
                if !self.answer.bytes.set(data.len()) {
                    let refusal = self.answer.admission.refusal(Resource::AnswerBytes, "the caller");
                    return self.end(&refusal);
                }
                self.answer.unread = Some(Unread::new(&self.answer.admission.answers, &self.answer.party.peer));
                self.rest = data;
                Poll::Ready(Some(Ok(self.piece())))
            }
            Poll::Ready(Some(Err(error))) => {
                self.finish(error.code());
                Poll::Ready(Some(Err(error)))
            }
            Poll::Ready(None) => {
                self.finish(Code::Ok);
                Poll::Ready(None)
            }
            // A stream that ends by itself at drain was polled first, above.
            Poll::Pending => match self.drain.as_mut().map(|drain| drain.as_mut().poll(context)) {
                Some(Poll::Ready(())) => self.end(&draining()),
                _ => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.record.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// The status of a call that the shutdown cut off.
pub(crate) fn draining() -> Status {
    ApiError::new(Reason::Draining, "this replica is going away; send the same request again").into()
}
