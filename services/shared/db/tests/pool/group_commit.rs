//! Writes that are committed together: when one fails, no caller hangs, no caller gets a false success, and no neighbour is lost.

use std::{sync::atomic::Ordering, time::Duration};

use crate::common::{
    FAIL, Gate, PANIC, PANIC_AFTER_COMMIT, item_insert, item_insert_naming, items, items_become, open, open_with, spawn_begun,
    spawn_item, within, write_item,
};
use db::{Error, Pool, sql, testing};
use futures::future::join_all;
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_write_at_once_are_committed_together() {
    for database in testing::databases().await {
        let (pool, counting) = open(&database).await;
        // 256 are committed together at most, and one of them is the gate. On PostgreSQL each is committed alone.
        let expected = if database.is_postgres() { vec![1; 64] } else { vec![255, 45] };
        let writes = i64::try_from(expected.iter().sum::<usize>()).unwrap();
        let gate = Gate::close(&pool).await;
        let writing = (1..=writes).map(|id| spawn_item(&pool, id)).collect::<Vec<_>>();
        gate.open().await;
        let answers = within(join_all(writing)).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().is_ok()));
        assert_eq!(items(&pool).await, (1..=writes).collect::<Vec<_>>());
        assert_eq!(*counting.batches.lock().unwrap(), expected, "every job was in exactly one commit");
        pool.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_took_its_time_takes_in_nobody_who_waits() {
    let database = testing::sqlite();
    let (pool, counting) = open_with(&database, |options| options.batch_time_max = Duration::ZERO).await;
    let gate = Gate::close(&pool).await;
    let writing = (1..=3).map(|id| spawn_item(&pool, id)).collect::<Vec<_>>();
    gate.open().await;
    assert!(within(join_all(writing)).await.into_iter().all(|answer| answer.unwrap().is_ok()));
    assert_eq!(*counting.batches.lock().unwrap(), [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_before_its_job_runs_still_has_it_done() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        let gate = Gate::close(&pool).await;
        let impatient = spawn_item(&pool, 1);
        let neighbour = spawn_item(&pool, 2);
        impatient.abort();
        gate.open().await;
        within(neighbour).await.unwrap().unwrap();
        items_become(&pool, &[1, 2]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_while_its_job_runs_still_has_it_done() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        let (started, starts) = oneshot::channel();
        let (go_on, goes_on) = oneshot::channel();
        let writing = pool.clone();
        let impatient = tokio::spawn(async move {
            let job = writing.write(move |mut tx| {
                Box::pin(async move {
                    item_insert(&mut tx, 1).await?;
                    started.send(()).unwrap();
                    goes_on.await.unwrap();
                    item_insert(&mut tx, 2).await
                })
            });
            job.await
        });
        within(starts).await.unwrap();
        impatient.abort();
        assert!(within(impatient).await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        within(write_item(&pool, 3)).await.unwrap();
        items_become(&pool, &[1, 2, 3]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_undone_and_its_neighbours_are_kept() {
    for database in testing::databases().await {
        let (pool, counting) = open(&database).await;
        let gate = Gate::close(&pool).await;
        let before = spawn_item(&pool, 1);
        let failing = spawn_begun(fail_after_writing(pool.clone(), 2));
        let after = spawn_item(&pool, 3);
        gate.open().await;
        within(before).await.unwrap().unwrap();
        within(after).await.unwrap().unwrap();
        assert!(within(failing).await.unwrap().unwrap_err().is_unique_violation());
        assert_eq!(items(&pool).await, [1, 3]);
        let deferred: usize = counting.batches.lock().unwrap().iter().sum();
        assert_eq!(deferred, 2, "what the failed job deferred is not written either");
    }
}

async fn fail_after_writing(pool: Pool, id: i64) -> Result<(), Error> {
    pool.write(move |mut tx| {
        Box::pin(async move {
            tx.defer(Box::new(()));
            item_insert(&mut tx, id).await?;
            item_insert(&mut tx, id).await
        })
    })
    .await
}

fn panic_as_wished() -> Result<(), Error> {
    panic!("as the test wishes")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_panics_is_undone_and_its_neighbours_are_kept() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        let gate = Gate::close(&pool).await;
        let writing = pool.clone();
        let panicking = spawn_begun(async move {
            let job = writing.write(|mut tx| {
                Box::pin(async move {
                    item_insert(&mut tx, 1).await?;
                    panic_as_wished()
                })
            });
            job.await
        });
        let neighbour = spawn_item(&pool, 2);
        gate.open().await;
        let error = within(panicking).await.unwrap().unwrap_err();
        assert!(matches!(&error, Error::Panicked(why) if why.contains("as the test wishes")), "{error}");
        within(neighbour).await.unwrap().unwrap();
        assert_eq!(items(&pool).await, [2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_rolls_back_everything_fails_its_whole_batch_and_commits_nothing_more() {
    let database = testing::sqlite();
    let (pool, _) = open(&database).await;
    within(write_item(&pool, 1)).await.unwrap();
    for statement in ["INSERT OR ROLLBACK INTO item (id) VALUES (1)", "INSERT INTO item (id) VALUES (666)", "ROLLBACK", "COMMIT"]
    {
        for stubborn in [true, false] {
            let gate = Gate::close(&pool).await;
            let before = spawn_item(&pool, 2);
            let writing = pool.clone();
            let destroying = spawn_begun(async move {
                let job = writing.write(move |mut tx| {
                    Box::pin(async move {
                        let destroyed = db::testing::execute(&mut tx, statement).await.map(drop);
                        // One that goes on regardless would now write outside any transaction.
                        let further = item_insert(&mut tx, 99).await;
                        if stubborn { Ok::<_, Error>(()) } else { further.and(destroyed) }
                    })
                });
                job.await
            });
            let after = spawn_item(&pool, 3);
            gate.open().await;
            let answers = [within(before).await.unwrap(), within(destroying).await.unwrap(), within(after).await.unwrap()];
            let kept = items(&pool).await;
            assert!(!kept.contains(&99), "{statement}: {kept:?}");
            if statement != "COMMIT" {
                assert!(answers.iter().all(Result::is_err), "{statement}, stubborn: {stubborn}: {answers:?}");
                assert_eq!(kept, [1], "{statement}, stubborn: {stubborn}");
            }
            for (answer, id) in [(&answers[0], 2), (&answers[2], 3)] {
                assert_eq!(answer.is_ok(), kept.contains(&id), "{statement}: callers get success exactly for kept writes");
            }
            remove_all_but_one(&pool).await;
        }
    }
}

async fn remove_all_but_one(pool: &Pool) {
    let removing = pool.write(|mut tx| {
        Box::pin(async move {
            sql!(tx, "DELETE FROM item WHERE id <> 1").execute().await.map(drop)?;
            Ok::<_, Error>(())
        })
    });
    within(removing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_tells_nobody_of_success() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        for deferring in [true, false] {
            let gate = Gate::close(&pool).await;
            let before = spawn_item(&pool, 1);
            let writing = pool.clone();
            // It names an item that nobody writes; the database looks when it commits.
            let dangling = spawn_begun(async move {
                let job = writing.write(move |mut tx| {
                    Box::pin(async move {
                        if deferring {
                            tx.defer(Box::new(()));
                        }
                        item_insert_naming(&mut tx, 2, Some(12_345)).await
                    })
                });
                job.await
            });
            gate.open().await;
            let answer = within(dangling).await.unwrap();
            assert!(answer.is_err());
            let neighbour = within(before).await.unwrap();
            assert_eq!(neighbour.is_ok(), database.is_postgres(), "on SQLite they commit together or not at all");
            assert_eq!(items(&pool).await, if neighbour.is_ok() { vec![1] } else { vec![] });
            within(write_item(&pool, 3)).await.unwrap();
            let removing = pool.write(|mut tx| Box::pin(async move { sql!(tx, "DELETE FROM item").execute().await.map(drop) }));
            within(removing).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nobody_is_told_of_success_and_later_there_is_room_again() {
    let database = testing::sqlite();
    let (pool, _) = open(&database).await;
    within(write_item(&pool, 1)).await.unwrap();
    limit_pages(&pool, "PRAGMA max_page_count = 40").await;
    let gate = Gate::close(&pool).await;
    let large = (10..20).map(|id| {
        let pool = pool.clone();
        spawn_begun(async move {
            let job = pool.write(move |mut tx| {
                Box::pin(async move {
                    let body = vec![7_u8; 50_000];
                    sql!(tx, "INSERT INTO item (id, body) VALUES (:id, :body)", id, body).execute().await?;
                    Ok::<_, Error>(())
                })
            });
            (id, job.await)
        })
    });
    let large = large.collect::<Vec<_>>();
    gate.open().await;
    let mut told = vec![1];
    let mut refused = 0;
    for answer in within(join_all(large)).await {
        match answer.unwrap() {
            (id, Ok(())) => told.push(id),
            (_, Err(error)) => {
                assert!(error.is_transient(), "{error}");
                refused += 1;
            }
        }
    }
    told.sort_unstable();
    assert_eq!(items(&pool).await, told, "callers get success exactly for kept writes");
    assert!(refused >= 6, "50,000 bytes do not fit ten times into 40 pages: {refused}");
    limit_pages(&pool, "PRAGMA max_page_count = 100000").await;
    within(write_item(&pool, 2)).await.unwrap();
}

async fn limit_pages(pool: &Pool, pragma: &'static str) {
    let limiting = pool.write(move |mut tx| {
        Box::pin(async move {
            let db::Conn::Sqlite(conn) = tx.conn() else { unreachable!("only for SQLite") };
            sqlx::raw_sql(pragma).execute(conn).await?;
            Ok::<_, Error>(())
        })
    });
    within(limiting).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_that_fails_or_panics_fails_its_commit_only() {
    for database in testing::databases().await {
        let (pool, counting) = open(&database).await;
        for mood in [FAIL, PANIC] {
            counting.mood.store(mood, Ordering::SeqCst);
            let answers = within(join_all((1..=5).map(|id| spawn_item(&pool, id)))).await;
            assert!(answers.into_iter().all(|answer| answer.unwrap().is_err()));
            assert!(items(&pool).await.is_empty());
        }
        counting.mood.store(PANIC_AFTER_COMMIT, Ordering::SeqCst);
        within(write_item(&pool, 1)).await.expect("what follows a commit does not undo it");
        counting.mood.store(0, Ordering::SeqCst);
        within(write_item(&pool, 2)).await.unwrap();
        assert_eq!(items(&pool).await, [1, 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_answered_after_the_commit_of_what_it_rests_on() {
    let database = testing::sqlite();
    let (pool, _) = open(&database).await;
    for round in 0..20 {
        let gate = Gate::close(&pool).await;
        let first = spawn_item(&pool, round);
        let second = spawn_item(&pool, round);
        gate.open().await;
        // The second was refused because of the first, so its caller must find the first.
        assert!(within(second).await.unwrap().unwrap_err().is_unique_violation());
        assert!(items(&pool).await.contains(&round));
        within(first).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_too_long_fails_and_those_after_it_go_on() {
    for database in testing::databases().await {
        let (pool, _) = open_with(&database, |options| options.job_timeout = Duration::from_secs(2)).await;
        let writing = pool.clone();
        let slow = tokio::spawn(async move {
            let job = writing.write(|mut tx| {
                Box::pin(async move {
                    item_insert(&mut tx, 1).await?;
                    // In the middle of a statement, which would run for minutes on SQLite.
                    let text = if tx.is_postgres() {
                        "SELECT pg_sleep(60)"
                    } else {
                        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000) SELECT COUNT(*) FROM n"
                    };
                    db::testing::execute(&mut tx, text).await.map(drop)?;
                    item_insert(&mut tx, 2).await
                })
            });
            job.await
        });
        let error = within(slow).await.unwrap().unwrap_err();
        assert!(matches!(&error, Error::NotCommitted(why) if why.contains("more than 2 s")), "{error}");
        within(write_item(&pool, 3)).await.unwrap();
        assert_eq!(items(&pool).await, [3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_runs_what_waits_and_refuses_what_comes() {
    for database in testing::databases().await {
        let (pool, _) = open(&database).await;
        let (started, starts) = oneshot::channel();
        let (go_on, goes_on) = oneshot::channel();
        let writing = pool.clone();
        let running = spawn_begun(async move {
            let job = writing.write(move |mut tx| {
                Box::pin(async move {
                    started.send(()).unwrap();
                    goes_on.await.unwrap();
                    item_insert(&mut tx, 1).await
                })
            });
            job.await
        });
        within(starts).await.unwrap();
        // On SQLite it waits behind the other; on PostgreSQL it waits for nobody.
        let waiting = spawn_item(&pool, 2);
        if database.is_postgres() {
            items_become(&pool, &[2]).await;
        }
        let closing = pool.clone();
        let closing = spawn_begun(async move { closing.close().await });
        go_on.send(()).unwrap();
        within(closing).await.unwrap();
        within(running).await.unwrap().unwrap();
        within(waiting).await.unwrap().unwrap();
        let error = within(write_item(&pool, 3)).await.unwrap_err();
        assert!(matches!(error, Error::Closed), "{error:?}");
        let (pool, _) = open(&database).await;
        assert_eq!(items(&pool).await, [1, 2]);
    }
}
