//! What many want at once, tried where no caller can try it: places come from one consumer, from policies, and from the service's own work, each in a
//! transaction of its own. And what one of them costs.

use access::{Caller, Role};
use db::testing::TestDatabase;
use feed::pb::Event;
use name::{HubId, ProgrammeId, Urn};
use prost::{Message, Name};
use proto::{enrolment::v1 as enrolment, funding::v1 as pb};
use server::Once;
use time::{AcademicYear, Clock, Date, FinancialYear, Ids, Instant};

use crate::{
    Config, Service,
    act::Desk,
    allocate::{Allocation, allocate},
    arise::{arise, arise_missing},
    batch::{Target, approve_batch, release_batch},
    create_batch::create_batch,
    domain::{BatchId, EntitlementId, Facts, Participation, Pence, Policy, PolicyId, PolicyKind, Proof, Told, TransferId},
    error::Error,
    mirror,
    reverse::reverse,
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
async fn desk(database: &TestDatabase) -> Desk {
    let clock = Clock::set_to(now());
    let service = Service::open(&Config::new(database.url()), clock.clone(), Ids::from_machine()).await.expect("it opens");
    let desk = Desk { pool: service.pool.clone(), clock, ids: service.ids.clone() };
    desk.by_itself(|act| {
        Box::pin(async move {
            assert!(store::policy::policy_insert(act.tx, &policy()).await?);
            let hubs: Vec<_> = (0..HUBS).map(|hub| HubId::trusted(format!("h-{hub}"))).collect();
            store::testing::hub_insert_all(act.tx, &hubs).await
        })
    })
    .await
    .expect("the policy and the hubs are new");
    desk
}

/// A request of somebody.
fn once(subject: &str, request_id: &str) -> Once {
    let caller = Caller { subject: subject.to_owned(), role: Role::Ncetm, hub: None, school: None };
    let call = server::testing::call("/test", caller);
    Once::new(&call, "/test", request_id, &pb::Policy::default(), now())
}

/// Money of a hub for so many subsidies; gives the transfer.
async fn give(desk: &Desk, hub: i64, subsidies: i64) -> TransferId {
    let asked = Allocation {
        hub: HubId::trusted(format!("h-{hub}")),
        financial_year: FinancialYear::of_instant(now()),
        amount: Pence::trusted(subsidies * SUBSIDY),
        decision: "Grant letter".to_owned(),
        validate_only: false,
    };
    let allocated = allocate(desk, once("dfe-ben", &format!("give-{hub}")), asked).await.expect("the hub is there");
    TransferId::trusted(allocated.transfer.strip_prefix("transfers/").expect("a transfer"))
}

/// A school takes a place of a hub, for which there is evidence already if it is said.
async fn take(desk: &Desk, hub: i64, urn: i64, is_proven: bool) {
    take_place(desk, place(hub, urn, is_proven)).await;
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
async fn take_place(desk: &Desk, place: Participation) {
    loop {
        let place = place.clone();
        let taken = desk.by_itself(|mut act| {
            Box::pin(async move {
                assert!(store::participation::participation_insert(act.tx, &place).await?);
                store::participation::participation_update(act.tx, &place).await?;
                arise(&mut act, place).await
            })
        });
        match taken.await {
            Ok(()) => return,
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
}

async fn number(desk: &Desk, text: &'static str) -> i64 {
    let read = desk.pool.read(move |mut tx| Box::pin(async move { store::testing::number(&mut tx, text).await }));
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
        let desk = desk(&database).await;
        give(&desk, 0, 100).await;
        // Ten lineages of eight schools each, one after the other.
        let urn = |line: i64, step: i64| Urn::trusted(100_000 + 10 * line + step);
        let links: Vec<_> = (0..10).flat_map(|line| (1..8).map(move |step| (urn(line, step), urn(line, step + 1)))).collect();
        let linked = desk.by_itself(move |act| Box::pin(async move { store::testing::link_insert_all(act.tx, &links).await }));
        linked.await.expect("links");
        let takers = (1..=8).flat_map(|step| (0..10).map(move |line| 100_000 + 10 * line + step)).map(|urn| {
            let desk = desk.clone();
            async move { take(&desk, 0, urn, false).await }
        });
        all(takers).await;
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await, 10);
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM entitlement WHERE state = 'refused'").await, 70);
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM entitlement_claim").await, 80);
        assert_eq!(number(&desk, "SELECT COUNT(DISTINCT entitlement) FROM entitlement_claim").await, 10);
        let refused = "SELECT COUNT(*) FROM entitlement JOIN entitlement other ON other.id = entitlement.conflicting
                       WHERE entitlement.state = 'refused' AND other.state = 'committed' AND other.urn / 10 = entitlement.urn / 10";
        assert_eq!(number(&desk, refused).await, 70, "each because of the one of its own lineage");
        assert_eq!(number(&desk, "SELECT committed_pence FROM budget").await, 10 * SUBSIDY);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_want_the_last_thousand_pounds_at_once_one_gets_it() {
    for database in db::testing::databases().await {
        let desk = desk(&database).await;
        give(&desk, 0, 1).await;
        let takers = (100_001..100_065).map(|urn| {
            let desk = desk.clone();
            async move { take(&desk, 0, urn, false).await }
        });
        all(takers).await;
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await, 1);
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM entitlement WHERE state = 'unfunded'").await, 63);
        assert_eq!(number(&desk, "SELECT allocated_pence - committed_pence - spent_pence FROM budget").await, 0);
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM transfer WHERE kind = 'commit'").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_allocation_that_is_reversed_while_places_are_taken_is_taken_back_whole_or_not_at_all() {
    for database in db::testing::databases().await {
        let desk = desk(&database).await;
        let mut exhausted = 0;
        for round in 0..HUBS - 1 {
            let allocation = give(&desk, round, 1).await;
            let reversing = {
                let desk = desk.clone();
                tokio::spawn(async move {
                    reverse(&desk, once("ncetm-anna", &format!("reverse-{round}")), allocation, "A mistake".to_owned(), false)
                        .await
                })
            };
            let takers = (0..4).map(|number| {
                let desk = desk.clone();
                async move { take(&desk, round, 100_001 + 4 * round + number, false).await }
            });
            all(takers).await;
            match reversing.await.expect("it does not panic") {
                Ok(_) => {}
                Err(Error::BudgetExhausted(_)) => exhausted += 1,
                Err(error) => panic!("{error:?}"),
            }
            let available =
                number(&desk, "SELECT CAST(SUM(allocated_pence - committed_pence - spent_pence) AS BIGINT) FROM budget").await;
            assert_eq!(available, 0, "round {round}: what was given is held or was taken back");
        }
        let committed = number(&desk, "SELECT COUNT(*) FROM entitlement WHERE state = 'committed'").await;
        assert_eq!(committed, exhausted, "each that was not taken back is held by one");
        let allocated = number(&desk, "SELECT CAST(SUM(allocated_pence) AS BIGINT) FROM budget").await;
        assert_eq!(allocated, committed * SUBSIDY);
        // One more, which is held before anybody asks for it back.
        let allocation = give(&desk, HUBS - 1, 1).await;
        take(&desk, HUBS - 1, 200_001, false).await;
        let refused = reverse(&desk, once("ncetm-anna", "reverse-last"), allocation, "A mistake".to_owned(), false).await;
        assert!(matches!(refused, Err(Error::BudgetExhausted(_))), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn places_at_which_several_look_at_once_are_entitled_once() {
    for database in db::testing::databases().await {
        let desk = desk(&database).await;
        for round in 0..8 {
            let programme = ProgrammeId::trusted(format!("programme-{round}"));
            for urn in 0..20 {
                let place = place(0, 100_000 + 100 * round + urn, false);
                take_place(&desk, Participation { programme: programme.clone(), ..place }).await;
            }
            let policy = Policy { id: PolicyId::trusted(format!("policy-{round}")), programme, ..policy() };
            desk.by_itself(|act| Box::pin(async move { store::policy::policy_insert(act.tx, &policy).await }))
                .await
                .expect("the policy is new");
            let looking = (0..4).map(|_| {
                let desk = desk.clone();
                async move { desk.by_itself(|mut act| Box::pin(async move { arise_missing(&mut act, 100).await })).await }
            });
            let looked = all(looking).await;
            assert!(looked.iter().all(Result::is_ok), "round {round}: {looked:?}");
        }
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM entitlement").await, 160);
        assert_eq!(number(&desk, "SELECT COUNT(*) FROM entitlement_claim").await, 160);
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
        let desk = desk(&database).await;
        give(&desk, 0, 9).await;
        for urn in 100_001..100_004 {
            let (pool, event) = (desk.pool.clone(), accepted(urn));
            let counted = desk.by_itself(move |mut act| {
                Box::pin(async move {
                    let before = pool.statements_count();
                    mirror::apply(&mut act, &event).await.expect("it can be applied");
                    Ok(pool.statements_count() - before)
                })
            });
            assert_eq!(counted.await.expect("it is held"), 6);
        }
        assert_eq!(number(&desk, "SELECT committed_pence FROM budget").await, 3 * SUBSIDY);
    }
}

/// The request, the batch, the batch's next state, its lines, their transfers, the lines' next state, the budgets (which PostgreSQL locks before), the
/// answer and the events: for one line or for hundreds.
#[tokio::test]
async fn a_batch_is_paid_with_nine_statements_however_many_lines_it_has() {
    for database in db::testing::databases().await {
        let desk = desk(&database).await;
        give(&desk, 0, 500).await;
        let mut taken = 100_000..;
        for (count, number) in [(1, "one"), (200, "two")] {
            for urn in taken.by_ref().take(count) {
                take(&desk, 0, urn, true).await;
            }
            let made =
                create_batch(&desk, once("ncetm-anna", &format!("make-{number}")), None, false).await.expect("they are payable");
            let mut batch = made.batch.expect("a batch");
            let target = |batch: &pb::Batch| Target {
                id: BatchId::trusted(batch.name.strip_prefix("batches/").expect("a batch")),
                etag: batch.etag.clone(),
            };
            assert_eq!(usize::try_from(batch.entitlements_count), Ok(count));
            let approved = approve_batch(&desk, once("ncetm-anna", &format!("approve-{number}")), target(&batch), false).await;
            batch = approved.expect("it is open").batch.expect("a batch");
            let before = desk.pool.statements_count();
            release_batch(&desk, once("dfe-ben", &format!("release-{number}")), target(&batch), false)
                .await
                .expect("it is approved");
            let statements = desk.pool.statements_count() - before;
            println!("{:?}: {statements} statements paid {count}", desk.pool);
            assert_eq!(statements, 9 + u64::from(desk.pool.is_postgres()));
        }
    }
}
