//! The time before a service serves: its database is opened, and waited for while it is away. The admin port answers meanwhile.

use std::{
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client::Backoff;
use feed::VerifyError;
use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;

use crate::{Opened, Readiness, run::admin_spawn};

/// First and longest pause before the database is tried again.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Opens a service on the database of a URL. While a PostgreSQL server is away it tries again until `shutdown` is cancelled, and then gives `None`: a
/// restarted process would only wait longer. Every other error is final.
///
/// On the admin port liveness succeeds meanwhile, and readiness fails and names the cause. gRPC health knows the empty service name alone, so a probe of
/// a named service fails.
pub(crate) async fn open_patiently<B>(
    database_url: &str,
    admin_listener: Option<&TcpListener>,
    shutdown: &CancellationToken,
    open: impl AsyncFn() -> anyhow::Result<Opened<B>>,
) -> anyhow::Result<Option<Opened<B>>> {
    let state = Arc::new(Mutex::new("is being opened".to_owned()));
    let stop = CancellationToken::new();
    if let Some(listener) = admin_listener {
        let listener = std::net::TcpListener::from(listener.as_fd().try_clone_to_owned()?);
        let (listener, health) = (TcpListener::from_std(listener)?, HealthReporter::new());
        admin_spawn(listener, &readiness(&state), &health, stop.clone());
    }
    let _stop = stop.drop_guard();
    let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
    loop {
        let opened = match db::create_if_missing(database_url).await {
            Ok(()) => open().await,
            Err(error) => Err(error.into()),
        };
        let why = match opened {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) if is_away(&error) && !database_url.starts_with("sqlite:") => format!("{error:#}"),
            Err(error) => return Err(error),
        };
        let pause = backoff.next_pause();
        tracing::warn!(why, pause_ms = pause.as_millis(), "the database is away; waiting for it");
        *state.lock().unwrap_or_else(PoisonError::into_inner) = why;
        if shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(None);
        }
    }
}

fn readiness(state: &Arc<Mutex<String>>) -> Readiness {
    let state = Arc::clone(state);
    let check = move || -> BoxFuture<'static, Result<(), String>> {
        let why = state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { Err(why) })
    };
    Readiness::new(vec![("database", Box::new(check))])
}

fn is_away(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| match (cause.downcast_ref::<db::Error>(), cause.downcast_ref::<VerifyError>()) {
        (Some(error), _) | (None, Some(VerifyError::Database(error))) => error.is_away(),
        _ => false,
    })
}
