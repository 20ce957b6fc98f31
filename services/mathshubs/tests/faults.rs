//! Faults of a database that pass: under load, services recover from each without a restart, and no call gets INTERNAL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod process;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use access::Role;
use admin::{WAIT_MAX, admin, admin_says};
use futures::future::BoxFuture;
use process::{Fixture, Process};
use proto::{
    enrolment::v1::{ListRoundsRequest, PlaceOrder, Round},
    network::v1::ListHubsRequest,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use stories::{
    Caller, Connections, ReservedAddress,
    register::{self, SHEFFIELD},
    round,
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

/// Shortest time of a fault, in which pauses between attempts grow.
const FAULT_TIME: Duration = Duration::from_secs(3);
/// Longest time from the end of a fault to the recovery from it.
const RECOVERY_MAX: Duration = Duration::from_secs(15);
/// Successes of each kind of call without a failure in between, after which the services have recovered.
const SUCCESSES: u32 = 10;
/// The school that leads each hub.
const LEAD: i32 = 100_001;
/// The login of the services, and its password.
const RUN_TIME_ROLE: &str = "mathshubs_run";
const PASSWORD: &str = "first";

/// Network and enrolment as processes. Enrolment follows network.
struct Services {
    fixture: Fixture,
    network: Process,
    enrolment: Process,
    admin: [ReservedAddress; 2],
    caller: Caller,
}

impl Services {
    async fn start(fixture: Fixture, urls: &[String; 2]) -> Self {
        let admin = [ReservedAddress::new(), ReservedAddress::new()];
        let [network_admin, enrolment_admin] = admin.each_ref().map(|reserved| reserved.address.to_string());
        let database = "MATHSHUBS_DATABASE_URL";
        let network = fixture.serve("network", &[(database, &urls[0]), ("MATHSHUBS_ADMIN_LISTEN", &network_admin)]);
        let settings = [
            (database, urls[1].as_str()),
            ("MATHSHUBS_ADMIN_LISTEN", &enrolment_admin),
            ("MATHSHUBS_NETWORK_URL", &network.url()),
        ];
        let enrolment = fixture.serve("enrolment", &settings);
        let [ncetm, second] = ["ncetm", "second-person"].map(|subject| fixture.token(Role::Ncetm, subject));
        let connections = Connections {
            network: network.connection(&ncetm),
            enrolment: enrolment.connection(&ncetm),
            specialists: None,
            funding: None,
        };
        let caller = Caller::new(connections, &ncetm).with_second_person(&second);
        let today = time::Clock::machine().today();
        let register = register::as_of(&today.to_string()).primaries(LEAD..LEAD + 9, SHEFFIELD).done();
        caller.import(&register).await.unwrap();
        Self { fixture, network, enrolment, admin, caller }
    }

    fn admin(&self) -> [SocketAddr; 2] {
        self.admin.each_ref().map(|reserved| reserved.address)
    }

    /// Waits until the readiness of both services contains some words.
    async fn both_say(&self, words: &[&str]) {
        for address in self.admin() {
            admin_says(address, "/readyz", words).await;
        }
    }

    /// The newest position of network's feed, and the position up to which enrolment has applied it.
    async fn positions(&self) -> [Option<i64>; 2] {
        let [network, enrolment] = self.admin();
        let of = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name) && line.contains("source=\"network\""))?;
            line.rsplit(' ').next()?.parse().ok()
        };
        let head = of(&admin(network, "/metrics").await, "feed_head_position");
        [head, of(&admin(enrolment, "/metrics").await, "feed_consumer_position")]
    }
}

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
struct Load {
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
    fn count_anew(&self) {
        let mut seen = self.seen.lock().unwrap();
        seen.successes.clear();
        seen.unavailable = 0;
    }

    fn has_recovered(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        seen.successes.len() == 4 && seen.successes.values().all(|count| *count >= SUCCESSES)
    }

    /// Waits until calls fail, and lets the fault last.
    async fn fails(&self, what: &str) {
        let started = Instant::now();
        while self.seen.lock().unwrap().unavailable == 0 || started.elapsed() < FAULT_TIME {
            assert!(started.elapsed() < WAIT_MAX, "{what}: no call fails");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The fault has ended: waits until every call succeeds, both services are ready, and enrolment has applied all events.
    async fn recovers(&self, services: &Services, what: &str) {
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

async fn load(services: &Services) -> Load {
    let today = time::Clock::machine().today();
    let year = time::AcademicYear::of(today.plus_days(365)).to_string();
    let window = [today.plus_days(-1).to_string(), today.plus_days(2).to_string()];
    let load = Load::start(&services.caller, round(&year, [&window[0], &window[1]], PlaceOrder::Submission));
    load.recovers(services, "start").await;
    load
}

/// A PostgreSQL server that the test may restart; stopped and removed with this value.
struct Cluster {
    folder: PathBuf,
    url: String,
}

impl Cluster {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("mathshubs-faults-{}", std::process::id()));
        let output = script(&["start", folder.to_str().unwrap()]);
        Self { folder, url: output.trim().to_owned() }
    }

    fn run(&self, arguments: &[&str]) {
        script(&[&[arguments[0], self.folder.to_str().unwrap()], &arguments[1..]].concat());
    }

    /// The URL of a database, for a login.
    fn url_of(&self, name: &str, login: Option<&str>) -> String {
        let (authority, host) = self.url.rsplit_once('@').unwrap();
        let login = login.map_or_else(|| authority.to_owned(), |login| format!("postgres://{login}"));
        format!("{login}@{host}/{name}")
    }

    /// Runs statements in a database as its owner.
    async fn sql(&self, database: &str, text: &str) {
        let mut conn = PgConnection::connect(&self.url_of(database, None)).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    /// Changes the type of each column of texts in a database.
    async fn alter_texts(&self, database: &str, from: &str, to: &str) {
        let mut conn = PgConnection::connect(&self.url_of(database, None)).await.unwrap();
        let columns: Vec<(String, String)> = sqlx::query_as(TEXTS).bind(from).fetch_all(&mut conn).await.unwrap();
        assert!(columns.len() > 20, "{columns:?}");
        for (table, column) in columns {
            let text = format!("ALTER TABLE {table} ALTER COLUMN \"{column}\" TYPE {to} COLLATE \"C\"");
            // The load may cause a deadlock.
            while let Err(error) = sqlx::raw_sql(AssertSqlSafe(text.clone())).execute(&mut conn).await {
                assert!(
                    error.as_database_error().is_some_and(|error| error.code().is_some_and(|code| code == "40P01")),
                    "{error}"
                );
            }
        }
        conn.close().await.unwrap();
    }

    async fn sql_in_both(&self, text: &str) {
        for database in DATABASES {
            self.sql(database, text).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The test may have failed while the server was down.
        let _stopped = Command::new(SCRIPT).args(["stop", self.folder.to_str().unwrap_or_default()]).status();
    }
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/postgres");
const DATABASES: [&str; 2] = ["network", "enrolment"];

fn script(arguments: &[&str]) -> String {
    let output = Command::new(SCRIPT).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Ends the sessions of the services.
const DISCONNECT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mathshubs_run'";

/// The columns with texts of a type.
const TEXTS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations' AND data_type = $1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_recover_from_each_fault_of_postgresql_without_a_restart() {
    if db::testing::environment(db::testing::POSTGRES_URL).is_none() {
        return db::testing::skip(db::testing::NO_POSTGRES);
    }
    let (cluster, fixture) = (Cluster::start(), Fixture::new());
    cluster.sql("postgres", &format!("CREATE ROLE {RUN_TIME_ROLE} LOGIN PASSWORD '{PASSWORD}'")).await;
    let urls = DATABASES.map(|name| cluster.url_of(name, Some(&format!("{RUN_TIME_ROLE}:{PASSWORD}"))));
    let grant = || {
        for name in DATABASES {
            let mut migrate = fixture.command("migrate", name);
            migrate.env("MATHSHUBS_DATABASE_URL", cluster.url_of(name, None)).args(["--run-time-role", RUN_TIME_ROLE]);
            assert!(migrate.output().unwrap().status.success());
        }
    };
    grant();
    let services = Services::start(Fixture::new(), &urls).await;
    let load = load(&services).await;

    // Sessions keep the setting with which they began.
    for name in DATABASES {
        cluster.sql("postgres", &format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    }
    cluster.sql("postgres", DISCONNECT).await;
    services.both_say(&["503", "database", "read-only"]).await;
    load.fails("read-only").await;
    for name in DATABASES {
        cluster.sql("postgres", &format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await;
    }
    load.recovers(&services, "read-only").await;

    cluster.sql("postgres", &format!("ALTER ROLE {RUN_TIME_ROLE} PASSWORD 'second'; {DISCONNECT}")).await;
    services.both_say(&["503", "password authentication failed"]).await;
    load.fails("password").await;
    cluster.sql("postgres", &format!("ALTER ROLE {RUN_TIME_ROLE} PASSWORD '{PASSWORD}'")).await;
    load.recovers(&services, "password").await;

    cluster.sql_in_both(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {RUN_TIME_ROLE}")).await;
    services.both_say(&["503", "permission denied"]).await;
    load.fails("rights").await;
    grant();
    load.recovers(&services, "rights").await;

    for (from, to) in [("text", "VARCHAR"), ("character varying", "TEXT")] {
        for name in DATABASES {
            cluster.alter_texts(name, from, to).await;
        }
        load.recovers(&services, to).await;
    }

    cluster.run(&["restart"]);
    load.recovers(&services, "restart").await;
    cluster.run(&["kill"]);
    services.both_say(&["503", "database"]).await;
    cluster.run(&["restart"]);
    load.recovers(&services, "kill").await;

    // A replica that is frozen within a transaction keeps its locks: here in network those that a new hub needs, and in enrolment that of the cursor.
    let mut frozen = Vec::new();
    for (name, locks) in DATABASES.into_iter().zip(["SELECT * FROM school FOR UPDATE", "SELECT * FROM cursor FOR UPDATE"]) {
        let mut conn = PgConnection::connect(&cluster.url_of(name, None)).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {locks}"))).execute(&mut conn).await.unwrap();
        frozen.push(conn);
    }
    load.count_anew();
    load.fails("locked rows").await;
    drop(frozen);
    load.recovers(&services, "locked rows").await;
    drop(load);
    services.enrolment.stop();
    services.network.stop();
}

/// Makes the SQLite databases in a folder and their logs immutable for everybody, or writable again. Not their shared memory: the system would end a
/// process that writes to immutable memory. False where that is not possible.
fn immutable(folder: &Path, is_immutable: bool) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "db" || kind == "db-wal")).collect();
    let changed = Command::new("chattr").arg(if is_immutable { "+i" } else { "-i" }).args(&files).output();
    changed.is_ok_and(|output| output.status.success())
}

/// Lets the folder be removed although the test failed.
struct Writable(PathBuf);

impl Drop for Writable {
    fn drop(&mut self) {
        immutable(&self.0, false);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_recover_when_their_sqlite_files_are_writable_again() {
    let fixture = Fixture::new();
    let urls = ["network", "enrolment"].map(|name| format!("sqlite:{}", fixture.path(&format!("{name}.db")).display()));
    let services = Services::start(fixture, &urls).await;
    let folder = services.fixture.folder.path().to_owned();
    let writable = Writable(folder.clone());
    let load = load(&services).await;
    if !immutable(&folder, true) {
        return db::testing::skip("chattr cannot make a file immutable here");
    }
    services.both_say(&["503", "database"]).await;
    load.fails("read-only files").await;
    assert!(immutable(&folder, false));
    load.recovers(&services, "read-only files").await;
    drop((load, writable));
}
