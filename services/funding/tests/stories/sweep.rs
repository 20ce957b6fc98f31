//! What one transaction does not get done, and what comes with a new day, the service does by itself.

use std::time::{Duration, Instant};

use db::testing::databases;
use proto::{
    funding::v1::{EntitlementReview as Review, EntitlementState::*},
    network::v1::LinkKind,
};

use crate::stage::*;

const SWEEP_INTERVAL: Option<Duration> = Some(Duration::from_millis(50));
/// Longest that a story waits for what happens in the background.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Waits until a number of the database is this.
async fn becomes(stage: &Stage, text: &'static str, expected: i64) {
    let began = Instant::now();
    loop {
        let number = stage.number(text).await;
        if number == expected {
            return;
        }
        assert!(began.elapsed() < WAIT_MAX, "{text}: {number}, and not {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn more_places_than_one_transaction_takes_get_their_entitlements_from_a_late_policy() {
    for database in databases().await {
        let stage = Stage::sweeping(&database, SWEEP_INTERVAL).await;
        stage.dfe().allocate(NORTH, 201).await.unwrap();
        let urns: Vec<i64> = (100_001..100_202).collect();
        stage.accept(&urns).await;
        assert_eq!(stage.number("SELECT COUNT(*) FROM entitlement").await, 0, "no policy covers them yet");
        stage.ncetm().create_policy("subsidy", policy()).await.unwrap();
        assert!(stage.number("SELECT COUNT(*) FROM entitlement").await >= 200, "the policy's own transaction brings most");
        becomes(&stage, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'", 201).await;
        assert_eq!(stage.ncetm().budget().await, [201 * SUBSIDY, 201 * SUBSIDY, 0, 0]);
    }
}

#[tokio::test]
async fn more_that_wait_for_money_than_one_transaction_takes_are_all_funded_by_one_allocation() {
    for database in databases().await {
        let stage = Stage::sweeping(&database, SWEEP_INTERVAL).await;
        stage.ncetm().create_policy("subsidy", policy()).await.unwrap();
        let urns: Vec<i64> = (100_001..100_502).collect();
        stage.accept(&urns).await;
        assert_eq!(stage.number("SELECT COUNT(*) FROM entitlement WHERE state = 'unfunded'").await, 501);
        assert_eq!(stage.dfe().allocate(NORTH, 501).await.unwrap().funded_count, 500);
        becomes(&stage, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'", 501).await;
        assert_eq!(stage.ncetm().budget().await, [501 * SUBSIDY, 501 * SUBSIDY, 0, 0]);
    }
}

#[tokio::test]
async fn a_link_of_a_day_to_come_takes_effect_then_though_the_night_itself_was_missed() {
    for database in databases().await {
        let stage = Stage::sweeping(&database, SWEEP_INTERVAL).await;
        let ncetm = stage.ncetm();
        ncetm.create_policy("subsidy", policy()).await.unwrap();
        stage.dfe().allocate(NORTH, 2).await.unwrap();
        stage.accept(&[100_001, 100_002]).await;
        stage.prove(&[100_001, 100_002]).await;
        let merged = LinkKind::PredecessorMerged;
        stage.link(&[(100_001, 100_900, merged, "2019-01-01"), (100_002, 100_900, merged, "2019-01-01")]).await;
        stage.clock.move_to(noon("2018-12-31"));
        // Long enough for a round of that day, which asks nothing.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(stage.number("SELECT COUNT(*) FROM entitlement WHERE review IS NULL").await, 2);
        stage.clock.move_to(noon("2019-01-09"));
        becomes(&stage, "SELECT COUNT(*) FROM entitlement WHERE review = 'merger'", 2).await;
        assert_eq!(ncetm.entitlement(100_001).await.unwrap().review(), Review::Merger);
        assert_eq!(
            (ncetm.states(&[100_001]).await, reason(ncetm.make_batch().await)),
            (vec![Payable], "NOTHING_PAYABLE".to_owned())
        );
    }
}
