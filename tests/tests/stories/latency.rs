//! The delay from an acceptance to its effects in other services: measured, printed, and, for the feed's part, bounded.

use std::time::{Duration, Instant};

use analytics::{Measure, collect, measure, publish, write_report};
use client::{FeedCursor, FeedReader};
use proto::{enrolment::v1::PlaceOrder, funding::v1::EntitlementState, network::v1 as network};
use stories::{
    Caller, PROGRAMME, Suite, places,
    register::{self, SHEFFIELD},
    round,
};
use time::Date;

/// Measured acceptances; the last one is followed into the report.
const ACCEPTANCES: i32 = 11;
const FIRST_URN: i32 = 100_001;
/// Maximum delay of the feed, from the acceptance's answer to the event at a reader.
const FEED_MAX: Duration = Duration::from_secs(1);
/// Maximum wait for background work.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Interval of the queries for funding's result.
const ASK_INTERVAL: Duration = Duration::from_millis(1);

/// Delays of one acceptance, from its answer on.
#[derive(Debug, Clone, Copy)]
struct Took {
    /// Until its event arrives at a reader of the feed.
    feed: Duration,
    /// Until its money is committed, by LedgerService and EntitlementService.
    committed: Duration,
}

fn median_and_longest(took: &[Took], part: fn(&Took) -> Duration) -> (Duration, Duration) {
    let mut parts: Vec<_> = took.iter().map(part).collect();
    parts.sort_unstable();
    (parts[parts.len() / 2], parts[parts.len() - 1])
}

/// Reads until an event about a resource arrives.
async fn heard_of(feed: &mut FeedReader, resource: &str) {
    loop {
        let response = feed.next().await.unwrap().expect("the feed continues");
        if response.events.iter().any(|event| event.resource == resource && event.r#type.ends_with(".PlaceAccepted")) {
            return;
        }
    }
}

async fn committed(ncetm: &Caller, school: &str) {
    let is_committed = async || {
        let all = ncetm.all_entitlements().await.unwrap();
        all.iter().any(|one| one.school == school && one.state() == EntitlementState::Committed)
    };
    while !is_committed().await {
        tokio::time::sleep(ASK_INTERVAL).await;
    }
}

/// Accepts, and waits for the event at a reader and for the commitment in funding.
async fn follow(suite: &Suite, feed: &mut FeedReader, application: &str, school: &str) -> Took {
    let ncetm = suite.ncetm();
    ncetm.accept(application).await.unwrap();
    let answered = Instant::now();
    let heard = async {
        heard_of(feed, application).await;
        answered.elapsed()
    };
    let paid_for = async {
        committed(&ncetm, school).await;
        answered.elapsed()
    };
    let both = tokio::time::timeout(WAIT_MAX, async { tokio::join!(heard, paid_for) });
    let (feed, committed) = both.await.expect("the acceptance's event arrives");
    Took { feed, committed }
}

/// Enrolled schools of England in a publication, as it is served.
async fn enrolled(ncetm: &Caller, publication: &str) -> i32 {
    let request = network::ListReachFiguresRequest {
        parent: publication.to_owned(),
        page_size: 1_000,
        academic_year: "2018/19".to_owned(),
        geographic_level: network::GeographicLevel::National.into(),
        programme: PROGRAMME.to_owned(),
        ..Default::default()
    };
    let figures = ncetm.reach().list_reach_figures(request).await.unwrap().into_inner().reach_figures;
    let of_primaries = |figure: &&network::ReachFigure| {
        figure.stage() == network::ReachStage::Enrolled && figure.education_phase() == network::EducationPhase::Primary
    };
    figures.iter().find(of_primaries).unwrap_or_else(|| panic!("no such figure in {figures:#?}")).schools_reached_count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_reaches_feed_readers_within_a_second_and_then_funding_and_reach() {
    let mut database = "SQLite";
    stories::on_each_database("2018-09-03", async |mut suite| {
        suite.start_funding().await;
        let ncetm = suite.ncetm();
        let urns = FIRST_URN..FIRST_URN + ACCEPTANCES;
        ncetm.import(&register::as_of("2018-09-01").primaries(urns.clone(), SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", FIRST_URN).await.unwrap();
        let announced = round("2018/19", ["2018-09-01", "2018-10-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, ACCEPTANCES)).await.unwrap();
        ncetm.decide_subsidy(Date::parse("2018-09-01").unwrap()).await.unwrap();
        ncetm.allocate(&hub, suite.clock.today(), ACCEPTANCES.into()).await.unwrap();
        for urn in urns {
            ncetm.apply(&round, urn, &hub).await.unwrap();
        }
        let offered = ncetm.offer(&round, &hub, 0).await.unwrap();
        suite.funding_caught_up().await;
        let (_, now) = ncetm.events(FeedCursor::default()).await.unwrap();
        let mut feed = FeedReader::follow(suite.follower("reader").to_enrolment(), now);
        let mut took = Vec::new();
        let (last, others) = offered.split_last().unwrap();
        for application in others {
            took.push(follow(&suite, &mut feed, &application.name, &application.school).await);
        }
        let (feed_median, feed_longest) = median_and_longest(&took, |took| took.feed);
        let (committed_median, committed_longest) = median_and_longest(&took, |took| took.committed);
        println!(
            "{database}: from an acceptance's answer to its event at a reader {feed_median:.1?}, at most {feed_longest:.1?}; to its money \
             committed {committed_median:.1?}, at most {committed_longest:.1?}; of {} acceptances",
            took.len()
        );
        assert!(feed_median < FEED_MAX, "the feed's part took {feed_median:?}");

        // A report immediately after the last acceptance.
        ncetm.accept(&last.name).await.unwrap();
        let (answered, folder) = (Instant::now(), tempfile::tempdir().unwrap());
        let (lake, today) = (folder.path().join("lake"), suite.clock.today());
        let sources = [suite.source("network"), suite.source("enrolment")];
        collect(&lake, &sources, suite.clock.now()).await.unwrap();
        let collected = answered.elapsed();
        let reach = measure(&lake, &Measure::on(today, today)).unwrap();
        let report = write_report(&reach, &folder.path().join("report"), &analytics::ReportState::Provisional).unwrap();
        let measured = answered.elapsed();
        let publication = publish(&reach, &report, &sources[0], "publish-1").await.unwrap();
        assert_eq!(enrolled(&ncetm, &publication.name).await, ACCEPTANCES, "the last one is in it");
        println!(
            "{database}: from an acceptance's answer to the reach that ReachService serves {:.1?}: collected after {collected:.1?}, measured and \
             written after {measured:.1?}, then published and read",
            answered.elapsed()
        );
        database = "PostgreSQL";
    })
    .await;
}
