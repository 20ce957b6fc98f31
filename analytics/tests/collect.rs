//! Collect from a feed, and from feeds that violate the contract.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use analytics::{Error, Source, collect, lake::Manifest};
use client::{Connection, PeerTls, TokenSource};
use proto::feed::v1::{
    Event, ReadRequest, ReadResponse,
    feed_service_server::{FeedService, FeedServiceServer},
    read_request::From,
};
use time::Instant;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// A feed of an epoch with a number of events. Each stream ends after two batches of two, as at the maximum age of a connection.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<(String, i64)>>);

impl Feed {
    fn holds(&self, epoch: &str, events: i64) {
        *self.0.lock().unwrap() = (epoch.to_owned(), events);
    }
}

#[tonic::async_trait]
impl FeedService for Feed {
    type ReadStream = Pin<Box<dyn futures::Stream<Item = Result<ReadResponse, Status>> + Send>>;

    async fn read(&self, request: Request<ReadRequest>) -> Result<Response<Self::ReadStream>, Status> {
        assert_eq!(request.metadata().get("authorization").unwrap(), "Bearer for-a-test");
        let (epoch, head) = self.0.lock().unwrap().clone();
        let request = request.into_inner();
        assert!(request.stop_at_head);
        let from = match request.from.unwrap() {
            From::Earliest(_) => 0,
            From::Latest(_) => head,
            From::Cursor(cursor) => {
                let (_, position) = cursor.split_once(' ').unwrap();
                let position: i64 = position.parse().unwrap();
                if position > head {
                    return Err(Status::failed_precondition("it holds no such event"));
                }
                position
            }
        };
        let event = |position| Event {
            epoch: epoch.clone(),
            position,
            id: format!("{epoch}-{position}"),
            r#type: "mathshubs.network.v1.HubCreated".into(),
            payload: Vec::new(),
            happened_time: Some(Instant::from_micros(position).to_proto()),
            recorded_time: Some(Instant::from_micros(position).to_proto()),
            ..Event::default()
        };
        let heartbeat = ReadResponse { head_position: head, ..ReadResponse::default() };
        let mut batches: Vec<_> = (from + 1..=head)
            .collect::<Vec<_>>()
            .chunks(2)
            .take(2)
            .map(|positions| ReadResponse {
                events: positions.iter().map(|position| event(*position)).collect(),
                cursor: format!("{epoch} {}", positions.last().unwrap()),
                head_position: head,
                server_time: None,
            })
            .map(Ok)
            .collect();
        if batches.is_empty() {
            batches.push(Ok(heartbeat));
        }
        Ok(Response::new(Box::pin(futures::stream::iter(batches))))
    }
}

async fn source(feed: &Feed) -> Source {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = FeedServiceServer::new(feed.clone());
    tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
    let connection = Connection::open(&format!("http://{address}"), &PeerTls::default()).unwrap();
    Source { name: "network", connection: connection.with_token(TokenSource::fixed("for-a-test").unwrap()) }
}

#[tokio::test]
async fn collect_continues_from_its_cursor_and_records_each_run() {
    let feed = Feed::default();
    let folder = tempfile::tempdir().unwrap();
    let sources = [source(&feed).await];
    feed.holds("e1", 11);
    let first = collect(folder.path(), &sources, Instant::from_micros(0)).await.unwrap();
    assert_eq!((first.sources[0].events_count, first.sources[0].last_position), (11, 11));
    let again = collect(folder.path(), &sources, Instant::from_micros(1)).await.unwrap();
    assert_eq!((again.sources[0].events_count, again.sources[0].last_position), (0, 11));
    feed.holds("e1", 13);
    let third = collect(folder.path(), &sources, Instant::from_micros(2)).await.unwrap();
    assert_eq!((third.sources[0].events_count, third.sources[0].last_position), (2, 13));

    let manifest = Manifest::load(folder.path()).unwrap();
    let ranges: Vec<_> =
        manifest.runs.iter().map(|run| (run.run, run.ranges[0].first_position, run.ranges[0].last_position)).collect();
    assert_eq!(ranges, [(1, 1, 11), (2, 12, 13)]);
    let network = &manifest.sources["network"];
    assert_eq!((network.epoch.as_str(), network.cursor.as_str(), network.rows_count), ("e1", "e1 13", 13));
}

#[tokio::test]
async fn another_epoch_is_refused_and_the_lake_stays_unchanged() {
    let feed = Feed::default();
    let folder = tempfile::tempdir().unwrap();
    let sources = [source(&feed).await];
    feed.holds("e1", 5);
    collect(folder.path(), &sources, Instant::from_micros(0)).await.unwrap();
    let before = Manifest::load(folder.path()).unwrap();

    feed.holds("e2", 7);
    let error = collect(folder.path(), &sources, Instant::from_micros(1)).await.unwrap_err();
    assert!(matches!(error, Error::EpochChanged { .. }), "{error}");
    assert!(error.to_string().ends_with("collect again into an empty folder"), "{error}");
    feed.holds("e1", 3);
    let error = collect(folder.path(), &sources, Instant::from_micros(1)).await.unwrap_err();
    assert!(matches!(error, Error::CursorUnknown { .. }), "{error}");
    assert_eq!(Manifest::load(folder.path()).unwrap(), before);
}
