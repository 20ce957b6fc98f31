//! Measures the time from the start of each service to its first answer: `cargo run --release -p stories --example first_call`.
//!
//! Opens both services on new SQLite files in this process, and measures from before the databases are opened to the first answer.
#![expect(clippy::unwrap_used, reason = "an example ends by panicking")]

use std::time::Instant;

use proto::{enrolment::v1::ListRoundsRequest, network::v1::ListHubsRequest};
use stories::Suite;

#[tokio::main]
async fn main() {
    // The contracts are decoded once per process: the first start includes it, the second does not.
    for start in ["first start, empty database", "second start in the same process"] {
        let started = Instant::now();
        let suite = Suite::start_on_sqlite("2018-03-01").await;
        let served = started.elapsed();
        suite.ncetm().hubs().list_hubs(ListHubsRequest::default()).await.unwrap();
        let network = started.elapsed();
        suite.ncetm().rounds().list_rounds(ListRoundsRequest::default()).await.unwrap();
        println!(
            "{start}: network and enrolment listen after {served:.1?}, network answered after {network:.1?}, enrolment after {:.1?}",
            started.elapsed()
        );
    }
}
