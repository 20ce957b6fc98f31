//! Callers that take more than their share: of connections, calls, streams, bytes and time. Each is refused or ends, and others are served.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use access::{Authenticator, Authorizer, Caller, LocalKey, Role, TokenSource};
use futures::{Stream, StreamExt, stream};
use h2::client::{ResponseFuture, SendRequest};
use prost::{Message, bytes::Bytes};
use proto::feed::v1::{
    ReadRequest, ReadResponse,
    feed_service_server::{FeedService, FeedServiceServer},
    read_request::From,
};
use server::{Config, Readiness, Running, Times, listen, run};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, metadata::MetadataMap, service::Routes};
use tonic_health::pb::HealthCheckRequest;
use tonic_types::StatusExt;

const SERVICE: &str = "mathshubs.feed.v1.FeedService";
const READ: &str = "mathshubs.feed.v1.FeedService/Read";
const CHECK: &str = "grpc.health.v1.Health/Check";
const WATCH: &str = "grpc.health.v1.Health/Watch";
const REFLECT: &str = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const MEBIBYTE: usize = 1024 * 1024;
/// Longest wait for what must happen.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// A feed that sends the bytes of its cursor's number of mebibytes, and then nothing.
struct Feed;

#[tonic::async_trait]
impl FeedService for Feed {
    type ReadStream = Pin<Box<dyn Stream<Item = Result<ReadResponse, Status>> + Send>>;

    async fn read(&self, request: Request<ReadRequest>) -> Result<Response<Self::ReadStream>, Status> {
        let Some(From::Cursor(count)) = request.into_inner().from else { return Err(Status::invalid_argument("no cursor")) };
        let answer = ReadResponse { cursor: "x".repeat(count.parse::<usize>().unwrap() * MEBIBYTE), ..Default::default() };
        Ok(Response::new(Box::pin(stream::iter([Ok(answer)]).chain(stream::pending()))))
    }
}

struct Served {
    address: SocketAddr,
    key: Arc<LocalKey>,
    _folder: TempDir,
    _stop: tokio_util::sync::DropGuard,
}

async fn served(config: Config) -> Served {
    // More than any limit that a test reaches.
    let config = Config { streams_per_connection_max: 1_000, ..config };
    let folder = TempDir::new().unwrap();
    let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
    let running = Running {
        routes: Routes::new(server::limited!(FeedServiceServer::new(Feed))),
        services: vec![SERVICE],
        authorizer: Authorizer::new(access::contracts(), &[SERVICE]).unwrap(),
        authenticator: Arc::new(Authenticator::local(&key, "feed").unwrap()),
        readiness: Readiness::default(),
        streams: CancellationToken::new(),
        refusals: None,
    };
    let listener = listen(config.listen).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move { run(running, listener, None, &config, stopped).await });
    Served { address, key, _folder: folder, _stop: stop.drop_guard() }
}

/// A call that has begun.
struct Begun {
    response: ResponseFuture,
    body: h2::SendStream<Bytes>,
}

/// An HTTP/2 connection whose receive windows do not grow by themselves.
struct Connection {
    client: SendRequest<Bytes>,
    address: SocketAddr,
    ended: tokio::task::JoinHandle<()>,
}

impl Served {
    fn authorization(&self, role: Role, subject: &str) -> String {
        let mut metadata = MetadataMap::new();
        let audience = if role == Role::Follower { "mathshubs-feed" } else { access::AUDIENCE };
        TokenSource::local(Arc::clone(&self.key), Caller::new(role, subject), audience).authorise(&mut metadata);
        metadata.get("authorization").unwrap().to_str().unwrap().to_owned()
    }

    async fn connect(&self) -> Connection {
        let socket = TcpStream::connect(self.address).await.unwrap();
        let (client, connection) = h2::client::Builder::new().initial_window_size(1024).handshake(socket).await.unwrap();
        let ended = tokio::spawn(async move { drop(connection.await) });
        Connection { client, address: self.address, ended }
    }
}

impl Connection {
    async fn begin(&mut self, method: &str, authorization: &str) -> Begun {
        let request = http::Request::post(format!("http://{}/{method}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", authorization);
        let mut client = self.client.clone().ready().await.unwrap();
        let (response, body) = client.send_request(request.body(()).unwrap(), false).unwrap();
        Begun { response, body }
    }

    /// A whole call with one message.
    async fn call(
        &mut self,
        method: &str,
        authorization: &str,
        message: &[u8],
    ) -> Result<http::Response<h2::RecvStream>, Status> {
        let mut begun = self.begin(method, authorization).await;
        begun.body.send_data(frame(message), true).unwrap();
        begun.answer().await
    }

    async fn read(&mut self, authorization: &str, mebibytes: usize) -> Result<http::Response<h2::RecvStream>, Status> {
        self.call(READ, authorization, &request(mebibytes)).await
    }

    /// Waits until the server has closed it.
    async fn end(self) {
        timeout(WAIT_MAX, self.ended).await.expect("the server closes the connection").unwrap();
    }
}

impl Begun {
    /// The headers of the answer, or its error.
    async fn answer(self) -> Result<http::Response<h2::RecvStream>, Status> {
        let answered = timeout(WAIT_MAX, self.response).await.expect("the call is answered");
        let response = answered.map_err(|error| Status::unavailable(error.to_string()))?;
        Status::from_header_map(response.headers()).map_or(Ok(response), Err)
    }
}

fn request(mebibytes: usize) -> Vec<u8> {
    ReadRequest { from: Some(From::Cursor(mebibytes.to_string())), ..ReadRequest::default() }.encode_to_vec()
}

/// A message in gRPC's frame.
fn frame(message: &[u8]) -> Bytes {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat().into()
}

/// The resource whose limit an error names.
fn resource<T>(answer: Result<T, Status>) -> String {
    let status = answer.err().expect("the call is refused");
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let details = status.get_error_details();
    assert!(details.retry_info().is_some(), "it says when to try again");
    details.error_info().unwrap().metadata["resource"].clone()
}

async fn is_closed(socket: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(WAIT_MAX, socket.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test]
async fn a_connection_that_makes_no_call_is_closed() {
    let times = Times { first_call_max: Duration::from_secs(1), ..Times::default() };
    let served = served(Config { times, ..Config::default() }).await;
    let mut silent = TcpStream::connect(served.address).await.unwrap();
    let begun = served.connect().await;
    let mut calling = served.connect().await;
    let token = served.authorization(Role::Ncetm, "ada");
    calling.read(&token, 0).await.unwrap();
    assert!(is_closed(&mut silent).await);
    begun.end().await;
    calling.read(&token, 0).await.expect("a connection that has called stays");
}

#[tokio::test]
async fn one_address_has_a_limited_number_of_connections_unless_it_is_a_trusted_proxy() {
    let few = || Config { peer_connections_max: 2, ..Config::default() };
    let served_few = served(few()).await;
    let token = served_few.authorization(Role::Ncetm, "ada");
    let (mut first, second) = (served_few.connect().await, served_few.connect().await);
    let mut third = TcpStream::connect(served_few.address).await.unwrap();
    assert!(is_closed(&mut third).await);
    first.read(&token, 0).await.unwrap();
    drop(second);
    let again = async {
        loop {
            let mut next = served_few.connect().await;
            if next.client.clone().ready().await.is_ok() && next.read(&token, 0).await.is_ok() {
                return;
            }
        }
    };
    timeout(WAIT_MAX, again).await.expect("the place of a closed connection is free again");

    let proxied = served(Config { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..few() }).await;
    let mut connections = Vec::new();
    for _ in 0..5 {
        connections.push(proxied.connect().await);
    }
    let token = proxied.authorization(Role::Ncetm, "ada");
    for connection in &mut connections {
        connection.read(&token, 0).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_ends_by_age_although_a_stream_is_open() {
    let times = Times { end_margin: Duration::from_millis(100), ..Times::default() };
    let ages = Config { connection_age_max_seconds: 1, stream_deadline_max_ms: 100, deadline_max_ms: 100, ..Config::default() };
    let served = served(Config { times, ..ages }).await;
    let mut connection = served.connect().await;
    let _stream = connection.read(&served.authorization(Role::Ncetm, "ada"), 0).await.unwrap();
    connection.end().await;
}

#[tokio::test]
async fn a_health_request_is_short_and_complete_within_a_second() {
    let served = served(Config::default()).await;
    let mut connection = served.connect().await;
    let named = |name: &str| HealthCheckRequest { service: name.to_owned() }.encode_to_vec();
    connection.call(CHECK, "", &named(SERVICE)).await.unwrap();
    let long = connection.call(CHECK, "", &named(&"x".repeat(100))).await.unwrap_err();
    assert_eq!(long.code(), Code::OutOfRange, "{long}");
    for method in [CHECK, WATCH] {
        let unfinished = connection.begin(method, "").await.answer().await.unwrap_err();
        assert_eq!(unfinished.code(), Code::Cancelled, "{method}: {unfinished}");
    }
}

#[tokio::test]
async fn headers_that_are_too_long_are_refused_and_the_connection_stays() {
    let served = served(Config::default()).await;
    let mut connection = served.connect().await;
    let long = connection.begin(READ, &"x".repeat(20 * 1024)).await;
    let answered = timeout(WAIT_MAX, long.response).await.expect("the call is answered").unwrap();
    assert_eq!(answered.status(), http::StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    connection.read(&served.authorization(Role::Ncetm, "ada"), 0).await.unwrap();
}

#[tokio::test]
async fn one_address_has_eight_health_watches() {
    let served = served(Config::default()).await;
    let (mut one, mut other) = (served.connect().await, served.connect().await);
    let mut watches = Vec::new();
    for _ in 0..4 {
        watches.push(one.call(WATCH, "", &[]).await.unwrap());
        watches.push(other.call(WATCH, "", &[]).await.unwrap());
    }
    assert_eq!(resource(other.call(WATCH, "", &[]).await), "watches");
    one.call(CHECK, "", &[]).await.expect("a check is no watch");
    watches.pop();
    let again = async { while other.call(WATCH, "", &[]).await.is_err() {} };
    timeout(WAIT_MAX, again).await.expect("a watch that ended is not counted");
}

#[tokio::test]
async fn calls_without_their_message_keep_nobody_out() {
    let times = Times { message_max: Duration::from_secs(2), ..Times::default() };
    let served = served(Config { concurrency_max: 4, times, ..Config::default() }).await;
    let mut school = served.connect().await;
    let token = served.authorization(Role::Dfe, "grace");
    let mut unfinished = Vec::new();
    for _ in 0..100 {
        unfinished.push(school.begin(READ, &token).await);
    }
    let mut ncetm = served.connect().await;
    for _ in 0..10 {
        ncetm.read(&served.authorization(Role::Ncetm, "ada"), 0).await.unwrap();
    }
    let ended = unfinished.pop().unwrap().answer().await.unwrap_err();
    assert_eq!(ended.code(), Code::Cancelled, "a message has a time: {ended}");
}

#[tokio::test]
async fn bytes_of_unfinished_requests_count_against_their_caller() {
    let served = served(Config::default()).await;
    let mut connection = served.connect().await;
    let (grace, ada) = (served.authorization(Role::Dfe, "grace"), served.authorization(Role::Ncetm, "ada"));
    let mut unfinished = Vec::new();
    // Four of them have less than 16 MiB together, and the fifth does not fit.
    for _ in 0..5 {
        let mut begun = connection.begin(READ, &grace).await;
        begun.body.send_data(frame(&vec![0; 4 * MEBIBYTE - 10]).slice(..4 * MEBIBYTE - 100), false).unwrap();
        unfinished.push(begun);
    }
    let refused = futures::future::select_all(unfinished.into_iter().map(|begun| Box::pin(begun.answer()))).await;
    assert_eq!(resource(refused.0), "request_bytes");
    let mut other = served.connect().await;
    other.read(&ada, 0).await.expect("another caller is served");
}

#[tokio::test]
async fn answers_that_nobody_reads_are_bounded_and_their_connection_ends() {
    let times = Times { answer_max: Duration::from_secs(5), ..Times::default() };
    let served = served(Config { times, ..Config::default() }).await;
    let mut connection = served.connect().await;
    let (grace, ada) = (served.authorization(Role::Dfe, "grace"), served.authorization(Role::Ncetm, "ada"));
    let mut unread = Vec::new();
    for _ in 0..6 {
        unread.push(connection.read(&grace, 3).await.unwrap());
    }
    // Five of them have less than 16 MiB together. The end of the sixth comes in trailers.
    let trailers = unread[5].body_mut().trailers();
    let trailers = timeout(WAIT_MAX, trailers).await.expect("the stream ends").unwrap().expect("with trailers");
    assert_eq!(resource::<()>(Err(Status::from_header_map(&trailers).unwrap())), "answer_bytes");
    let mut reader = served.connect().await;
    let mut answer = reader.read(&ada, 1).await.unwrap().into_body();
    let mut missing = frame(&ReadResponse { cursor: "x".repeat(MEBIBYTE), ..Default::default() }.encode_to_vec()).len();
    while missing > 0 {
        let data = timeout(WAIT_MAX, answer.data()).await.expect("another caller reads its answer").unwrap().unwrap();
        missing -= data.len();
        answer.flow_control().release_capacity(data.len()).unwrap();
    }
    connection.end().await;
    reader.read(&ada, 0).await.expect("the connection of a caller that reads stays");
}

#[tokio::test]
async fn one_identity_has_sixteen_streams_and_followers_have_a_reserve() {
    let served = served(Config::default()).await;
    let mut connection = served.connect().await;
    let mut streams = Vec::new();
    for number in 0..4 {
        let token = served.authorization(Role::Dfe, &format!("dfe-{number}"));
        for _ in 0..16 {
            streams.push(connection.read(&token, 0).await.unwrap());
        }
        assert_eq!(resource(connection.read(&token, 0).await), "streams");
    }
    let mut other = served.connect().await;
    let another = served.authorization(Role::Dfe, "dfe-4");
    assert_eq!(resource(other.read(&another, 0).await), "streams", "64 are for people");
    let reflection = other.begin(REFLECT, &another).await.answer().await;
    assert_eq!(resource(reflection), "streams", "reflection is a stream too");
    let mirror = served.authorization(Role::Follower, "funding-replica");
    for _ in 0..60 {
        streams.push(other.read(&mirror, 0).await.unwrap());
    }
}
