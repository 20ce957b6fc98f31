//! Logs to standard error, traces to a collector, metrics for the admin port.

use std::io::IsTerminal;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, filter_fn},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::LogFormat;

/// Keeps telemetry running; flushes it when dropped.
#[derive(Debug)]
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take()
            && let Err(error) = provider.shutdown()
        {
            eprintln!("the last traces could not be sent: {error}");
        }
    }
}

/// The endpoint for traces is invalid.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be sent to `{endpoint}`: {cause}; give an address such as http://collector:4317")]
pub struct TelemetryError {
    endpoint: String,
    cause: opentelemetry_otlp::ExporterBuildError,
}

/// Starts logging, filtered by RUST_LOG (`info` when unset), metrics, and the export of traces if there is an endpoint. Call it once, at the start of
/// a program, within the runtime; an earlier logger stays.
pub fn init(format: LogFormat, otlp_endpoint: Option<&str>, service_name: &'static str) -> Result<Guard, TelemetryError> {
    // Before any database is opened, because some metrics are recorded then.
    crate::metrics_handle();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = lines(format);
    let provider = otlp_endpoint.map(|endpoint| provider(endpoint, service_name)).transpose()?;
    let spans = provider.as_ref().map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("mathshubs")));
    // Separate filters: RUST_LOG reduces log lines, not traces. Traces contain log lines of errors only.
    let traced = filter_fn(|metadata| *metadata.level() <= if metadata.is_span() { Level::INFO } else { Level::WARN });
    let spans = spans.map(|spans| spans.with_filter(traced.with_max_level_hint(LevelFilter::INFO)));
    // Fails if a logger is installed already.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init();
    Ok(Guard(provider))
}

/// Writes log lines to standard error.
pub(crate) fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        LogFormat::Pretty => lines.compact().boxed(),
    }
}

fn provider(endpoint: &str, service_name: &'static str) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let exporter = exporter.map_err(|cause| TelemetryError { endpoint: endpoint.to_owned(), cause })?;
    let resource = Resource::builder().with_service_name(service_name).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
