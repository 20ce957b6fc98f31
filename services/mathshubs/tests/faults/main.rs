//! Faults of a database that pass: under load, services recover from each without a restart, and no call gets INTERNAL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../admin/mod.rs"]
mod admin;
mod cluster;
mod load;
#[path = "../process/mod.rs"]
mod process;
mod services;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use cluster::{Cluster, DATABASES};
use load::load;
use process::Fixture;
use services::Services;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The login of the services, and its password.
const RUN_TIME_ROLE: &str = "mathshubs_run";
const PASSWORD: &str = "first";
/// Ends the sessions of the services.
const DISCONNECT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mathshubs_run'";

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

    cluster.run("restart");
    load.recovers(&services, "restart").await;
    cluster.run("kill");
    services.both_say(&["503", "database"]).await;
    cluster.run("restart");
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
