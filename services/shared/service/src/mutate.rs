//! A request that changes something: it takes effect once for each request id, and not at all as a dry run.

use db::{Answered, Outcome, RequestKey, request_answer, request_begin};
use futures::future::BoxFuture;
use prost::Message;
use proto::Mutation;
use proto::Reason;
use server::{ApiError, Call};
use sha2::{Digest, Sha256};
use tonic::{Response, Status};

use crate::{Command, Context};

impl Context {
    /// Runs a use case for a request, in one transaction. The same request again, by its `request_id`, gets the same answer without a second effect;
    /// a request that failed can be sent again. With `validate_only` the use case runs and is undone, so its answer is what would happen.
    ///
    /// Errors with those of the use case, and with REQUEST_ID_REUSED when the caller sent another request, or another method, with this id.
    pub async fn mutate<R, M, E, F>(&self, call: &Call, request: &R, job: F) -> Result<Response<M>, Status>
    where
        R: Mutation,
        M: Message + Default + 'static,
        E: Into<ApiError> + 'static,
        F: for<'a, 't> FnOnce(&'a mut Command<'_, 't>) -> BoxFuture<'a, Result<M, E>> + Send + 'static,
    {
        self.mutate_stream(call, request, &request.encode_to_vec(), job).await
    }

    /// The same for a stream: `header` is its first message, and `body` what all messages amount to, for example the header and checksums of files.
    pub async fn mutate_stream<R, M, E, F>(&self, call: &Call, header: &R, body: &[u8], job: F) -> Result<Response<M>, Status>
    where
        R: Mutation,
        M: Message + Default + 'static,
        E: Into<ApiError> + 'static,
        F: for<'a, 't> FnOnce(&'a mut Command<'_, 't>) -> BoxFuture<'a, Result<M, E>> + Send + 'static,
    {
        let (ids, validate_only) = (self.ids.clone(), header.validate_only());
        let cause = call.cause(header.request_id(), self.clock.now());
        let key = RequestKey {
            actor: cause.actor.clone(),
            request_id: cause.request_id.clone(),
            method: call.method.as_str().to_owned(),
            body_sha256: Sha256::digest(body).into(),
        };
        let answer = self.pool.write_or_undo(move |mut tx| {
            Box::pin(async move {
                match request_begin(&mut tx, &key, cause.recorded.micros()).await? {
                    Answered::Differently => Err(request_id_reused(&key.request_id)),
                    Answered::Before(answer) => {
                        Ok(Outcome::Keep(M::decode(answer.as_slice()).expect("a stored answer was encoded as this message")))
                    }
                    Answered::No => {
                        let mut command = Command { tx: &mut tx, ids: &ids, cause: &cause };
                        let message = job(&mut command).await.map_err(Into::into)?;
                        if validate_only {
                            return Ok(Outcome::Undo(message));
                        }
                        request_answer(&mut tx, &key, &message.encode_to_vec()).await?;
                        Ok(Outcome::Keep(message))
                    }
                }
            })
        });
        Ok(Response::new(answer.await?))
    }
}

fn request_id_reused(request_id: &str) -> ApiError {
    let message = format!("request_id `{request_id}` was used for another request; use a new one for each");
    ApiError::new(Reason::RequestIdReused, message).with("request_id", request_id)
}
