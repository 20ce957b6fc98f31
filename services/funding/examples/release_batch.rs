//! How long paying takes: `cargo run --release -p funding --example release_batch [SUBSIDIES]` has so many subsidies held, proven, approved and released in
//! one batch, on SQLite, and prints each step with its statements. 2,000 of them unless another number is given.
#![expect(clippy::unwrap_used, reason = "an example ends by panicking")]
#![expect(dead_code, reason = "the stories' stage has more than is needed here")]

#[path = "../tests/stories/fixture.rs"]
mod stage;
#[path = "../tests/stories/feed_source.rs"]
mod teller;

use std::time::Instant;

use stage::Stage;

#[tokio::main]
async fn main() {
    let count = std::env::args().nth(1).map_or(2_000, |text| text.parse().unwrap());
    let database = db::testing::sqlite();
    let stage = Stage::with_money(&database, count).await;
    let urns: Vec<i64> = (100_001..100_001 + count).collect();
    let statements = || stage.service.context.pool.statements_count();
    let step = |what: &str, began: Instant, before: u64| {
        println!("{count} subsidies {what}: {:.0?}, {} statements", began.elapsed(), statements() - before);
    };
    for urn in &urns {
        stage.enrolment.say(stage::accepted(teller::participation(*urn, stage::NORTH, "2018/19"))).await;
    }
    let (began, before) = (Instant::now(), statements());
    stage.caught_up().await;
    step("held, the last of them, after their acceptances were recorded", began, before);
    stage.prove(&urns).await;
    let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
    let (began, before) = (Instant::now(), statements());
    let batch = ncetm.make_batch().await.unwrap();
    step("put into a batch", began, before);
    let (began, before) = (Instant::now(), statements());
    let batch = ncetm.approve(&batch).await.unwrap();
    step("approved", began, before);
    let (began, before) = (Instant::now(), statements());
    dfe.release(&batch).await.unwrap();
    step("released, with their transfers and events", began, before);
    assert_eq!(dfe.balances("").await[3], count * stage::SUBSIDY);
}
