//! Tests of concurrent use cases that no request can start alone: participations come from one consumer, from policies and from the sweep, each in its own
//! transaction. And tests of the number of statements.

use access::{Caller, Role};
use db::testing::TestDatabase;
use feed::{ApplyError, pb::Event};
use futures::future::BoxFuture;
use name::{HubId, ProgrammeId, Urn};
use prost::{Message, Name};
use proto::{enrolment::v1 as enrolment, funding::v1 as pb};
use service::{Command, Context, Error, OpenedService};
use time::{AcademicYear, Clock, Date, FinancialYear, Ids, Instant};
use tonic::Status;
use tonic_types::StatusExt;

use crate::{
    Config, Funding,
    batch::{BatchId, BatchRef, approve_batch, create_batch, release_batch},
    budget::{Allocation, BudgetId, allocate_budget},
    entitlement::{
        EntitlementId,
        recognise::{recognise, recognise_missing},
    },
    follow::apply_enrolment,
    ledger::{Pence, TransferId, reverse_transfer},
    participation::{self, EventRef, Facts, Participation, Proof, Record},
    policy::{self, Policy, PolicyId, PolicyKind},
    testing,
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
        decision: testing::decision(),
        needs_two_sources: true,
    }
}

/// A service without consumers and jobs, with the policy and hubs.
async fn open(database: &TestDatabase) -> Context {
    let (config, clock) = (Config::new(database.url()), Clock::set_to(now()));
    let context = OpenedService::open::<Funding>(&config, clock, Ids::from_machine()).await.expect("it opens").context;
    let prepared = context.run_system(|cmd| {
        Box::pin(async move {
            policy::store::policy_insert(cmd.tx, &policy()).await.expect("the policy is new");
            let hubs: Vec<_> = (0..HUBS).map(|hub| HubId::trusted(format!("h-{hub}"))).collect();
            testing::decision_insert(cmd.tx).await?;
            testing::hub_insert_all(cmd.tx, &hubs).await
        })
    });
    let prepared: Result<(), ApplyError> = prepared.await;
    prepared.expect("the hubs are new");
    context
}

/// Runs a use case for a request.
async fn mutate<M, F>(context: &Context, subject: &str, request_id: &str, job: F) -> Result<M, Status>
where
    M: Message + Default + 'static,
    F: for<'a, 't> FnOnce(&'a mut Command<'_, 't>) -> BoxFuture<'a, Result<M, Error>> + Send + 'static,
{
    let caller = Caller::new(Role::Ncetm, subject);
    let request = pb::CreateBatchRequest { request_id: request_id.to_owned(), ..pb::CreateBatchRequest::default() };
    let answer = context.mutate(&server::testing::call("/test", caller), &request, job).await;
    answer.map(tonic::Response::into_inner)
}

fn is_exhausted(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.reason == "BUDGET_EXHAUSTED")
}

/// Allocates money for a number of subsidies to a hub, and gives the transfer.
async fn allocate(context: &Context, hub: i64, subsidies: i64) -> TransferId {
    let allocation = Allocation {
        budget: BudgetId { hub: HubId::trusted(format!("h-{hub}")), financial_year: FinancialYear::of_instant(now()) },
        amount: Pence::trusted(subsidies * SUBSIDY),
        decision: testing::decision(),
    };
    let allocated =
        mutate(context, "dfe-ben", &format!("allocate-{hub}"), move |cmd| Box::pin(allocate_budget(cmd, allocation))).await;
    let allocated = allocated.expect("the hub exists");
    TransferId::trusted(allocated.transfer.strip_prefix("transfers/").expect("a transfer"))
}

/// A school accepts a place of a hub, with all evidence if `is_proven`.
async fn accept(context: &Context, hub: i64, urn: i64, is_proven: bool) {
    accept_place(context, participation(hub, urn, is_proven)).await;
}

fn participation(hub: i64, urn: i64, is_proven: bool) -> Participation {
    let event = |id: &str| EventRef { id: id.to_owned(), happened: now() };
    let record = |actor: &str| {
        let proof = Proof { date: day("2018-07-02"), event: event("proof") };
        is_proven.then(|| Record { proof, actor: actor.to_owned() })
    };
    Participation {
        id: EntitlementId::trusted(format!("p{urn}")),
        urn: Urn::trusted(urn),
        hub: HubId::trusted(format!("h-{hub}")),
        programme: ProgrammeId::trusted(MASTERY),
        first_academic_year: AcademicYear::starting(2018),
        accepted: event("accepted"),
        is_imported: false,
        subsidy_paid: None,
        facts: Facts { agreement: record("school"), attendance: record("lead"), ..Facts::default() },
    }
}

/// Retries like the consumer.
async fn accept_place(context: &Context, place: Participation) {
    loop {
        let place = place.clone();
        let accepted = context.run_system(|cmd| {
            Box::pin(async move {
                assert!(participation::store::participation_insert(cmd.tx, &place).await?);
                participation::store::participation_update(cmd.tx, &place).await?;
                recognise(cmd, place).await
            })
        });
        match accepted.await {
            Ok(()) => return,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
}

async fn number(context: &Context, text: &'static str) -> i64 {
    let read = context.read(move |tx| Box::pin(testing::number(tx, text)));
    read.await.expect(text)
}

/// Runs all tasks concurrently.
async fn all<T: Send + 'static>(tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.expect("no task panics"));
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_schools_of_a_lineage_that_accept_concurrently_is_entitled() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        allocate(&context, 0, 100).await;
        // Ten lineages of eight schools each; each school is the predecessor of the next.
        let urn = |line: i64, step: i64| Urn::trusted(100_000 + 10 * line + step);
        let links: Vec<_> = (0..10).flat_map(|line| (1..8).map(move |step| (urn(line, step), urn(line, step + 1)))).collect();
        let linked = context.run_system(move |cmd| Box::pin(testing::link_insert_all(cmd.tx, links)));
        linked.await.expect("links");
        let acceptances = (1..=8).flat_map(|step| (0..10).map(move |line| 100_000 + 10 * line + step)).map(|urn| {
            let context = context.clone();
            async move { accept(&context, 0, urn, false).await }
        });
        all(acceptances).await;
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await, 10);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'refused'").await, 70);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement_claim").await, 80);
        assert_eq!(number(&context, "SELECT COUNT(DISTINCT entitlement) FROM entitlement_claim").await, 10);
        let refused = "SELECT COUNT(*) FROM entitlement JOIN entitlement other ON other.id = entitlement.conflicting
                       WHERE entitlement.state = 'refused' AND other.state = 'committed' AND other.urn / 10 = entitlement.urn / 10";
        assert_eq!(number(&context, refused).await, 70, "each because of the entitlement of its lineage");
        assert_eq!(number(&context, "SELECT committed_pence FROM budget").await, 10 * SUBSIDY);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_concurrent_acceptances_gets_the_last_money_of_a_budget() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        allocate(&context, 0, 1).await;
        let acceptances = (100_001..100_065).map(|urn| {
            let context = context.clone();
            async move { accept(&context, 0, urn, false).await }
        });
        all(acceptances).await;
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await, 1);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'unfunded'").await, 63);
        assert_eq!(number(&context, "SELECT allocated_pence - committed_pence - spent_pence FROM budget").await, 0);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM transfer WHERE kind = 'commit'").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_allocation_is_reversed_wholly_or_not_at_all_while_places_are_accepted() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        let mut exhausted = 0;
        for round in 0..HUBS - 1 {
            let allocation = allocate(&context, round, 1).await;
            let reversing = {
                let context = context.clone();
                tokio::spawn(async move {
                    mutate(&context, "ncetm-anna", &format!("reverse-{round}"), |cmd| {
                        Box::pin(reverse_transfer(cmd, allocation, "A mistake".to_owned()))
                    })
                    .await
                })
            };
            let acceptances = (0..4).map(|number| {
                let context = context.clone();
                async move { accept(&context, round, 100_001 + 4 * round + number, false).await }
            });
            all(acceptances).await;
            match reversing.await.expect("the task does not panic") {
                Ok(_) => {}
                Err(status) if is_exhausted(&status) => exhausted += 1,
                Err(status) => panic!("{status:?}"),
            }
            let available =
                number(&context, "SELECT CAST(SUM(allocated_pence - committed_pence - spent_pence) AS BIGINT) FROM budget").await;
            assert_eq!(available, 0, "round {round}: the money is committed, or its allocation was reversed");
        }
        let committed = number(&context, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await;
        assert_eq!(committed, exhausted, "each allocation that was not reversed is committed to one entitlement");
        let allocated = number(&context, "SELECT CAST(SUM(allocated_pence) AS BIGINT) FROM budget").await;
        assert_eq!(allocated, committed * SUBSIDY);
        // Money that is committed before the reversal.
        let allocation = allocate(&context, HUBS - 1, 1).await;
        accept(&context, HUBS - 1, 200_001, false).await;
        let refused = mutate(&context, "ncetm-anna", "reverse-last", |cmd| {
            Box::pin(reverse_transfer(cmd, allocation, "A mistake".to_owned()))
        });
        let refused = refused.await;
        assert!(refused.as_ref().is_err_and(is_exhausted), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_sweeps_recognise_each_entitlement_once() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        for round in 0..8 {
            let programme = ProgrammeId::trusted(format!("programme-{round}"));
            for urn in 0..20 {
                let place = participation(0, 100_000 + 100 * round + urn, false);
                accept_place(&context, Participation { programme: programme.clone(), ..place }).await;
            }
            let policy = Policy { id: PolicyId::trusted(format!("policy-{round}")), programme, ..policy() };
            context
                .run_system(|cmd| Box::pin(async move { policy::store::policy_insert(cmd.tx, &policy).await }))
                .await
                .expect("the policy is new");
            let sweeping = (0..4).map(|_| {
                let context = context.clone();
                async move { context.run_system(|cmd| Box::pin(recognise_missing(cmd, 100))).await }
            });
            let recognised = all(sweeping).await;
            assert!(recognised.iter().all(Result::is_ok), "round {round}: {recognised:?}");
        }
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement").await, 160);
        assert_eq!(number(&context, "SELECT COUNT(*) FROM entitlement_claim").await, 160);
    }
}

/// The event of an acceptance.
fn accepted_event(urn: i64) -> Event {
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
        payload: enrolment::PlaceAccepted { participation: Some(participation), ..Default::default() }.encode_to_vec(),
        happened_time: Some(now().to_proto()),
        ..Event::default()
    }
}

/// Statements: participation, basis, claims, budget, transfer, entitlement.
#[tokio::test]
async fn a_subsidy_is_committed_with_six_statements() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        allocate(&context, 0, 9).await;
        for urn in 100_001..100_004 {
            let (pool, event) = (context.pool.clone(), accepted_event(urn));
            let counted = context.run_system(move |cmd| {
                Box::pin(async move {
                    let before = pool.statements_count();
                    apply_enrolment(cmd, &event).await.expect("the event can be applied");
                    Ok::<_, db::Error>(pool.statements_count() - before)
                })
            });
            assert_eq!(counted.await.expect("the event can be applied"), 6);
        }
        assert_eq!(number(&context, "SELECT committed_pence FROM budget").await, 3 * SUBSIDY);
    }
}

/// Statements: request, batch, its next state, its entitlements, their transfers, their next state, budgets (on PostgreSQL also their lock), answer, events.
#[tokio::test]
async fn a_batch_is_paid_with_nine_statements_regardless_of_its_size() {
    for database in db::testing::databases().await {
        let context = open(&database).await;
        allocate(&context, 0, 500).await;
        let mut urns = 100_000..;
        for (count, number) in [(1, "one"), (200, "two")] {
            for urn in urns.by_ref().take(count) {
                accept(&context, 0, urn, true).await;
            }
            let created = mutate(&context, "ncetm-anna", &format!("create-{number}"), |cmd| Box::pin(create_batch(cmd, None)))
                .await
                .expect("entitlements are payable");
            let mut batch = created.batch.expect("a batch");
            let batch_ref = |batch: &pb::Batch| BatchRef {
                id: BatchId::trusted(batch.name.strip_prefix("batches/").expect("a batch")),
                etag: batch.etag.clone(),
            };
            assert_eq!(usize::try_from(batch.entitlements_count), Ok(count));
            let approving = batch_ref(&batch);
            let approved =
                mutate(&context, "ncetm-carl", &format!("approve-{number}"), |cmd| Box::pin(approve_batch(cmd, approving))).await;
            batch = approved.expect("it is open").batch.expect("a batch");
            let releasing = batch_ref(&batch);
            let before = context.pool.statements_count();
            mutate(&context, "dfe-ben", &format!("release-{number}"), |cmd| Box::pin(release_batch(cmd, releasing)))
                .await
                .expect("it is approved");
            let statements = context.pool.statements_count() - before;
            println!("{:?}: {count} entitlements were paid with {statements} statements", context.pool);
            assert_eq!(statements, 9 + u64::from(context.pool.is_postgres()));
        }
    }
}
