//! Requests that cannot be read, sent as bytes over a real socket: each is an error of its caller, and none counts for an operator's alert.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use access::{Authenticator, Authorizer, Caller, LocalKey, Role, TokenSource};
use futures::stream;
use prost::{Message, bytes::Bytes};
use proto::feed::v1::{
    ReadRequest, ReadResponse,
    feed_service_client::FeedServiceClient,
    feed_service_server::{FeedService, FeedServiceServer},
    read_request::From,
};
use server::{Config, MESSAGE_SIZE_MAX, Readiness, Running, listen, metrics_handle, run};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, codec::CompressionEncoding, metadata::MetadataMap, service::Routes};
use tonic_types::StatusExt;

const SERVICE: &str = "mathshubs.feed.v1.FeedService";

struct Feed;

#[tonic::async_trait]
impl FeedService for Feed {
    type ReadStream = stream::Empty<Result<ReadResponse, Status>>;

    /// Waits for ever if the cursor is `sleep`.
    async fn read(&self, request: Request<ReadRequest>) -> Result<Response<Self::ReadStream>, Status> {
        if request.get_ref().from == Some(From::Cursor("sleep".to_owned())) {
            std::future::pending::<()>().await;
        }
        Ok(Response::new(stream::empty()))
    }
}

struct Served {
    address: SocketAddr,
    authorization: String,
    _folder: TempDir,
}

async fn served() -> Served {
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
    let config = Config::default();
    let listener = listen(config.listen).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { run(running, listener, None, &config, CancellationToken::new()).await });
    let mut metadata = MetadataMap::new();
    let caller = Caller::new(Role::Ncetm, "ada");
    TokenSource::local(key, caller, access::AUDIENCE).authorise(&mut metadata);
    let authorization = metadata.get("authorization").unwrap().to_str().unwrap().to_owned();
    Served { address, authorization, _folder: folder }
}

/// The end of a request.
enum End {
    /// The caller ends the stream as one that is complete.
    Complete,
    /// The caller sends nothing more.
    Silent,
    /// The caller resets the stream.
    Reset(h2::Reason),
}

impl Served {
    /// Sends these bytes as the body of a call; returns its status, `None` when the caller reset the call.
    async fn send(&self, headers: &[(&'static str, &'static str)], body: &[u8], end: End) -> Option<Status> {
        let (client, connection) = h2::client::handshake(TcpStream::connect(self.address).await.unwrap()).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::post(format!("http://{}/{SERVICE}/Read", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", &self.authorization);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut client = client.ready().await.unwrap();
        let (response, mut stream) = client.send_request(request.body(()).unwrap(), false).unwrap();
        stream.send_data(Bytes::copy_from_slice(body), matches!(end, End::Complete)).unwrap();
        if let End::Reset(reason) = end {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stream.send_reset(reason);
            tokio::time::sleep(Duration::from_millis(100)).await;
            return None;
        }
        let response = response.await.unwrap();
        Some(Status::from_header_map(response.headers()).expect("the call failed"))
    }
}

/// A message in gRPC's frame: a flag, the length, the bytes.
fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &length, message].concat()
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_its_callers_mistake() {
    let served = served().await;
    let whole = frame(0, &ReadRequest { from: Some(From::Cursor("x".repeat(100))), ..ReadRequest::default() }.encode_to_vec());
    let sleep = frame(0, &ReadRequest { from: Some(From::Cursor("sleep".to_owned())), ..ReadRequest::default() }.encode_to_vec());
    let gzip: &[_] = &[("grpc-encoding", "gzip")];
    let invalid = (Code::InvalidArgument, "MESSAGE_INVALID");
    let cut_off = (Code::Cancelled, "MESSAGE_CUT_OFF");
    let too_large = (Code::OutOfRange, "MESSAGE_TOO_LARGE");
    let soon: &[_] = &[("grpc-timeout", "200m")];
    for (case, headers, body, end, expected) in [
        ("no protobuf", &[][..], frame(0, &[0xFF; 30]), End::Complete, invalid),
        ("a field with another wire type", &[], frame(0, &[0x0A, 0x01]), End::Complete, invalid),
        ("a text that is not UTF-8", &[], frame(0, &[0x12, 0x02, 0xC3, 0x28]), End::Complete, invalid),
        ("an unknown flag", &[], frame(7, &[]), End::Complete, invalid),
        ("compressed by nothing", &[], frame(1, &[]), End::Complete, invalid),
        ("no gzip", gzip, frame(1, b"no gzip"), End::Complete, invalid),
        ("no message", &[], Vec::new(), End::Complete, invalid),
        ("too large", &[], [&[0][..], &u32::MAX.to_be_bytes()].concat(), End::Complete, too_large),
        ("cut off in the length", &[], whole[..3].to_vec(), End::Complete, cut_off),
        ("cut off in the message", &[], whole[..50].to_vec(), End::Complete, cut_off),
        ("silent after half a message", soon, whole[..50].to_vec(), End::Silent, cut_off),
        ("silent after a message", soon, whole.clone(), End::Silent, cut_off),
        ("a deadline that is too short", soon, sleep, End::Complete, (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")),
        ("unknown compression", &[("grpc-encoding", "br")], whole.clone(), End::Complete, (Code::Unimplemented, "")),
    ] {
        let status = served.send(headers, &body, end).await.expect("an answer");
        assert_eq!((status.code(), reason(&status).as_str()), expected, "{case}: {status}");
        assert!(status.message().chars().count() < 250, "{case}: {status}");
    }
    for error in [h2::Reason::CANCEL, h2::Reason::INTERNAL_ERROR, h2::Reason::PROTOCOL_ERROR, h2::Reason::NO_ERROR] {
        assert!(served.send(&[], &whole[..50], End::Reset(error)).await.is_none());
    }
    // A caller that closes its connection within a message.
    tokio::time::timeout(Duration::from_millis(100), served.send(&[], &whole[..50], End::Silent)).await.unwrap_err();

    // A small message that is decompressed to a large one.
    let channel = tonic::transport::Channel::from_shared(format!("http://{}", served.address)).unwrap().connect().await.unwrap();
    let mut request =
        Request::new(ReadRequest { from: Some(From::Cursor("x".repeat(MESSAGE_SIZE_MAX))), ..ReadRequest::default() });
    request.metadata_mut().insert("authorization", served.authorization.parse().unwrap());
    let mut client = FeedServiceClient::new(channel).send_compressed(CompressionEncoding::Gzip);
    let status = client.read(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), too_large, "{status}");

    tokio::time::sleep(Duration::from_millis(100)).await;
    let metrics = metrics_handle().render();
    let values = |label: &str| -> Vec<&str> {
        let calls = metrics.lines().filter(|line| line.starts_with("rpc_server_call_duration_seconds_count"));
        calls.filter_map(|line| line.split(&format!("{label}=\"")).nth(1)?.split('"').next()).collect()
    };
    let (codes, failures) = (values("rpc_response_status_code"), values("error_type"));
    for code in ["INVALID_ARGUMENT", "CANCELLED", "DEADLINE_EXCEEDED"] {
        assert!(codes.contains(&code), "no {code} in {codes:?}");
    }
    // The codes of the alerts in deploy/alerts.yaml.
    assert!(!codes.contains(&"RESOURCE_EXHAUSTED"), "{codes:?}");
    for alert in ["UNKNOWN", "INTERNAL", "DATA_LOSS", "UNAVAILABLE", "DEADLINE_EXCEEDED"] {
        assert!(!failures.contains(&alert), "{alert} in {failures:?}");
    }
}
