//! The body of a request, which notes how far it came, and the errors of requests that cannot be read.
//!
//! tonic answers such requests with INTERNAL or UNKNOWN, which mean a failure of the service. Its errors have no details; errors of the suite always do.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use http_body::{Frame, SizeHint};
use proto::Reason;
use tonic::{Code, Status, body::Body};

use crate::{
    ApiError,
    admission::{Admission, Framing, Hold, Resource},
};

/// tonic's message for a request that ends within a message.
const ENDS_WITHIN_MESSAGE: &str = "Unexpected EOF decoding stream.";

const OPEN: u8 = 0;
const WHOLE: u8 = 1;
const BROKEN: u8 = 2;

/// How far the body of a request came. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arrival(Arc<AtomicU8>);

impl Arrival {
    /// Of a request that has arrived as a whole.
    pub(crate) fn whole() -> Self {
        Self(Arc::new(AtomicU8::new(WHOLE)))
    }

    /// True until the body ends or breaks off.
    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) == OPEN
    }

    /// The error in place of one that tonic made because it could not read the request. `None` for errors of the suite, and for an unknown
    /// compression, which is UNIMPLEMENTED by gRPC's specification.
    pub(crate) fn error(&self, status: &Status) -> Option<Status> {
        if !status.details().is_empty() {
            return None;
        }
        let broken = self.0.load(Ordering::Relaxed) == BROKEN || status.message() == ENDS_WITHIN_MESSAGE;
        let error = match status.code() {
            Code::Ok | Code::Unimplemented => return None,
            _ if broken => cut_off(),
            Code::OutOfRange | Code::ResourceExhausted => too_large(crate::MESSAGE_SIZE_MAX),
            Code::Internal | Code::Unknown => {
                let why = text::excerpt(status.message());
                let message = format!("a message cannot be decoded ({why}); send it as its contract describes it");
                ApiError::new(Reason::MessageInvalid, message)
            }
            _ => return None,
        };
        Some(error.into())
    }
}

/// The error of a request that did not arrive as a whole.
pub(crate) fn cut_off() -> ApiError {
    ApiError::new(
        Reason::MessageCutOff,
        "the request ended, or its deadline passed, before it had arrived as a whole; send it again",
    )
}

/// The error of a message that is too long.
pub(crate) fn too_large(bytes_max: usize) -> ApiError {
    ApiError::new(Reason::MessageTooLarge, format!("a message has more than {bytes_max} bytes; send less in one message"))
}

/// The body of a request that is a stream of messages.
pub(crate) struct IncomingBody {
    inner: Body,
    arrival: Arrival,
    framing: Framing,
    /// Of the message that has not arrived as a whole.
    bytes: Hold,
    admission: Arc<Admission>,
}

impl IncomingBody {
    pub(crate) fn new(inner: Body, arrival: Arrival, bytes: Hold, admission: Arc<Admission>) -> Self {
        let body = Self { inner, arrival, framing: Framing::default(), bytes, admission };
        body.note_end();
        body
    }

    fn note_end(&self) {
        if http_body::Body::is_end_stream(&self.inner) {
            self.arrival.0.store(WHOLE, Ordering::Relaxed);
        }
    }
}

impl http_body::Body for IncomingBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.note_end();
                let unfinished = frame.data_ref().map_or(0, |data| self.framing.pass(data));
                if !self.bytes.set(unfinished) {
                    return Poll::Ready(Some(Err(self.admission.refusal(Resource::RequestBytes, "the caller"))));
                }
            }
            Poll::Ready(Some(Err(_))) => self.arrival.0.store(BROKEN, Ordering::Relaxed),
            Poll::Ready(None) => self.arrival.0.store(WHOLE, Ordering::Relaxed),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.inner)
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&self.inner)
    }
}
