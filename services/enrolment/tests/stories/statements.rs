//! The number of statements of each call, and the schema of both databases.

use crate::fixture::*;
use enrolment::MIGRATIONS;
use proto::enrolment::v1::PlaceOrder;

/// Statements of a single write. On SQLite the statement that separates it from its neighbour is added, and the statement that writes the events belongs
/// to the batch. On PostgreSQL each write writes its events.
fn cost(statements: u64, is_postgres: bool, events: bool) -> u64 {
    match (is_postgres, events) {
        (true, _) | (false, true) => statements,
        (false, false) => statements + 1,
    }
}

#[tokio::test]
async fn a_verb_takes_at_most_eight_statements_and_a_get_or_a_page_one() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let lead = fixture.hub_lead(NORTH);
        // The first request of a caller makes its id.
        lead.draft(100_002, NORTH).await.unwrap();
        let school = fixture.school(100_001);
        assert_eq!(reason(school.accept("rounds/2018/applications/none").await), "NOT_FOUND");
        let count = || fixture.service.context.pool.statements_count();
        let mut spent = Vec::new();
        let before = count();
        let name = lead.draft(100_001, NORTH).await.unwrap().name;
        spent.push(("CreateApplication", cost(count() - before, database.is_postgres(), false)));
        let before = count();
        lead.submit(&name).await.unwrap();
        spent.push(("SubmitApplication", cost(count() - before, database.is_postgres(), true)));
        lead.offer(NORTH, 0).await.unwrap();
        let before = count();
        let place = school.accept(&name).await.unwrap();
        spent.push(("AcceptOffer", cost(count() - before, database.is_postgres(), true)));
        let drafted = if database.is_postgres() { 6 } else { 7 };
        assert_eq!(spent, [("CreateApplication", drafted), ("SubmitApplication", 8), ("AcceptOffer", 8)]);

        let before = count();
        lead.application(&name).await.unwrap();
        lead.applications().await.unwrap();
        lead.participation(&place.participation).await.unwrap();
        lead.places().await.unwrap();
        fixture.school(100_001).application(&name).await.unwrap();
        assert_eq!(count() - before, 5, "a get or a page is one statement");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_submissions_take_eight_statements_each() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 2).await;
        let lead = fixture.hub_lead(NORTH);
        let mut names = Vec::new();
        for urn in 100_001..=100_200 {
            names.push(lead.draft(urn, NORTH).await.unwrap().name);
        }
        let (before, started) = (fixture.service.context.pool.statements_count(), std::time::Instant::now());
        let tasks: Vec<_> = names
            .into_iter()
            .map(|name| {
                let lead = lead.clone();
                tokio::spawn(async move { lead.submit(&name).await.unwrap() })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.push(task.await.unwrap().queue_number);
        }
        let (spent, elapsed) = (fixture.service.context.pool.statements_count() - before, started.elapsed());
        println!("{:?}: 200 submissions in {elapsed:?}, {spent} statements", fixture.service.context.pool);
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=200).collect::<Vec<_>>(), "no number is missing and none is given twice");
        // On SQLite one more statement separates each from the next. 5 % for the statements of batches.
        let spent = if database.is_postgres() { spent } else { spent + 200 };
        assert!(spent <= 200 * 8 * 105 / 100, "{spent} statements");
    }
}

#[tokio::test]
async fn the_schema_is_the_same_on_both_databases() {
    let below = [db::MIGRATIONS, feed::MIGRATIONS, mirror::MIGRATIONS, meeting::MIGRATIONS].concat();
    db::testing::migrations_agree(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"), MIGRATIONS, &below).await;
}
