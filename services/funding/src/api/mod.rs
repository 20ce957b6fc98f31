//! Wire in, wire out: each call is decoded, given to one use case, and its answer encoded.

mod budget;
mod decode;
mod entitlement;
mod ledger;
mod payment;
mod policy;
mod status;

use futures::future::BoxFuture;
use server::{ApiError, Call, Once};

use crate::act::Desk;

/// Serves the five services of funding.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) desk: Desk,
}

impl Api {
    /// A request to be answered once, now.
    fn once(&self, call: &Call, method: &'static str, request_id: &str, message: &impl prost::Message) -> Once {
        Once::new(call, method, request_id, message, self.desk.clock.now())
    }

    /// Reads, outside any transaction.
    async fn read<T, F>(&self, read: F) -> Result<T, ApiError>
    where
        T: Send,
        F: for<'t> FnOnce(db::Tx<'t>) -> BoxFuture<'t, Result<T, db::Error>> + Send,
    {
        self.desk.pool.read(read).await.map_err(|error| ApiError::database(&error))
    }
}
