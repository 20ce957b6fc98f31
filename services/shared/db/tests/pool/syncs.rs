//! Counts how often the log is synced while writes are acknowledged: killing a process does not test durability, this does.

use std::process::Command;

use crate::common::{Gate, open, spawn_item, within};
use db::testing;
use futures::future::join_all;

/// Set for the process that writes: how many callers write at once, and how often.
const CHILD: &str = "MATHSHUBS_TEST_SYNCS";

/// The body of the watched process. Without the variable it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn writes_while_watched() {
    let Some(wanted) = testing::environment(CHILD) else { return };
    let (callers, writes) = wanted.split_once('x').unwrap();
    let (callers, writes): (i64, i64) = (callers.parse().unwrap(), writes.parse().unwrap());
    let database = testing::sqlite();
    let (pool, counting) = open(&database).await;
    for write in 0..writes {
        let gate = Gate::close(&pool).await;
        let writing = (0..callers).map(|caller| spawn_item(&pool, caller * 1_000 + write)).collect::<Vec<_>>();
        gate.open().await;
        assert!(within(join_all(writing)).await.into_iter().all(|answer| answer.unwrap().is_ok()));
    }
    let batches = counting.batches.lock().unwrap().len();
    println!("batches={batches}");
}

/// Acknowledged batches, and syncs of the log, of a process that writes; None without strace.
fn watched(wanted: &str) -> Option<(usize, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let output = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["syncs::writes_while_watched", "--exact", "--nocapture"])
        .env(CHILD, wanted)
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            testing::skip(&format!("strace cannot be run: {error}"));
            return None;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let batches = said.lines().find_map(|line| line.split("batches=").nth(1)).unwrap().trim().parse().unwrap();
    let trace = std::fs::read_to_string(trace).unwrap();
    // A call that another thread interrupts is written in two lines; the first names the file.
    let syncs = trace.lines().filter(|line| line.contains("sync(") && line.contains("-wal>")).count();
    println!("{wanted}: {batches} batches, {syncs} syncs of the log");
    Some((batches, syncs))
}

#[test]
fn every_acknowledged_batch_was_synced() {
    let Some((batches, syncs)) = watched("1x40") else { return };
    assert_eq!(batches, 40, "one caller waits for each answer, so that each write is a batch");
    assert!(syncs >= batches, "{syncs} syncs for {batches} batches");
}

#[test]
fn callers_who_write_at_once_share_their_syncs() {
    let Some((batches, syncs)) = watched("128x5") else { return };
    assert_eq!(batches, 5, "all wait while one runs, and are committed with it");
    assert!(syncs >= batches, "{syncs} syncs for {batches} batches");
    assert!(syncs * 4 < 128 * 5, "{syncs} syncs for {} writes", 128 * 5);
}
