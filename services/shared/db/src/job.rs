//! Jobs without their types, so that one queue can hold them.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;

use crate::{Deferred, Error, Tx};

/// Writes what jobs deferred, in one go, just before the commit. A failure fails the whole commit.
pub trait Flush: Send + Sync + 'static {
    /// Writes them all. They are in the order of the jobs, and of each job's calls.
    fn flush<'t>(&'t self, tx: Tx<'t>, deferred: Vec<Deferred>) -> BoxFuture<'t, Result<(), Error>>;
    /// Called after a commit that wrote something deferred.
    fn committed(&self) {}
}

/// For databases whose jobs defer nothing.
#[derive(Debug)]
pub struct NoFlush;

impl Flush for NoFlush {
    fn flush<'t>(&'t self, _: Tx<'t>, deferred: Vec<Deferred>) -> BoxFuture<'t, Result<(), Error>> {
        assert!(deferred.is_empty(), "a job deferred something to a pool that has no flush");
        Box::pin(async { Ok(()) })
    }
}

/// The answer of a job that succeeded, and whether its changes are kept: see [`crate::Pool::write_or_undo`].
#[derive(Debug)]
pub enum Outcome<T> {
    /// Commit them.
    Keep(T),
    /// Roll them back, with what was deferred. The caller gets the answer all the same: a dry run ends so.
    Undo(T),
}

/// How a job ended, before the commit.
pub(crate) enum Ended {
    /// Its changes shall be kept.
    Keep,
    /// Its changes shall be undone: it failed, or was a dry run.
    Undo,
}

pub(crate) trait Job: Send {
    fn run<'t>(&'t mut self, tx: Tx<'t>) -> BoxFuture<'t, Ended>;
    /// After the commit that held it: gives the caller what the job said.
    fn answer(self: Box<Self>);
    /// When there was no such commit.
    fn fail(self: Box<Self>, error: Error);
}

pub(crate) struct Typed<F, T, E> {
    run: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Typed<F, T, E> {
    /// The job, and where its result will come.
    pub(crate) fn new(run: F) -> (Box<Self>, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { run: Some(run), result: None, reply }), answer)
    }
}

impl<F, T, E> Job for Typed<F, T, E>
where
    F: for<'t> FnOnce(Tx<'t>) -> BoxFuture<'t, Result<Outcome<T>, E>> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run<'t>(&'t mut self, tx: Tx<'t>) -> BoxFuture<'t, Ended> {
        Box::pin(async move {
            let run = self.run.take().expect("a job runs once");
            let result = match AssertUnwindSafe(async { run(tx).await }).catch_unwind().await {
                Ok(result) => result,
                Err(panic) => Err(E::from(Error::Panicked(sentence(&*panic)))),
            };
            let (ended, result) = match result {
                Ok(Outcome::Keep(answer)) => (Ended::Keep, Ok(answer)),
                Ok(Outcome::Undo(answer)) => (Ended::Undo, Ok(answer)),
                Err(error) => (Ended::Undo, Err(error)),
            };
            self.result = Some(result);
            ended
        })
    }

    fn answer(self: Box<Self>) {
        let result = self.result.expect("a job that is answered has run");
        // A caller that went away is no reason to stop.
        let _gone = self.reply.send(result);
    }

    fn fail(self: Box<Self>, error: Error) {
        let _gone = self.reply.send(Err(E::from(error)));
    }
}

/// The commit is kept, even if its listener fails.
pub(crate) fn tell_committed(flush: &dyn Flush) {
    if let Err(panic) = std::panic::catch_unwind(AssertUnwindSafe(|| flush.committed())) {
        tracing::error!(why = sentence(&*panic), "what follows a commit panicked");
    }
}

pub(crate) fn sentence(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
