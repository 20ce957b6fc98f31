//! Behaviour under overload, as ratios of one run: `cargo run --release -p enrolment --example overload [SECONDS]`, on SQLite, with `taskset` of util-linux.
//!
//! Enrolment is served by a process on one core; the load comes from this process on the others. The peak is the rate of 128 calls of GetApplication at
//! once. Then the calls come at 1, 1.5 and 3 times the peak, whether answers come or not; at last a school keeps 4,000 calls in flight while NCETM calls
//! at a twentieth of the peak.
//!
//! `overload attacks` makes the attacks of `services/shared/server/tests/limits.rs` in full.
#![expect(clippy::unwrap_used, reason = "an example ends by panicking")]
#![expect(dead_code, unused_imports, reason = "the example needs a part of the fixture")]
#![expect(clippy::cast_precision_loss, reason = "rates and ratios")]

mod attacks;
mod served;
#[path = "../../tests/stories/fixture/mod.rs"]
mod stories;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use access::{Caller, LOCAL_ISSUER, LocalKey, Role, Trusted};
use enrolment::{Config, Enrolment};
use futures::future::join_all;
use server::{LogFormat, Trust};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use served::{Line, Served};

const CONNECTIONS: usize = 32;
const AT_ONCE: usize = 128;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match arguments.get(1..).unwrap_or_default() {
        [mode, folder, admin] if mode == "serve" => runtime.block_on(serve(Path::new(folder), admin.parse().unwrap())),
        [mode] if mode == "attacks" => runtime.block_on(attacks::all()),
        rest => runtime.block_on(measure(Duration::from_secs(rest.first().map_or(8, |text| text.parse().unwrap())))),
    }
}

fn database(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("enrolment.sqlite").display())
}

async fn serve(folder: &Path, admin: SocketAddr) {
    let key = LocalKey::open_or_create(folder).unwrap();
    let trust = vec![Trust(Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL))];
    let serving = server::Config { trust, admin_listen: Some(admin), log_format: LogFormat::Json, ..server::Config::default() };
    let _telemetry = server::telemetry::init(serving.log_format, None, "enrolment").unwrap();
    let listening = |address| println!("{address}");
    service::serve::<Enrolment>(&Config::new(database(folder)), &serving, CancellationToken::new(), listening).await.unwrap();
}

#[derive(Default)]
struct Counts {
    ok: AtomicU64,
    refused: AtomicU64,
    other: AtomicU64,
}

impl Counts {
    fn count(&self, code: Code) {
        let counter = match code {
            Code::Ok => &self.ok,
            Code::ResourceExhausted => &self.refused,
            _ => &self.other,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn all(&self) -> [f64; 3] {
        [&self.ok, &self.refused, &self.other].map(|count| count.load(Ordering::Relaxed) as f64)
    }
}

/// Calls at a rate for a time, over all lines, whether answers come or not. Waits for the last answer. Gives the counts of the answers that came within
/// the time, and the times of all that succeeded.
async fn offer(lines: &[Line], rate: f64, time: Duration, counts: &Arc<Counts>) -> ([f64; 3], Vec<Duration>) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let started = Instant::now();
    let (mut sent, mut line) = (0.0, 0);
    while started.elapsed() < time {
        while sent < rate * started.elapsed().as_secs_f64() {
            line = (line + 1) % lines.len();
            let (line, counts, sender) = (lines[line].clone(), Arc::clone(counts), sender.clone());
            tokio::spawn(async move {
                let began = Instant::now();
                let code = line.call().await;
                counts.count(code);
                if code == Code::Ok {
                    sender.send(began.elapsed()).unwrap();
                }
            });
            sent += 1.0;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let in_time = counts.all();
    drop(sender);
    let mut took = Vec::new();
    while let Some(one) = receiver.recv().await {
        took.push(one);
    }
    took.sort_unstable();
    (in_time, took)
}

/// Keeps a number of calls in flight for a time.
async fn keep(lines: &[Line], at_once: usize, time: Duration, counts: &Arc<Counts>) {
    let started = Instant::now();
    let callers = (0..at_once).map(|number| {
        let (line, counts) = (lines[number % lines.len()].clone(), Arc::clone(counts));
        tokio::spawn(async move {
            while started.elapsed() < time {
                counts.count(line.call().await);
            }
        })
    });
    join_all(callers.collect::<Vec<_>>()).await;
}

/// The connections of NCETM's callers.
async fn connect(served: &Served) -> Vec<Line> {
    let mut people = Vec::new();
    for number in 0..CONNECTIONS {
        people.push(served.connect(Caller::new(Role::Ncetm, format!("ncetm-{number}"))).await);
    }
    people
}

async fn measure(time: Duration) {
    let served = Served::start().await;
    let people = connect(&served).await;
    keep(&people, AT_ONCE, time / 4, &Arc::default()).await;
    let (counts, cpu, started) = (Arc::<Counts>::default(), served.cpu(), Instant::now());
    keep(&people, AT_ONCE, time, &counts).await;
    let [ok, ..] = counts.all();
    let (peak, cost) = (ok / started.elapsed().as_secs_f64(), (served.cpu() - cpu) / ok);
    println!("peak: {peak:.0} calls a second, {:.0} µs of CPU each", cost * 1e6);

    for factor in [1.0, 1.5, 3.0] {
        let (counts, cpu, log, started) = (Arc::<Counts>::default(), served.cpu(), served.log_bytes(), Instant::now());
        let load = offer(&people, peak * factor, time, &counts);
        let watch = async {
            let mut lines = Vec::new();
            while started.elapsed() < time {
                tokio::time::sleep(Duration::from_millis(500)).await;
                lines.push(tokio::task::block_in_place(|| served.readiness()));
            }
            lines
        };
        let (([ok_in_time, ..], took), readiness) = tokio::join!(load, watch);
        let elapsed = started.elapsed().as_secs_f64();
        let [ok, refused, other] = counts.all();
        let refusal = (served.cpu() - cpu - ok * cost) / refused.max(1.0) / cost;
        let ready = readiness.iter().filter(|line| line.contains("200")).count();
        println!(
            "{factor} times the peak: {:.2} of the peak succeeds, p99 {:.0} ms; {:.2} of the calls are refused, at {refusal:.2} of a call's CPU; {other} \
             others; ready {ready} of {}; log {:.2} MB/s; memory at most {} MiB",
            ok_in_time / time.as_secs_f64() / peak,
            took.get(took.len() * 99 / 100).map_or(0.0, |one| one.as_secs_f64() * 1e3),
            refused / (ok + refused + other),
            readiness.len(),
            (served.log_bytes() - log) as f64 / 1e6 / elapsed,
            served.memory_mib()
        );
    }

    // Calls that reached their deadline reset their streams, and the service closes a connection with many resets. A client connects again.
    let people = connect(&served).await;
    let mut school = Vec::new();
    for _ in 0..16 {
        school.push(served.connect(Caller::school("schools/100001", "office")).await);
    }
    let (flood, calm) = (Arc::<Counts>::default(), Arc::<Counts>::default());
    let ((_, took), ()) =
        tokio::join!(offer(&people, peak / 20.0, time, &calm), keep(&school, 4_000, time + Duration::from_secs(1), &flood));
    let [ok, refused, other] = calm.all();
    println!(
        "beside a school with 4,000 calls in flight {:.3} of NCETM's calls succeed, p99 {:.0} ms; memory at most {} MiB; {}",
        ok / (ok + refused + other),
        took.get(took.len() * 99 / 100).map_or(0.0, |one| one.as_secs_f64() * 1e3),
        served.memory_mib(),
        served.readiness()
    );
}
