//! Concurrent calls: each is answered as if the calls had come one after the other, with its reason.

use std::time::Duration;

use crate::fixture::*;
use db::testing::TestDatabase;
use proto::enrolment::v1::{self as pb, ApplicationState, PlaceOrder};

/// Slows down each row of a statement of this kind, so that another call comes in between. SQLite has one writer, so no call can.
pub(crate) async fn slow(fixture: &Fixture, database: &TestDatabase, statement: &str, table: &str) {
    if database.is_postgres() {
        fixture.sql("CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END'").await;
        fixture.sql(format!("CREATE TRIGGER slow BEFORE {statement} ON {table} FOR EACH ROW EXECUTE FUNCTION slow()")).await;
    }
}

/// One call, and another that begins while the first is under way.
pub(crate) async fn meet<A: Send + 'static, B>(
    first: impl Future<Output = A> + Send + 'static,
    second: impl Future<Output = B>,
) -> (A, B) {
    let first = tokio::spawn(first);
    tokio::time::sleep(Duration::from_millis(150)).await;
    let second = second.await;
    (first.await.expect("the first call ends"), second)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_concurrent_announcements_of_one_round_one_succeeds_and_the_others_fail_with_round_exists() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let ncetm = fixture.ncetm();
                tokio::spawn(async move { ncetm.create_round("2018", round(PlaceOrder::Submission)).await })
            })
            .collect();
        let mut announced = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => announced += 1,
                refused => assert_eq!(reason(refused), "ROUND_EXISTS"),
            }
        }
        assert_eq!((announced, fixture.events().await), (1, vec!["RoundCreated".to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_programme_that_leaves_the_round_during_a_draft_or_a_change_of_places_is_named_as_the_wrong_field() {
    for database in db::testing::databases().await {
        let fixture = Fixture::open(&database).await;
        let ncetm = fixture.ncetm();
        for table in ["application", "places"] {
            let id = format!("of-{table}");
            let mut both = round(PlaceOrder::Submission);
            both.programmes.push(pb::RoundProgramme { programme: CORE_MATHS.to_owned(), ..both.programmes[0].clone() });
            let mut one = ncetm.create_round(&id, both).await.unwrap();
            one.programmes.truncate(1);
            slow(&fixture, &database, "INSERT", table).await;
            let refers = {
                let (ncetm, parent) = (ncetm.clone(), one.name.clone());
                async move {
                    if table == "places" {
                        let places =
                            pb::Places { hub: NORTH.to_owned(), programme: CORE_MATHS.to_owned(), ..pb::Places::default() };
                        let request = pb::SetPlacesRequest { request_id: "set".to_owned(), parent, places: Some(places) };
                        return ncetm.rounds.clone().set_places(request).await.map(drop);
                    }
                    let (school, hub, programme) = (school(100_001), NORTH.to_owned(), CORE_MATHS.to_owned());
                    let application = Some(pb::Application { school, hub, programme, ..pb::Application::default() });
                    let request = pb::CreateApplicationRequest { request_id: "draft".to_owned(), parent, application };
                    ncetm.applications.clone().create_application(request).await.map(drop)
                }
            };
            let request = pb::UpdateRoundRequest { request_id: ncetm.request_id(), round: Some(one) };
            let (referred, updated) = meet(refers, ncetm.rounds.clone().update_round(request)).await;
            // The call that comes second fails with its reason.
            match (referred, updated) {
                (Err(refused), Ok(_)) => {
                    let field = if table == "places" { "places.programme" } else { "application.programme" };
                    assert_eq!(refused.message(), format!("{field}: is none of the programmes of `rounds/{id}`"));
                }
                (Ok(()), refused) => assert_eq!(reason(refused), "PROGRAMME_IN_USE"),
                both => panic!("neither was done: {both:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_and_a_submission_of_one_lineage_do_not_wait_for_each_other() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        fixture.link(100_001, 100_002, false, "2018-04-01").await;
        let lead = fixture.hub_lead(NORTH);
        let offered = lead.apply(100_002, NORTH).await.unwrap().name;
        let draft = lead.draft(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 1).await.unwrap();
        // The row of the older school's claim is behind the other, as after claims that were released.
        fixture.sql("CREATE TABLE claim_aside AS SELECT * FROM school_claim WHERE urn = 100001").await;
        fixture.sql("DELETE FROM school_claim WHERE urn = 100001").await;
        fixture.sql("INSERT INTO school_claim SELECT * FROM claim_aside").await;
        slow(&fixture, &database, "UPDATE", "school_claim").await;
        let school = fixture.school(100_002);
        let accepts = async move { school.accept(&offered).await };
        let (accepted, applied) = meet(accepts, lead.submit(&draft)).await;
        assert_eq!(accepted.unwrap().state(), ApplicationState::Accepted);
        assert_eq!(reason(applied), "SCHOOL_HAS_APPLIED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_school_that_leaves_while_its_year_starts_has_taken_part() {
    for database in db::testing::databases().await {
        let fixture = Fixture::with_round(&database, PlaceOrder::Submission, 1).await;
        let lead = fixture.hub_lead(NORTH);
        let application = lead.apply(100_001, NORTH).await.unwrap().name;
        lead.offer(NORTH, 0).await.unwrap();
        let place = lead.accept(&application).await.unwrap().participation;
        fixture.clock.move_to(noon("2018-09-20"));
        slow(&fixture, &database, "UPDATE", "participation").await;
        let starts = {
            let (lead, place) = (lead.clone(), place.clone());
            async move { lead.start_year(&place, "2018-09-20").await }
        };
        let (started, left) = meet(starts, lead.leave(&place, "2018-09-20")).await;
        started.unwrap();
        assert_eq!(left.unwrap().state(), pb::ParticipationState::Withdrawn);
        assert_eq!(lead.application(&application).await.unwrap().state(), ApplicationState::Accepted);
        assert_eq!(lead.places().await.unwrap()[0].accepted_count, 1);
    }
}
