//! Behaviour under overload, as ratios of one run: `cargo run --release -p enrolment --example overload [SECONDS]`, on SQLite, with `taskset` of util-linux.
//!
//! Enrolment is served by a process on one core; the load comes from this process on the others. The peak is the rate of 128 calls of GetApplication at
//! once. Then the calls come at 1, 1.5 and 3 times the peak, whether answers come or not; at last a school keeps 4,000 calls in flight while NCETM calls
//! at a twentieth of the peak.
#![expect(clippy::unwrap_used, reason = "an example ends by panicking")]
#![expect(dead_code, unused_imports, reason = "the example needs a part of the fixture")]
#![expect(clippy::cast_precision_loss, reason = "rates and ratios")]

#[path = "../tests/stories/fixture.rs"]
mod stories;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use access::{Caller, LOCAL_ISSUER, LocalKey, Role, TokenSource, Trusted};
use enrolment::{Config, Enrolment};
use futures::future::join_all;
use h2::client::SendRequest;
use prost::{Message, bytes::Bytes};
use proto::enrolment::v1::{GetApplicationRequest, PlaceOrder};
use server::{LogFormat, Trust};
use stories::{Fixture, NORTH};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, metadata::MetadataMap};

const METHOD: &str = "mathshubs.enrolment.v1.ApplicationService/GetApplication";
const CONNECTIONS: usize = 32;
const AT_ONCE: usize = 128;
/// An answer that comes later is not a success.
const DEADLINE: Duration = Duration::from_secs(10);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match arguments.get(1..).unwrap_or_default() {
        [mode, folder, admin] if mode == "serve" => runtime.block_on(serve(Path::new(folder), admin.parse().unwrap())),
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

/// The served process.
struct Served {
    child: Child,
    address: SocketAddr,
    admin: SocketAddr,
    key: Arc<LocalKey>,
    folder: tempfile::TempDir,
    message: Bytes,
}

impl Served {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = prepare(&folder.path().join("enrolment.sqlite")).await;
        let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
        let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .arg(program)
            .arg("serve")
            .arg(folder.path())
            .arg(admin.to_string())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let message = GetApplicationRequest { name }.encode_to_vec();
        let frame = [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), &message].concat();
        Self { child, address: address.trim().parse().unwrap(), admin, key, folder, message: frame.into() }
    }

    /// User and system time of the process so far, in seconds.
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) as f64 / 100.0
    }

    /// The most memory that the process had so far, in MiB.
    fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    fn log_bytes(&self) -> u64 {
        self.folder.path().join("log").metadata().unwrap().len()
    }

    /// The status line of `/readyz`.
    fn readiness(&self) -> String {
        let mut stream = TcpStream::connect(self.admin).unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    async fn connect(&self, caller: Caller) -> Line {
        let socket = tokio::net::TcpStream::connect(self.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let (client, connection) = h2::client::handshake(socket).await.unwrap();
        tokio::spawn(async move { drop(connection.await) });
        let mut metadata = MetadataMap::new();
        TokenSource::local(Arc::clone(&self.key), caller, access::AUDIENCE).authorise(&mut metadata);
        let authorization = metadata.get("authorization").unwrap().to_str().unwrap().to_owned();
        Line { client, address: self.address, authorization, message: self.message.clone() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A database with one application. Gives its name.
async fn prepare(path: &Path) -> String {
    let opened = fixture::Fixture::open::<Enrolment>(&Config::new(format!("sqlite:{}", path.display())), "2018-05-01").await;
    fixture::schools(opened.pool(), &[(100_001, 1, 1)]).await;
    fixture::hubs(opened.pool(), &["north"]).await;
    let fixture = Fixture::of(opened);
    let ncetm = fixture.ncetm();
    ncetm.create_round("2018", stories::round(PlaceOrder::Submission)).await.unwrap();
    let name = ncetm.apply(100_001, NORTH).await.unwrap().name;
    fixture.pool().close().await;
    name
}

/// A connection of one caller.
#[derive(Clone)]
struct Line {
    client: SendRequest<Bytes>,
    address: SocketAddr,
    authorization: String,
    message: Bytes,
}

impl Line {
    /// The code of a call's answer, after its body.
    async fn call(&self) -> Code {
        let request = http::Request::post(format!("http://{}/{METHOD}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", &self.authorization)
            .body(())
            .unwrap();
        let answer = async {
            let mut client = self.client.clone().ready().await.ok()?;
            let (response, mut body) = client.send_request(request, false).ok()?;
            body.send_data(self.message.clone(), true).ok()?;
            let mut response = response.await.ok()?;
            if let Some(status) = Status::from_header_map(response.headers()) {
                return Some(status.code());
            }
            let body = response.body_mut();
            while let Some(data) = body.data().await {
                body.flow_control().release_capacity(data.ok()?.len()).ok()?;
            }
            Some(Status::from_header_map(&body.trailers().await.ok()??)?.code())
        };
        tokio::time::timeout(DEADLINE, answer).await.ok().flatten().unwrap_or(Code::DeadlineExceeded)
    }
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

/// Calls at a rate for a time, over all lines, whether answers come or not. Waits for the last answer.
async fn offer(lines: &[Line], rate: f64, time: Duration, counts: &Arc<Counts>) -> Vec<Duration> {
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
    drop(sender);
    let mut took = Vec::new();
    while let Some(one) = receiver.recv().await {
        took.push(one);
    }
    took.sort_unstable();
    took
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

async fn measure(time: Duration) {
    let served = Served::start().await;
    let mut people = Vec::new();
    for number in 0..CONNECTIONS {
        people.push(served.connect(Caller::new(Role::Ncetm, format!("ncetm-{number}"))).await);
    }
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
        let (took, readiness) = tokio::join!(load, watch);
        let elapsed = started.elapsed().as_secs_f64();
        let [ok, refused, other] = counts.all();
        let refusal = (served.cpu() - cpu - ok * cost) / refused.max(1.0) / cost;
        let ready = readiness.iter().filter(|line| line.contains("200")).count();
        println!(
            "{factor} times the peak: {:.2} of the peak succeeds, p99 {:.0} ms; {:.2} of the calls are refused, at {refusal:.2} of a call's CPU; {other} \
             others; ready {ready} of {}; log {:.2} MB/s; memory at most {} MiB",
            ok / elapsed / peak,
            took.get(took.len() * 99 / 100).map_or(0.0, |one| one.as_secs_f64() * 1e3),
            refused / (ok + refused + other),
            readiness.len(),
            (served.log_bytes() - log) as f64 / 1e6 / elapsed,
            served.memory_mib()
        );
    }

    let mut school = Vec::new();
    for _ in 0..16 {
        school.push(served.connect(Caller::school("schools/100001", "office")).await);
    }
    let (flood, calm) = (Arc::<Counts>::default(), Arc::<Counts>::default());
    let (took, ()) =
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
