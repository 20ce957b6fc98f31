//! The task that records readings and refusals after their answers.

use std::{collections::HashMap, sync::Arc};

use access::Caller;
use server::Refusal;
use time::Instant;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    rules::AuditKind,
    store::{NewAudit, audit_insert, audit_repeat},
};
use crate::Context;

/// Most entries that wait; further ones are dropped and counted.
const QUEUE_MAX: usize = 1_024;
/// Most entries of one transaction.
const BATCH_MAX: usize = 256;
/// Equal entries within this time are one row.
const REPEAT_MICROS: i64 = 60 * 1_000_000;
/// Most rows in which repeats can still be counted.
const OPEN_ROWS_MAX: usize = 1_024;

/// An entry, equal for repeats.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Entry {
    caller: Arc<Caller>,
    kind: AuditKind,
    method: String,
    resource: String,
    reason: String,
}

/// Takes entries without waiting. A clone shares the queue.
#[derive(Debug, Clone)]
pub(crate) struct AuditLog(mpsc::Sender<Entry>);

/// Writes the entries of an [`AuditLog`].
#[derive(Debug)]
pub(crate) struct AuditTask(Mutex<mpsc::Receiver<Entry>>);

impl AuditLog {
    pub(crate) fn new() -> (Self, AuditTask) {
        metrics::describe_counter!(
            "audit_records_dropped_total",
            "Readings and refusals that were not recorded, because too many waited or the database failed."
        );
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        (Self(sender), AuditTask(Mutex::new(receiver)))
    }

    /// A caller was refused.
    pub(crate) fn refused(&self, refusal: Refusal) {
        let Refusal { caller, method, reason } = refusal;
        self.record(Entry { caller, kind: AuditKind::Refusal, method, resource: String::new(), reason });
    }

    /// A caller read the record of a person.
    pub(crate) fn read(&self, caller: Arc<Caller>, method: &str, resource: String) {
        let method = method.trim_start_matches('/').to_owned();
        self.record(Entry { caller, kind: AuditKind::Reading, method, resource, reason: String::new() });
    }

    fn record(&self, entry: Entry) {
        if self.0.try_send(entry).is_err() {
            dropped(1);
        }
    }
}

fn dropped(count: usize) {
    metrics::counter!("audit_records_dropped_total").increment(count as u64);
}

impl AuditTask {
    /// Writes entries until shutdown, and then those that wait.
    pub(crate) async fn run(&self, context: &Context, shutdown: &CancellationToken) {
        let mut receiver = self.0.lock().await;
        let mut open_rows = HashMap::new();
        let mut entries = Vec::new();
        loop {
            let received = shutdown.run_until_cancelled(receiver.recv_many(&mut entries, BATCH_MAX)).await;
            if received.is_none() {
                // Entries that wait now; callers may still hold the sender.
                while let Ok(entry) = receiver.try_recv() {
                    entries.push(entry);
                }
            }
            if !entries.is_empty() {
                let count = entries.len();
                if let Err(error) = write(context, &mut open_rows, std::mem::take(&mut entries)).await {
                    tracing::error!(%error, count, "readings and refusals could not be recorded");
                    dropped(count);
                }
            }
            if received.is_none_or(|count| count == 0) {
                return;
            }
        }
    }
}

/// A row in which repeats are counted for a minute.
#[derive(Debug, Clone)]
struct OpenRow {
    id: String,
    first_time: Instant,
}

async fn write(context: &Context, open_rows: &mut HashMap<Entry, OpenRow>, entries: Vec<Entry>) -> Result<(), String> {
    let now = context.clock.now();
    let mut counts: HashMap<Entry, i64> = HashMap::new();
    for entry in entries {
        *counts.entry(entry).or_default() += 1;
    }
    open_rows.retain(|_, row| (0..REPEAT_MICROS).contains(&(now.micros() - row.first_time.micros())));
    let (mut rows, mut opened) = (Vec::new(), Vec::new());
    for (entry, count) in counts {
        let actor = context.actor(&entry.caller).await.map_err(|error| format!("{error:?}"))?;
        let known = open_rows.get(&entry).cloned();
        let row = known.clone().unwrap_or_else(|| OpenRow { id: context.ids.next(now), first_time: now });
        if known.is_none() {
            opened.push((entry.clone(), row.clone()));
        }
        rows.push((entry, actor, count, row, known.is_some()));
    }
    let written = context.pool.write(move |mut tx| {
        Box::pin(async move {
            for (entry, actor, count, row, is_known) in &rows {
                if *is_known {
                    audit_repeat(&mut tx, &row.id, *count, now).await?;
                    continue;
                }
                let (kind, method, resource, reason) = (entry.kind, &entry.method, &entry.resource, &entry.reason);
                let new = NewAudit { id: &row.id, kind, actor, method, resource, reason, count: *count, now };
                audit_insert(&mut tx, &new).await?;
            }
            Ok::<_, db::Error>(())
        })
    });
    written.await.map_err(|error| error.to_string())?;
    if open_rows.len() + opened.len() <= OPEN_ROWS_MAX {
        open_rows.extend(opened);
    }
    Ok(())
}
