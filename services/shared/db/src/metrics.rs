//! Metrics of a database.

/// Describes the metrics on the admin port. Call it after the program's recorder is installed.
pub fn describe_metrics() {
    metrics::describe_histogram!("db_batch_jobs", "Writes that were committed together, on SQLite.");
    metrics::describe_counter!("db_batches_failed_total", "Batches of writes that could not be committed, on SQLite.");
    // Zero before the first failure, so that the first failure is an increase.
    metrics::counter!("db_batches_failed_total").increment(0);
}
