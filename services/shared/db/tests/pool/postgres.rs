//! Failures of PostgreSQL alone.

use std::sync::Arc;

use crate::common::{item_insert, items, open, within, write_item};
use db::{Error, Pool, sql, testing};
use tokio::sync::Barrier;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_goes_on_after_a_failed_statement_is_not_told_of_success() {
    let Some(database) = testing::postgres().await else { return testing::skip(testing::NO_POSTGRES) };
    let (pool, _) = open(&database).await;
    within(write_item(&pool, 1)).await.unwrap();
    let job = pool.write(|mut tx| {
        Box::pin(async move {
            item_insert(&mut tx, 2).await?;
            // The transaction is lost from here on; COMMIT would roll back and report success.
            let _swallowed = item_insert(&mut tx, 1).await;
            Ok::<_, Error>(())
        })
    });
    assert!(within(job).await.is_err());
    assert_eq!(items(&pool).await, [1]);
}

#[derive(Debug)]
enum Refused {
    ByTheRules,
    ByTheDatabase(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::ByTheDatabase(error)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_answered_also_when_the_connection_breaks() {
    let Some(database) = testing::postgres().await else { return testing::skip(testing::NO_POSTGRES) };
    let (pool, _) = open(&database).await;
    for refuse in [true, false] {
        let job = pool.write(move |mut tx| {
            Box::pin(async move {
                item_insert(&mut tx, 1).await?;
                let _cut = sql!(tx, "SELECT pg_terminate_backend(pg_backend_pid())").execute().await.map(drop);
                if refuse { Err(Refused::ByTheRules) } else { Ok(()) }
            })
        });
        match within(job).await {
            Err(Refused::ByTheRules) => assert!(refuse),
            Err(Refused::ByTheDatabase(error)) => assert!(!refuse && error.is_transient(), "{error}"),
            Ok(()) => panic!("nothing was committed"),
        }
        assert!(items(&pool).await.is_empty());
    }
    within(write_item(&pool, 2)).await.unwrap();
    assert_eq!(items(&pool).await, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_took_too_long_may_be_tried_again() {
    let Some(database) = testing::postgres().await else { return testing::skip(testing::NO_POSTGRES) };
    let (pool, _) = open(&database).await;
    let job = pool.write(move |mut tx| {
        Box::pin(async move {
            sql!(tx, "SET LOCAL statement_timeout = '20ms'").execute().await.map(drop)?;
            sql!(tx, "SELECT pg_sleep(5)").execute().await.map(drop)?;
            Ok::<_, Error>(())
        })
    });
    let error = within(job).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("statement timeout"), "{error}");
}

async fn change_schema(pool: &Pool, text: &'static str) {
    let job = pool.write::<_, Error, _>(move |mut tx| Box::pin(async move { testing::execute(&mut tx, text).await.map(drop) }));
    within(job).await.unwrap();
}

/// Reads, and keeps the connection until as many others have read as the barrier wants.
async fn read_notes(pool: &Pool, others: &Arc<Barrier>) -> Result<(), Error> {
    let others = Arc::clone(others);
    pool.read(|mut tx| {
        Box::pin(async move {
            sql!(tx, "SELECT words FROM note").fetch_all::<(String,)>().await?;
            others.wait().await;
            Ok(())
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_from_before_a_change_of_the_schema_fail_once_although_each_connection_has_one() {
    let Some(database) = testing::postgres().await else { return testing::skip(testing::NO_POSTGRES) };
    let (pool, _) = open(&database).await;
    change_schema(&pool, "CREATE TABLE note (words TEXT NOT NULL)").await;
    // Two connections at the same time prepare the statement.
    let both = Arc::new(Barrier::new(2));
    let (one, other) = within(async { tokio::join!(read_notes(&pool, &both), read_notes(&pool, &both)) }).await;
    one.and(other).unwrap();
    change_schema(&pool, "ALTER TABLE note ALTER COLUMN words TYPE VARCHAR").await;
    let error = within(read_notes(&pool, &both)).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("cached plan"), "{error}");
    let (one, other) = within(async { tokio::join!(read_notes(&pool, &both), read_notes(&pool, &both)) }).await;
    one.and(other).unwrap();
    assert_eq!(pool.check().await, Ok(()));
}
