//! The suite as a child process, which a test can kill.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use access::{LocalKey, Role};
use db::testing::TestDatabase;
use sqlx::{Connection as _, PgConnection};

use crate::{
    Caller, Connections, Suite,
    identity::{identity, token},
    served::connection,
};

/// Maximum time that PostgreSQL may work for a dead client.
const REST_MAX: Duration = Duration::from_secs(60);

/// The databases and the key of the suite, which survive its processes.
pub struct Folder {
    databases: [TestDatabase; 2],
    key: tempfile::TempDir,
}

impl Folder {
    /// SQLite files.
    pub fn sqlite() -> Self {
        Self::of([db::testing::sqlite(), db::testing::sqlite()])
    }

    /// Databases of the tests' PostgreSQL, if there is one.
    pub async fn postgres() -> Option<Self> {
        Some(Self::of([db::testing::postgres().await?, db::testing::postgres().await?]))
    }

    fn of(databases: [TestDatabase; 2]) -> Self {
        Self { databases, key: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Waits until PostgreSQL no longer works for a killed program: it continues a statement until it notices the disconnect, and may commit
    /// meanwhile.
    pub async fn wait_until_idle(&self) {
        for database in self.databases.iter().filter(|database| database.is_postgres()) {
            let mut conn = PgConnection::connect(database.url()).await.expect("PostgreSQL is running");
            let started = Instant::now();
            loop {
                let working: i64 = sqlx::query_scalar(
                    "SELECT COUNT(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
                )
                .fetch_one(&mut conn)
                .await
                .expect("PostgreSQL lists its connections");
                if working == 0 {
                    break;
                }
                assert!(started.elapsed() < REST_MAX, "{working} connections of a program that was killed still work");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            conn.close().await.expect("a connection can be closed");
        }
    }

    fn key_folder(&self) -> &Path {
        self.key.path()
    }
}

/// A process of the program `serve_suite` of this crate. Killed when it goes out of scope.
pub struct Program {
    child: Child,
    ncetm: Caller,
}

impl Program {
    /// Starts it and waits until it listens. `binary` is the program, `env!("CARGO_BIN_EXE_serve_suite")`.
    pub fn start(binary: &str, folder: &Folder) -> Self {
        let arguments = folder.databases.iter().map(TestDatabase::url).map(str::to_owned);
        let key_folder = folder.key_folder().display().to_string();
        let (child, addresses) = start(binary, &arguments.chain([key_folder]).collect::<Vec<_>>());
        let [network, enrolment] = <[_; 2]>::try_from(addresses).expect("it prints two addresses").map(connection);
        let key = LocalKey::open_or_create(folder.key_folder()).expect("it has made its key");
        let connections = Connections { network, enrolment, specialists: None, funding: None };
        let token = |subject| token(&key, &identity(Role::Ncetm, subject));
        let ncetm = Caller::new(connections, &token("ncetm")).with_second_person(&token("second-person"));
        Self { child, ncetm }
    }

    /// NCETM, the national coordinator.
    pub fn ncetm(&self) -> Caller {
        self.ncetm.clone()
    }

    /// Kills it with SIGKILL, and waits until it has ended.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Funding as a child process beside a suite that it follows. Killed when it goes out of scope.
pub struct FundingProgram {
    child: Child,
    /// Its address.
    pub address: SocketAddr,
}

impl FundingProgram {
    /// Starts it and waits until it listens. `binary` is the program, `env!("CARGO_BIN_EXE_serve_funding")`.
    pub fn start(binary: &str, database: &TestDatabase, suite: &Suite) -> Self {
        let [network, enrolment] = suite.addresses().map(|address| address.to_string());
        let key_folder = suite.folder().display().to_string();
        let (child, addresses) = start(binary, &[database.url().to_owned(), key_folder, network, enrolment]);
        Self { child, address: addresses[0] }
    }

    /// Kills it with SIGKILL, and waits until it has ended.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }
}

impl Drop for FundingProgram {
    fn drop(&mut self) {
        // It may have ended already.
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Starts a program and reads the line of addresses that it prints once it listens.
fn start(binary: &str, arguments: &[String]) -> (Child, Vec<SocketAddr>) {
    let mut child = Command::new(binary)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program was built with this test");
    let mut line = String::new();
    let output = child.stdout.take().expect("its output was asked for");
    BufReader::new(output).read_line(&mut line).expect("its output can be read");
    let addresses: Vec<_> = line.split_whitespace().map(|address| address.parse().expect("it prints addresses")).collect();
    assert!(!addresses.is_empty(), "{binary} ended before it listened");
    (child, addresses)
}
