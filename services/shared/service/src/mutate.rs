//! A request that changes something: it takes effect once for each request id, and not at all as a dry run.

use db::{Answered, Outcome, RequestKey, request_answer, request_begin};
use feed::{Actor, Cause};
use futures::future::BoxFuture;
use prost::Message;
use proto::Mutation;
use proto::Reason;
use server::{ApiError, Call};
use sha2::{Digest, Sha256};
use tonic::{Response, Status};

use crate::{Command, Context, approval, command::Concerned};

impl Context {
    /// Runs a use case for a request, in one transaction. The same request again, by its `request_id`, gets the same answer without a second effect;
    /// a request that failed can be sent again. With `validate_only` the use case runs and is undone, so its answer is what would happen.
    ///
    /// A method with the option `second_person` runs and is undone too, and the request is stored as a pending change, unless the caller's role needs no
    /// second person or the use case says so ([`Command::needs_no_second_person`]). When the change is confirmed, the method runs again and stays.
    ///
    /// Errors with those of the use case, with REQUEST_ID_REUSED when the caller sent another request, or another method, with this id, and with
    /// ANSWER_DELETED when the answer is older than its retention.
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
        let (now, ids) = (self.clock.now(), self.ids.clone());
        let (actor, confirmer) = match &call.confirmation {
            Some(confirmation) => (confirmation.proposer.clone(), Some(confirmation.confirmer.clone())),
            None => (self.actor(&call.caller).await?, None),
        };
        let request_id = call.confirmation.as_ref().map_or(header.request_id(), |confirmation| &confirmation.key.request_id);
        let cause = Cause { confirmer, ..call.cause(actor, request_id, now) };
        let key = match &call.confirmation {
            Some(confirmation) => confirmation.key.clone(),
            None => request_key(&cause, call.method.as_str(), body),
        };
        let validate_only = call.confirmation.as_ref().map_or(header.validate_only(), |confirmation| confirmation.validate_only);
        let change = call.confirmation.as_ref().map(|confirmation| confirmation.change.clone());
        let proposal = approval::proposal(call, body);
        let needs_second_person = proposal.is_some();
        let (first_ids, first_cause, first_key) = (ids.clone(), cause.clone(), key.clone());
        let answer = self.pool.write_or_undo(move |mut tx| {
            Box::pin(async move {
                let (ids, cause, key) = (first_ids, first_cause, first_key);
                match request_begin(&mut tx, &key, cause.recorded.micros()).await? {
                    Answered::Differently => return Err(request_id_reused(&key.request_id)),
                    Answered::LongAgo => return Err(answer_deleted(&key.request_id)),
                    Answered::Before(answer) => return Ok(Outcome::Keep(Reply::Answer(decoded(&answer)))),
                    Answered::No => {}
                }
                let mut command = Command::new(&mut tx, &ids, &cause);
                if let Some(change) = &change {
                    approval::confirm(&mut command, change).await?;
                }
                let message = job(&mut command).await.map_err(Into::into)?;
                if validate_only {
                    return Ok(Outcome::Undo(Reply::Answer(message)));
                }
                if needs_second_person && !command.is_decided_alone {
                    return Ok(Outcome::Undo(Reply::Proposal(command.concerned)));
                }
                request_answer(&mut tx, &key, message.encode_to_vec());
                Ok(Outcome::Keep(Reply::Answer(message)))
            })
        });
        let concerned = match answer.await? {
            Reply::Answer(message) => return Ok(Response::new(message)),
            Reply::Proposal(concerned) => concerned,
        };
        let proposal = proposal.expect("a call that needs a second person has a proposal");
        // The effect is undone; what is kept is the proposal.
        let pending = self.pool.write(move |mut tx| {
            Box::pin(async move {
                match request_begin(&mut tx, &key, cause.recorded.micros()).await? {
                    Answered::Differently => return Err(request_id_reused(&key.request_id)),
                    Answered::LongAgo => return Err(answer_deleted(&key.request_id)),
                    Answered::Before(answer) => return Ok(decoded(&answer)),
                    Answered::No => {}
                }
                let answer = approval::propose(&mut Command::new(&mut tx, &ids, &cause), proposal, concerned).await?;
                let message = decoded(&answer);
                request_answer(&mut tx, &key, answer);
                Ok::<M, ApiError>(message)
            })
        });
        Ok(Response::new(pending.await?))
    }
}

/// The result of a use case's transaction.
enum Reply<M> {
    Answer(M),
    /// A second person must confirm it.
    Proposal(Concerned),
}

pub(crate) fn request_key(cause: &Cause, method: &str, body: &[u8]) -> RequestKey {
    let Actor { id, role, acting_for } = &cause.actor;
    RequestKey {
        caller: format!("{id} {role} {acting_for}"),
        request_id: cause.request_id.clone(),
        method: method.to_owned(),
        body_sha256: Sha256::digest(body).into(),
    }
}

fn decoded<M: Message + Default>(answer: &[u8]) -> M {
    M::decode(answer).expect("a stored answer was encoded as this message")
}

fn answer_deleted(request_id: &str) -> ApiError {
    let message = format!("the request `{request_id}` took effect so long ago that its answer is deleted; read what it concerns");
    ApiError::new(Reason::AnswerDeleted, message).with("request_id", request_id)
}

fn request_id_reused(request_id: &str) -> ApiError {
    let message = format!("request_id `{request_id}` was used for another request; use a new one for each");
    ApiError::new(Reason::RequestIdReused, message).with("request_id", request_id)
}
