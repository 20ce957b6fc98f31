//! Many batches at once: nobody is paid twice, and none waits for another for ever.

use db::testing::databases;
use proto::funding::v1 as pb;

use crate::stage::*;

/// Twenty hubs, and four schools that have proven places of each; gives the schools hub by hub.
async fn twenty_hubs(stage: &Stage) -> Vec<(String, Vec<i64>)> {
    let hubs: Vec<_> =
        (0..20_i64).map(|hub| (format!("hubs/h-{hub}"), (100_001 + 10 * hub..).take(4).collect::<Vec<_>>())).collect();
    stage.found(&hubs.iter().map(|(hub, _)| hub.clone()).collect::<Vec<_>>()).await;
    for (hub, urns) in &hubs {
        stage.dfe().allocate(hub, 4).await.unwrap();
        stage.accept_of(hub, urns).await;
    }
    hubs
}

/// Releases a batch twice at once, and says how often it was paid.
async fn release_twice(dfe: &Voice, batch: &pb::Batch) -> usize {
    let (first, second) = tokio::join!(dfe.release(batch), dfe.release(batch));
    let refused = [&first, &second].into_iter().filter_map(|answer| answer.as_ref().err());
    assert!(refused.clone().all(|status| matches!(status.code(), tonic::Code::FailedPrecondition | tonic::Code::Aborted)));
    2 - refused.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_batches_of_twenty_hubs_are_made_and_released_at_once_and_each_school_is_paid_once() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 0).await;
        let hubs = twenty_hubs(&stage).await;
        for (_, urns) in &hubs {
            stage.prove(urns).await;
        }
        let tasks: Vec<_> = hubs
            .into_iter()
            .map(|(hub, _)| {
                let (ncetm, dfe) = (stage.ncetm(), stage.dfe());
                tokio::spawn(async move {
                    let batch = ncetm.make_batch_of(&hub).await.unwrap();
                    assert_eq!((batch.hub.as_str(), batch.entitlements_count), (hub.as_str(), 4));
                    let batch = ncetm.approve(&batch).await.unwrap();
                    release_twice(&dfe, &batch).await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 1, "a batch is released once");
        }
        assert_eq!(stage.ncetm().balances("").await, [-80 * SUBSIDY, 0, 0, 80 * SUBSIDY]);
        assert_eq!(stage.number("SELECT COUNT(DISTINCT entitlement) FROM transfer WHERE kind = 'post'").await, 80);
        assert_eq!(stage.number("SELECT COUNT(*) FROM transfer WHERE kind = 'post'").await, 80);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_are_paid_by_the_same_twenty_hubs_do_not_wait_for_each_other_for_ever() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 0).await;
        let hubs = twenty_hubs(&stage).await;
        let (ncetm, mut batches) = (stage.ncetm(), Vec::new());
        for number in 0..4 {
            // Every other batch has its lines proven from the last hub to the first.
            let mut urns: Vec<i64> = hubs.iter().map(|(_, urns)| urns[number]).collect();
            if number % 2 == 1 {
                urns.reverse();
            }
            stage.prove(&urns).await;
            let batch = ncetm.make_batch().await.unwrap();
            assert_eq!(batch.entitlements_count, 20);
            batches.push(ncetm.approve(&batch).await.unwrap());
        }
        let tasks: Vec<_> = batches
            .into_iter()
            .map(|batch| {
                let dfe = stage.dfe();
                tokio::spawn(async move { dfe.release(&batch).await.map(drop) })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().expect("each is released at the first attempt");
        }
        assert_eq!(ncetm.balances("").await, [-80 * SUBSIDY, 0, 0, 80 * SUBSIDY]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_are_made_at_once_of_the_same_entitlements_share_none() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 40).await;
        let urns: Vec<i64> = (100_001..100_041).collect();
        stage.accept(&urns).await;
        stage.prove(&urns).await;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let ncetm = stage.ncetm();
                tokio::spawn(async move { ncetm.make_batch().await })
            })
            .collect();
        let mut counts = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(batch) => counts.push(batch.entitlements_count),
                refused => assert_eq!(reason(refused), "NOTHING_PAYABLE"),
            }
        }
        assert_eq!(counts.iter().sum::<i32>(), 40, "{counts:?}");
        assert_eq!(stage.number("SELECT COUNT(*) FROM entitlement WHERE batch IS NOT NULL").await, 40);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_release_a_hundred_times_at_once_has_one_effect_and_one_answer() {
    for database in databases().await {
        let stage = Stage::with_money(&database, 1).await;
        stage.accept(&[100_001]).await;
        stage.prove(&[100_001]).await;
        let batch = stage.ncetm().approve(&stage.ncetm().make_batch().await.unwrap()).await.unwrap();
        let request = pb::ReleaseBatchRequest {
            request_id: "once".to_owned(),
            name: batch.name.clone(),
            etag: batch.etag,
            validate_only: false,
        };
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (mut payments, request) = (stage.dfe().payments, request.clone());
                tokio::spawn(async move { payments.release_batch(request).await.unwrap().into_inner() })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(stage.number("SELECT COUNT(*) FROM transfer WHERE kind = 'post'").await, 1);
    }
}
