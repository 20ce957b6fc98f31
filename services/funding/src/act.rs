//! What every use case works with: the [`Desk`] that it runs at, and the [`Act`] that it is.

use db::Tx;
use feed::Cause;
use futures::future::BoxFuture;
use prost::Message;
use server::Once;
use time::{Clock, Date, Ids, Instant};

use crate::{
    domain::{AccountKind, Entitlement, Settlement, Transfer, TransferId, TransferKind},
    error::Error,
};

/// The database, the clock and the source of ids.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) pool: db::Pool,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
}

/// One act: its transaction, and why it happens. All its rules go by the instant at which it was asked for.
pub(crate) struct Act<'a, 't> {
    pub(crate) tx: &'a mut Tx<'t>,
    pub(crate) ids: Ids,
    pub(crate) cause: &'a Cause,
}

impl Act<'_, '_> {
    /// When it was asked for.
    pub(crate) fn now(&self) -> Instant {
        self.cause.recorded
    }

    /// The day in London on which it was asked for.
    pub(crate) fn today(&self) -> Date {
        self.cause.recorded.date()
    }

    /// A new id.
    pub(crate) fn next_id(&self) -> String {
        self.ids.next(self.cause.recorded)
    }

    /// Money moves for an entitlement, between two accounts of its hub and year.
    pub(crate) fn transfer(
        &self,
        entitlement: &Entitlement,
        (kind, from, to): (TransferKind, AccountKind, AccountKind),
        settlement: Settlement,
    ) -> Transfer {
        let (hub, year) = (&entitlement.participation.hub, entitlement.financial_year());
        Transfer {
            id: TransferId::trusted(self.next_id()),
            debit: from.of(hub, year),
            credit: to.of(hub, year),
            amount: entitlement.amount,
            kind,
            posted: self.now(),
            entitlement: Some(entitlement.id().clone()),
            batch: None,
            payee: None,
            settlement,
            actor: self.cause.actor.clone(),
            request_id: self.cause.request_id.clone(),
            reason: String::new(),
        }
    }
}

impl Desk {
    /// Runs an act in one transaction, once for a request: the same request again gets the same answer, however late.
    pub(crate) async fn once<M, F>(&self, request: Once, act: F) -> Result<M, Error>
    where
        M: Message + Default + 'static,
        F: for<'a, 't> FnOnce(Act<'a, 't>) -> BoxFuture<'a, Result<M, Error>> + Send + 'static,
    {
        let ids = self.ids.clone();
        server::once(&self.pool, request, move |tx, cause| act(Act { tx, ids, cause })).await
    }

    /// The same. `validate_only` has it say what would happen, and do nothing: by the very same steps, undone.
    pub(crate) async fn once_or_foretell<M, F>(&self, request: Once, validate_only: bool, act: F) -> Result<M, Error>
    where
        M: Message + Default + 'static,
        F: for<'a, 't> FnOnce(Act<'a, 't>) -> BoxFuture<'a, Result<M, Error>> + Send + 'static,
    {
        let answer = self.once(request, move |asked| {
            Box::pin(async move {
                let message: M = act(asked).await?;
                if validate_only { Err(Error::Foretold(message.encode_to_vec())) } else { Ok(message) }
            })
        });
        match answer.await {
            Err(Error::Foretold(message)) => Ok(M::decode(message.as_slice()).expect("what is foretold is what was encoded")),
            other => other,
        }
    }

    /// Runs an act of the service's own in one transaction.
    pub(crate) async fn by_itself<T, F>(&self, act: F) -> Result<T, db::Error>
    where
        T: Send + 'static,
        F: for<'a, 't> FnOnce(Act<'a, 't>) -> BoxFuture<'a, Result<T, db::Error>> + Send + 'static,
    {
        let (ids, cause) = (self.ids.clone(), own_cause(self.clock.now(), String::new()));
        self.pool.write(move |mut tx| Box::pin(async move { act(Act { tx: &mut tx, ids, cause: &cause }).await })).await
    }
}

/// Why the service does something by itself.
pub(crate) fn own_cause(recorded: Instant, traceparent: String) -> Cause {
    Cause { actor: "funding".to_owned(), request_id: String::new(), traceparent, recorded }
}
