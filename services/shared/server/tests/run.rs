//! A real server and real clients.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use access::{AUDIENCE, Authenticator, Authorizer, Caller, LocalKey, Role, TokenSource};
use client::Connection;
use futures::{Stream, StreamExt, stream};
use proto::feed::v1::{
    ReadRequest, ReadResponse,
    feed_service_client::FeedServiceClient,
    feed_service_server::{FeedService, FeedServiceServer},
    read_request::From,
};
use server::{Config, MESSAGE_SIZE_MAX, Outgoing, Readiness, Running, TraceParent, listen, run};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, service::Routes, service::interceptor::InterceptedService, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_types::StatusExt;

const SERVICE: &str = "mathshubs.feed.v1.FeedService";

/// A feed whose behaviour the cursor of the request selects.
struct Sample {
    streams: CancellationToken,
}

#[tonic::async_trait]
impl FeedService for Sample {
    type ReadStream = Pin<Box<dyn Stream<Item = Result<ReadResponse, Status>> + Send>>;

    async fn read(&self, request: Request<ReadRequest>) -> Result<Response<Self::ReadStream>, Status> {
        let caller = request.extensions().get::<Arc<Caller>>().unwrap().subject.clone();
        let trace = request.extensions().get::<TraceParent>().unwrap().0.clone();
        assert_eq!(TraceParent::current().unwrap().0, trace);
        let Some(From::Cursor(word)) = request.into_inner().from else { return Ok(Response::new(Box::pin(stream::empty()))) };
        let answer = ReadResponse { cursor: format!("{caller} {trace}"), ..Default::default() };
        let one = stream::iter([Ok(answer)]);
        match word.as_str() {
            "panic" => panic!("this handler panics, as the test wants"),
            "sleep" => sleep(Duration::from_secs(60)).await,
            "work" => sleep(Duration::from_millis(600)).await,
            "stay" => return Ok(Response::new(Box::pin(one.chain(stream::pending())))),
            "stay politely" => {
                return Ok(Response::new(Box::pin(
                    one.chain(stream::pending()).take_until(self.streams.clone().cancelled_owned()),
                )));
            }
            _ => {}
        }
        Ok(Response::new(Box::pin(one)))
    }
}

struct Served {
    address: SocketAddr,
    admin: SocketAddr,
    key: Arc<LocalKey>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), server::RunError>>,
    _folder: TempDir,
}

type Client = FeedServiceClient<InterceptedService<Connection, Outgoing>>;

async fn served(config: Config, checks: Readiness) -> Served {
    let folder = TempDir::new().unwrap();
    let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
    let (streams, shutdown) = (CancellationToken::new(), CancellationToken::new());
    let running = Running {
        routes: Routes::new(server::limited!(FeedServiceServer::new(Sample { streams: streams.clone() }))),
        services: vec![SERVICE],
        authorizer: Authorizer::new(access::contracts(), &[SERVICE]).unwrap(),
        authenticator: Arc::new(Authenticator::local(&key, "feed").unwrap()),
        readiness: checks,
        streams,
        refusals: None,
    };
    let (listener, admin) = (listen(config.listen).await.unwrap(), listen(config.listen).await.unwrap());
    let (address, admin_address) = (listener.local_addr().unwrap(), admin.local_addr().unwrap());
    let stop = shutdown.clone();
    let task = tokio::spawn(async move { run(running, listener, Some(admin), &config, stop).await });
    Served { address, admin: admin_address, key, shutdown, task, _folder: folder }
}

impl Served {
    async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    async fn client(&self, role: Role) -> Client {
        let hub = (role == Role::HubLead).then(|| "hubs/x".to_owned());
        let school = (role == Role::School).then(|| "schools/1".to_owned());
        let caller = Caller { hub, school, ..Caller::new(role, "ada") };
        let token = TokenSource::local(Arc::clone(&self.key), caller, AUDIENCE);
        FeedServiceClient::with_interceptor(Connection::new(self.channel().await).with_token(token), Outgoing)
    }
}

fn word(word: &str) -> ReadRequest {
    ReadRequest { from: Some(From::Cursor(word.into())), ..Default::default() }
}

async fn answer(client: &mut Client, request: impl tonic::IntoRequest<ReadRequest>) -> Result<String, Status> {
    Ok(client.read(request).await?.into_inner().message().await?.unwrap().cursor)
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_call_without_a_token_is_refused_and_one_with_a_token_answered() {
    let started = Instant::now();
    let served = served(Config::default(), Readiness::default()).await;
    let mut client = served.client(Role::Ncetm).await;
    assert!(answer(&mut client, word("hello")).await.unwrap().starts_with("ada 00-"));
    println!("first answered call, key making included: {:?}", started.elapsed());
    let mut nobody = FeedServiceClient::new(served.channel().await);
    let status = nobody.read(word("hello")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_MISSING"));
    let mut request = Request::new(word("hello"));
    request.metadata_mut().insert("authorization", "Bearer a.b.c".parse().unwrap());
    let status = nobody.read(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_INVALID"));
    let started = Instant::now();
    for _ in 0..200 {
        answer(&mut client, word("hello")).await.unwrap();
    }
    println!("a call through all layers, one after another: {:?}", started.elapsed() / 200);
}

#[tokio::test]
async fn a_role_without_the_permission_is_refused() {
    let served = served(Config::default(), Readiness::default()).await;
    for role in [Role::HubLead, Role::School] {
        let status = served.client(role).await.read(word("hello")).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "ROLE_NOT_ALLOWED"));
    }
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented_for_authenticated_callers_only() {
    let served = served(Config::default(), Readiness::default()).await;
    let call = async |authorised: bool| {
        let mut grpc = tonic::client::Grpc::new(served.channel().await);
        grpc.ready().await.unwrap();
        let path = http::uri::PathAndQuery::from_static("/mathshubs.feed.v1.FeedService/Write");
        let mut request = Request::new(word("hello"));
        if authorised {
            let caller = Caller::school("schools/1", "ada");
            TokenSource::local(Arc::clone(&served.key), caller, AUDIENCE).authorise(request.metadata_mut());
        }
        let codec = tonic_prost::ProstCodec::<ReadRequest, ReadResponse>::default();
        grpc.unary(request, path, codec).await.unwrap_err().code()
    };
    assert_eq!(call(false).await, Code::Unauthenticated);
    assert_eq!(call(true).await, Code::Unimplemented);
}

#[tokio::test]
async fn a_deadline_is_honoured_and_capped() {
    let served = served(Config { stream_deadline_max_ms: 300, ..Config::default() }, Readiness::default()).await;
    let mut client = served.client(Role::Ncetm).await;
    // A client that sets 50 ms also checks its own clock, and may report CANCELLED without waiting for the server.
    for (asked, within, codes) in [
        (None, 300, &[Code::DeadlineExceeded][..]),
        (Some("60S"), 300, &[Code::DeadlineExceeded]),
        (Some("50m"), 50, &[Code::DeadlineExceeded, Code::Cancelled]),
    ] {
        let mut request = Request::new(word("sleep"));
        if let Some(asked) = asked {
            request.metadata_mut().insert("grpc-timeout", asked.parse().unwrap());
        }
        let started = Instant::now();
        let status = client.read(request).await.unwrap_err();
        assert!(codes.contains(&status.code()), "{asked:?}: {status}");
        assert!(status.code() == Code::Cancelled || reason(&status) == "DEADLINE_EXCEEDED");
        assert!((within..within + 2_000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
    }
    // A call that takes longer than the service itself allows is a failure of the service.
    let counted = r#"rpc_response_status_code="DEADLINE_EXCEEDED",error_type="DEADLINE_EXCEEDED"}"#;
    let metrics = get(served.admin, "/metrics").await;
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_the_connection_stays_open() {
    let served = served(Config::default(), Readiness::default()).await;
    let mut client = served.client(Role::Ncetm).await;
    let status = client.read(word(&"x".repeat(MESSAGE_SIZE_MAX + 1))).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    answer(&mut client, word("hello")).await.unwrap();
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_its_own_call_only() {
    let served = served(Config::default(), Readiness::default()).await;
    let mut client = served.client(Role::Ncetm).await;
    let mut stays = client.read(word("stay")).await.unwrap().into_inner();
    stays.message().await.unwrap().unwrap();
    let status = client.read(word("panic")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "INTERNAL"));
    answer(&mut client, word("hello")).await.unwrap();
    assert!(timeout(Duration::from_millis(100), stays.message()).await.is_err(), "another call on the same connection continues");
}

#[tokio::test]
async fn calls_above_the_limit_are_refused_at_once() {
    // One identity has a quarter of the calls.
    let served = served(Config { concurrency_max: 8, ..Config::default() }, Readiness::default()).await;
    let client = served.client(Role::Ncetm).await;
    let busy: Vec<_> = (0..2)
        .map(|_| {
            tokio::spawn({
                let mut client = client.clone();
                async move { client.read(word("work")).await.map(drop) }
            })
        })
        .collect();
    sleep(Duration::from_millis(200)).await;
    let status = client.clone().read(word("hello")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    let health = HealthClient::new(served.channel().await).check(HealthCheckRequest::default()).await;
    assert!(health.is_ok(), "probes succeed under overload");
    for call in busy {
        call.await.unwrap().unwrap();
    }
    answer(&mut client.clone(), word("hello")).await.unwrap();
}

#[tokio::test]
async fn a_call_belongs_to_its_callers_trace() {
    let served = served(Config::default(), Readiness::default()).await;
    let mut client = served.client(Role::Ncetm).await;
    let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut request = Request::new(word("hello"));
    request.metadata_mut().insert("traceparent", sent.parse().unwrap());
    let text = answer(&mut client, request).await.unwrap();
    let (_, trace) = text.split_once(' ').unwrap();
    assert!(trace.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && trace != sent && trace.len() == sent.len(), "{trace}");
    for unsound in
        ["", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"]
    {
        let mut request = Request::new(word("hello"));
        request.metadata_mut().insert("traceparent", unsound.parse().unwrap());
        let text = answer(&mut client, request).await.unwrap();
        assert!(
            !text.contains("00-0000000000") && !text.to_lowercase().contains("0af765") && text.len() == "ada ".len() + sent.len(),
            "{text}"
        );
    }
}

#[tokio::test]
async fn drain_finishes_calls_in_flight_and_ends_streams() {
    let served = served(Config { drain_grace_ms: 100, drain_max_ms: 10_000, ..Config::default() }, Readiness::default()).await;
    let client = served.client(Role::Ncetm).await;
    let working = tokio::spawn({
        let mut client = client.clone();
        async move { answer(&mut client, word("work")).await }
    });
    let mut polite = client.clone().read(word("stay politely")).await.unwrap().into_inner();
    let mut stays = client.clone().read(word("stay")).await.unwrap().into_inner();
    let mut health = HealthClient::new(served.channel().await).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    served.shutdown.cancel();
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::NotServing, "reported before any call ends");
    assert!(get(served.admin, "/readyz").await.starts_with("HTTP/1.1 503"));
    assert!(working.await.unwrap().is_ok(), "a call in flight finishes");
    polite.message().await.unwrap().unwrap();
    assert!(polite.message().await.unwrap().is_none(), "a stream that handles the drain ends without an error");
    stays.message().await.unwrap().unwrap();
    let status = stays.message().await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "DRAINING"));
    drop(client);
    served.task.await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "drain does not wait for its limit: {:?}", started.elapsed());
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn a_call_that_does_not_finish_in_time_is_cut_off() {
    let served = served(Config { drain_grace_ms: 10, drain_max_ms: 200, ..Config::default() }, Readiness::default()).await;
    let mut client = served.client(Role::Ncetm).await;
    let sleeping = tokio::spawn(async move { client.read(word("sleep")).await.map(drop) });
    sleep(Duration::from_millis(100)).await;
    served.shutdown.cancel();
    let status = sleeping.await.unwrap().unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "DRAINING"));
    served.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_occupied_port_is_reported_in_one_sentence() {
    let first = listen(Config::default().listen).await.unwrap();
    let error = listen(first.local_addr().unwrap()).await.unwrap_err().to_string();
    let address = first.local_addr().unwrap();
    assert_eq!(
        error,
        format!("{address} is taken by another program; stop that program or choose another address; port 0 selects a free port")
    );
}

#[tokio::test]
async fn the_admin_port_reports_liveness_readiness_and_metrics() {
    let checks = Readiness::new(vec![
        ("database", Box::new(|| Box::pin(async { Ok(()) }))),
        ("mirror", Box::new(|| Box::pin(async { Err("it stopped at an event".to_owned()) }))),
    ]);
    let served = served(Config::default(), checks).await;
    answer(&mut served.client(Role::Ncetm).await, word("hello")).await.unwrap();
    served.client(Role::HubLead).await.read(word("hello")).await.unwrap_err();
    assert!(get(served.admin, "/healthz").await.starts_with("HTTP/1.1 200"));
    let ready = get(served.admin, "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    assert!(ready.ends_with("database: ok\nmirror: it stopped at an event\nnot ready\n"), "{ready}");
    sleep(Duration::from_millis(50)).await;
    let figures = get(served.admin, "/metrics").await;
    let read = r#"rpc_server_call_duration_seconds_bucket{rpc_system_name="grpc",rpc_method="mathshubs.feed.v1.FeedService/Read",rpc_response_status_code="#;
    assert!(figures.contains(&format!("{read}\"OK\",le=\"0.005\"}}")), "{figures}");
    assert!(figures.contains(&format!("{read}\"PERMISSION_DENIED\"")), "{figures}");
    assert!(figures.contains("rpc_server_calls_in_flight"), "{figures}");
    let channel = Channel::from_shared(format!("http://{}", served.admin)).unwrap().connect().await.unwrap();
    let request = HealthCheckRequest { service: SERVICE.to_owned() };
    let health = HealthClient::new(channel).check(request).await.unwrap().into_inner();
    assert_eq!(health.status(), ServingStatus::Serving, "gRPC probes use the same port");
}
