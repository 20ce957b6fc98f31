//! How much faster 128 callers write when SQLite commits them together: prints, for writes of 2, 4 and 6 statements, the ratio to one commit per
//! write on one connection. `cargo run --release -p db --example group_commit [FOLDER]`; the folder decides which disk is measured.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use db::{Error, Migration, Options, Pool, Tx, sql};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::Mutex;

const CALLERS: i64 = 128;
const TIME: Duration = Duration::from_secs(3);

const MIGRATIONS: &[Migration] = &[Migration {
    version: 100,
    name: "place",
    sql: "CREATE TABLE place (id BIGINT NOT NULL PRIMARY KEY, granted BIGINT NOT NULL);
             CREATE TABLE application (id BIGINT NOT NULL PRIMARY KEY, place BIGINT NOT NULL, body TEXT NOT NULL);",
}];

/// The statements of one write: half of them insert, half change a row of the caller's own.
async fn statements(conn: &mut SqliteConnection, caller: i64, number: i64, count: i64) -> Result<(), sqlx::Error> {
    for statement in 0..count {
        if statement % 2 == 0 {
            sqlx::query("INSERT INTO application (id, place, body) VALUES ($1, $2, $3)")
                .bind((caller * 1_000_000 + number) * 10 + statement)
                .bind(caller)
                .bind("rounds/2018/applications/0192 and the other fields of an application")
                .execute(&mut *conn)
                .await?;
        } else {
            sqlx::query("UPDATE place SET granted = granted + 1 WHERE id = $1").bind(caller).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

async fn job(mut tx: Tx<'_>, caller: i64, number: i64, count: i64) -> Result<(), Error> {
    let db::Conn::Sqlite(conn) = tx.conn() else { unreachable!("the example opens SQLite") };
    Ok(statements(conn, caller, number, count).await?)
}

async fn open(folder: &Path, name: &str) -> (Pool, String) {
    let path = folder.join(name).display().to_string();
    let pool = Pool::open(&format!("sqlite:{path}"), Options::new(MIGRATIONS)).await.expect("a new file can be opened");
    let filling = pool.write(|mut tx| {
        Box::pin(async move {
            for caller in 0..CALLERS {
                sql!(tx, "INSERT INTO place (id, granted) VALUES (:caller, 0)", caller).execute().await?;
            }
            Ok::<_, Error>(())
        })
    });
    filling.await.expect("a new table can be filled");
    (pool, path)
}

/// Writes a second when they are committed together.
async fn together(folder: &Path, count: i64) -> f64 {
    let (pool, _) = open(folder, &format!("together-{count}")).await;
    let started = Instant::now();
    let callers = (0..CALLERS).map(|caller| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut number = 0;
            while started.elapsed() < TIME {
                let done = pool.write(move |tx| Box::pin(job(tx, caller, number, count))).await;
                done.expect("nothing stands in the way of a write");
                number += 1;
            }
            number
        })
    });
    let mut writes = 0;
    for caller in callers.collect::<Vec<_>>() {
        writes += caller.await.expect("no caller panics");
    }
    let rate = writes as f64 / started.elapsed().as_secs_f64();
    pool.close().await;
    rate
}

/// Writes per second when each is committed alone, with callers taking turns on one connection with the same settings.
async fn one_by_one(folder: &Path, count: i64) -> f64 {
    let (pool, path) = open(folder, &format!("alone-{count}")).await;
    pool.close().await;
    let options =
        SqliteConnectOptions::new().filename(path).foreign_keys(true).pragma("journal_mode", "wal").pragma("synchronous", "full");
    let conn = Arc::new(Mutex::new(options.connect().await.expect("the file can be opened again")));
    let started = Instant::now();
    let callers = (0..CALLERS).map(|caller| {
        let conn = Arc::clone(&conn);
        tokio::spawn(async move {
            let mut number = 0;
            while started.elapsed() < TIME {
                let mut conn = conn.lock().await;
                let mut transaction = conn.begin_with("BEGIN IMMEDIATE").await.expect("nobody else writes");
                statements(&mut transaction, caller, number, count).await.expect("nothing stands in the way of a write");
                transaction.commit().await.expect("nothing stands in the way of a commit");
                number += 1;
            }
            number
        })
    });
    let mut writes = 0;
    for caller in callers.collect::<Vec<_>>() {
        writes += caller.await.expect("no caller panics");
    }
    writes as f64 / started.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let folder =
        tempfile::tempdir_in(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned())).expect("the folder can be written to");
    println!("{CALLERS} callers, synchronous=FULL, {} s each", TIME.as_secs());
    for count in [2, 4, 6] {
        let alone = one_by_one(folder.path(), count).await;
        let together = together(folder.path(), count).await;
        println!(
            "{count} statements: {alone:.0} writes a second one by one, {together:.0} together: {:.1} times",
            together / alone
        );
    }
}
