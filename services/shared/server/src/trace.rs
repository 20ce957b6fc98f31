//! W3C trace context: a call belongs to its caller's trace, and so do the calls that it causes.

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId};
use rand::distr::{Distribution, StandardUniform};
use tonic::{Request, Status, service::Interceptor};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::TraceParent;

tokio::task_local! {
    static CURRENT: TraceParent;
}

impl TraceParent {
    /// The trace of the call that this task serves, if there is one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs a future within this trace.
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The trace's id, 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.0.get(3..35).unwrap_or_default()
    }
}

/// The caller's trace context if it is valid, otherwise a new trace.
pub(crate) fn incoming(headers: &HeaderMap) -> SpanContext {
    let sent = headers.get("traceparent").and_then(|value| traceparent::parse(value.to_str().ok()?));
    sent.unwrap_or_else(|| {
        let trace = TraceId::from_bytes(random::<u128>().max(1).to_be_bytes());
        traceparent::context(trace, new_span_id(), TraceFlags::SAMPLED)
    })
}

/// Links a span to the caller's span, and returns the context for further calls: the span's own if spans are exported, otherwise a new one of that
/// trace.
pub(crate) fn effective(span: &Span, caller: &SpanContext) -> TraceParent {
    let _exported = traceparent::set_parent(span, caller.clone());
    let context = span.context();
    let own = context.span().span_context().clone();
    let exported = own.is_valid() && !own.is_remote() && own.trace_id() == caller.trace_id();
    let id = if exported { own.span_id() } else { new_span_id() };
    TraceParent(format!("00-{}-{id}-{:02x}", caller.trace_id(), caller.trace_flags().to_u8()))
}

fn new_span_id() -> SpanId {
    SpanId::from_bytes(random::<u64>().max(1).to_be_bytes())
}

/// An interceptor that sends the trace of the current call to other services.
#[expect(clippy::disallowed_methods, reason = "no rule and no test depends on the ids of traces")]
fn random<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    rand::random()
}

/// For calls to other services while a call is served: sends the trace of that call.
#[derive(Clone, Copy)]
pub struct Outgoing;

impl Interceptor for Outgoing {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = TraceParent::current().and_then(|trace| trace.0.parse().ok()) {
            request.metadata_mut().insert("traceparent", value);
        }
        Ok(request)
    }
}
