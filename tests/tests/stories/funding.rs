//! Funding applies enrolment's records, also those from times when it was down.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use proto::{enrolment::v1::PlaceOrder, funding::v1 as pb};
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stories::{
    SUBSIDY_PENCE, Suite, places,
    process::FundingProgram,
    register::{self, SHEFFIELD},
    round,
};
use time::{AcademicYear, Date};
use tonic::Code;

/// The program that serves funding.
const PROGRAM: &str = env!("CARGO_BIN_EXE_serve_funding");
const PLACES: i32 = 500;
const FIRST_URN: i32 = 100_001;
/// Maximum life of a funding process before it is killed.
const LIFE_MAX: Duration = Duration::from_secs(60);
/// Maximum wait for background work.
const WAIT_MAX: Duration = Duration::from_secs(180);

/// Five hundred schools get an offer each. Returns their applications.
async fn offer_all(suite: &Suite, hub: &str) -> Vec<String> {
    let ncetm = suite.ncetm();
    let today = suite.clock.today();
    let window = [today.to_string(), today.plus_days(2).to_string()];
    let announced = round(&AcademicYear::of(today.plus_days(365)).to_string(), [&window[0], &window[1]], PlaceOrder::Submission);
    let round = ncetm.announce("five-hundred", announced).await.unwrap();
    ncetm.set_places(&round, places(hub, PLACES)).await.unwrap();
    let apply = |urn| {
        let (ncetm, round) = (ncetm.with_retries(), round.clone());
        async move { ncetm.apply(&round, urn, hub).await.unwrap() }
    };
    let applied: Vec<_> = stream::iter(FIRST_URN..FIRST_URN + PLACES).map(apply).buffer_unordered(64).collect().await;
    assert_eq!(applied.len(), 500);
    ncetm.offer(&round, hub, 0).await.unwrap().into_iter().map(|application| application.name).collect()
}

/// Some of them accept concurrently.
async fn accept(suite: &Suite, applications: &[String]) {
    let ncetm = suite.ncetm();
    let accept = |name: &String| {
        let (ncetm, name) = (ncetm.with_retries(), name.clone());
        async move { ncetm.accept(&name).await.unwrap() }
    };
    let accepted: Vec<_> = stream::iter(applications).map(accept).buffer_unordered(16).collect().await;
    assert_eq!(accepted.len(), applications.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_become_exactly_one_entitlement_each_while_funding_is_killed_repeatedly() {
    let today = time::Clock::machine().today();
    stories::on_each_database(&today.to_string(), async |suite| {
        let ncetm = suite.ncetm();
        let rows = register::as_of(&today.to_string()).primaries(FIRST_URN..FIRST_URN + PLACES, SHEFFIELD);
        ncetm.import(&rows.done()).await.unwrap();
        let hub = ncetm.create_hub("north", FIRST_URN).await.unwrap();
        suite.caught_up().await;
        let database = suite.new_database().await;
        let mut program = FundingProgram::start(PROGRAM, &database, &suite);
        let funder = suite.ncetm_with_funding_at(program.address);
        funder.decide_subsidy(AcademicYear::of(today.plus_days(365)).start_date()).await.unwrap();
        funder.allocate(&hub, today, 400).await.unwrap();
        program.kill();

        // A hundred places are accepted while it is down, the others while it restarts and is killed: immediately, or after some progress.
        let applications = offer_all(&suite, &hub).await;
        accept(&suite, &applications[..100]).await;
        let mut chance = ChaCha8Rng::seed_from_u64(20);
        let mut seen = Vec::new();
        for (more, accepted) in applications[100..].chunks(20).zip((120..).step_by(20)) {
            let mut program = FundingProgram::start(PROGRAM, &database, &suite);
            let death = async {
                let funder = suite.ncetm_with_funding_at(program.address);
                let (before, further) =
                    (seen.last().copied().unwrap_or(0), chance.random_range(0..3) * chance.random_range(1..20));
                let started = Instant::now();
                let awaited = accepted.min(before + further);
                while funder.all_entitlements().await.unwrap().len() < awaited && started.elapsed() < LIFE_MAX {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                tokio::time::sleep(Duration::from_micros(chance.random_range(0..5_000))).await;
                seen.push(funder.all_entitlements().await.unwrap().len());
                program.kill();
            };
            tokio::join!(accept(&suite, more), death);
        }
        assert_eq!(seen.len(), 20);
        println!("entitlements seen before each of the kills: {seen:?}");
        assert!(seen.windows(2).any(|pair| pair[0] < pair[1]), "it made no progress before it was killed: {seen:?}");

        let program = FundingProgram::start(PROGRAM, &database, &suite);
        let funder = suite.ncetm_with_funding_at(program.address);
        let started = Instant::now();
        while funder.all_entitlements().await.unwrap().len() < 500 {
            assert!(started.elapsed() < WAIT_MAX, "only {} entitlements", funder.all_entitlements().await.unwrap().len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let all = funder.all_entitlements().await.unwrap();
        let schools: std::collections::BTreeSet<_> = all.iter().map(|one| one.school.clone()).collect();
        assert_eq!((all.len(), schools.len()), (500, 500), "each school has one");
        let count = |state| all.iter().filter(|one| one.state() == state).count();
        use pb::EntitlementState::{Committed, Unfunded};
        assert_eq!((count(Committed), count(Unfunded)), (400, 100));
        let money = 400 * SUBSIDY_PENCE;
        assert_eq!(funder.balances().await.unwrap(), [-money, 0, money, 0]);

        // Reading the feed again creates no second entitlement.
        drop(program);
        Suite::reset_cursors(database.url()).await;
        let program = FundingProgram::start(PROGRAM, &database, &suite);
        let funder = suite.ncetm_with_funding_at(program.address);
        ncetm.agree(&all[0].participation, &today.to_string()).await.unwrap();
        let agreed = async || funder.all_entitlements().await.unwrap().iter().any(|one| one.evidence.len() == 2);
        let started = Instant::now();
        while !agreed().await {
            assert!(started.elapsed() < WAIT_MAX, "it has not read to the end again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(
            (funder.all_entitlements().await.unwrap().len(), funder.balances().await.unwrap()),
            (500, [-money, 0, money, 0])
        );

        // Waiting entitlements get money when it is allocated.
        funder.allocate(&hub, today, 100).await.unwrap();
        assert!(funder.all_entitlements().await.unwrap().iter().all(|one| one.state() == Committed));
        assert_eq!(funder.balances().await.unwrap(), [-500 * SUBSIDY_PENCE, 0, 500 * SUBSIDY_PENCE, 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_is_paid_by_three_people_and_the_ledger_balances() {
    stories::on_each_database("2018-07-02", async |mut suite| {
        suite.start_funding().await;
        let (ncetm, dfe) = (suite.ncetm(), suite.dfe());
        ncetm.import(&register::as_of("2018-07-02").primaries(100_001..100_004, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", 100_001).await.unwrap();
        let announced = round("2018/19", ["2018-07-01", "2018-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, 3)).await.unwrap();
        suite.funding_caught_up().await;
        ncetm.decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
        dfe.allocate(&hub, suite.clock.today(), 3).await.unwrap();
        let mut participations = Vec::new();
        for urn in 100_001..100_004 {
            ncetm.apply(&round, urn, &hub).await.unwrap();
        }
        for application in ncetm.offer(&round, &hub, 0).await.unwrap() {
            participations.push(ncetm.accept(&application.name).await.unwrap().participation);
        }
        suite.funding_caught_up().await;
        assert_eq!(ncetm.balances().await.unwrap(), [-3 * SUBSIDY_PENCE, 0, 3 * SUBSIDY_PENCE, 0]);

        // The first school has all its evidence, the second one half of it and withdraws, the third one none.
        suite.move_to("2018-10-02");
        let lead = suite.hub_lead(&hub);
        for participation in &participations {
            lead.start_year(participation, "2018-09-10").await.unwrap();
        }
        suite.school("schools/100001").agree(&participations[0], "2018-09-05").await.unwrap();
        suite.attend(&hub, &participations[0], 100_003, "2018-10-01").await;
        suite.school("schools/100002").agree(&participations[1], "2018-09-05").await.unwrap();
        lead.leave(&participations[1], "2018-10-01").await.unwrap();
        suite.funding_caught_up().await;
        assert_eq!(ncetm.balances().await.unwrap(), [-3 * SUBSIDY_PENCE, SUBSIDY_PENCE, 2 * SUBSIDY_PENCE, 0]);

        let request = pb::CreateBatchRequest { request_id: "make".to_owned(), ..Default::default() };
        let batch = ncetm.payments().create_batch(request).await.unwrap().into_inner().batch.unwrap();
        assert_eq!((batch.entitlements_count, batch.amount_pence), (1, SUBSIDY_PENCE));
        let request = pb::ApproveBatchRequest {
            request_id: "approve".to_owned(),
            name: batch.name.clone(),
            etag: batch.etag,
            validate_only: false,
        };
        let batch = suite.approver().payments().approve_batch(request).await.unwrap().into_inner().batch.unwrap();
        let release = |request_id: &str| pb::ReleaseBatchRequest {
            request_id: request_id.to_owned(),
            name: batch.name.clone(),
            etag: batch.etag.clone(),
            validate_only: false,
        };
        stories::assert_refused(
            ncetm.payments().release_batch(release("self")).await,
            Code::PermissionDenied,
            "ROLE_NOT_ALLOWED",
        );
        dfe.payments().release_batch(release("release")).await.unwrap();
        assert_eq!(ncetm.balances().await.unwrap(), [-3 * SUBSIDY_PENCE, SUBSIDY_PENCE, SUBSIDY_PENCE, SUBSIDY_PENCE]);
        let paid: Vec<_> =
            ncetm.all_entitlements().await.unwrap().into_iter().filter(|one| one.state() == pb::EntitlementState::Paid).collect();
        let evidence: Vec<_> = paid[0].evidence.iter().map(|one| one.event_type.rsplit('.').next().unwrap()).collect();
        assert_eq!((paid.len(), evidence), (1, vec!["PlaceAccepted", "AgreementSigned", "AttendanceRecorded"]));
    })
    .await;
}
