//! A response body that records the end of its call, and ends its stream at drain.

use proto::Reason;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Code, Status, body::Body};

use crate::{ApiError, record::Record};

/// A response's body, with the record of its call.
pub(crate) struct RecordedBody {
    inner: Body,
    record: Option<Record>,
    /// For streams: cancelled when they must end.
    drain: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl RecordedBody {
    pub(crate) fn new(inner: Body, record: Record, drain: Option<CancellationToken>) -> Self {
        Self { inner, record: Some(record), drain: drain.map(|token| Box::pin(token.cancelled_owned())) }
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
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    let code = Status::from_header_map(trailers).map_or(Code::Unknown, |status| status.code());
                    self.finish(code);
                }
                Poll::Ready(Some(Ok(frame)))
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
                Some(Poll::Ready(())) => {
                    self.finish(Code::Unavailable);
                    let mut trailers = HeaderMap::new();
                    draining().add_header(&mut trailers)?;
                    Poll::Ready(Some(Ok(Frame::trailers(trailers))))
                }
                _ => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.record.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The status of a call that the shutdown cut off.
pub(crate) fn draining() -> Status {
    ApiError::new(Reason::Draining, "this replica is going away; send the same request again").into()
}
