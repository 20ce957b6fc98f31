//! The same request many times at once has one effect and one answer.

use crate::common::{item_insert, items, open, within};
use db::{
    Answered, Error, Pool, RequestKey, request_answer, request_answer_delete_before, request_begin, request_forget_before,
    testing,
};
use futures::future::join_all;

fn key(body: u8) -> RequestKey {
    RequestKey {
        caller: "somebody".to_owned(),
        request_id: "r-1".to_owned(),
        method: "/Method".to_owned(),
        body_sha256: [body; 32],
    }
}

/// Writes the item unless this was asked before, and answers with its number.
async fn ask(pool: Pool, key: RequestKey, id: i64) -> Result<Result<Vec<u8>, &'static str>, Error> {
    pool.write(move |mut tx| {
        Box::pin(async move {
            match request_begin(&mut tx, &key, 1_000).await? {
                Answered::Before(answer) => Ok(Ok(answer)),
                Answered::Differently => Ok(Err("differently")),
                Answered::LongAgo => Ok(Err("long ago")),
                Answered::No => {
                    item_insert(&mut tx, id).await?;
                    let answer = id.to_string().into_bytes();
                    request_answer(&mut tx, &key, answer.clone());
                    Ok::<_, Error>(Ok(answer))
                }
            }
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_equal_requests_have_one_effect_and_identical_answers() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        let answers = within(join_all((0..100).map(|id| tokio::spawn(ask(pool.clone(), key(7), id))))).await;
        let answers = answers.into_iter().map(|answer| answer.unwrap().unwrap().unwrap()).collect::<Vec<_>>();
        assert!(answers.iter().all(|answer| answer == &answers[0]));
        assert_eq!(items(&pool).await.len(), 1);
        assert_eq!(ask(pool.clone(), key(8), 200).await.unwrap(), Err("differently"));
        let deleting =
            |before| pool.write(move |mut tx| Box::pin(async move { request_answer_delete_before(&mut tx, before).await }));
        assert_eq!(deleting(1_000).await.unwrap(), 0);
        assert!(ask(pool.clone(), key(7), 200).await.unwrap().is_ok());
        assert_eq!((deleting(1_001).await.unwrap(), deleting(1_001).await.unwrap()), (1, 0));
        assert_eq!(ask(pool.clone(), key(7), 200).await.unwrap(), Err("long ago"));
        assert_eq!(ask(pool.clone(), key(8), 200).await.unwrap(), Err("differently"));
        assert_eq!(items(&pool).await.len(), 1);
    }
}

/// Answers wait for the commit, so the answer of a job that fails must not wait with those of its neighbours.
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_request_that_failed_is_never_given() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        let failing = |pool: Pool| async move {
            let failed = pool.write(|mut tx| {
                Box::pin(async move {
                    if let Answered::No = request_begin(&mut tx, &key(7), 1_000).await? {
                        request_answer(&mut tx, &key(7), b"failed".to_vec());
                    }
                    Err::<(), _>(Error::NotCommitted("the job fails".to_owned()))
                })
            });
            failed.await.unwrap_err();
        };
        let failed = (0..50).map(|_| tokio::spawn(failing(pool.clone())));
        let asked = (0..50).map(|id| tokio::spawn(ask(pool.clone(), key(7), id)));
        let (failed, answers) = within(async { tokio::join!(join_all(failed), join_all(asked)) }).await;
        failed.into_iter().for_each(Result::unwrap);
        let stored = ask(pool.clone(), key(7), 100).await.unwrap();
        assert_ne!(stored, Ok(b"failed".to_vec()));
        assert!(answers.into_iter().all(|answer| answer.unwrap().unwrap() == stored));
        assert_eq!(items(&pool).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_request_is_a_new_one() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        ask(pool.clone(), key(7), 1).await.unwrap().unwrap();
        let forgetting = |before| pool.write(move |mut tx| Box::pin(async move { request_forget_before(&mut tx, before).await }));
        assert_eq!((forgetting(1_000).await.unwrap(), forgetting(1_001).await.unwrap()), (0, 1));
        assert_eq!(ask(pool.clone(), key(8), 2).await.unwrap(), Ok(b"2".to_vec()));
    }
}
