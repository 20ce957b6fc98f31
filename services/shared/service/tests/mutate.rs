//! Requests that change something: once for each id, and not at all as a dry run. On both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use access::{Caller, Role};
use db::{Migration, Pool, sql, testing};
use feed::Feed;
use proto::enrolment::v1 as pb;
use server::{ApiError, Call};
use service::{Command, Context, Resource};
use time::{Clock, Ids};
use tonic::Status;
use tonic_types::StatusExt;

const MIGRATIONS: &[Migration] =
    &[Migration { version: 100, name: "effect", sql: "CREATE TABLE effect (name TEXT NOT NULL PRIMARY KEY)" }];

async fn open(url: &str) -> (Context, Feed) {
    let (clock, ids) = (Clock::machine(), Ids::from_machine());
    let opened =
        feed::open(url, &[MIGRATIONS, service::MIGRATIONS].concat(), clock.clone(), ids.clone(), feed::Options::new("test"))
            .await;
    let (pool, feed) = opened.unwrap();
    (Context::new("test", pool, clock, ids), feed)
}

/// A call of a method of ApplicationService.
fn call(method: &'static str) -> Call {
    call_by(method, &Caller::new(Role::Ncetm, "somebody"))
}

fn call_by(method: &'static str, caller: &Caller) -> Call {
    server::testing::call(method, caller.clone())
}

const WITHDRAW: &str = "/mathshubs.enrolment.v1.ApplicationService/WithdrawApplication";
const DECLINE: &str = "/mathshubs.enrolment.v1.ApplicationService/DeclineOffer";
const OFFER: &str = "/mathshubs.enrolment.v1.ApplicationService/OfferPlaces";

/// The resource of the events.
struct Effect;

impl Resource for Effect {
    fn name(&self) -> String {
        "effects/1".to_owned()
    }

    fn version(&self) -> i64 {
        1
    }
}

/// A use case: writes a row, records an event, and answers with the count of rows.
async fn take_effect(cmd: &mut Command<'_, '_>, name: &'static str) -> Result<pb::LapseOffersResponse, ApiError> {
    sql!(cmd.tx, "INSERT INTO effect VALUES (:name)", name).execute().await?;
    cmd.append(&Effect, &pb::RoundCreated::default());
    let (count,): (i64,) = sql!(cmd.tx, "SELECT COUNT(*) FROM effect").fetch_one().await?;
    Ok(pb::LapseOffersResponse { lapsed_count: i32::try_from(count).unwrap(), offered_count: 0, opened_count: 0 })
}

async fn refuse(_: &mut Command<'_, '_>) -> Result<pb::LapseOffersResponse, ApiError> {
    Err(ApiError::not_found("a"))
}

async fn effects(pool: &Pool) -> i64 {
    pool.read(|mut tx| {
        Box::pin(async move {
            let (count,): (i64,) = sql!(tx, "SELECT COUNT(*) FROM effect").fetch_one().await?;
            Ok::<i64, db::Error>(count)
        })
    })
    .await
    .unwrap()
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn a_repeated_request_takes_effect_once_and_is_answered_alike() {
    for database in testing::databases().await {
        let (context, feed) = open(database.url()).await;
        let request = pb::WithdrawApplicationRequest { request_id: "r-1".to_owned(), name: "a".to_owned(), ..Default::default() };
        for _ in 0..2 {
            let answer = context.mutate(&call(WITHDRAW), &request, |cmd| Box::pin(take_effect(cmd, "a"))).await;
            assert_eq!(answer.unwrap().into_inner().lapsed_count, 1);
        }
        assert_eq!((effects(&context.pool).await, feed.head_position().await.unwrap()), (1, 1));
    }
}

#[tokio::test]
async fn request_ids_are_kept_per_method() {
    for database in testing::databases().await {
        let (context, _) = open(database.url()).await;
        // Both messages have the same bytes: only the method tells them apart.
        let withdraw =
            pb::WithdrawApplicationRequest { request_id: "r-1".to_owned(), name: "a".to_owned(), ..Default::default() };
        let decline = pb::DeclineOfferRequest { request_id: "r-1".to_owned(), name: "a".to_owned() };
        context.mutate(&call(WITHDRAW), &withdraw, |cmd| Box::pin(take_effect(cmd, "a"))).await.unwrap();
        let refused = context.mutate(&call(DECLINE), &decline, |cmd| Box::pin(take_effect(cmd, "b"))).await;
        assert_eq!(reason(&refused.unwrap_err()), "REQUEST_ID_REUSED");
        assert_eq!(effects(&context.pool).await, 1);
    }
}

#[tokio::test]
async fn a_dry_run_answers_as_the_real_run_and_leaves_nothing() {
    for database in testing::databases().await {
        let (context, feed) = open(database.url()).await;
        let dry = pb::OfferPlacesRequest { request_id: "r-1".to_owned(), validate_only: true, ..Default::default() };
        for _ in 0..2 {
            let answer = context.mutate(&call(OFFER), &dry, |cmd| Box::pin(take_effect(cmd, "a"))).await;
            assert_eq!(answer.unwrap().into_inner().lapsed_count, 1);
        }
        assert_eq!((effects(&context.pool).await, feed.head_position().await.unwrap()), (0, 0));
        // Its id is free for the real run.
        let real = pb::OfferPlacesRequest { validate_only: false, ..dry };
        let answer = context.mutate(&call(OFFER), &real, |cmd| Box::pin(take_effect(cmd, "a"))).await;
        assert_eq!(answer.unwrap().into_inner().lapsed_count, 1);
        assert_eq!((effects(&context.pool).await, feed.head_position().await.unwrap()), (1, 1));
    }
}

#[tokio::test]
async fn a_request_that_failed_can_be_sent_again() {
    for database in testing::databases().await {
        let (context, _) = open(database.url()).await;
        let request = pb::WithdrawApplicationRequest { request_id: "r-1".to_owned(), name: "a".to_owned(), ..Default::default() };
        let refused = context.mutate(&call(WITHDRAW), &request, |cmd| Box::pin(refuse(cmd))).await;
        assert_eq!(reason(&refused.unwrap_err()), "NOT_FOUND");
        let answer = context.mutate(&call(WITHDRAW), &request, |cmd| Box::pin(take_effect(cmd, "a"))).await;
        assert_eq!(answer.unwrap().into_inner().lapsed_count, 1);
    }
}

#[tokio::test]
async fn a_request_id_of_another_issuer_role_or_hub_is_another_request() {
    for database in testing::databases().await {
        let (context, _) = open(database.url()).await;
        let request = pb::WithdrawApplicationRequest { request_id: "r-1".to_owned(), name: "a".to_owned(), ..Default::default() };
        let somebody = Caller::new(Role::Ncetm, "somebody");
        let callers = [
            somebody.clone(),
            Caller { issuer: "https://other-issuer".into(), ..somebody.clone() },
            Caller { role: Role::Dfe, ..somebody.clone() },
            Caller::hub_lead("hubs/north", "somebody"),
            Caller::hub_lead("hubs/south", "somebody"),
        ];
        for (caller, effect) in callers.iter().zip(["a", "b", "c", "d", "e"]) {
            for _ in 0..2 {
                let call = call_by(WITHDRAW, caller);
                let insert = context.mutate(&call, &request, move |cmd| {
                    Box::pin(async move {
                        sql!(cmd.tx, "INSERT INTO effect VALUES (:effect)", effect).execute().await?;
                        Ok::<_, ApiError>(pb::LapseOffersResponse::default())
                    })
                });
                insert.await.unwrap();
            }
        }
        assert_eq!(effects(&context.pool).await, 5, "each caller has an effect, and has it once");
    }
}

#[tokio::test]
async fn an_event_names_its_actor_by_an_id_that_stays_and_holds_no_subject() {
    for database in testing::databases().await {
        let (context, feed) = open(database.url()).await;
        let lead = Caller::hub_lead("hubs/north", "ada@example.org");
        let callers = [&lead, &lead, &Caller { issuer: "https://other-issuer".into(), ..lead.clone() }];
        for (caller, effect) in callers.into_iter().zip(["a", "b", "c"]) {
            let request =
                pb::WithdrawApplicationRequest { request_id: format!("r-{effect}"), name: "a".to_owned(), ..Default::default() };
            let version = i64::from(effect.as_bytes()[0]);
            let call = call_by(WITHDRAW, caller);
            let answer = context.mutate(&call, &request, move |cmd| {
                Box::pin(async move {
                    cmd.append(&Version(version), &pb::RoundCreated::default());
                    Ok::<_, ApiError>(pb::LapseOffersResponse::default())
                })
            });
            answer.await.unwrap();
        }
        feed.head_position().await.unwrap();
        let actors = context.read::<Vec<(String, String, String)>, db::Error, _>(|tx| {
            Box::pin(async move { sql!(tx, "SELECT actor, actor_role, actor_for FROM event ORDER BY key").fetch_all().await })
        });
        let actors = actors.await.unwrap();
        assert!(
            actors.iter().all(|(_, role, acting_for)| (role.as_str(), acting_for.as_str()) == ("hub_lead", "hubs/north")),
            "{actors:?}"
        );
        assert!(actors[0] == actors[1] && actors[0].0 != actors[2].0, "{actors:?}");
        assert!(actors.iter().all(|(id, ..)| !id.contains("ada")), "{actors:?}");
    }
}

/// A resource whose events have this version.
struct Version(i64);

impl Resource for Version {
    fn name(&self) -> String {
        "effects/1".to_owned()
    }

    fn version(&self) -> i64 {
        self.0
    }
}
