//! Requests that come as a stream of messages and cannot be read, sent as bytes over a real socket: each is an error of its caller. The methods come from
//! the contracts.

use std::{net::SocketAddr, time::Duration};

use access::Role;
use prost::{Message as _, bytes::Bytes};
use proto::{enrolment::v1 as enrolment, network::v1 as network};
use stories::Suite;
use tokio::net::TcpStream;
use tonic::{Code, Status};

/// The end of a request.
#[derive(Clone, Copy)]
enum End {
    /// The caller ends the stream as one that is complete.
    Complete,
    /// The caller sends nothing more.
    Silent,
    /// The caller resets the stream.
    Reset,
}

/// A message in gRPC's frame: a flag, the length, the bytes.
fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &length, message].concat()
}

/// The header with which the stream of a method begins.
fn header(method: &str) -> Vec<u8> {
    let request_id = "broken".to_owned();
    match method.rsplit('/').next().unwrap() {
        "ImportRegister" => {
            use network::import_register_request::Part;
            let header = network::ImportRegisterHeader { request_id, as_of_date: "2018-09-01".to_owned(), ..Default::default() };
            network::ImportRegisterRequest { part: Some(Part::Header(header)) }.encode_to_vec()
        }
        "PublishReach" => {
            use network::publish_reach_request::Part;
            let publication = network::ReachPublication {
                academic_year: "2018/19".to_owned(),
                true_on_date: "2018-09-03".to_owned(),
                known_on_date: "2018-09-03".to_owned(),
                register_as_of_date: "2018-09-01".to_owned(),
                content_sha256: "0".repeat(64),
                ..Default::default()
            };
            let header = network::PublishReachHeader { request_id, reach_publication: Some(publication), ..Default::default() };
            network::PublishReachRequest { part: Some(Part::Header(header)) }.encode_to_vec()
        }
        "ImportHistory" => {
            use enrolment::import_history_request::Part;
            let (source, as_of_date) = ("A list".to_owned(), "2018-09-01".to_owned());
            let header = enrolment::ImportHistoryHeader { request_id, source, as_of_date, ..Default::default() };
            enrolment::ImportHistoryRequest { part: Some(Part::Header(header)) }.encode_to_vec()
        }
        name => panic!("say with which header the stream of {name} begins"),
    }
}

/// Sends these bytes as the body of a call; returns its status, `None` when the caller reset the call.
async fn send(to: SocketAddr, token: &str, method: &str, body: &[u8], end: End) -> Option<Status> {
    let (client, connection) = h2::client::handshake(TcpStream::connect(to).await.unwrap()).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://{to}/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"));
    let request = if matches!(end, End::Silent) { request.header("grpc-timeout", "200m") } else { request };
    let mut client = client.ready().await.unwrap();
    let (response, mut stream) = client.send_request(request.body(()).unwrap(), false).unwrap();
    stream.send_data(Bytes::copy_from_slice(body), matches!(end, End::Complete)).unwrap();
    if matches!(end, End::Reset) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.send_reset(h2::Reason::CANCEL);
        return None;
    }
    let response = response.await.unwrap();
    Some(Status::from_header_map(response.headers()).expect("the call failed"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_cannot_be_read_is_its_callers_mistake_and_changes_nothing() {
    let suite = Suite::start_on_sqlite("2018-09-03").await;
    let [to_network, to_enrolment] = suite.addresses();
    let invalid = (Code::InvalidArgument, "MESSAGE_INVALID");
    let cut_off = (Code::Cancelled, "MESSAGE_CUT_OFF");
    let too_large = [&[0][..], &u32::MAX.to_be_bytes()].concat();
    let mut methods = Vec::new();
    for service in access::contracts().services() {
        let streams: Vec<_> = service.methods().filter(|method| method.is_client_streaming()).collect();
        methods.extend(streams.iter().map(|method| format!("{}/{}", service.full_name(), method.name())));
    }
    assert_eq!(methods.len(), 3, "{methods:?}");
    for method in &methods {
        let (role, to) = match method.rsplit('/').next().unwrap() {
            "PublishReach" => (Role::Publisher, to_network),
            "ImportHistory" => (Role::Ncetm, to_enrolment),
            _ => (Role::Importer, to_network),
        };
        let token = suite.token_in_role(role);
        let head = frame(0, &header(method));
        for (case, body, end, expected) in [
            ("no protobuf", frame(0, &[0xFF; 30]), End::Complete, invalid),
            ("a field that is longer than its message", frame(0, &[0x0A, 0x7F]), End::Complete, invalid),
            ("an unknown flag", frame(7, &[]), End::Complete, invalid),
            ("compressed by nothing", frame(1, &[]), End::Complete, invalid),
            ("no message", Vec::new(), End::Complete, (Code::InvalidArgument, "FIELD_INVALID")),
            ("too large", too_large.clone(), End::Complete, (Code::OutOfRange, "MESSAGE_TOO_LARGE")),
            ("cut off in the length", head[..3].to_vec(), End::Complete, cut_off),
            ("cut off in the header", head[..head.len() - 1].to_vec(), End::Complete, cut_off),
            ("silent after half a header", head[..9].to_vec(), End::Silent, cut_off),
            ("silent after the header", head.clone(), End::Silent, cut_off),
            ("no protobuf after the header", [&head[..], &frame(0, &[0xFF; 30])].concat(), End::Complete, invalid),
            ("an unknown flag after the header", [&head[..], &frame(7, &[])].concat(), End::Complete, invalid),
            ("cut off after the header", [&head[..], &frame(0, &[0x12, 0x10])[..6]].concat(), End::Complete, cut_off),
        ] {
            let status = send(to, &token, method, &body, end).await.expect("an answer");
            assert_eq!((status.code(), stories::reason(&status).as_str()), expected, "{case} to {method}: {status}");
            assert!(status.message().chars().count() < 250, "{case} to {method}: {status}");
        }
        assert!(send(to, &token, method, &head, End::Reset).await.is_none());
    }
    // Nothing was imported or published.
    let ncetm = suite.ncetm();
    assert_eq!(ncetm.all_participations("").await.unwrap(), []);
    let schools = ncetm.register().list_schools(network::ListSchoolsRequest::default()).await.unwrap().into_inner().schools;
    let publications = ncetm.reach().list_reach_publications(network::ListReachPublicationsRequest::default()).await.unwrap();
    assert_eq!((schools, publications.into_inner().reach_publications), (Vec::new(), Vec::new()));
}
