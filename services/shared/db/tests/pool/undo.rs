//! A job that succeeds and is undone: a dry run.

use std::sync::atomic::Ordering;

use crate::common::{FAIL, Gate, item_insert, items, open, spawn_begun, spawn_item, within, write_item};
use db::{Error, Outcome, Pool, testing};

/// Writes one item, is counted, and has it undone.
async fn try_item(pool: &Pool, id: i64) -> Result<i64, Error> {
    pool.write_or_undo(move |mut tx| {
        Box::pin(async move {
            tx.defer(Box::new(()));
            item_insert(&mut tx, id).await?;
            Ok(Outcome::Undo(id))
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_undone_answers_and_leaves_nothing() {
    for database in testing::databases().await {
        let (pool, counting) = open(&database).await;
        assert_eq!(try_item(&pool, 1).await.unwrap(), 1);
        assert!(items(&pool).await.is_empty());
        assert!(counting.batches.lock().unwrap().is_empty(), "deferred work is dropped");
        write_item(&pool, 1).await.unwrap();
        assert_eq!(items(&pool).await, [1]);
        pool.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_undone_takes_no_neighbour_along() {
    for database in testing::databases().await {
        let (pool, counting) = open(&database).await;
        let gate = Gate::close(&pool).await;
        let before = spawn_item(&pool, 1);
        let trying = pool.clone();
        let undone = spawn_begun(async move { try_item(&trying, 2).await });
        let after = spawn_item(&pool, 3);
        gate.open().await;
        assert_eq!(within(undone).await.unwrap().unwrap(), 2);
        within(before).await.unwrap().unwrap();
        within(after).await.unwrap().unwrap();
        assert_eq!(items(&pool).await, [1, 3]);
        assert_eq!(counting.batches.lock().unwrap().iter().sum::<usize>(), 2);
        pool.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_undone_fails_with_its_batch() {
    let database = testing::sqlite();
    let (pool, counting) = open(&database).await;
    let gate = Gate::close(&pool).await;
    let neighbour = spawn_item(&pool, 1);
    let trying = pool.clone();
    // It may have seen what its neighbour wrote, so its answer does not stand without it.
    let undone = spawn_begun(async move { try_item(&trying, 2).await });
    counting.mood.store(FAIL, Ordering::SeqCst);
    gate.open().await;
    assert!(within(neighbour).await.unwrap().is_err());
    assert!(within(undone).await.unwrap().is_err());
    pool.close().await;
}
