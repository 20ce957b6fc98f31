//! Concurrent batches: no entitlement is paid twice, and no batch blocks another.

use db::testing::databases;
use proto::funding::v1 as pb;

use crate::fixture::*;

/// Creates twenty hubs, each with money and accepted places for four schools. Gives the hubs and their schools.
async fn twenty_hubs(fixture: &Fixture) -> Vec<(String, Vec<i64>)> {
    let hubs: Vec<_> =
        (0..20_i64).map(|hub| (format!("hubs/h-{hub}"), (100_001 + 10 * hub..).take(4).collect::<Vec<_>>())).collect();
    fixture.create_hubs(&hubs.iter().map(|(hub, _)| hub.clone()).collect::<Vec<_>>()).await;
    for (hub, urns) in &hubs {
        fixture.dfe().allocate(hub, 4).await.unwrap();
        fixture.accept_for(hub, urns).await;
    }
    hubs
}

/// Releases a batch twice concurrently, and gives the number of successes.
async fn release_twice(dfe: &Client, batch: &pb::Batch) -> usize {
    let (first, second) = tokio::join!(dfe.release(batch), dfe.release(batch));
    let refused = [&first, &second].into_iter().filter_map(|answer| answer.as_ref().err());
    assert!(refused.clone().all(|status| matches!(status.code(), tonic::Code::FailedPrecondition | tonic::Code::Aborted)));
    2 - refused.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_batches_of_twenty_hubs_pay_each_school_once() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 0).await;
        let hubs = twenty_hubs(&fixture).await;
        for (_, urns) in &hubs {
            fixture.prove(urns).await;
        }
        let tasks: Vec<_> = hubs
            .into_iter()
            .map(|(hub, _)| {
                let (ncetm, approver, dfe) = (fixture.ncetm(), fixture.approver(), fixture.dfe());
                tokio::spawn(async move {
                    let batch = ncetm.create_batch_for(&hub).await.unwrap();
                    assert_eq!((batch.hub.as_str(), batch.entitlements_count), (hub.as_str(), 4));
                    let batch = approver.approve(&batch).await.unwrap();
                    release_twice(&dfe, &batch).await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 1, "a batch is released once");
        }
        assert_eq!(fixture.ncetm().balances("").await, [-80 * SUBSIDY, 0, 0, 80 * SUBSIDY]);
        assert_eq!(fixture.number("SELECT COUNT(DISTINCT entitlement) FROM transfer WHERE kind = 'post'").await, 80);
        assert_eq!(fixture.number("SELECT COUNT(*) FROM transfer WHERE kind = 'post'").await, 80);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_releases_of_batches_of_the_same_hubs_do_not_deadlock() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 0).await;
        let hubs = twenty_hubs(&fixture).await;
        let (ncetm, mut batches) = (fixture.ncetm(), Vec::new());
        for number in 0..4 {
            // Every second batch has entitlements that are proven from the last hub to the first.
            let mut urns: Vec<i64> = hubs.iter().map(|(_, urns)| urns[number]).collect();
            if number % 2 == 1 {
                urns.reverse();
            }
            fixture.prove(&urns).await;
            let batch = ncetm.create_batch().await.unwrap();
            assert_eq!(batch.entitlements_count, 20);
            batches.push(fixture.approver().approve(&batch).await.unwrap());
        }
        let tasks: Vec<_> = batches
            .into_iter()
            .map(|batch| {
                let dfe = fixture.dfe();
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
async fn concurrently_created_batches_share_no_entitlement() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 40).await;
        let urns: Vec<i64> = (100_001..100_041).collect();
        fixture.accept(&urns).await;
        fixture.prove(&urns).await;
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let ncetm = fixture.ncetm();
                tokio::spawn(async move { ncetm.create_batch().await })
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
        assert_eq!(fixture.number("SELECT COUNT(*) FROM entitlement WHERE batch IS NOT NULL").await, 40);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_concurrent_repetitions_of_a_release_have_one_effect_and_one_answer() {
    for database in databases().await {
        let fixture = Fixture::with_money(&database, 1).await;
        fixture.accept(&[100_001]).await;
        fixture.prove(&[100_001]).await;
        let batch = fixture.approver().approve(&fixture.ncetm().create_batch().await.unwrap()).await.unwrap();
        let request = pb::ReleaseBatchRequest {
            request_id: "once".to_owned(),
            name: batch.name.clone(),
            etag: batch.etag,
            validate_only: false,
        };
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (mut payments, request) = (fixture.dfe().payments, request.clone());
                tokio::spawn(async move { payments.release_batch(request).await.unwrap().into_inner() })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(fixture.number("SELECT COUNT(*) FROM transfer WHERE kind = 'post'").await, 1);
    }
}
