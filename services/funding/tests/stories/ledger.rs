//! After random operations in random order the ledger is consistent: balances sum to zero, each balance is the sum of its transfers, each budget's row equals
//! these sums and is not negative, and the events contain every transfer. `tests/README.md` has the command for a million operations.

use std::collections::BTreeMap;

use db::testing::databases;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use prost::Message;
use proto::{
    funding::v1::{self as pb, DecisionOutcome, TransferKind},
    network::v1::LinkKind,
};

use crate::{feed_source::participation, fixture::*};

#[derive(Debug, Clone)]
enum Operation {
    Allocate(usize, usize, i64),
    Accept(i64),
    Prove(i64),
    Withdraw(i64),
    Cancel(i64),
    Link(i64, i64, LinkKind),
    Decide(i64, DecisionOutcome),
    Pay(usize),
    CancelBatch,
    Reverse(usize),
}

/// Operations of one case; a case begins with an empty database.
const CASE: usize = 60;
/// Cases that run concurrently; most of an operation is waiting.
const RUNNERS_MAX: usize = 6;
/// Schools of a case: few, so that operations meet the same school.
const SCHOOLS: i64 = 12;
const HUBS: [&str; 2] = [NORTH, SOUTH];
/// Financial years of acceptances, each with a day in it and the next academic year.
const YEARS: [(&str, &str, &str); 2] = [("2018-19", "2018-07-02", "2018/19"), ("2019-20", "2019-05-02", "2019/20")];

fn operation() -> impl Strategy<Value = Operation> {
    let school = || 100_001..100_001 + SCHOOLS;
    let kind = prop_oneof![Just(LinkKind::Predecessor), Just(LinkKind::PredecessorMerged), Just(LinkKind::PredecessorSplit)];
    let outcome = prop_oneof![Just(DecisionOutcome::Keep), Just(DecisionOutcome::Release)];
    prop_oneof![
        4 => (0..2_usize, 0..2_usize, 1..4_i64).prop_map(|(hub, year, subsidies)| Operation::Allocate(hub, year, subsidies)),
        5 => school().prop_map(Operation::Accept),
        5 => school().prop_map(Operation::Prove),
        2 => school().prop_map(Operation::Withdraw),
        1 => school().prop_map(Operation::Cancel),
        1 => (school(), school(), kind).prop_map(|(from, to, kind)| Operation::Link(from, to, kind)),
        2 => (school(), outcome).prop_map(|(urn, outcome)| Operation::Decide(urn, outcome)),
        3 => (0..3_usize).prop_map(Operation::Pay),
        1 => Just(Operation::CancelBatch),
        3 => (0..64_usize).prop_map(Operation::Reverse),
    ]
}

/// Hub and year of a school's place; each hub has schools of each year.
fn home(urn: i64) -> (&'static str, (&'static str, &'static str, &'static str)) {
    let number = usize::try_from(urn).unwrap();
    (HUBS[number % 2], YEARS[number / 2 % 2])
}

/// Rules may reject an operation; a failure of the service is an error.
fn is_rejected(status: &tonic::Status) -> bool {
    !matches!(status.code(), tonic::Code::Internal | tonic::Code::Unknown)
}

async fn run(fixture: &Fixture, accepted_before: &mut Vec<i64>, operation: &Operation) {
    let (ncetm, dfe) = (fixture.ncetm(), fixture.dfe());
    match operation {
        Operation::Allocate(hub, year, subsidies) => {
            dfe.allocate_for(HUBS[*hub], YEARS[*year].0, *subsidies).await.unwrap();
        }
        Operation::Accept(urn) if accepted_before.contains(urn) => {}
        Operation::Accept(urn) => {
            accepted_before.push(*urn);
            let (hub, (_, day, year)) = home(*urn);
            fixture.enrolment.append_at(noon(day), accepted(participation(*urn, hub, year))).await;
            fixture.caught_up().await;
        }
        Operation::Prove(urn) | Operation::Withdraw(urn) | Operation::Cancel(urn) | Operation::Decide(urn, _)
            if !accepted_before.contains(urn) => {}
        Operation::Prove(urn) => fixture.prove(&[*urn]).await,
        Operation::Withdraw(urn) => fixture.withdraw(*urn, "2018-09-30").await,
        Operation::Cancel(urn) => {
            let participation = Some(participation(*urn, NORTH, "2018/19"));
            fixture.enrolment.append(proto::enrolment::v1::ParticipationCancelled { participation, ..Default::default() }).await;
            fixture.caught_up().await;
        }
        Operation::Link(from, to, _) if from == to => {}
        Operation::Link(from, to, kind) => {
            fixture.import_links(&[(i32::try_from(*from).unwrap(), i32::try_from(*to).unwrap(), *kind, "2019-01-01")]).await;
        }
        Operation::Decide(urn, outcome) => {
            if let Err(refused) = ncetm.decide(*urn, *outcome).await {
                assert!(is_rejected(&refused), "{refused:?}");
            }
        }
        Operation::Pay(hub) => {
            // Index 2 means all hubs.
            match ncetm.create_batch_for(HUBS.get(*hub).copied().unwrap_or_default()).await {
                Ok(batch) => {
                    let batch = fixture.approver().approve(&batch).await.unwrap();
                    dfe.release(&batch).await.unwrap();
                }
                refused => assert_eq!(reason(refused), "NOTHING_PAYABLE"),
            }
        }
        Operation::CancelBatch => match ncetm.create_batch().await {
            Ok(batch) => drop(ncetm.cancel(&batch).await.unwrap()),
            refused => assert_eq!(reason(refused), "NOTHING_PAYABLE"),
        },
        Operation::Reverse(which) => {
            let transfers = ncetm.transfers("").await;
            if let Some(transfer) = (!transfers.is_empty()).then(|| &transfers[which % transfers.len()])
                && let Err(refused) = ncetm.reverse(&transfer.name).await
            {
                assert!(is_rejected(&refused), "{refused:?}");
            }
        }
    }
}

/// The transfers in events, by name. Each event has the time and the cause of its transfers.
async fn transfers_in_events(fixture: &Fixture) -> BTreeMap<String, pb::Transfer> {
    let query = "SELECT recorded, actor, request_id, payload FROM event WHERE type = 'mathshubs.funding.v1.TransfersPosted'";
    let events: Vec<(i64, String, String, Vec<u8>)> = rows(fixture.pool(), query).await;
    let mut found = BTreeMap::new();
    for (recorded, actor, request_id, payload) in events {
        for transfer in pb::TransfersPosted::decode(payload.as_slice()).unwrap().transfers {
            let time = Some(time::Instant::from_micros(recorded).to_proto());
            assert_eq!((transfer.post_time, &transfer.actor, &transfer.request_id), (time, &actor, &request_id));
            assert!(found.insert(transfer.name.clone(), transfer).is_none(), "a transfer is in two events");
        }
    }
    found
}

async fn check(fixture: &Fixture, after: &Operation) {
    let ncetm = fixture.ncetm();
    let erased = |transfer: pb::Transfer| (transfer.name.clone(), pb::Transfer { reason: String::new(), ..transfer });
    let ledger: BTreeMap<_, _> = ncetm.transfers("").await.into_iter().map(erased).collect();
    assert_eq!(transfers_in_events(fixture).await, ledger, "after {after:?}");
    let mut folds: BTreeMap<String, i64> = BTreeMap::new();
    let mut reversed = Vec::new();
    for transfer in ncetm.transfers("").await {
        assert!(transfer.amount_pence > 0);
        if transfer.kind() == TransferKind::Reverse {
            reversed.push(transfer.reversed_transfer.clone());
        }
        *folds.entry(transfer.debit_account).or_default() -= transfer.amount_pence;
        *folds.entry(transfer.credit_account).or_default() += transfer.amount_pence;
    }
    let before = reversed.len();
    reversed.sort();
    reversed.dedup();
    assert_eq!(reversed.len(), before, "a transfer was reversed twice");

    let fold = |account: &str| folds.get(account).copied().unwrap_or_default();
    let accounts = ncetm.accounts("").await;
    assert_eq!(accounts.iter().map(|account| account.balance_pence).sum::<i64>(), 0, "after {after:?}");
    for account in &accounts {
        assert_eq!(account.balance_pence, fold(&account.name), "{} after {after:?}", account.name);
    }
    assert!(
        folds.keys().all(|name| accounts.iter().any(|account| account.name == *name)),
        "a transfer names an account that is not listed"
    );

    let budgets = ncetm.budgets.clone().list_budgets(pb::ListBudgetsRequest::default()).await.unwrap().into_inner().budgets;
    assert_eq!(accounts.len(), 1 + 3 * budgets.len());
    for budget in budgets {
        let hub = budget.hub.strip_prefix("hubs/").unwrap();
        let of = |kind: &str| fold(&format!("accounts/{kind}-{}-{hub}", budget.financial_year));
        let kept = [budget.available_pence, budget.committed_pence, budget.spent_pence];
        assert_eq!(kept, [of("free"), of("committed"), of("paid")], "{} after {after:?}", budget.name);
        assert_eq!(budget.allocated_pence, kept.iter().sum::<i64>());
        assert!(kept.iter().all(|pence| *pence >= 0), "{} after {after:?}", budget.name);
    }
}

/// Runs cases, each on every database.
fn run_cases(cases: usize) {
    let config = Config { failure_persistence: None, max_shrink_iters: 100, ..Config::with_cases(u32::try_from(cases).unwrap()) };
    let strategy = proptest::collection::vec(operation(), CASE);
    let played = TestRunner::new(config).run(&strategy, |operations| {
        // One runtime for each case: its tasks and open files end with it.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for database in databases().await {
                let fixture = Fixture::with_money(&database, 2).await;
                let dearer = pb::Policy { start_date: "2019-09-01".to_owned(), amount_pence: 120_000, ..policy() };
                fixture.ncetm().create_policy("dearer", dearer).await.unwrap();
                fixture.clock.move_to(noon("2019-06-03"));
                let mut accepted = Vec::new();
                for operation in &operations {
                    run(&fixture, &mut accepted, operation).await;
                    check(&fixture, operation).await;
                }
                feed::verify(fixture.pool()).await.unwrap();
                funding::verify_ledger(fixture.pool()).await.unwrap();
            }
        });
        Ok(())
    });
    played.unwrap();
}

#[test]
fn the_ledger_is_consistent_after_random_operations() {
    let operations = db::testing::number_from_environment("MATHSHUBS_TEST_LEDGER_OPERATIONS", 360);
    let operations = usize::try_from(operations).unwrap();
    let cases = operations.div_ceil(CASE);
    let players = cases.min(RUNNERS_MAX);
    std::thread::scope(|scope| {
        for player in 0..players {
            // The first runners take the remainder.
            scope.spawn(move || run_cases(cases / players + usize::from(player < cases % players)));
        }
    });
}
