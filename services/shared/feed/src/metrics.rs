//! Descriptions of the metrics of a feed and its consumers.

/// Describes each metric. Call it after the program's recorder is installed.
pub fn describe_metrics() {
    metrics::describe_gauge!(
        "feed_head_position",
        "Position of the newest event of a service's own feed; source is the service."
    );
    metrics::describe_gauge!("feed_consumer_position", "Position of the last event of another service's feed that was applied.");
    metrics::describe_gauge!("feed_consumer_head_position", "The newest position of that feed that the consumer knows.");
    metrics::describe_gauge!(
        "feed_consumer_lag_events",
        "Positions between the two: events that the consumer knows and has not applied; 0 when it cannot reach the feed and knows of none."
    );
    metrics::describe_gauge!(
        "feed_consumer_stopped",
        "1 when a consumer stopped at an event that it cannot apply, so that a person must act; else 0."
    );
}
