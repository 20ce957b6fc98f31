//! How long the ranking of 5,000 nominations takes: `cargo run --release -p specialists --example rank [DATABASE_URL]`, an empty database. On SQLite
//! in a folder of its own when no URL is given. Prints the median and the slowest of 15 calls of RankNominations, each of which reads the nominations
//! and their figures, ranks, and keeps every entry with all its inputs, to the commit.
#![expect(clippy::unwrap_used, reason = "an example ends where something fails")]

use std::time::{Duration, Instant as Stopwatch};

use access::{Caller, Role};
use db::{sql, testing::TestDatabase};
use proto::specialists::v1::{RankNominationsRequest, nomination_service_client::NominationServiceClient};
use specialists::{Config, Service};
use sqlx::AssertSqlSafe;
use time::{Clock, Date, Ids};
use tower::ServiceExt;

const NOMINATIONS_COUNT: i64 = 5_000;
const AUTHORITIES_COUNT: i64 = 150;
const RANKINGS_COUNT: usize = 15;

#[tokio::main]
async fn main() {
    let own: TestDatabase = db::testing::sqlite();
    let url = std::env::args().nth(1).unwrap_or_else(|| own.url().to_owned());
    db::create_if_missing(&url).await.unwrap();
    let clock = Clock::set_to(Date::parse("2019-04-02").unwrap().start());
    let service = Service::open(&Config::new(url), clock, Ids::seeded(1)).await.unwrap();
    fill(&service).await;
    let caller = Caller { subject: "ncetm".to_owned(), role: Role::Ncetm, hub: None, school: None };
    let line = service.routes().map_request(move |mut request: http::Request<tonic::body::Body>| {
        request.extensions_mut().insert(caller.clone());
        request
    });
    let mut client = NominationServiceClient::new(line);
    let mut took: Vec<Duration> = Vec::new();
    for number in 0..RANKINGS_COUNT {
        let request =
            RankNominationsRequest { request_id: format!("{number}"), parent: "cohorts/5".to_owned(), validate_only: false };
        let started = Stopwatch::now();
        let ranking = client.rank_nominations(request).await.unwrap().into_inner().ranking.unwrap();
        took.push(started.elapsed());
        assert_eq!(i64::from(ranking.scored_count), NOMINATIONS_COUNT);
    }
    took.sort_unstable();
    let (median, slowest) = (took[RANKINGS_COUNT / 2], took[RANKINGS_COUNT - 1]);
    println!("{:?}: {NOMINATIONS_COUNT} nominations ranked in {median:.1?}, at most {slowest:.1?}", service.pool);
    service.pool.close().await;
}

/// A cohort with its nominations, the schools that made them, and figures for each school's authority.
async fn fill(service: &Service) {
    let mut statements = vec![
        "INSERT INTO cohort VALUES ('5', 'Five', 5, 2, 'mastery', '2019/20', '2021/22', '2019-02-01', '2019-03-31', '[]', 0, NULL, 1)"
            .to_owned(),
        "INSERT INTO score_weights VALUES (1, '2018-09-01', 'Council', 10, 700, 300)".to_owned(),
        "INSERT INTO reach_publication (name, position, publish_time, true_on_date, known_on_date)
         VALUES ('reachPublications/one', 1, 1, '2019-01-01', '2019-01-01')"
            .to_owned(),
    ];
    for authority in 0..AUTHORITIES_COUNT {
        statements.push(format!(
            "INSERT INTO cold_area (reach_publication, old_la_code, programme, education_phase, schools_count,
                 schools_never_reached_count, region_schools_count, region_schools_never_reached_count, coldness_ppm)
             VALUES ('reachPublications/one', '{}', 'mastery', 2, {}, {}, 400, 180, 0)",
            200 + authority,
            20 + authority % 7,
            authority % 20
        ));
    }
    for number in 0..NOMINATIONS_COUNT {
        let urn = 100_000 + number;
        statements.push(format!("INSERT INTO school VALUES ({urn}, '{}', 2, 1, TRUE)", 200 + number % AUTHORITIES_COUNT));
        statements
            .push(format!("INSERT INTO person VALUES ('p{number}', 'Teacher {number}', 'teacher-{number}@school.example')"));
        statements.push(format!(
            "INSERT INTO nomination (id, cohort, urn, hub, person, state, submit_time, overrides_count, version, is_live)
             VALUES ('n{number}', '5', {urn}, 'north', 'p{number}', 'submitted', {}, 0, 1, TRUE)",
            number * 7 % 1_000
        ));
    }
    let filled = service.pool.write::<_, db::Error, _>(move |mut tx| {
        Box::pin(async move {
            for statement in statements {
                sql!(tx, conn => sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(conn).await.map(drop))?;
            }
            Ok(())
        })
    });
    filled.await.unwrap();
}
