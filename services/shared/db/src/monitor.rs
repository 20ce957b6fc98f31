//! The state of a database as its statements find it: which connections are not to be used again, and which fault lasts.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::postgres::PgDatabaseError;

use crate::Error;

/// Time after which a fault no longer counts: consumers and jobs try again more often.
const FAULT_AGE_MAX: Duration = Duration::from_secs(15);

/// Shortest time after which all connections are closed again, so that a server that stays read-only costs no connection for each call.
const DISTRUST_INTERVAL: Duration = Duration::from_secs(1);

/// Shared by all connections of a pool.
#[derive(Default)]
pub(crate) struct Monitor {
    /// Statements sent so far.
    pub(crate) statements_count: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Connections that were opened before are closed instead of used.
    distrusted: Option<Instant>,
    /// The newest fault, unless a commit succeeded since.
    fault: Option<(Instant, String)>,
}

impl Monitor {
    /// Looks at a failure. A constraint that refused a row, or contention, says nothing about the database.
    pub(crate) fn failed(&self, error: &Error) {
        let (is_stale, is_fault) = (is_stale(error), error.is_fault());
        if is_stale || is_fault {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if is_stale && state.distrusted.is_none_or(|at| now - at >= DISTRUST_INTERVAL) {
                state.distrusted = Some(now);
            }
            if is_fault {
                state.fault = Some((now, error.to_string()));
            }
        }
    }

    /// A transaction was committed.
    pub(crate) fn committed(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fault = None;
    }

    /// Whether a connection of this age may be used.
    pub(crate) fn trusts(&self, age: Duration) -> bool {
        let distrusted = self.state.lock().unwrap_or_else(PoisonError::into_inner).distrusted;
        distrusted.is_none_or(|at| age < at.elapsed())
    }

    /// The fault that lasts, if there is one.
    pub(crate) fn fault(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fault.as_ref().filter(|(at, _)| at.elapsed() < FAULT_AGE_MAX).map(|(_, why)| why.clone())
    }
}

/// The failures of statements during one use of a connection.
#[derive(Default)]
pub(crate) struct Failures {
    any: AtomicBool,
    connection: AtomicBool,
}

impl Failures {
    /// Whether a statement failed.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Whether the connection must be closed: it may be broken, outdated, or opened while a file or a server was read-only.
    pub(crate) fn of_the_connection(&self) -> bool {
        self.connection.load(Ordering::Relaxed)
    }
}

/// One use of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Use<'u> {
    monitor: &'u Monitor,
    failures: &'u Failures,
}

impl<'u> Use<'u> {
    pub(crate) fn new(monitor: &'u Monitor, failures: &'u Failures) -> Self {
        Self { monitor, failures }
    }

    /// Counts a statement.
    pub(crate) fn count(&self) {
        self.monitor.statements_count.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a failed statement.
    pub(crate) fn failed(&self, error: sqlx::Error) -> Error {
        let error = Error::from(error);
        self.failures.any.store(true, Ordering::Relaxed);
        self.failures.connection.fetch_or(error.is_fault() || is_plan_outdated(&error), Ordering::Relaxed);
        self.monitor.failed(&error);
        error
    }
}

impl std::fmt::Debug for Use<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Use")
    }
}

/// Whether an error follows from the age of a connection: a prepared statement from before a change of the schema, or a session that began while the server
/// was read-only. A new connection does not have it.
fn is_stale(error: &Error) -> bool {
    is_plan_outdated(error) || matches!(error, Error::ReadOnly) || error.code().is_some_and(|code| code == "25006")
}

/// "cached plan must not change result type", in any language.
pub(crate) fn is_plan_outdated(error: &Error) -> bool {
    let Error::Statement(sqlx::Error::Database(error)) = error else { return false };
    error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| error.routine() == Some("RevalidateCachedQuery"))
}
