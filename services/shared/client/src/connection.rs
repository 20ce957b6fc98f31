//! A connection to a service, for generated clients.

use std::{
    fmt, mem,
    task::{Context, Poll},
    time::Duration,
};

use access::TokenSource;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Status, body::Body, metadata::MetadataMap, transport::Channel};
use tonic_types::StatusExt;
use tower::{Service, ServiceExt};

use crate::{PeerTls, PeerTlsError, Retry};

/// Deadline of a call, retries included: the maximum that services grant by default.
pub const DEADLINE_DEFAULT: Duration = Duration::from_secs(60);
const GRPC_TIMEOUT: &str = "grpc-timeout";
/// `grpc-timeout` has at most eight digits.
const GRPC_TIMEOUT_MAX_MS: u128 = 99_999_999;

/// A service that can be called: `HubServiceClient::new(connection.clone())`. A clone shares the transport and the token.
///
/// Unary calls have a deadline, after which they end with DEADLINE_EXCEEDED, and are retried as [`Retry`] says. Every attempt sends the same bytes,
/// and so the same `request_id`: a mutation has its effect once. Calls with streams are made once, without a deadline of the connection. A
/// `grpc-timeout` in the metadata of a call is kept, and applies to each attempt.
#[derive(Clone)]
pub struct Connection {
    channel: Channel,
    token: Option<TokenSource>,
    deadline: Duration,
    retry: Retry,
}

impl Connection {
    /// A connection over a channel, without a token.
    pub fn new(channel: Channel) -> Self {
        Self { channel, token: None, deadline: DEADLINE_DEFAULT, retry: Retry::default() }
    }

    /// A connection to the service at an address, `http://network:50051`. Connects with the first call, and again after the connection broke. Errors
    /// when the address or a file of `tls` cannot be used.
    pub fn open(address: &str, tls: &PeerTls) -> Result<Self, PeerTlsError> {
        Ok(Self::new(tls.endpoint(address)?.connect_lazy()))
    }

    /// Sends a token with every call.
    pub fn with_token(self, token: TokenSource) -> Self {
        Self { token: Some(token), ..self }
    }

    /// Sets another deadline than [`DEADLINE_DEFAULT`].
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Sets other retries than the default ones.
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    pub(crate) fn retry(&self) -> Retry {
        self.retry
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        if !access::is_unary(request.uri().path().trim_start_matches('/')) {
            return self.attempt(request).await;
        }
        let deadline = Instant::now() + self.deadline;
        timeout_at(deadline, self.send_by(deadline, request)).await.unwrap_or_else(|_| Err(self.late()))
    }

    async fn send_by(&self, deadline: Instant, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (parts, body) = request.into_parts();
        let message = body.collect().await?.to_bytes();
        let mut backoff = self.retry.backoff();
        let mut attempts_left = self.retry.attempts_max;
        loop {
            attempts_left = attempts_left.saturating_sub(1);
            let mut request = Request::from_parts(parts.clone(), Body::new(Full::new(message.clone())));
            request.headers_mut().entry(GRPC_TIMEOUT).or_insert_with(|| grpc_timeout(deadline - Instant::now()));
            let answer = self.attempt(request).await;
            let status = match &answer {
                // An error answer has its status in the headers.
                Ok(response) => Status::from_header_map(response.headers()),
                Err(status) => Some(status.clone()),
            };
            let Some(status) = status else { return answer };
            let now = Instant::now();
            if now >= deadline {
                // The transport also watches `grpc-timeout`, but would report CANCELLED.
                return Err(self.late());
            }
            let delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
            let pause = backoff.next_pause() + delay.unwrap_or_default();
            let is_retried = delay.is_some() || self.retry.codes.contains(&status.code());
            if attempts_left == 0 || !is_retried || now + pause >= deadline {
                return answer;
            }
            sleep(pause).await;
        }
    }

    async fn attempt(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        if let Some(token) = &self.token {
            let mut metadata = MetadataMap::from_headers(mem::take(request.headers_mut()));
            token.authorise(&mut metadata);
            *request.headers_mut() = metadata.into_headers();
        }
        let broken = |error: tonic::transport::Error| Status::from_error(error.into());
        self.channel.clone().ready().await.map_err(broken)?.call(request).await.map_err(broken)
    }

    fn late(&self) -> Status {
        let ms = self.deadline.as_millis();
        Status::deadline_exceeded(format!("the call took longer than its deadline of {ms} ms; its effect is unknown"))
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // A call waits for the channel itself, because that wait counts towards its deadline.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection(deadline {:?}, {:?})", self.deadline, self.retry)
    }
}

fn grpc_timeout(remaining: Duration) -> HeaderValue {
    let ms = remaining.as_millis().clamp(1, GRPC_TIMEOUT_MAX_MS);
    HeaderValue::try_from(format!("{ms}m")).expect("digits and a letter are a header's value")
}
