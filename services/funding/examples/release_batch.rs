//! Duration of a payment: `cargo run --release -p funding --example release_batch [SUBSIDIES]` commits, proves, approves and releases a number of subsidies
//! (2,000 by default) in one batch, on SQLite, and prints the duration and the statements of each step.
#![expect(clippy::unwrap_used, reason = "an example ends by panicking")]
#![expect(dead_code, unused_imports, reason = "the example needs a part of the fixture")]

#[path = "../tests/stories/feed_source.rs"]
mod feed_source;
#[path = "../tests/stories/fixture/mod.rs"]
mod fixture;

use std::time::Instant;

use fixture::Fixture;

#[tokio::main]
async fn main() {
    let count = std::env::args().nth(1).map_or(2_000, |text| text.parse().unwrap());
    let database = db::testing::sqlite();
    let fixture = Fixture::with_money(&database, count).await;
    let urns: Vec<i64> = (100_001..100_001 + count).collect();
    let statements = || fixture.service.context.pool.statements_count();
    let step = |what: &str, began: Instant, before: u64| {
        println!("{count} subsidies {what}: {:.0?}, {} statements", began.elapsed(), statements() - before);
    };
    for urn in &urns {
        fixture.enrolment.append(fixture::accepted(feed_source::participation(*urn, fixture::NORTH, "2018/19"))).await;
    }
    let (began, before) = (Instant::now(), statements());
    fixture.caught_up().await;
    step("committed, after their acceptances were recorded", began, before);
    fixture.prove(&urns).await;
    let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
    let (began, before) = (Instant::now(), statements());
    let batch = ncetm.create_batch().await.unwrap();
    step("put into a batch", began, before);
    let (began, before) = (Instant::now(), statements());
    let batch = fixture.approver().approve(&batch).await.unwrap();
    step("approved", began, before);
    let (began, before) = (Instant::now(), statements());
    dfe.release(&batch).await.unwrap();
    step("released, with their transfers and events", began, before);
    assert_eq!(dfe.balances("").await[3], count * fixture::SUBSIDY);
}
