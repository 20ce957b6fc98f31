//! W3C trace context in a call's header `traceparent` and in every event that a call caused: parses it, and links it to the spans of the work that it
//! causes.
#![warn(missing_docs)]

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Maximum links of a span; exporters keep this many by default.
const LINKS_MAX: usize = 128;

/// The context of a `traceparent`; `None` when it is invalid by the W3C recommendation.
pub fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    // Later versions may have more parts; version 00 has four.
    let sound = lower_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    if !sound || !lower_hex(trace, 32) || !lower_hex(span, 16) || !lower_hex(flags, 2) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let context = context(TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?, flags);
    context.is_valid().then_some(context)
}

/// The context of a span of another process.
pub fn context(trace: TraceId, span: SpanId, flags: TraceFlags) -> SpanContext {
    SpanContext::new(trace, span, flags, true, TraceState::default())
}

/// Makes a new span the child of another process's span. False when spans are not exported.
pub fn set_parent(span: &Span, parent: SpanContext) -> bool {
    span.set_parent(Context::new().with_remote_span_context(parent)).is_ok()
}

/// Links a new span to its causes. With one trace the span is a child; with several it begins a new trace with links to them, as OpenTelemetry's
/// conventions say for messages that are processed together. Does nothing when spans are not exported. Invalid contexts are ignored, and so are
/// unsampled traces unless there is no other.
pub fn tie<'t>(span: &Span, causes: impl Iterator<Item = &'t str>) {
    // A batch has many events of one call, mostly in sequence.
    let mut texts: Vec<&str> = Vec::new();
    for text in causes {
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    let mut contexts: Vec<SpanContext> = texts.into_iter().filter_map(parse).collect();
    if contexts.iter().any(SpanContext::is_sampled) {
        contexts.retain(SpanContext::is_sampled);
    }
    let Some(first) = contexts.first().cloned() else { return };
    let one_trace = contexts.iter().all(|context| context.trace_id() == first.trace_id());
    let linked = if one_trace || !first.is_sampled() {
        if !set_parent(span, first) {
            return;
        }
        &contexts[1..]
    } else {
        &contexts[..]
    };
    for context in linked.iter().take(LINKS_MAX) {
        span.add_link(context.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_traceparent_has_no_context() {
        let sound = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(parse(sound).is_some_and(|context| context.is_sampled()));
        assert!(parse(&sound.replace("-01", "-00")).is_some_and(|context| !context.is_sampled()));
        assert!(parse(&format!("{}-later", sound.replacen("00", "01", 1))).is_some(), "a later version may say more");
        let no_trace = format!("00-{}-b7ad6b7169203331-01", "0".repeat(32));
        for unsound in ["", "00", &sound.to_uppercase(), &sound.replacen("00", "ff", 1), &format!("{sound}-more"), &no_trace] {
            assert!(parse(unsound).is_none(), "{unsound}");
        }
    }
}
