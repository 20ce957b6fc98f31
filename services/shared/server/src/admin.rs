//! The admin port: liveness, readiness and metrics over plain HTTP, and health v1 for gRPC probes.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use futures::future::BoxFuture;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Timeout of a readiness check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// Bounds of the duration histogram in seconds, as OpenTelemetry's conventions recommend.
const DURATION_BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Bounds of the histogram of writes that are committed together.
const JOBS_BOUNDS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The conditions of readiness: named checks, and that the service is not draining.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Inner>);

#[derive(Default)]
struct Inner {
    checks: Vec<(&'static str, Check)>,
    draining: AtomicBool,
}

impl Readiness {
    /// Readiness with these checks; a failed check returns its reason.
    pub fn new(checks: Vec<(&'static str, Check)>) -> Self {
        Self(Arc::new(Inner { checks, draining: AtomicBool::new(false) }))
    }

    pub(crate) fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// One line per check, and true if all pass.
    pub async fn report(&self) -> (bool, String) {
        let mut ready = !self.0.draining.load(Ordering::Relaxed);
        let mut lines = String::from(if ready { "" } else { "draining: no more calls are taken\n" });
        for (name, check) in &self.0.checks {
            let outcome = tokio::time::timeout(CHECK_TIMEOUT, check()).await.unwrap_or_else(|_| Err("took too long".to_owned()));
            ready &= outcome.is_ok();
            lines += &match outcome {
                Ok(()) => format!("{name}: ok\n"),
                Err(why) => format!("{name}: {why}\n"),
            };
        }
        lines += if ready { "ready\n" } else { "not ready\n" };
        (ready, lines)
    }
}

/// The process's metrics. Installed at the first call, and shared by all services of a process; earlier records are lost.
pub fn metrics_handle() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let duration = Matcher::Full("rpc_server_call_duration_seconds".to_owned());
        let jobs = Matcher::Full("db_batch_jobs".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(duration, &DURATION_BOUNDS).expect("there are bounds");
        let builder = builder.set_buckets_for_metric(jobs, &JOBS_BOUNDS).expect("there are bounds");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // If a program that embeds this one has installed another recorder, that one stays and this handle is empty.
        let _ = metrics::set_global_recorder(recorder);
        metrics::describe_histogram!("rpc_server_call_duration_seconds", metrics::Unit::Seconds, "How long calls took.");
        metrics::describe_gauge!("rpc_server_calls_in_flight", "Calls that are being served.");
        feed::describe_metrics();
        db::describe_metrics();
        handle
    };
    HANDLE.get_or_init(install).clone()
}

/// `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn router(readiness: Readiness) -> Router {
    let ready = |State(readiness): State<Readiness>| async move {
        let (ready, lines) = readiness.report().await;
        (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, lines)
    };
    let figures = || async { ([("content-type", "text/plain; version=0.0.4")], metrics_handle().render()) };
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .with_state(readiness)
}
