//! What many want at once, tried where no caller can try it: places come from one consumer, from policies, and from the service's own work, each in a
//! transaction of its own. And what one of them costs.

use access::{Caller, Role};
use db::testing::TestDatabase;
use feed::pb::Event;
use futures::future::BoxFuture;
use name::{HubId, ProgrammeId, Urn};
use prost::{Message, Name};
use proto::{enrolment::v1 as enrolment, funding::v1 as pb};
use service::{Command, Context, OpenedService};
use time::{AcademicYear, Clock, Date, FinancialYear, Ids, Instant};
use tonic::Status;
use tonic_types::StatusExt;

use crate::{
    Config, Funding,
    allocate_budget::{Allocation, allocate_budget},
    approve_batch::approve_batch,
    arise::{arise, arise_missing},
    batch_ref::BatchRef,
    create_batch::create_batch,
    domain::{BatchId, EntitlementId, Facts, Participation, Pence, Policy, PolicyId, PolicyKind, Proof, Told, TransferId},
    error::Error,
    mirror,
    release_batch::release_batch,
    reverse_transfer::reverse_transfer,
    store,
};

const SUBSIDY: i64 = 100_000;
const HUBS: i64 = 20;
const MASTERY: &str = "primary-teaching-for-mastery";

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

fn now() -> Instant {
    day("2018-07-02").start()
}

fn policy() -> Policy {
    Policy {
        id: PolicyId::trusted("subsidy"),
        kind: PolicyKind::ReleaseSubsidy,
        programme: ProgrammeId::trusted(MASTERY),
        amount: Pence::trusted(SUBSIDY),
        start: day("2018-09-01"),
        end: None,
        decision: "Council, spring 2018".to_owned(),
    }
}

/// A service of which nothing runs but what a test does, with the policy and hubs.
async fn open(database: &TestDatabase) -> Context {
    let (config, clock) = (Config::new(database.url()), Clock::set_to(now()));
    let context = OpenedService::open::<Funding>(&config, clock, Ids::from_machine()).await.expect("it opens").context;
    let prepared = context.run_system(|cmd| {
        Box::pin(async move {
            assert!(store::policy::policy_insert(cmd.tx, &policy()).await?);
            let hubs: Vec<_> = (0..HUBS).map(|hub| HubId::trusted(format!("h-{hub}"))).collect();
            store::testing::hub_insert_all(cmd.tx, &hubs).await
        })
    });
    prepared.await.expect("the policy and the hubs are new");
    context
}

/// Runs a use case for a request of somebody.
async fn ask<M, F>(context: &Context, subject: &str, request_id: &str, job: F) -> Result<M, Status>
where
    M: Message + Default + 'static,
    F: for<'a, 't> FnOnce(&'a mut Command<'_, 't>) -> BoxFuture<'a, Result<M, Error>> + Send + 'static,
{
    let caller = Caller { subject: subject.to_owned(), role: Role::Ncetm, hub: None, school: None };
    let request = pb::CreateBatchRequest { request_id: request_id.to_owned(), ..pb::CreateBatchRequest::default() };
    let answer = context.mutate(&server::testing::call("/test", caller), &request, job).await;
    answer.map(tonic::Response::into_inner)
}

fn is_exhausted(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.reason == "BUDGET_EXHAUSTED")
}

/// Money of a hub for so many subsidies; gives the transfer.
async fn give(context: &Context, hub: i64, subsidies: i64) -> TransferId {
    let asked = Allocation {
        hub: HubId::trusted(format!("h-{hub}")),
        financial_year: FinancialYear::of_instant(now()),
        amount: Pence::trusted(subsidies * SUBSIDY),
        decision: "Grant letter".to_owned(),
    };
    let allocated = ask(context, "dfe-ben", &format!("give-{hub}"), move |cmd| Box::pin(allocate_budget(cmd, asked))).await;
    let allocated = allocated.expect("the hub is there");
    TransferId::trusted(allocated.transfer.strip_prefix("transfers/").expect("a transfer"))
}

/// A school takes a place of a hub, for which there is evidence already if it is said.
async fn take(context: &Context, hub: i64, urn: i64, is_proven: bool) {
    take_place(context, place(hub, urn, is_proven)).await;
}

fn place(hub: i64, urn: i64, is_proven: bool) -> Participation {
    let told = |event: &str| Told { event: event.to_owned(), happened: now() };
    let proof = is_proven.then(|| Proof { date: day("2018-07-02"), told: told("proof") });
    Participation {
        id: EntitlementId::trusted(format!("p{urn}")),
        urn: Urn::trusted(urn),
        hub: HubId::trusted(format!("h-{hub}")),
        programme: ProgrammeId::trusted(MASTERY),
        first_academic_year: AcademicYear::starting(2018),
        accepted: told("accepted"),
        facts: Facts { agreement: proof.clone(), attendance: proof, end: None },
    }
}

/// Tried again as the consumer tries again.
async fn take_place(context: &Context, place: Participation) {
    loop {
        let place = place.clone();
        let taken = context.run_system(|cmd| {
            Box::pin(async move {
                assert!(store::participation::participation_insert(cmd.tx, &place).await?);
                store::participation::participation_update(cmd.tx, &place).await?;
                arise(cmd, place).await
            })
        });
        match taken.await {
            Ok(()) => return,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
}

async fn number(context: &Context, text: &'static str) -> i64 {
    let read = context.pool.read(move |mut tx| Box::pin(async move { store::testing::number(&mut tx, text).await }));
    read.await.expect(text)
}

/// Runs them all at once.
async fn all<T: Send + 'static>(tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.expect("no task panics"));
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_all_schools_of_a_lineage_that_take_places_at_once_one_is_entitled() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        give(&context, 0, 100).await;
        // Ten lineages of eight schools each, one after the other.
        let urn = |line: i64, step: i64| Urn::trusted(100_000 + 10 * line + step);
        let links: Vec<_> = (0..10).flat_map(|line| (1..8).map(move |step| (urn(line, step), urn(line, step + 1)))).collect();
        let linked =
            context.run_system(move |cmd| Box::pin(async move { store::testing::link_insert_all(cmd.tx, &links).await }));
        linked.await.expect("links");
        let takers = (1..=8).flat_map(|step| (0..10).map(move |line| 100_000 + 10 * line + step)).map(|urn| {
            let context = context.clone();
            async move { take(&context, 0, urn, false).await }
        });
        all(takers).await;
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await, 10);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'refused'").await, 70);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement_claim").await, 80);
        assert_eq!(number(&context, "SELECT COUNT(DISTINCT entitlement) FROM entitlement_claim").await, 10);
        let refused = "SELECT COUNT(*) FROM entitlement JOIN entitlement other ON other.id = entitlement.conflicting
                       WHERE entitlement.state = 'refused' AND other.state = 'committed' AND other.urn / 10 = entitlement.urn / 10";
        assert_eq!(number(&context, refused).await, 70, "each because of the one of its own lineage");
        assert_eq!(number(&context, "SELECT committed_pence FROM budget").await, 10 * SUBSIDY);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_want_the_last_thousand_pounds_at_once_one_gets_it() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        give(&context, 0, 1).await;
        let takers = (100_001..100_065).map(|urn| {
            let context = context.clone();
            async move { take(&context, 0, urn, false).await }
        });
        all(takers).await;
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await, 1);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'unfunded'").await, 63);
        assert_eq!(number(&context, "SELECT allocated_pence - committed_pence - spent_pence FROM budget").await, 0);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM transfer WHERE kind = 'commit'").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_allocation_that_is_reversed_while_places_are_taken_is_taken_back_whole_or_not_at_all() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        let mut exhausted = 0;
        for round in 0..HUBS - 1 {
            let allocation = give(&context, round, 1).await;
            let reversing = {
                let context = context.clone();
                tokio::spawn(async move {
                    ask(&context, "ncetm-anna", &format!("reverse-{round}"), |cmd| {
                        Box::pin(reverse_transfer(cmd, allocation, "A mistake".to_owned()))
                    })
                    .await
                })
            };
            let takers = (0..4).map(|number| {
                let context = context.clone();
                async move { take(&context, round, 100_001 + 4 * round + number, false).await }
            });
            all(takers).await;
            match reversing.await.expect("it does not panic") {
                Ok(_) => {}
                Err(status) if is_exhausted(&status) => exhausted += 1,
                Err(status) => panic!("{status:?}"),
            }
            let available =
                number(&context, "SELECT CAST(SUM(allocated_pence - committed_pence - spent_pence) AS BIGINT) FROM budget").await;
            assert_eq!(available, 0, "round {round}: what was given is held or was taken back");
        }
        let committed = number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await;
        assert_eq!(committed, exhausted, "each that was not taken back is held by one");
        let allocated = number(&context, "SELECT CAST(SUM(allocated_pence) AS BIGINT) FROM budget").await;
        assert_eq!(allocated, committed * SUBSIDY);
        // One more, which is held before anybody asks for it back.
        let allocation = give(&context, HUBS - 1, 1).await;
        take(&context, HUBS - 1, 200_001, false).await;
        let refused = ask(&context, "ncetm-anna", "reverse-last", |cmd| {
            Box::pin(reverse_transfer(cmd, allocation, "A mistake".to_owned()))
        });
        let refused = refused.await;
        assert!(refused.as_ref().is_err_and(is_exhausted), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn places_at_which_several_look_at_once_are_entitled_once() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        for round in 0..8 {
            let programme = ProgrammeId::trusted(format!("programme-{round}"));
            for urn in 0..20 {
                let place = place(0, 100_000 + 100 * round + urn, false);
                take_place(&context, Participation { programme: programme.clone(), ..place }).await;
            }
            let policy = Policy { id: PolicyId::trusted(format!("policy-{round}")), programme, ..policy() };
            context
                .run_system(|cmd| Box::pin(async move { store::policy::policy_insert(cmd.tx, &policy).await }))
                .await
                .expect("the policy is new");
            let looking = (0..4).map(|_| {
                let context = context.clone();
                async move { context.run_system(|cmd| Box::pin(async move { arise_missing(cmd, 100).await })).await }
            });
            let looked = all(looking).await;
            assert!(looked.iter().all(Result::is_ok), "round {round}: {looked:?}");
        }
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement").await, 160);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement_claim").await, 160);
    }
}

/// An event of enrolment that a place was accepted.
fn accepted(urn: i64) -> Event {
    let participation = enrolment::Participation {
        name: format!("participations/p{urn}"),
        school: format!("schools/{urn}"),
        hub: "hubs/h-0".to_owned(),
        programme: MASTERY.to_owned(),
        first_academic_year: "2018/19".to_owned(),
        ..enrolment::Participation::default()
    };
    Event {
        id: format!("event-{urn}"),
        r#type: enrolment::PlaceAccepted::full_name(),
        payload: enrolment::PlaceAccepted { participation: Some(participation), application: None }.encode_to_vec(),
        happened_time: Some(now().to_proto()),
        ..Event::default()
    }
}

/// The place, its policy and lineage, the claims, the budget, the transfer and the entitlement.
#[tokio::test]
async fn a_subsidy_is_held_with_six_statements() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        give(&context, 0, 9).await;
        for urn in 100_001..100_004 {
            let (pool, event) = (context.pool.clone(), accepted(urn));
            let counted = context.run_system(move |cmd| {
                Box::pin(async move {
                    let before = pool.statements_count();
                    mirror::apply_enrolment(cmd, &event).await.expect("it can be applied");
                    Ok::<_, db::Error>(pool.statements_count() - before)
                })
            });
            assert_eq!(counted.await.expect("it is held"), 6);
        }
        assert_eq!(number(&context, "SELECT committed_pence FROM budget").await, 3 * SUBSIDY);
    }
}

/// The request, the batch, the batch's next state, its lines, their transfers, the lines' next state, the budgets (which PostgreSQL locks before), the
/// answer and the events: for one line or for hundreds.
#[tokio::test]
async fn a_batch_is_paid_with_nine_statements_however_many_lines_it_has() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        give(&context, 0, 500).await;
        let mut taken = 100_000..;
        for (count, number) in [(1, "one"), (200, "two")] {
            for urn in taken.by_ref().take(count) {
                take(&context, 0, urn, true).await;
            }
            let made = ask(&context, "ncetm-anna", &format!("make-{number}"), |cmd| Box::pin(create_batch(cmd, None)))
                .await
                .expect("they are payable");
            let mut batch = made.batch.expect("a batch");
            let batch_ref = |batch: &pb::Batch| BatchRef {
                id: BatchId::trusted(batch.name.strip_prefix("batches/").expect("a batch")),
                etag: batch.etag.clone(),
            };
            assert_eq!(usize::try_from(batch.entitlements_count), Ok(count));
            let approving = batch_ref(&batch);
            let approved =
                ask(&context, "ncetm-anna", &format!("approve-{number}"), |cmd| Box::pin(approve_batch(cmd, approving))).await;
            batch = approved.expect("it is open").batch.expect("a batch");
            let releasing = batch_ref(&batch);
            let before = context.pool.statements_count();
            ask(&context, "dfe-ben", &format!("release-{number}"), |cmd| Box::pin(release_batch(cmd, releasing)))
                .await
                .expect("it is approved");
            let statements = context.pool.statements_count() - before;
            println!("{:?}: {statements} statements paid {count}", context.pool);
            assert_eq!(statements, 9 + u64::from(context.pool.is_postgres()));
        }
    }
}
