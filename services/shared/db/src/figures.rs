//! What a database tells Prometheus.

/// Says what each figure is, for whoever reads the admin port. Call it once the program's recorder is installed.
pub fn describe_metrics() {
    metrics::describe_histogram!("db_batch_jobs", "Writes that were committed together, on SQLite.");
    metrics::describe_counter!("db_batches_failed_total", "Batches of writes that could not be committed, on SQLite.");
    // Told before it happens, so that its first time is an increase.
    metrics::counter!("db_batches_failed_total").increment(0);
}
