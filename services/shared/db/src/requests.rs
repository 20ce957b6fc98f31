//! The same request twice has one effect and one answer.
//!
//! A job begins with [`request_begin`], before it reads anything: the row is the first of its transaction, so that an equal id that runs at the
//! same time waits for it (PostgreSQL) or sees it (SQLite). It ends with [`request_answer`].

use crate::{Error, Tx, sql};

/// The key of a request: its caller, its id and its content.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// The caller's identity, with its role and the hub or school for which it acts: ids of two callers are separate.
    pub caller: String,
    /// The id that the caller chose.
    pub request_id: String,
    /// The path of the gRPC method.
    pub method: String,
    /// SHA-256 of the request's encoding.
    pub body_sha256: [u8; 32],
}

/// The earlier answer to a request that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It is new: go on.
    No,
    /// It was answered with these bytes: give them again, and do nothing.
    Before(Vec<u8>),
    /// It was answered, and the answer was deleted since: refuse.
    LongAgo,
    /// The id was used for another request: refuse.
    Differently,
}

/// Begins a request, at `now` in microseconds UTC.
pub async fn request_begin(tx: &mut Tx<'_>, key: &RequestKey, now: i64) -> Result<Answered, Error> {
    let new = sql!(
        tx,
        "INSERT INTO request (caller, request_id, method, body_sha256, create_time) VALUES (:caller, :request_id, :method, :body_sha256, :now)
         ON CONFLICT (caller, request_id) DO NOTHING",
        caller = key.caller,
        request_id = key.request_id,
        method = key.method,
        body_sha256 = key.body_sha256.as_slice(),
        now,
    );
    if new.execute().await? == 1 {
        return Ok(Answered::No);
    }
    let kept = |answer: &&RequestAnswer| answer.caller == key.caller && answer.request_id == key.request_id;
    let uncommitted = tx.pending.answers.iter().find(kept).map(|kept| kept.answer.clone());
    let known = sql!(
        tx,
        "SELECT method, body_sha256, answer FROM request WHERE caller = :caller AND request_id = :request_id",
        caller = key.caller,
        request_id = key.request_id,
    );
    let (method, body, answer): (String, Vec<u8>, Option<Vec<u8>>) = known.fetch_one().await?;
    Ok(match answer.or(uncommitted) {
        _ if method != key.method || body != key.body_sha256 => Answered::Differently,
        Some(answer) => Answered::Before(answer),
        None => Answered::LongAgo,
    })
}

/// The answer of a request that began in a transaction which is not committed yet.
#[derive(Debug)]
pub(crate) struct RequestAnswer {
    caller: String,
    request_id: String,
    answer: Vec<u8>,
}

/// Keeps the answer of a request that began in this transaction, if the job succeeds.
pub fn request_answer(tx: &mut Tx<'_>, key: &RequestKey, answer: Vec<u8>) {
    tx.pending.answers.push(RequestAnswer { caller: key.caller.clone(), request_id: key.request_id.clone(), answer });
}

pub(crate) async fn request_answers_write(tx: &mut Tx<'_>, answers: &[RequestAnswer]) -> Result<(), Error> {
    if answers.is_empty() {
        return Ok(());
    }
    let written = sql!(
        tx,
        "UPDATE request SET answer = given.column3 FROM (VALUES :answers) AS given
         WHERE request.caller = given.column1 AND request.request_id = given.column2",
        answers = [answer in answers => answer.caller, answer.request_id, answer.answer.as_slice()],
    );
    written.execute().await.map(drop)
}

/// Forgets at most 1,000 answered requests that began before an instant, in microseconds UTC. Gives their number.
pub async fn request_forget_before(tx: &mut Tx<'_>, before: i64) -> Result<u64, Error> {
    let forgotten = sql!(
        tx,
        "DELETE FROM request WHERE (caller, request_id) IN
             (SELECT caller, request_id FROM request WHERE create_time < :before AND answer IS NOT NULL ORDER BY create_time LIMIT 1000)",
        before,
    );
    forgotten.execute().await
}

/// Deletes the answers of at most 1,000 requests that began before an instant, in microseconds UTC; their ids stay used. Gives their number.
pub async fn request_answer_delete_before(tx: &mut Tx<'_>, before: i64) -> Result<u64, Error> {
    let deleted = sql!(
        tx,
        "UPDATE request SET answer = NULL WHERE (caller, request_id) IN
             (SELECT caller, request_id FROM request WHERE create_time < :before AND answer IS NOT NULL ORDER BY create_time LIMIT 1000)",
        before,
    );
    deleted.execute().await
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_statements_of_the_crate_are_reviewed() {
        crate::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }
}
