//! What every use case works with: the [`Desk`] that it runs at, and the [`Act`] that it is.

use db::Tx;
use feed::Cause;
use futures::future::BoxFuture;
use prost::Message;
use server::Once;
use time::{AcademicYear, Clock, Date, Ids, Instant};

use crate::{domain::Scope, error::Error, store::ScopeKey};

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

    /// The academic year of that day.
    pub(crate) fn year(&self) -> AcademicYear {
        AcademicYear::of(self.today())
    }

    /// A new id.
    pub(crate) fn next_id(&self) -> String {
        self.ids.next(self.cause.recorded)
    }

    /// What a caller may see today.
    pub(crate) fn scope(&self, scope: &Scope) -> ScopeKey {
        ScopeKey::new(scope, self.today())
    }
}

impl Desk {
    /// Runs an act in one transaction, once for a request: the same request again gets the same answer.
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
}
