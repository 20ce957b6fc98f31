//! The same request twice has one effect and one answer.

use std::time::Duration;

use db::{Answered, Pool, RequestKey, Tx, request_answer, request_begin, request_forget_before};
use futures::future::BoxFuture;
use prost::Message;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use tonic::Code;

use crate::{ApiError, Call};

/// How long an answer is kept, by the civil clock: 30 days.
const ANSWER_KEPT_MICROS: i64 = 30 * 86_400 * 1_000_000;
/// How often the machine looks for older ones.
const FORGET_INTERVAL: Duration = Duration::from_secs(60);

/// A request to be answered once.
#[derive(Debug, Clone)]
pub struct Once {
    key: RequestKey,
    now: time::Instant,
    /// What is stored with every event.
    pub cause: feed::Cause,
}

impl Once {
    /// `method` is the full gRPC method, `request` the whole message; `request_id` was checked by [`crate::Fields::request_id`].
    pub fn new(call: &Call, method: &'static str, request_id: &str, request: &impl Message, now: time::Instant) -> Self {
        Self::of_bytes(call, method, request_id, &request.encode_to_vec(), now)
    }

    /// For streams: `body` is whatever the request amounts to, for example its header and the checksum of its files.
    pub fn of_bytes(call: &Call, method: &'static str, request_id: &str, body: &[u8], now: time::Instant) -> Self {
        let key = RequestKey {
            actor: call.caller.subject.clone(),
            request_id: request_id.to_owned(),
            method: method.to_owned(),
            body_sha256: Sha256::digest(body).into(),
        };
        Self { key, now, cause: call.cause(request_id, now) }
    }
}

/// Why a request was not run.
#[derive(Debug)]
pub enum OnceError {
    /// Its id was used for another one.
    RequestIdReused(String),
}

impl From<OnceError> for ApiError {
    fn from(error: OnceError) -> Self {
        let OnceError::RequestIdReused(id) = error;
        let message = format!("request_id `{id}` was used for another request; use a new one for each");
        Self::new(Code::InvalidArgument, "REQUEST_ID_REUSED", message).with("request_id", id)
    }
}

/// Runs a job in one transaction, unless this request was answered before: then gives that answer. A refusal is not kept, so that the same
/// request can succeed later.
pub async fn once<M, E, F>(pool: &Pool, request: Once, job: F) -> Result<M, E>
where
    M: Message + Default + 'static,
    E: From<db::Error> + From<OnceError> + Send + 'static,
    F: for<'a, 't> FnOnce(&'a mut Tx<'t>, &'a feed::Cause) -> BoxFuture<'a, Result<M, E>> + Send + 'static,
{
    pool.write(move |mut tx| {
        Box::pin(async move {
            match request_begin(&mut tx, &request.key, request.now.micros()).await? {
                Answered::Differently => Err(OnceError::RequestIdReused(request.key.request_id).into()),
                Answered::Before(answer) => Ok(M::decode(answer.as_slice()).expect("what was stored is what was encoded")),
                Answered::No => {
                    let message = job(&mut tx, &request.cause).await?;
                    request_answer(&mut tx, &request.key, &message.encode_to_vec()).await?;
                    Ok(message)
                }
            }
        })
    })
    .await
}

/// Forgets answers after 30 days, until shutdown. Not for what concerns money, whose answers are kept for ever.
pub async fn forget_answers(pool: &Pool, clock: &time::Clock, shutdown: &CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(FORGET_INTERVAL)).await.is_some() {
        if let Err(error) = forget_answers_before(pool, clock.now().micros() - ANSWER_KEPT_MICROS).await {
            tracing::warn!(%error, "old answers could not be forgotten; trying again in a minute");
        }
    }
}

/// In bounded steps, until none is left.
async fn forget_answers_before(pool: &Pool, before: i64) -> Result<(), db::Error> {
    let forget = || pool.write(move |mut tx| Box::pin(async move { request_forget_before(&mut tx, before).await }));
    while forget().await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_answer_that_is_old_is_forgotten_however_many_there_are() {
        let database = db::testing::sqlite();
        let pool = Pool::open(database.url(), db::Options::new(&[])).await.expect("a new database opens");
        let remembered = async |numbers: std::ops::Range<i64>| {
            let begin = pool.write(move |mut tx| {
                Box::pin(async move {
                    let mut count = 0;
                    for number in numbers {
                        let request_id = number.to_string();
                        let key = RequestKey { actor: "a".to_owned(), request_id, method: "m".to_owned(), body_sha256: [0; 32] };
                        count += u64::from(!matches!(request_begin(&mut tx, &key, number).await?, Answered::No));
                    }
                    Ok::<_, db::Error>(count)
                })
            });
            begin.await.expect("requests can begin")
        };
        assert_eq!(remembered(0..2_500).await, 0);
        forget_answers_before(&pool, 2_400).await.expect("answers can be forgotten");
        assert_eq!(remembered(0..2_500).await, 100, "what is not old is kept, and nothing else");
    }
}
