//! A feed whose streams break.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex},
};

use client::{FeedCursor, FeedError, FeedReader};
use futures::{Stream, StreamExt, stream};
use proto::feed::v1::{
    Event, ReadRequest, ReadResponse,
    feed_service_server::{FeedService, FeedServiceServer},
    read_request::From as Start,
};
use tonic::{Code, Request, Response, Status, service::Routes};

use crate::connection;

/// The end of a stream after some responses of one event each.
#[derive(Clone)]
enum End {
    /// A regular end, at the head or by connection age.
    Regular,
    /// The connection breaks.
    Broken(Code),
}

/// A feed of some events. Its streams give the prepared numbers of events and ends; later ones go to the head.
#[derive(Clone, Default)]
struct Feed {
    head: i64,
    streams: Arc<Mutex<VecDeque<(usize, End)>>>,
    started_after: Arc<Mutex<Vec<i64>>>,
}

impl Feed {
    fn new(head: i64, streams: impl IntoIterator<Item = (usize, End)>) -> Self {
        Self { head, streams: Arc::new(Mutex::new(streams.into_iter().collect())), ..Self::default() }
    }

    fn reader(&self, after: i64) -> FeedReader {
        let connection = connection(Routes::new(FeedServiceServer::new(self.clone())));
        FeedReader::to_head(connection, FeedCursor { cursor: cursor(after), position: after })
    }

    fn response(&self, position: i64) -> ReadResponse {
        let events = vec![Event { position, ..Event::default() }];
        ReadResponse { events, cursor: cursor(position), head_position: self.head, server_time: None }
    }
}

fn cursor(position: i64) -> String {
    if position == 0 { String::new() } else { position.to_string() }
}

#[tonic::async_trait]
impl FeedService for Feed {
    type ReadStream = Pin<Box<dyn Stream<Item = Result<ReadResponse, Status>> + Send>>;

    async fn read(&self, request: Request<ReadRequest>) -> Result<Response<Self::ReadStream>, Status> {
        let after = match request.into_inner().from.unwrap() {
            Start::Cursor(text) => text.parse().map_err(|_| Status::failed_precondition("no such event"))?,
            _ => 0,
        };
        self.started_after.lock().unwrap().push(after);
        let (count, end) = self.streams.lock().unwrap().pop_front().unwrap_or((usize::MAX, End::Regular));
        let mut responses: Vec<_> = (after + 1..=self.head).take(count).map(|position| Ok(self.response(position))).collect();
        if after == self.head {
            responses.push(Ok(ReadResponse { head_position: self.head, ..ReadResponse::default() }));
        }
        let responses = match end {
            End::Regular => stream::iter(responses).boxed(),
            End::Broken(code) => stream::iter(responses).chain(stream::iter([Err(Status::new(code, "broken"))])).boxed(),
        };
        Ok(Response::new(responses))
    }
}

async fn positions(reader: &mut FeedReader) -> Result<Vec<i64>, FeedError> {
    let mut positions = Vec::new();
    while let Some(response) = reader.next().await? {
        positions.extend(response.events.iter().map(|event| event.position));
    }
    Ok(positions)
}

#[tokio::test]
async fn a_reader_continues_after_the_last_event_of_a_broken_stream_and_repeats_none() {
    let ends = [
        (2, End::Broken(Code::Unavailable)),
        (0, End::Broken(Code::Unknown)),
        (1, End::Regular),
        (1, End::Broken(Code::Internal)),
    ];
    let feed = Feed::new(6, ends);
    let mut reader = feed.reader(0);
    assert_eq!(positions(&mut reader).await.unwrap(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(*feed.started_after.lock().unwrap(), [0, 2, 2, 3, 4]);
    assert_eq!(*reader.cursor(), FeedCursor { cursor: "6".to_owned(), position: 6 });
}

#[tokio::test]
async fn a_reader_that_is_at_the_head_already_ends_without_an_event() {
    let feed = Feed::new(3, []);
    assert!(positions(&mut feed.reader(3)).await.unwrap().is_empty());
    // A service that shuts down ends streams before their first response.
    let feed = Feed::new(3, [(0, End::Regular)]);
    assert_eq!(positions(&mut feed.reader(0)).await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_feed_that_gives_no_event_in_many_attempts_is_an_error_and_can_be_read_later() {
    let feed = Feed::new(2, vec![(0, End::Broken(Code::Unavailable)); 6]);
    let mut reader = feed.reader(0);
    assert!(matches!(reader.next().await, Err(FeedError::Call(status)) if status.code() == Code::Unavailable));
    assert_eq!(feed.started_after.lock().unwrap().len(), 6);
    assert_eq!(positions(&mut reader).await.unwrap(), [1, 2]);
}

#[tokio::test]
async fn a_permanent_error_is_not_retried() {
    let feed = Feed::new(2, [(0, End::Broken(Code::PermissionDenied))]);
    assert!(matches!(feed.reader(0).next().await, Err(FeedError::Call(status)) if status.code() == Code::PermissionDenied));
    let connection = connection(Routes::new(FeedServiceServer::new(feed)));
    let lost = FeedCursor { cursor: "of another history".to_owned(), position: 1 };
    let error = FeedReader::to_head(connection, lost).next().await.unwrap_err();
    assert_eq!(error.to_string(), "the service refused the cursor: no such event");
}

#[tokio::test]
async fn a_position_that_does_not_increase_is_an_error() {
    let feed = Feed::new(5, []);
    let connection = connection(Routes::new(FeedServiceServer::new(feed)));
    // The cursor and the position do not belong together: the service sends position 3 to a reader that has seen 4.
    let mut reader = FeedReader::follow(connection, FeedCursor { cursor: "2".to_owned(), position: 4 });
    assert!(matches!(reader.next().await, Err(FeedError::Order { last: 4, found: 3 })));
}
