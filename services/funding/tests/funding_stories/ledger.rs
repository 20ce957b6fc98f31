//! Whatever happens in whatever order, the books are in order: accounts sum to zero, every balance is the fold of its transfers, and a budget's row is
//! that fold again and never below zero. `tests/README.md` says how to play a million.

use std::collections::BTreeMap;

use db::testing::databases;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use proto::funding::v1::TransferKind;

use crate::{stage::*, teller::participation};

#[derive(Debug, Clone)]
enum Operation {
    Allocate(i64),
    Accept(i64),
    Prove(i64),
    Withdraw(i64),
    Cancel(i64),
    Pay,
    GiveUp,
    Reverse(usize),
}

/// Operations of one case; a case begins with an empty database.
const CASE: usize = 60;
/// Cases that are played at once: most of an operation is waiting.
const PLAYERS_MAX: usize = 6;
/// Schools of a case: few, so that the same ones are met again.
const SCHOOLS: i64 = 12;

fn operation() -> impl Strategy<Value = Operation> {
    let school = 100_001..100_001 + SCHOOLS;
    prop_oneof![
        2 => (1..4_i64).prop_map(Operation::Allocate),
        5 => school.clone().prop_map(Operation::Accept),
        5 => school.clone().prop_map(Operation::Prove),
        2 => school.clone().prop_map(Operation::Withdraw),
        1 => school.prop_map(Operation::Cancel),
        3 => Just(Operation::Pay),
        1 => Just(Operation::GiveUp),
        3 => (0..64_usize).prop_map(Operation::Reverse),
    ]
}

/// Does it. What the rules refuse is refused; that the books stay in order is the point here.
async fn run(stage: &Stage, accepted_before: &mut Vec<i64>, operation: &Operation) {
    let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
    match operation {
        Operation::Allocate(subsidies) => drop(dfe.allocate(NORTH, *subsidies).await.unwrap()),
        Operation::Accept(urn) if accepted_before.contains(urn) => {}
        Operation::Accept(urn) => {
            accepted_before.push(*urn);
            stage.accept(&[*urn]).await;
        }
        Operation::Prove(urn) | Operation::Withdraw(urn) | Operation::Cancel(urn) if !accepted_before.contains(urn) => {}
        Operation::Prove(urn) => stage.prove(&[*urn]).await,
        Operation::Withdraw(urn) => stage.withdraw(*urn, "2018-09-30").await,
        Operation::Cancel(urn) => {
            let participation = Some(participation(*urn, NORTH, "2018/19"));
            stage.enrolment.say(proto::enrolment::v1::ParticipationCancelled { participation }).await;
            stage.caught_up().await;
        }
        Operation::Pay => {
            if let Ok(batch) = ncetm.make_batch().await {
                let batch = ncetm.approve(&batch).await.unwrap();
                dfe.release(&batch).await.unwrap();
            }
        }
        Operation::GiveUp => {
            if let Ok(batch) = ncetm.make_batch().await {
                ncetm.cancel(&batch).await.unwrap();
            }
        }
        Operation::Reverse(which) => {
            let transfers = ncetm.transfers("").await;
            if let Some(transfer) = (!transfers.is_empty()).then(|| &transfers[which % transfers.len()]) {
                let refused = ncetm.reverse(&transfer.name).await;
                assert!(
                    refused.is_ok()
                        || !matches!(refused.as_ref().unwrap_err().code(), tonic::Code::Internal | tonic::Code::Unknown),
                    "{refused:?}"
                );
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
    assert_eq!(folds.values().sum::<i64>(), 0, "after {after:?}");
    let before = reversed.len();
    reversed.sort();
    reversed.dedup();
    assert_eq!(reversed.len(), before, "something was reversed twice");
    let balances = ncetm.balances("").await;
    let of = |kind: &str| folds.iter().filter(|(name, _)| name.contains(kind)).map(|(_, fold)| *fold).sum::<i64>();
    assert_eq!(balances, [of("/grant"), of("/free-"), of("/committed-"), of("/paid-")], "after {after:?}");
    if !folds.is_empty() {
        let [allocated, committed, spent, available] = ncetm.budget().await;
        assert_eq!([-balances[0], balances[2], balances[3], balances[1]], [allocated, committed, spent, available]);
        assert!(available >= 0 && committed >= 0 && spent >= 0, "after {after:?}");
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
                stage.clock.move_to(noon("2018-12-03"));
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
