//! Records are kept as long as the rows of `retention_policy` say.

use std::time::Duration;

use db::Tx;
use time::Date;

use super::store;
use crate::{AnswerRetention, Context};

/// Interval between deletions.
pub(crate) const RETENTION_INTERVAL: Duration = Duration::from_secs(60);

db::text_enum! {
    /// A kind of record that is deleted after a time.
    pub enum RetentionKind {
        /// Readings of people and refusals.
        AuditRecord = "audit_record",
        /// Answers of requests, which a repetition gets.
        StoredAnswer = "stored_answer",
        /// Names and addresses of people.
        Person = "person",
    }
}

/// The days that a kind of record is kept, by the policy of a day.
pub async fn retention_days(tx: &mut Tx<'_>, kind: RetentionKind, today: Date) -> Result<i64, db::Error> {
    store::retention_days(tx, kind, today).await
}

/// Deletes old readings and refusals in bounded steps.
pub(crate) async fn audit_forget(context: &Context) -> Result<(), db::Error> {
    let (now, today) = (context.clock.now(), context.clock.today());
    let forget = || {
        context.pool.write(move |mut tx| {
            Box::pin(async move {
                let days = retention_days(&mut tx, RetentionKind::AuditRecord, today).await?;
                store::audit_delete_before(&mut tx, now.plus_micros(-days * 86_400 * 1_000_000)).await
            })
        })
    };
    while forget().await? > 0 {}
    Ok(())
}

/// Deletes old answers of requests, with or without the requests' ids, in bounded steps.
pub(crate) async fn answers_forget(context: &Context, kept: AnswerRetention) -> Result<(), db::Error> {
    let (now, today) = (context.clock.now(), context.clock.today());
    let forget = || {
        context.pool.write(move |mut tx| {
            Box::pin(async move {
                let days = retention_days(&mut tx, RetentionKind::StoredAnswer, today).await?;
                let before = now.micros() - days * 86_400 * 1_000_000;
                match kept {
                    AnswerRetention::Nothing => db::request_forget_before(&mut tx, before).await,
                    AnswerRetention::Id => db::request_answer_delete_before(&mut tx, before).await,
                }
            })
        })
    };
    while forget().await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use db::{Answered, RequestKey, request_answer, request_begin};
    use time::{Clock, Ids, Instant};

    use super::*;

    const DAY_MICROS: i64 = 86_400 * 1_000_000;

    #[tokio::test]
    async fn answers_are_deleted_after_the_days_of_the_policy_in_several_steps() {
        let database = db::testing::sqlite();
        let (clock, ids) = (Clock::set_to(Instant::from_micros(20_000 * DAY_MICROS)), Ids::seeded(1));
        let opened = feed::open(database.url(), crate::MIGRATIONS, clock.clone(), ids.clone(), feed::Options::new("test")).await;
        let context = Context::new("test", opened.expect("a new database opens").0, clock.clone(), ids);
        // An answered request for each minute of the last two days.
        let remembered = async || {
            let begin = context.pool.write(|mut tx| {
                Box::pin(async move {
                    let mut count = 0;
                    for minute in 0..2_880 {
                        let (caller, method) = ("a".to_owned(), "m".to_owned());
                        let key = RequestKey { caller, request_id: minute.to_string(), method, body_sha256: [0; 32] };
                        let time = 20_000 * DAY_MICROS - minute * 60 * 1_000_000;
                        if matches!(request_begin(&mut tx, &key, time).await?, Answered::No) {
                            request_answer(&mut tx, &key, b"answer".to_vec());
                        } else {
                            count += 1;
                        }
                    }
                    Ok::<_, db::Error>(count)
                })
            });
            begin.await.expect("requests can begin")
        };
        assert_eq!(remembered().await, 0);
        clock.move_to(Instant::from_micros(20_029 * DAY_MICROS));
        answers_forget(&context, AnswerRetention::Nothing).await.expect("answers can be deleted");
        assert_eq!(remembered().await, 1_441, "those of the last day are younger than 30 days");
    }
}
