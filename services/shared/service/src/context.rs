//! The database, the clock and the source of ids of a service.

use db::Tx;
use feed::Cause;
use futures::future::BoxFuture;
use server::ApiError;
use time::{Clock, Ids};
use tonic::{Response, Status};

use crate::Command;

/// The database, the clock and the source of ids of a service. A clone shares them.
#[derive(Debug, Clone)]
pub struct Context {
    /// Name of the service; the actor of its own changes.
    pub service: &'static str,
    /// Its database.
    pub pool: db::Pool,
    /// The civil clock, by which its rules go.
    pub clock: Clock,
    /// Source of its ids.
    pub ids: Ids,
}

impl Context {
    /// Answers a request that only reads.
    pub async fn query<M, E, F>(&self, query: F) -> Result<Response<M>, Status>
    where
        M: Send + 'static,
        E: Into<ApiError> + 'static,
        F: for<'a, 't> FnOnce(&'a mut Tx<'t>) -> BoxFuture<'a, Result<M, E>> + Send + 'static,
    {
        Ok(Response::new(self.read(query).await?))
    }

    /// Runs a query outside any transaction.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + 'static,
        F: for<'a, 't> FnOnce(&'a mut Tx<'t>) -> BoxFuture<'a, Result<T, E>> + Send + 'static,
    {
        self.pool.read(|mut tx| Box::pin(async move { query(&mut tx).await.map_err(Into::into) })).await
    }

    /// Runs a use case of the service itself, in one transaction.
    pub async fn run_system<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
        F: for<'a, 't> FnOnce(&'a mut Command<'_, 't>) -> BoxFuture<'a, Result<T, E>> + Send + 'static,
    {
        let (ids, cause) = (self.ids.clone(), self.system_cause(String::new()));
        self.pool
            .write(move |mut tx| Box::pin(async move { job(&mut Command { tx: &mut tx, ids: &ids, cause: &cause }).await }))
            .await
    }

    /// The cause of the service's own changes. `traceparent` is the trace of the event to which it reacts, or empty.
    pub(crate) fn system_cause(&self, traceparent: String) -> Cause {
        Cause { actor: self.service.to_owned(), request_id: String::new(), traceparent, recorded: self.clock.now() }
    }
}
