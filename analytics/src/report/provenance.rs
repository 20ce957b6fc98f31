//! `provenance.json`: the feed positions up to which a report was measured, and the hash of the event at each. A copy of the report shows by it which
//! history each service had: `mathshubs verify SERVICE --contains POSITION:HASH`.

use serde::Serialize;

use crate::lake::Positions;

#[derive(Serialize)]
struct Provenance<'a> {
    content_sha256: &'a str,
    feed_positions: &'a Positions,
}

/// The text of the file.
pub(super) fn provenance(feed_positions: &Positions, content_sha256: &str) -> String {
    let provenance = Provenance { content_sha256, feed_positions };
    serde_json::to_string_pretty(&provenance).expect("positions hold nothing that JSON cannot") + "\n"
}
