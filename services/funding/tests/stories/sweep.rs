//! The sweep completes what exceeds one transaction, and reassesses lineages when a day begins.

use std::time::{Duration, Instant};

use db::testing::databases;
use proto::{
    funding::v1::{EntitlementReview as Review, EntitlementState::*},
    network::v1::LinkKind,
};

use crate::fixture::*;

const SWEEP_INTERVAL: Option<Duration> = Some(Duration::from_millis(50));
/// Maximum wait for the sweep.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Waits until a query gives this number.
async fn becomes(fixture: &Fixture, text: &'static str, expected: i64) {
    let began = Instant::now();
    loop {
        let number = fixture.number(text).await;
        if number == expected {
            return;
        }
        assert!(began.elapsed() < WAIT_MAX, "{text}: {number} instead of {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_late_policy_recognises_more_entitlements_than_one_transaction_takes() {
    for database in databases().await {
        let fixture = Fixture::open_with_sweep(&database, SWEEP_INTERVAL).await;
        fixture.dfe().allocate(NORTH, 201).await.unwrap();
        let urns: Vec<i64> = (100_001..100_202).collect();
        fixture.accept(&urns).await;
        assert_eq!(fixture.number("SELECT COUNT(*) FROM entitlement").await, 0, "no policy covers them yet");
        fixture.ncetm().create_policy("subsidy", policy()).await.unwrap();
        assert!(fixture.number("SELECT COUNT(*) FROM entitlement").await >= 200, "the transaction of the policy recognises most");
        becomes(&fixture, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'", 201).await;
        assert_eq!(fixture.ncetm().budget().await, [201 * SUBSIDY, 201 * SUBSIDY, 0, 0]);
    }
}

#[tokio::test]
async fn an_allocation_funds_more_entitlements_than_one_transaction_takes() {
    for database in databases().await {
        let fixture = Fixture::open_with_sweep(&database, SWEEP_INTERVAL).await;
        fixture.ncetm().create_policy("subsidy", policy()).await.unwrap();
        let urns: Vec<i64> = (100_001..100_502).collect();
        fixture.accept(&urns).await;
        assert_eq!(fixture.number("SELECT COUNT(*) FROM entitlement WHERE state = 'unfunded'").await, 501);
        assert_eq!(fixture.dfe().allocate(NORTH, 501).await.unwrap().funded_count, 500);
        becomes(&fixture, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'", 501).await;
        assert_eq!(fixture.ncetm().budget().await, [501 * SUBSIDY, 501 * SUBSIDY, 0, 0]);
    }
}

#[tokio::test]
async fn a_link_takes_effect_on_its_day_even_if_no_sweep_ran_that_day() {
    for database in databases().await {
        let fixture = Fixture::open_with_sweep(&database, SWEEP_INTERVAL).await;
        let ncetm = fixture.ncetm();
        ncetm.create_policy("subsidy", policy()).await.unwrap();
        fixture.dfe().allocate(NORTH, 2).await.unwrap();
        fixture.accept(&[100_001, 100_002]).await;
        fixture.prove(&[100_001, 100_002]).await;
        let merged = LinkKind::PredecessorMerged;
        fixture.import_links(&[(100_001, 100_900, merged, "2019-01-01"), (100_002, 100_900, merged, "2019-01-01")]).await;
        fixture.clock.move_to(noon("2018-12-31"));
        // Long enough for a sweep of that day, which raises nothing.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(fixture.number("SELECT COUNT(*) FROM entitlement WHERE review IS NULL").await, 2);
        fixture.clock.move_to(noon("2019-01-09"));
        becomes(&fixture, "SELECT COUNT(*) FROM entitlement WHERE review = 'merger'", 2).await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Merger);
        assert_eq!(
            (ncetm.states(&[100_001]).await, reason(ncetm.create_batch().await)),
            (vec![Payable], "NOTHING_PAYABLE".to_owned())
        );
    }
}
