//! Five hundred places are accepted while funding is down. After its start it creates exactly five hundred entitlements, also when it is killed
//! repeatedly while it catches up.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use proto::{enrolment::v1::PlaceOrder, funding::v1 as pb};
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stories::{
    Caller, SUBSIDY_PENCE, Suite, places,
    process::FundingProgram,
    register::{self, SHEFFIELD},
    round,
};
use time::{AcademicYear, Date};

/// The program that serves funding.
const PROGRAM: &str = env!("CARGO_BIN_EXE_serve_funding");
const PLACES: i32 = 500;
const FIRST_URN: i32 = 100_001;
/// Schools that apply, get an offer and accept together, so that their events are adjacent in the feed, and funding creates its entitlements in
/// several steps.
const TOGETHER: usize = 25;
const KILLS: usize = 20;
/// Maximum funding processes that are killed, one after another, until one was killed before it caught up: on a busy machine it may finish before the
/// test kills it.
const TRIES: usize = 3;
/// Maximum life of a funding process before it is killed.
const LIFE_MAX: Duration = Duration::from_secs(60);
/// Maximum wait for background work.
const WAIT_MAX: Duration = Duration::from_secs(180);

/// The database of a stopped funding service that knows the hub, the subsidy and money for 400 places.
async fn prepared(suite: &Suite, hub: &str, year: AcademicYear, today: Date) -> db::testing::TestDatabase {
    let database = suite.new_database().await;
    let program = FundingProgram::start(PROGRAM, &database, suite);
    let funder = suite.ncetm_with_funding_at(program.address);
    funder.decide_subsidy(year.start_date()).await.unwrap();
    funder.allocate(hub, today, 400).await.unwrap();
    database
}

/// All five hundred schools apply, get an offer, and accept.
async fn accept_all(suite: &Suite, hub: &str, year: AcademicYear, today: Date) {
    let ncetm = suite.ncetm();
    let window = [today.to_string(), today.plus_days(2).to_string()];
    let announced = round(&year.to_string(), [&window[0], &window[1]], PlaceOrder::Submission);
    let round = ncetm.announce("five-hundred", announced).await.unwrap();
    ncetm.set_places(&round, places(hub, PLACES)).await.unwrap();
    let retrying = ncetm.with_retries();
    let urns: Vec<i32> = (FIRST_URN..FIRST_URN + PLACES).collect();
    for some in urns.chunks(TOGETHER) {
        let applied =
            stream::iter(some).map(|urn| retrying.apply(&round, *urn, hub)).buffer_unordered(16).collect::<Vec<_>>().await;
        assert!(applied.iter().all(Result::is_ok), "{applied:?}");
        let offered = ncetm.offer(&round, hub, 0).await.unwrap();
        let accepted =
            stream::iter(&offered).map(|one| retrying.accept(&one.name)).buffer_unordered(16).collect::<Vec<_>>().await;
        assert!(accepted.len() == TOGETHER && accepted.iter().all(Result::is_ok), "{accepted:?}");
    }
    assert_eq!(ncetm.all_participations(hub).await.unwrap().len(), 500);
}

async fn count(funder: &Caller) -> usize {
    funder.all_entitlements().await.unwrap().len()
}

/// Starts funding and kills it at random moments, repeatedly; returns the number of entitlements before each kill.
async fn kill_repeatedly(suite: &Suite, database: &db::testing::TestDatabase, chance: &mut ChaCha8Rng) -> Vec<usize> {
    let mut seen: Vec<usize> = Vec::new();
    for life in 0..KILLS {
        let mut program = FundingProgram::start(PROGRAM, database, suite);
        let funder = suite.ncetm_with_funding_at(program.address);
        let started = Instant::now();
        let before = seen.last().copied().unwrap_or(0);
        if life % 4 == 3 && before < 500 {
            // Kills it after its first progress.
            while count(&funder).await <= before && started.elapsed() < LIFE_MAX {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        } else {
            // Kills it at a random moment.
            tokio::time::sleep(Duration::from_millis(chance.random_range(0..40))).await;
        }
        seen.push(count(&funder).await);
        program.kill();
    }
    seen
}

/// Waits for five hundred entitlements, and asserts that no further one appears.
async fn is_exact(suite: &Suite, database: &db::testing::TestDatabase, hub: &str) {
    let program = FundingProgram::start(PROGRAM, database, suite);
    let funder = suite.ncetm_with_funding_at(program.address);
    let started = Instant::now();
    while count(&funder).await < 500 {
        assert!(started.elapsed() < WAIT_MAX, "only {} entitlements", count(&funder).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The last event is known once the feed is read to its end.
    let all = funder.all_entitlements().await.unwrap();
    let day = suite.clock.today().to_string();
    let _signed_before = suite.hub_lead(hub).agree(&all[0].participation, &day).await;
    let read_to_the_end = async || funder.all_entitlements().await.unwrap().iter().any(|one| one.evidence.len() == 2);
    while !read_to_the_end().await {
        assert!(started.elapsed() < WAIT_MAX, "it has not read to the end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let all = funder.all_entitlements().await.unwrap();
    let schools: BTreeSet<_> = all.iter().map(|one| one.school.clone()).collect();
    assert_eq!((all.len(), schools.len()), (500, 500), "each school has one");
    let in_state = |state| all.iter().filter(|one| one.state() == state).count();
    use pb::EntitlementState::{Committed, Unfunded};
    assert_eq!((in_state(Committed), in_state(Unfunded)), (400, 100));
    let money = 400 * SUBSIDY_PENCE;
    assert_eq!(funder.balances().await.unwrap(), [-money, 0, money, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_accepted_while_funding_is_down_become_exactly_one_entitlement_each() {
    let today = time::Clock::machine().today();
    let year = AcademicYear::of(today.plus_days(365));
    stories::on_each_database(&today.to_string(), async |suite| {
        let ncetm = suite.ncetm();
        let rows = register::as_of(&today.to_string()).primaries(FIRST_URN..FIRST_URN + PLACES, SHEFFIELD);
        ncetm.import(&rows.done()).await.unwrap();
        let hub = ncetm.create_hub("north", FIRST_URN).await.unwrap();
        suite.caught_up().await;
        let started_once = prepared(&suite, &hub, year, today).await;
        let mut to_be_killed = Vec::new();
        for _ in 0..TRIES {
            to_be_killed.push(prepared(&suite, &hub, year, today).await);
        }
        accept_all(&suite, &hub, year, today).await;

        is_exact(&suite, &started_once, &hub).await;
        let mut killed_in_time = false;
        for killed in &to_be_killed {
            let seen = kill_repeatedly(&suite, killed, &mut ChaCha8Rng::seed_from_u64(20)).await;
            println!("entitlements before each of the kills: {seen:?}");
            is_exact(&suite, killed, &hub).await;
            killed_in_time = seen[..3].iter().any(|count| *count < 500);
            if killed_in_time {
                break;
            }
        }
        assert!(killed_in_time, "it always caught up before it was killed");
    })
    .await;
}
