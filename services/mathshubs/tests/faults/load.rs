//! Calls that go on while a fault comes and passes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use proto::{
    enrolment::v1::{ListRoundsRequest, PlaceOrder, Round},
    network::v1::ListHubsRequest,
};
use stories::{Caller, round};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::{
    admin::{WAIT_MAX, admin},
    services::{LEAD, Services},
};

/// Shortest time of a fault, in which pauses between attempts grow.
const FAULT_TIME: Duration = Duration::from_secs(3);
/// Longest time from the end of a fault to the recovery from it.
const RECOVERY_MAX: Duration = Duration::from_secs(15);
/// Successes of each kind of call without a failure in between, after which the services have recovered.
const SUCCESSES: u32 = 10;

/// The outcomes of the calls of a load.
#[derive(Default)]
struct Seen {
    /// Successes of each kind of call since its last failure.
    successes: BTreeMap<&'static str, u32>,
    /// Failures that a passing fault may cause.
    unavailable: u32,
    /// All others.
    wrong: Vec<String>,
}

impl Seen {
    fn note(&mut self, kind: &'static str, answer: Result<(), Status>) {
        let Err(status) = answer else {
            *self.successes.entry(kind).or_default() += 1;
            return;
        };
        match status.code() {
            // A call whose answer was lost may have had its effect.
            Code::AlreadyExists => return,
            Code::Unavailable | Code::DeadlineExceeded => self.unavailable += 1,
            code => self.wrong.push(format!("{kind}: {code:?} {}", status.message())),
        }
        self.successes.insert(kind, 0);
    }
}

/// Calls that go on until the load is dropped.
pub(crate) struct Load {
    seen: Arc<Mutex<Seen>>,
    stop: CancellationToken,
}

type Call = BoxFuture<'static, Result<(), Status>>;

impl Load {
    fn start(caller: &Caller, announced: Round) -> Self {
        let load = Self { seen: Arc::default(), stop: CancellationToken::new() };
        let [creator, network, enrolment, announcer] = std::array::from_fn(|_| caller.clone());
        load.keep_calling("create a hub", move |number| {
            let caller = creator.clone();
            Box::pin(async move { caller.create_hub(&format!("hub-{number}"), LEAD).await.map(drop) })
        });
        load.keep_calling("list hubs", move |_| {
            let mut hubs = network.hubs();
            Box::pin(async move { hubs.list_hubs(ListHubsRequest::default()).await.map(drop) })
        });
        load.keep_calling("list rounds", move |_| {
            let mut rounds = enrolment.rounds();
            Box::pin(async move { rounds.list_rounds(ListRoundsRequest::default()).await.map(drop) })
        });
        load.keep_calling("announce a round", move |number| {
            let (caller, announced) = (announcer.clone(), announced.clone());
            Box::pin(async move { caller.announce(&format!("round-{number}"), announced).await.map(drop) })
        });
        load
    }

    fn keep_calling(&self, kind: &'static str, call: impl Fn(i32) -> Call + Send + Sync + 'static) {
        let (seen, stop) = (Arc::clone(&self.seen), self.stop.clone());
        tokio::spawn(async move {
            let mut number = 0;
            while !stop.is_cancelled() {
                number += 1;
                let answer = call(number).await;
                seen.lock().unwrap().note(kind, answer);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    }

    /// Begins to count anew.
    pub(crate) fn count_anew(&self) {
        let mut seen = self.seen.lock().unwrap();
        seen.successes.clear();
        seen.unavailable = 0;
    }

    fn has_recovered(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        seen.successes.len() == 4 && seen.successes.values().all(|count| *count >= SUCCESSES)
    }

    /// Waits until calls fail, and lets the fault last.
    pub(crate) async fn fails(&self, what: &str) {
        let started = Instant::now();
        while self.seen.lock().unwrap().unavailable == 0 || started.elapsed() < FAULT_TIME {
            assert!(started.elapsed() < WAIT_MAX, "{what}: no call fails");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The fault has ended: waits until every call succeeds, both services are ready, and enrolment has applied all events.
    pub(crate) async fn recovers(&self, services: &Services, what: &str) {
        let ended = Instant::now();
        let within = |state: String| assert!(ended.elapsed() < RECOVERY_MAX, "{what}: {state}");
        self.count_anew();
        while !self.has_recovered() {
            let state = {
                let seen = self.seen.lock().unwrap();
                format!("{:?} {:?}", seen.successes, seen.wrong)
            };
            within(state);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for address in services.admin() {
            loop {
                let ready = admin(address, "/readyz").await;
                if ready.contains("200 OK") {
                    break;
                }
                within(ready);
            }
        }
        let [head, _] = services.positions().await;
        loop {
            let [_, applied] = services.positions().await;
            if head.is_some() && applied >= head {
                break;
            }
            within(format!("{applied:?} of {head:?} is applied"));
        }
        let seen = self.seen.lock().unwrap();
        assert!(seen.wrong.is_empty(), "{what}: {:#?}", seen.wrong);
        println!("{what}: recovered in {:?}", ended.elapsed());
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) async fn load(services: &Services) -> Load {
    let today = time::Clock::machine().today();
    let year = time::AcademicYear::of(today.plus_days(365)).to_string();
    let window = [today.plus_days(-1).to_string(), today.plus_days(2).to_string()];
    let load = Load::start(&services.caller, round(&year, [&window[0], &window[1]], PlaceOrder::Submission));
    load.recovers(services, "start").await;
    load
}
