//! Metrics that periodic jobs set.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_util::sync::CancellationToken;

/// Time in which each periodic job runs once.
const FIRST_RUN: Duration = Duration::from_millis(500);

/// The value of a metric, named with its labels, after the periodic jobs of a service have run once. Needs a runtime of one thread, which has a registry
/// of metrics for this call alone. Panics when the metric is not set.
pub async fn metric<F: Future<Output = ()>>(name: &str, background: impl FnOnce(CancellationToken) -> F) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let guard = metrics::set_default_local_recorder(&recorder);
    let shutdown = CancellationToken::new();
    let end = async {
        tokio::time::sleep(FIRST_RUN).await;
        shutdown.cancel();
    };
    tokio::join!(background(shutdown.clone()), end);
    drop(guard);
    let text = recorder.handle().render();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
}
