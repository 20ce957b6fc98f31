//! The database, the clock and the source of ids of a service.

use std::sync::Arc;

use db::Tx;
use feed::{Actor, Cause};
use futures::future::BoxFuture;
use server::ApiError;
use time::{Clock, Ids};
use tonic::{Response, Status};

use crate::{
    Command,
    actors::Actors,
    audit::{AuditLog, AuditTask},
};

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
    pub(crate) actors: Actors,
    pub(crate) audit: AuditLog,
    pub(crate) audit_task: Arc<AuditTask>,
}

impl Context {
    /// Of a service with this name, on a database with the tables of [`crate::MIGRATIONS`].
    pub fn new(service: &'static str, pool: db::Pool, clock: Clock, ids: Ids) -> Self {
        let (audit, audit_task) = AuditLog::new();
        Self { service, pool, clock, ids, actors: Actors::default(), audit, audit_task: Arc::new(audit_task) }
    }

    /// Records that the caller read the record of a person, for example `persons/{person}`. Call it when the answer is known.
    pub fn person_was_read(&self, call: &server::Call, resource: impl Into<String>) {
        self.audit.read(Arc::clone(&call.caller), call.method.as_str(), resource.into());
    }

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
        self.pool.write(move |mut tx| Box::pin(async move { job(&mut Command::new(&mut tx, &ids, &cause)).await })).await
    }

    /// A caller as an actor of this service.
    pub(crate) async fn actor(&self, caller: &access::Caller) -> Result<Actor, ApiError> {
        Ok(self.actors.actor(&self.pool, &self.ids, self.clock.now(), caller).await?)
    }

    /// The cause of the service's own changes. `traceparent` is the trace of the event to which it reacts, or empty.
    pub(crate) fn system_cause(&self, traceparent: String) -> Cause {
        let actor = Actor::service(self.service);
        Cause { actor, confirmer: None, request_id: String::new(), traceparent, recorded: self.clock.now() }
    }
}
