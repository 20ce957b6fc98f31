//! Deletes the stored answers of requests after 30 days.

use std::time::Duration;

use db::{Pool, request_forget_before};
use tokio_util::sync::CancellationToken;

/// Retention of an answer by the civil clock: 30 days.
const ANSWER_KEPT_MICROS: i64 = 30 * 86_400 * 1_000_000;
/// Interval between deletions.
const FORGET_INTERVAL: Duration = Duration::from_secs(60);

/// Deletes answers after 30 days, until shutdown. Not for services of money, which keep their answers for ever.
pub async fn forget_answers(pool: &Pool, clock: &time::Clock, shutdown: &CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(FORGET_INTERVAL)).await.is_some() {
        if let Err(error) = forget_answers_before(pool, clock.now().micros() - ANSWER_KEPT_MICROS).await {
            tracing::warn!(%error, "old answers could not be deleted; the next attempt is in a minute");
        }
    }
}

/// Deletes in bounded steps until none is left.
async fn forget_answers_before(pool: &Pool, before: i64) -> Result<(), db::Error> {
    let forget = || pool.write(move |mut tx| Box::pin(async move { request_forget_before(&mut tx, before).await }));
    while forget().await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use db::{Answered, RequestKey, request_begin};

    use super::*;

    #[tokio::test]
    async fn all_old_answers_are_deleted_in_several_steps() {
        let database = db::testing::sqlite();
        let pool = Pool::open(database.url(), db::Options::new(&[])).await.expect("a new database opens");
        let remembered = async |numbers: std::ops::Range<i64>| {
            let begin = pool.write(move |mut tx| {
                Box::pin(async move {
                    let mut count = 0;
                    for number in numbers {
                        let request_id = number.to_string();
                        let key = RequestKey { caller: "a".to_owned(), request_id, method: "m".to_owned(), body_sha256: [0; 32] };
                        count += u64::from(!matches!(request_begin(&mut tx, &key, number).await?, Answered::No));
                    }
                    Ok::<_, db::Error>(count)
                })
            });
            begin.await.expect("requests can begin")
        };
        assert_eq!(remembered(0..2_500).await, 0);
        forget_answers_before(&pool, 2_400).await.expect("answers can be deleted");
        assert_eq!(remembered(0..2_500).await, 100, "only answers that are not old are kept");
    }
}
