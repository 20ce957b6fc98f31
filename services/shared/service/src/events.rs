//! Reacting to the events of another service, one by one.

use std::sync::Arc;

use db::Tx;
use feed::{Apply, ApplyError};
use futures::future::BoxFuture;
use proto::feed::v1::Event;

use crate::{Command, Context};

/// The effect of a followed event on the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventEffect {
    /// It concerns the service.
    Applied,
    /// It does not concern the service.
    Ignored,
}

/// Applies the events of a feed one by one, each as a command of the service itself in the trace of the event.
pub struct ApplyEach<F> {
    context: Context,
    apply: F,
    first: Option<Arc<dyn Apply>>,
}

impl<F> ApplyEach<F>
where
    F: for<'a, 't> Fn(&'a mut Command<'_, 't>, &'a Event) -> BoxFuture<'a, Result<EventEffect, ApplyError>>
        + Send
        + Sync
        + 'static,
{
    /// `apply` matches on the type of the event and says whether the event concerns the service.
    pub fn new(context: &Context, apply: F) -> Self {
        Self { context: context.clone(), apply, first: None }
    }

    /// Lets `other` apply the events of a response before, in the same transaction, and begin a history.
    #[must_use]
    pub fn after(mut self, other: impl Apply) -> Self {
        self.first = Some(Arc::new(other));
        self
    }
}

impl<F> Apply for ApplyEach<F>
where
    F: for<'a, 't> Fn(&'a mut Command<'_, 't>, &'a Event) -> BoxFuture<'a, Result<EventEffect, ApplyError>>
        + Send
        + Sync
        + 'static,
{
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            if let Some(first) = &self.first {
                first.apply(tx, events).await?;
            }
            for event in events {
                let cause = self.context.system_cause(event.traceparent.clone());
                (self.apply)(&mut Command::new(&mut *tx, &self.context.ids, &cause), event).await?;
            }
            Ok(())
        })
    }

    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        match &self.first {
            Some(first) => first.begin(tx),
            None => Box::pin(async { Ok(()) }),
        }
    }
}
