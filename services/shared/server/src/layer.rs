//! The call layer, which wraps every call: authentication, permission, limits, deadline, trace, log, metrics.
//!
//! The order matters: permission is checked before existence, and methods that the authorizer does not know never reach the services, so that an
//! undeclared service cannot be called.

use proto::Reason;
use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use access::{Authenticator, Authorizer, Caller};
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt;
use tower::{Layer, Service};
use tracing::{Instrument, field::Empty};

use crate::{
    ApiError, Config, MESSAGE_SIZE_MAX, MethodPath, Refusal, RefusalSink,
    admission::{Admission, HEALTH_BYTES_MAX, HEALTH_TIME_MAX, Hold, Party, Peer, Resource, arrived},
    body::{Answer, RecordedBody, draining},
    incoming::{Arrival, IncomingBody, cut_off},
    record::Record,
    trace,
};

const HEALTH: &str = "grpc.health.v1.Health/";

/// State that all calls of a service share.
pub(crate) struct Shared {
    authorizer: Authorizer,
    authenticator: Arc<Authenticator>,
    refusals: Option<RefusalSink>,
    streaming: HashSet<String>,
    /// The methods that take one message.
    single_message: HashSet<String>,
    admission: Arc<Admission>,
    deadline_default: Duration,
    deadline_max: Duration,
    stream_deadline_max: Duration,
    /// Cancelled when streams must end.
    streams: CancellationToken,
    /// Cancelled when calls in flight must end.
    hard: CancellationToken,
}

/// The call layer around a service's routes.
#[derive(Clone)]
pub(crate) struct CallLayer(Arc<Shared>);

impl CallLayer {
    pub(crate) fn new(
        authorizer: Authorizer,
        authenticator: Arc<Authenticator>,
        refusals: Option<RefusalSink>,
        config: &Config,
        admission: Arc<Admission>,
        streams: CancellationToken,
        hard: CancellationToken,
    ) -> Self {
        Self(Arc::new(Shared {
            authorizer,
            authenticator,
            refusals,
            streaming: access::streaming(),
            single_message: single_message(),
            admission,
            deadline_default: Duration::from_millis(config.deadline_default_ms),
            deadline_max: Duration::from_millis(config.deadline_max_ms),
            stream_deadline_max: Duration::from_millis(config.stream_deadline_max_ms),
            streams,
            hard,
        }))
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> CallService<S> {
        CallService { inner, shared: Arc::clone(&self.0) }
    }
}

/// A service with the call layer around it.
#[derive(Clone)]
pub(crate) struct CallService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request<Body>> for CallService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: std::fmt::Display + Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let peer = request.extensions().get::<Peer>().cloned().unwrap_or_else(Peer::none);
        peer.calls();
        // Health needs no slot: probes must succeed under overload.
        let is_health = request.uri().path()[1..].starts_with(HEALTH);
        if !is_health && let Some(full) = shared.admission.full_for(&peer, request.headers()) {
            drop(request);
            return Box::pin(async move { Ok(shared.admission.overloaded(full).await) });
        }
        // The clone has not been polled ready; the original has, so it makes this call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let method = request.uri().path().trim_start_matches('/').to_owned();
        // Taken here and not at the first poll, so that it precedes the deadline that tonic sets for the same header.
        let (time, is_short) = shared.deadline(&method, request.headers());
        let deadline = Instant::now() + time;
        let caller_trace = trace::incoming(request.headers());
        let span = tracing::info_span!(
            "rpc",
            otel.name = method,
            otel.kind = "server",
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = Empty,
            error.r#type = Empty,
            otel.status_code = Empty,
            trace_id = %caller_trace.trace_id(),
        );
        let trace = trace::effective(&span, &caller_trace);
        let known = shared.authorizer.knows(&method) || is_health;
        let request_id = header(request.headers(), "x-request-id");
        let mut record = Record::begin(method, known, request_id, trace.trace_id().to_owned(), span.clone());
        record.deadline_is_short = is_short;
        let serve = async move {
            let caller = match shared.authenticated(&record.method, request.headers()) {
                Ok(caller) => caller,
                Err(status) => return Ok(refused(status, record)),
            };
            if let Some(caller) = &caller {
                record.role = caller.role.as_str();
                caller.acting_for().clone_into(&mut record.acting_for);
                request.extensions_mut().insert(Arc::clone(caller));
            }
            if let Some(Err(status)) = caller.as_ref().map(|caller| shared.admit(&record.method, caller)) {
                shared.tell_refusal(&status, caller.as_ref(), &record.method);
                return Ok(refused(status, record));
            }
            let party = shared.admission.party(peer, request.headers(), caller.as_deref());
            let path = MethodPath::of(&request);
            let (mut request, arrival) = match shared.arrived(request, &record.method, &party, deadline).await {
                Ok(arrived) => arrived,
                Err(status) => return Ok(refused(status, record)),
            };
            let slots = match shared.slots(&record.method, &party) {
                Ok(slots) => slots,
                Err(status) => return Ok(refused(status, record)),
            };
            request.extensions_mut().insert(path);
            request.extensions_mut().insert(trace.clone());
            request.extensions_mut().insert(record.message_request_id.clone());
            let handler = AssertUnwindSafe(async { inner.call(request).await }).catch_unwind();
            let outcome = tokio::select! {
                outcome = trace.scope(handler) => outcome,
                () = tokio::time::sleep_until(deadline) => {
                    return Ok(refused(if arrival.is_open() { cut_off().into() } else { late() }, record));
                }
                () = shared.hard.cancelled() => return Ok(refused(draining(), record)),
            };
            match outcome {
                Ok(Ok(response)) => Ok(shared.watch(response, caller.as_ref(), record, &arrival, party, slots)),
                Ok(Err(error)) => Err(error),
                // The panic hook logs the panic's message and location.
                Err(_) => {
                    let refusal = ApiError::new(Reason::Internal, "the service failed; its log says why");
                    Ok(refused(refusal.into(), record))
                }
            }
        };
        Box::pin(serve.instrument(span))
    }
}

impl Shared {
    /// The caller of a call. `None` for health, which needs none.
    fn authenticated(&self, method: &str, headers: &HeaderMap) -> Result<Option<Arc<Caller>>, Status> {
        if method.starts_with(HEALTH) {
            return Ok(None);
        }
        Ok(Some(self.authenticator.authenticate(headers)?))
    }

    /// Whether a caller may call a method.
    fn admit(&self, method: &str, caller: &Caller) -> Result<(), Status> {
        if !self.authorizer.knows(method) {
            return Err(ApiError::new(Reason::MethodUnknown, format!("there is no method `{method}` here")).into());
        }
        if !self.authorizer.allows(caller.role, method) {
            let message = format!("the role {} may not call `{method}`", caller.role);
            return Err(ApiError::new(Reason::RoleNotAllowed, message).with("role", caller.role).into());
        }
        Ok(())
    }

    /// Passes on a refusal for permission, scope or a second person. Other errors describe the request, not the caller.
    fn tell_refusal(&self, status: &Status, caller: Option<&Arc<Caller>>, method: &str) {
        let (Some(refusals), Some(caller)) = (&self.refusals, caller) else { return };
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        let is_refusal = match status.code() {
            Code::PermissionDenied => true,
            // Cases out of scope do not exist for a hub or a school.
            Code::NotFound => !caller.acting_for().is_empty(),
            Code::FailedPrecondition => SECOND_PERSON_REASONS.iter().any(|known| known.as_str() == reason),
            _ => false,
        };
        if is_refusal {
            refusals(Refusal { caller: Arc::clone(caller), method: method.to_owned(), reason });
        }
    }

    /// The time that a call has until it answers: the caller's deadline, within the service's limits. True if it is less than the service's default.
    fn deadline(&self, method: &str, headers: &HeaderMap) -> (Duration, bool) {
        let (default, max) = if self.streaming.contains(method) {
            (self.stream_deadline_max, self.stream_deadline_max)
        } else {
            (self.deadline_default, self.deadline_max)
        };
        let asked = headers.get("grpc-timeout").and_then(|value| timeout(value.to_str().ok()?));
        let time = asked.unwrap_or(default).min(max);
        (time, time < default)
    }

    /// The request once its message has arrived as a whole, or at once when it is a stream of messages. Nothing but the message's bytes is in use before.
    async fn arrived(
        &self,
        request: Request<Body>,
        method: &str,
        party: &Party,
        deadline: Instant,
    ) -> Result<(Request<Body>, Arrival), Status> {
        let bytes = self.admission.hold(Resource::RequestBytes, party);
        let is_health = method.starts_with(HEALTH);
        if !is_health && !self.single_message.contains(method) {
            let arrival = Arrival::default();
            let admission = Arc::clone(&self.admission);
            let body = |body| Body::new(IncomingBody::new(body, arrival.clone(), bytes, admission));
            return Ok((request.map(body), arrival));
        }
        let (bytes_max, time_max) =
            if is_health { (HEALTH_BYTES_MAX, HEALTH_TIME_MAX) } else { (MESSAGE_SIZE_MAX, self.admission.times.message_max) };
        let time_max = time_max.min(deadline.saturating_duration_since(Instant::now()));
        let (head, body) = request.into_parts();
        let message = arrived(&self.admission, body, bytes, bytes_max, time_max).await?;
        Ok((Request::from_parts(head, Body::new(Full::new(message))), Arrival::whole()))
    }

    /// The slot of a call, and for a stream also a stream. Probes need none.
    fn slots(&self, method: &str, party: &Party) -> Result<Vec<Hold>, Status> {
        let is_stream = self.streaming.contains(method);
        let resources: &[Resource] = match (method.starts_with(HEALTH), is_stream) {
            (true, true) => &[Resource::Watches],
            (true, false) => &[],
            (false, true) => &[Resource::Streams, Resource::Calls],
            (false, false) => &[Resource::Calls],
        };
        resources.iter().map(|resource| self.admission.take(*resource, party)).collect()
    }

    fn watch(
        &self,
        response: Response<Body>,
        caller: Option<&Arc<Caller>>,
        record: Record,
        arrival: &Arrival,
        party: Party,
        mut slots: Vec<Hold>,
    ) -> Response<Body> {
        // An error answer has its status in the headers, and no body.
        if let Some(status) = Status::from_header_map(response.headers()) {
            if let Some(error) = arrival.error(&status) {
                return refused(error, record);
            }
            self.tell_refusal(&status, caller, &record.method);
            record.finish(status.code());
            return response;
        }
        let is_stream = self.streaming.contains(&record.method);
        if is_stream {
            // A stream that has begun uses no slot of a call.
            slots.truncate(1);
        }
        let drain = is_stream.then(|| self.streams.clone());
        let bytes = self.admission.hold(Resource::AnswerBytes, &party);
        let answer = Answer { admission: Arc::clone(&self.admission), party, bytes, _slots: slots, unread: None };
        response.map(|body| Body::new(RecordedBody::new(body, record, drain, answer)))
    }
}

/// The methods of the contracts that take one message, and not a stream.
fn single_message() -> HashSet<String> {
    let methods = access::contracts().services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let single = methods.filter(|method| !method.is_client_streaming());
    single.map(|method| format!("{}/{}", method.parent_service().full_name(), method.name())).collect()
}

/// Reasons of refusals because one identity acts twice, where two are needed.
const SECOND_PERSON_REASONS: [Reason; 5] = [
    Reason::ApproverIsPublisher,
    Reason::ApproverIsReleaser,
    Reason::ConfirmerIsImporter,
    Reason::CreatorIsApprover,
    Reason::CreatorIsReleaser,
];

fn late() -> Status {
    ApiError::new(Reason::DeadlineExceeded, "the call took longer than its deadline; its effect is unknown").into()
}

fn refused(status: Status, record: Record) -> Response<Body> {
    record.finish(status.code());
    status.into_http()
}

/// A header for the log: short and printable, otherwise empty.
fn header(headers: &HeaderMap, name: &str) -> String {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text.len() <= 64 { text.to_owned() } else { String::new() }
}

/// Parses `grpc-timeout`: up to eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}
