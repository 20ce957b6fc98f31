//! Measures the ranking of 5,000 nominations: `cargo run --release -p specialists --example rank [DATABASE_URL]`. The database must be empty; without a
//! URL it is a temporary SQLite file. Prints the median and the slowest of 15 calls of RankNominations, commit included. Each reads the nominations and
//! their figures, ranks them, and stores every entry with all its inputs.
#![expect(clippy::unwrap_used, reason = "an example stops at the first error")]
#![expect(dead_code, unused_imports, reason = "the fixture of the stories has more than the example needs")]

#[path = "../tests/stories/fixture.rs"]
mod service_fixture;

use std::time::{Duration, Instant as Stopwatch};

use db::testing::TestDatabase;
use proto::{feed::v1::Event, network::v1 as network};
use service_fixture::{AFTER, COHORT, Fixture, MASTERY, NORTH, event, noon};
use specialists::Config;

const FIRST_URN: i32 = 100_001;
const NOMINATIONS_COUNT: i32 = 5_000;
const AUTHORITIES_COUNT: i32 = 150;
const RANKINGS_COUNT: usize = 15;
const PUBLICATION: &str = "reachPublications/one";

#[tokio::main]
async fn main() {
    let own: TestDatabase = db::testing::sqlite();
    let url = std::env::args().nth(1).unwrap_or_else(|| own.url().to_owned());
    db::create_if_missing(&url).await.unwrap();
    let fixture = Fixture::empty(&Config::new(url), "2019-02-15").await;
    fixture.apply(network_events()).await;
    let ncetm = fixture.ncetm();
    ncetm.create_cohort(COHORT.strip_prefix("cohorts/").unwrap(), service_fixture::cohort()).await.unwrap();
    ncetm.publish_weights(service_fixture::weights("2018-09-01")).await.unwrap();
    for urn in FIRST_URN..FIRST_URN + NOMINATIONS_COUNT {
        ncetm.nominate(urn.into(), NORTH).await.unwrap();
    }
    fixture.clock.move_to(noon(AFTER));
    let mut durations: Vec<Duration> = Vec::new();
    for _ in 0..RANKINGS_COUNT {
        let started = Stopwatch::now();
        let ranking = ncetm.rank().await.unwrap();
        durations.push(started.elapsed());
        assert_eq!((ranking.scored_count, ranking.reach_publication.as_str()), (NOMINATIONS_COUNT, PUBLICATION));
    }
    durations.sort_unstable();
    let (median, slowest) = (durations[RANKINGS_COUNT / 2], durations[RANKINGS_COUNT - 1]);
    println!("{:?}: {NOMINATIONS_COUNT} nominations ranked in {median:.1?}, at most {slowest:.1?}", fixture.pool());
    fixture.pool().close().await;
}

/// The events of the network: the schools, a hub, and figures for each school's authority.
fn network_events() -> Vec<Event> {
    let school = |urn: i32| network::School {
        urn,
        old_la_code: (200 + urn % AUTHORITIES_COUNT).to_string(),
        education_phase: network::EducationPhase::Secondary.into(),
        region_code: "E12000001".to_owned(),
        status_code: 1,
        type_group_code: 4,
        phase_code: 4,
        listed: true,
        ..network::School::default()
    };
    let area = |number: i32| network::ColdArea {
        old_la_code: (200 + number).to_string(),
        programme: MASTERY.to_owned(),
        education_phase: network::EducationPhase::Secondary.into(),
        schools_count: 20 + number % 7,
        schools_never_reached_count: number % 20,
        region_schools_count: 400,
        region_schools_never_reached_count: 180,
        ..network::ColdArea::default()
    };
    let publication = network::ReachPublication {
        name: PUBLICATION.to_owned(),
        true_on_date: "2019-01-01".to_owned(),
        known_on_date: "2019-01-01".to_owned(),
        publish_time: Some(noon("2019-01-02").to_proto()),
        ..network::ReachPublication::default()
    };
    let urns: Vec<i32> = (FIRST_URN..FIRST_URN + NOMINATIONS_COUNT).collect();
    // The network divides an import into parts of this size.
    let schools =
        urns.chunks(500).map(|part| event(&network::SchoolsRecorded { schools: part.iter().copied().map(school).collect() }));
    let mut events: Vec<Event> = schools.collect();
    events.push(event(&network::RegisterImported::default()));
    events.push(event(&network::HubCreated { hub: Some(network::Hub { name: NORTH.to_owned(), ..network::Hub::default() }) }));
    let cold_areas = (0..AUTHORITIES_COUNT).map(area).collect();
    events.push(event(&network::ReachFiguresRecorded {
        reach_publication: PUBLICATION.to_owned(),
        reach_part: Some(network::ReachPart { figures: Vec::new(), cold_areas }),
    }));
    events.push(event(&network::ReachPublished { reach_publication: Some(publication.clone()) }));
    events.push(event(&network::ReachApproved { reach_publication: Some(publication) }));
    events
}
