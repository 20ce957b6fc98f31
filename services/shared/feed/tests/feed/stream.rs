//! Streams: where they start and end, what a response holds, and which requests fail.

use std::time::{Duration, Instant};

use db::testing;
use feed::{
    Cause,
    pb::{Event, Latest, ReadRequest, read_request::From},
};
use prost::Message;
use tonic::Code;

use crate::common::{Served, all_events, events, from_cursor, from_earliest, reason, responses, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_stops_at_its_limit_and_goes_on_from_its_cursor() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write_many("resources/0", 10).await;
        let first = responses(served.read(ReadRequest { limit: 7, ..from_earliest() }).await.unwrap()).await;
        assert_eq!(all_events(&first).len(), 7);
        assert_eq!(first.last().unwrap().head_position, 10);
        let rest = ReadRequest { stop_at_head: true, ..from_cursor(&first.last().unwrap().cursor) };
        let rest = responses(served.read(rest).await.unwrap()).await;
        let versions = all_events(&rest).iter().map(|event| event.resource_version).collect::<Vec<_>>();
        assert_eq!(versions, [8, 9, 10]);
        let event = &all_events(&rest)[2];
        assert_eq!((event.r#type.as_str(), event.resource.as_str()), ("mathshubs.feed.v1.ReadRequest", "resources/0"));
        assert!(!event.epoch.is_empty() && event.happened_time.is_some() && event.recorded_time.is_some());
        // At the head, the only response has no events.
        let none = ReadRequest { stop_at_head: true, ..from_cursor(&rest.last().unwrap().cursor) };
        let none = responses(served.read(none).await.unwrap()).await;
        assert_eq!((none.len(), none[0].events.len(), &none[0].cursor), (1, 0, &rest.last().unwrap().cursor));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_without_events_says_so_and_has_no_cursor() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let nothing = served.read_all().await;
        assert_eq!(nothing.len(), 1);
        assert_eq!((nothing[0].events.len(), nothing[0].cursor.as_str(), nothing[0].head_position), (0, "", 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_from_the_latest_event_gives_later_events() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write_many("resources/0", 3).await;
        let latest = ReadRequest { from: Some(From::Latest(Latest {})), ..Default::default() };
        let mut stream = served.read(latest).await.unwrap();
        let first = within(stream.message()).await.unwrap().unwrap();
        assert_eq!((first.events.len(), first.head_position), (0, 3));
        served.write_many("resources/0", 2).await;
        let versions = events(stream, 2).await.iter().map(|event| event.resource_version).collect::<Vec<_>>();
        assert_eq!(versions, [4, 5]);
        // The cursor of the first response names the third event.
        let again = events(served.read(from_cursor(&first.cursor)).await.unwrap(), 2).await;
        assert_eq!(again[0].resource_version, 4);
    }
}

/// A reader commits each response, so that one response for each commit would keep every reader as busy as the service.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_sends_at_most_fifty_responses_a_second_when_each_has_all_events() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let mut stream = served.read(from_earliest()).await.unwrap();
        let began = Instant::now();
        let reading = tokio::spawn(async move {
            let (mut responses_count, mut events_count) = (0_u128, 0);
            while events_count < 100 {
                events_count += within(stream.message()).await.unwrap().expect("the stream goes on").events.len();
                responses_count += 1;
            }
            responses_count
        });
        served.write_many("resources/0", 100).await;
        let responses_count = reading.await.unwrap();
        let most = began.elapsed().as_millis() / 20 + 2;
        assert!(responses_count <= most, "{responses_count} responses, at most {most} in this time");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_forged_or_from_before_a_restore_is_rejected() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write_many("resources/0", 3).await;
        let good = served.read_all().await.last().unwrap().cursor.clone();
        let parts = good.split('.').collect::<Vec<_>>();
        let [version, epoch, position, id] = parts[..] else { panic!("{good}") };
        let forged = [
            format!("{version}.{epoch}.2.{id}"),
            format!("{version}.{epoch}.4000.{id}"),
            format!("{version}.{epoch}.{position}.0000"),
            format!("{version}.another.{position}.{id}"),
            "nonsense".to_owned(),
            format!("{good} "),
        ];
        for cursor in forged {
            let status = served.read(from_cursor(&cursor)).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CURSOR_UNKNOWN"), "{cursor}");
        }
        // A stream that is open when the history changes fails.
        let mut open = served.read(from_cursor(&good)).await.unwrap();
        within(open.message()).await.unwrap().unwrap();
        served.feed.start_new_epoch().await.unwrap();
        let status = served.read(from_cursor(&good)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CURSOR_UNKNOWN"));
        let status = loop {
            match within(open.message()).await {
                Ok(response) => assert_eq!(response.expect("the stream does not end without an error").events.len(), 0),
                Err(status) => break status,
            }
        };
        assert_eq!(reason(&status), "CURSOR_UNKNOWN");
        // A read from the beginning gives all events, in the new history, and one that has the newest of the old one.
        let anew = all_events(&served.read_all().await);
        assert_eq!(anew.len(), 4);
        let restored = feed::payload::<feed::pb::HistoryRestored>(&anew[3]).unwrap().unwrap();
        assert_eq!((restored.position, &restored.event, &restored.hash), (3, &anew[2].id, &anew[2].hash));
        assert_ne!(anew[0].epoch, epoch);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_error_for_a_cursor_of_another_history_mentions_a_restore() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write_many("resources/0", 3).await;
        let refused = async |cursor: &str| served.read(from_cursor(cursor)).await.unwrap_err().message().to_owned();
        let good = served.read_all().await.last().unwrap().cursor.clone();
        let of_another_history = good.replacen("1.", "1.x", 1);
        assert!(refused(&of_another_history).await.contains("restore"));
        for cursor in ["", "nonsense"] {
            let message = refused(cursor).await;
            assert!(!message.contains("restore") && message.contains("read from earliest"), "`{cursor}`: {message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_request_fails_and_its_field_is_named() {
    let served_database = testing::sqlite();
    let served = Served::start(&served_database).await;
    let cases =
        [(ReadRequest::default(), "from"), (ReadRequest { limit: -1, ..from_earliest() }, "limit"), (from_cursor(""), "cursor")];
    for (request, field) in cases {
        let status = served.read(request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
        let details = tonic_types::StatusExt::get_error_details(&status);
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_hold_at_most_500_events_and_256_kib_unless_one_alone_is_larger() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write_many("resources/0", 1).await;
        let sizes = [vec![700_000; 3], vec![2_500_000], vec![10; 1_200], vec![1_048_000; 2]].concat();
        let (ids, count) = (served.ids(), sizes.len());
        let job = served.pool.write(move |mut tx| {
            Box::pin(async move {
                let now = time::Instant::from_machine();
                let cause = Cause {
                    actor: feed::Actor::service("a"),
                    confirmer: None,
                    request_id: String::new(),
                    traceparent: String::new(),
                    recorded: now,
                };
                for (version, bytes) in (1..).zip(sizes) {
                    let payload = Event { payload: vec![7; bytes], ..Default::default() };
                    feed::append(&mut tx, &ids, &cause, "resources/large", version, now, &payload);
                }
                Ok::<_, db::Error>(())
            })
        });
        job.await.unwrap();
        let responses = served.read_all().await;
        assert_eq!(all_events(&responses).len(), count + 1);
        for response in &responses {
            let bytes = response.encoded_len();
            let events = response.events.len();
            assert!(events <= 500 && (events == 1 || bytes <= 262_144 + 256), "{events} events, {bytes} bytes");
        }
        assert!(responses.len() < 14, "they are filled: {}", responses.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_large_to_be_read_is_not_appended() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        let ids = served.ids();
        let job = served.pool.write(move |mut tx| {
            Box::pin(async move {
                let now = time::Instant::from_machine();
                let cause = Cause {
                    actor: feed::Actor::service("test"),
                    confirmer: None,
                    request_id: String::new(),
                    traceparent: String::new(),
                    recorded: now,
                };
                let payload = Event { payload: vec![0; feed::EVENT_BYTES_MAX + 1], ..Default::default() };
                feed::append(&mut tx, &ids, &cause, "resources/0", 1, now, &payload);
                Ok::<_, db::Error>(())
            })
        });
        assert!(matches!(job.await.unwrap_err(), db::Error::Panicked(why) if why.contains("more than")));
        assert_eq!(served.feed.head_position().await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_events_sends_heartbeats() {
    for database in testing::databases().await {
        let served = Served::start_with(&database, |options| options.heartbeat = Duration::from_millis(50)).await;
        served.write("resources/0").await.unwrap();
        let mut stream = served.read(from_earliest()).await.unwrap();
        let first = within(stream.message()).await.unwrap().unwrap();
        assert_eq!(first.events.len(), 1);
        for _ in 0..3 {
            let beat = within(stream.message()).await.unwrap().expect("the stream continues");
            assert_eq!((beat.events.len(), beat.head_position, &beat.cursor), (0, 1, &first.cursor));
            assert!(beat.server_time.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_at_its_maximum_age() {
    let age = Duration::from_millis(600);
    for database in testing::databases().await {
        let served = Served::start_with(&database, |options| options.stream_age_max = age).await;
        served.write("resources/0").await.unwrap();
        let started = Instant::now();
        let responses = within(responses(served.read(from_earliest()).await.unwrap())).await;
        assert!(started.elapsed() >= age, "{:?}", started.elapsed());
        assert_eq!(all_events(&responses).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_streams_and_rejects_new_ones() {
    for database in testing::databases().await {
        let served = Served::start(&database).await;
        served.write("resources/0").await.unwrap();
        let mut stream = served.read(from_earliest()).await.unwrap();
        within(stream.message()).await.unwrap().unwrap();
        served.shutdown.cancel();
        // Without the drain it would end minutes later.
        assert!(all_events(&within(responses(stream)).await).is_empty());
        let status = served.read(from_earliest()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_the_maximum_are_refused_until_one_ends() {
    for database in testing::databases().await {
        let served = Served::start_with(&database, |options| options.streams_max = 2).await;
        let [first, _second] = [served.read(from_earliest()).await.unwrap(), served.read(from_earliest()).await.unwrap()];
        let refused = served.read(from_earliest()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "TRY_AGAIN"));
        drop(first);
        let third = async {
            while served.read(from_earliest()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        within(third).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_keeps_no_connection() {
    for database in testing::databases().await {
        let served = Served::start_with(&database, |options| options.connections_max = 1).await;
        let ids = served.ids();
        let job = served.pool.write(move |mut tx| {
            Box::pin(async move {
                let now = time::Instant::from_machine();
                let cause = Cause {
                    actor: feed::Actor::service("test"),
                    confirmer: None,
                    request_id: String::new(),
                    traceparent: String::new(),
                    recorded: now,
                };
                for version in 1..=40 {
                    let payload = Event { payload: vec![1; 900_000], ..Default::default() };
                    feed::append(&mut tx, &ids, &cause, "resources/large", version, now, &payload);
                }
                Ok::<_, db::Error>(())
            })
        });
        job.await.unwrap();
        let before = served.pool.statements_count();
        let asleep = [served.read(from_earliest()).await.unwrap(), served.read(from_earliest()).await.unwrap()];
        tokio::time::sleep(Duration::from_millis(300)).await;
        // One for the head and one for each event: each is larger than a response may be. A connection takes three of 900 KB, and one response waits.
        let statements = served.pool.statements_count() - before;
        assert!(statements <= 2 * 7, "a reader that does not read made the service read on: {statements} statements");
        // The only connection is free for other work.
        within(served.write("resources/0")).await.unwrap();
        assert_eq!(within(served.feed.head_position()).await.unwrap(), 41);
        drop(asleep);
    }
}
