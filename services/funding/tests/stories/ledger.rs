//! Whatever happens in whatever order, the books are in order: accounts sum to zero, every balance is the fold of its transfers, and a budget's row is
//! that fold again and never below zero. `tests/README.md` says how to play a million.

use std::collections::BTreeMap;

use db::testing::databases;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use proto::{
    funding::v1::{self as pb, DecisionOutcome, TransferKind},
    network::v1::LinkKind,
};

use crate::{stage::*, teller::participation};

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
    GiveUp,
    Reverse(usize),
}

/// Operations of one case; a case begins with an empty database.
const CASE: usize = 60;
/// Cases that are played at once: most of an operation is waiting.
const PLAYERS_MAX: usize = 6;
/// Schools of a case: few, so that the same ones are met again.
const SCHOOLS: i64 = 12;
const HUBS: [&str; 2] = [NORTH, SOUTH];
/// The financial years in which places are accepted, each with a day of it and the academic year that follows.
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
        1 => Just(Operation::GiveUp),
        3 => (0..64_usize).prop_map(Operation::Reverse),
    ]
}

/// Hub and year of a school's place: each hub has schools of each year.
fn home(urn: i64) -> (&'static str, (&'static str, &'static str, &'static str)) {
    let number = usize::try_from(urn).unwrap();
    (HUBS[number % 2], YEARS[number / 2 % 2])
}

/// What the rules refuse is refused; that the books stay in order is the point here.
fn is_refused(refused: &tonic::Status) -> bool {
    !matches!(refused.code(), tonic::Code::Internal | tonic::Code::Unknown)
}

async fn run(stage: &Stage, accepted_before: &mut Vec<i64>, operation: &Operation) {
    let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
    match operation {
        Operation::Allocate(hub, year, subsidies) => {
            dfe.allocate_of(HUBS[*hub], YEARS[*year].0, *subsidies).await.unwrap();
        }
        Operation::Accept(urn) if accepted_before.contains(urn) => {}
        Operation::Accept(urn) => {
            accepted_before.push(*urn);
            let (hub, (_, day, year)) = home(*urn);
            stage.enrolment.say_at(noon(day), accepted(participation(*urn, hub, year))).await;
            stage.caught_up().await;
        }
        Operation::Prove(urn) | Operation::Withdraw(urn) | Operation::Cancel(urn) | Operation::Decide(urn, _)
            if !accepted_before.contains(urn) => {}
        Operation::Prove(urn) => stage.prove(&[*urn]).await,
        Operation::Withdraw(urn) => stage.withdraw(*urn, "2018-09-30").await,
        Operation::Cancel(urn) => {
            let participation = Some(participation(*urn, NORTH, "2018/19"));
            stage.enrolment.say(proto::enrolment::v1::ParticipationCancelled { participation, ..Default::default() }).await;
            stage.caught_up().await;
        }
        Operation::Link(from, to, _) if from == to => {}
        Operation::Link(from, to, kind) => {
            stage.link(&[(i32::try_from(*from).unwrap(), i32::try_from(*to).unwrap(), *kind, "2019-01-01")]).await;
        }
        Operation::Decide(urn, outcome) => {
            if let Err(refused) = ncetm.decide(*urn, *outcome).await {
                assert!(is_refused(&refused), "{refused:?}");
            }
        }
        Operation::Pay(hub) => {
            // The third is all hubs together.
            match ncetm.make_batch_of(HUBS.get(*hub).copied().unwrap_or_default()).await {
                Ok(batch) => {
                    let batch = ncetm.approve(&batch).await.unwrap();
                    dfe.release(&batch).await.unwrap();
                }
                refused => assert_eq!(reason(refused), "NOTHING_PAYABLE"),
            }
        }
        Operation::GiveUp => match ncetm.make_batch().await {
            Ok(batch) => drop(ncetm.cancel(&batch).await.unwrap()),
            refused => assert_eq!(reason(refused), "NOTHING_PAYABLE"),
        },
        Operation::Reverse(which) => {
            let transfers = ncetm.transfers("").await;
            if let Some(transfer) = (!transfers.is_empty()).then(|| &transfers[which % transfers.len()])
                && let Err(refused) = ncetm.reverse(&transfer.name).await
            {
                assert!(is_refused(&refused), "{refused:?}");
            }
        }
    }
}

async fn check(stage: &Stage, after: &Operation) {
    let ncetm = stage.ncetm();
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
    assert_eq!(reversed.len(), before, "something was reversed twice");

    let fold = |account: &str| folds.get(account).copied().unwrap_or_default();
    let accounts = ncetm.accounts("").await;
    assert_eq!(accounts.iter().map(|account| account.balance_pence).sum::<i64>(), 0, "after {after:?}");
    for account in &accounts {
        assert_eq!(account.balance_pence, fold(&account.name), "{} after {after:?}", account.name);
    }
    assert!(folds.keys().all(|name| accounts.iter().any(|account| account.name == *name)), "every account is served");

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

/// Plays so many cases, each on every database.
fn play(cases: usize) {
    let config = Config { failure_persistence: None, max_shrink_iters: 100, ..Config::with_cases(u32::try_from(cases).unwrap()) };
    let strategy = proptest::collection::vec(operation(), CASE);
    let played = TestRunner::new(config).run(&strategy, |operations| {
        // One for each case: what a case has left running, and the files that it holds open, end with it.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for database in databases().await {
                let stage = Stage::with_money(&database, 2).await;
                let dearer = pb::Policy { start_date: "2019-09-01".to_owned(), amount_pence: 120_000, ..policy() };
                stage.ncetm().create_policy("dearer", dearer).await.unwrap();
                stage.clock.move_to(noon("2019-06-03"));
                let mut accepted = Vec::new();
                for operation in &operations {
                    run(&stage, &mut accepted, operation).await;
                    check(&stage, operation).await;
                }
            }
        });
        Ok(())
    });
    played.unwrap();
}

#[test]
fn whatever_happens_the_books_are_in_order() {
    let asked = std::env::var("MATHSHUBS_LEDGER_OPERATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(6 * CASE);
    let cases = asked.div_ceil(CASE);
    let players = cases.min(PLAYERS_MAX);
    std::thread::scope(|scope| {
        for player in 0..players {
            // What does not divide evenly goes to the first ones.
            scope.spawn(move || play(cases / players + usize::from(player < cases % players)));
        }
    });
}
