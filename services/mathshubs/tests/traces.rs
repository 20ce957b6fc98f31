//! Traces as a collector receives them: services run as separate processes, and the receiver is a server of the OTLP protocol.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod process;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use access::Role;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use process::{Fixture, Process};
use proto::network::v1::{CreateHubRequest, Hub, hub_service_client::HubServiceClient};
use stories::{Caller, Connections, register};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// A span, and the name of the service that exported it.
#[derive(Debug, Clone)]
struct Seen {
    service: String,
    span: Span,
}

impl Seen {
    fn attribute(&self, key: &str) -> String {
        text(&self.span.attributes, key)
    }

    fn trace(&self) -> String {
        hex(&self.span.trace_id)
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|one| one.key == key);
    match found.and_then(|one| one.value.as_ref()?.value.clone()) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Receives and keeps traces.
#[derive(Clone)]
struct Collector(Arc<Mutex<Vec<Seen>>>, Arc<watch::Sender<usize>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut seen = self.0.lock().unwrap();
        for of_service in request.into_inner().resource_spans {
            let service = text(&of_service.resource.unwrap().attributes, "service.name");
            let spans = of_service.scope_spans.into_iter().flat_map(|scope| scope.spans);
            seen.extend(spans.map(|span| Seen { service: service.clone(), span }));
        }
        self.1.send_replace(seen.len());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Starts listening, and returns the address.
    async fn start() -> (Self, String) {
        let collector = Self(Arc::default(), Arc::new(watch::channel(0).0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let service = TraceServiceServer::new(collector.clone());
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        (collector, address)
    }

    /// Waits for a span.
    async fn wait_for(&self, what: &str, is_it: impl Fn(&Seen) -> bool) -> Seen {
        let mut received = self.1.subscribe();
        let find = async {
            loop {
                if let Some(found) = self.seen(&is_it).pop() {
                    return found;
                }
                received.changed().await.unwrap();
            }
        };
        let found = timeout(Duration::from_secs(60), find).await;
        found.unwrap_or_else(|_| panic!("{what} was not received; received: {:#?}", self.0.lock().unwrap()))
    }

    fn seen(&self, is_it: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        self.0.lock().unwrap().iter().filter(|seen| is_it(seen)).cloned().collect()
    }
}

/// The id of a caller's trace.
fn trace(number: u8) -> String {
    format!("{number:032x}")
}

/// The id of the span in which a caller calls.
fn span(number: u8) -> String {
    format!("{number:016x}")
}

/// Creates the hub of a number, in the trace of that number.
async fn create_hub(network: &Process, token: &str, number: u8, flags: &str) -> Result<(), Status> {
    let hub = Hub {
        display_name: format!("Hub {number}"),
        region_code: "E12000003".to_owned(),
        start_date: "2014-09-01".to_owned(),
        ..Hub::default()
    };
    let message = CreateHubRequest {
        request_id: format!("hub-{number}"),
        hub_id: format!("hub-{number}"),
        hub: Some(hub),
        lead_school: "schools/100001".to_owned(),
    };
    let mut request = Request::new(message);
    request.metadata_mut().insert("traceparent", format!("00-{}-{}-{flags}", trace(number), span(number)).parse().unwrap());
    HubServiceClient::new(network.connection(token)).create_hub(request).await.map(drop)
}

/// Imports a school that can lead hubs.
async fn import(network: &Process, token: &str) {
    let network = network.connection(token);
    let connections = Connections { enrolment: network.clone(), network, specialists: None, funding: None };
    let ncetm = Caller::new(connections, token);
    let register = register::as_of("2018-09-01").primary(100_001, register::SHEFFIELD).done();
    ncetm.import(&register).await.unwrap();
}

const CREATE_HUB: &str = "mathshubs.network.v1.HubService/CreateHub";

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_continues_in_the_called_service_and_in_its_followers() {
    let (collector, endpoint) = Collector::start().await;
    let fixture = Fixture::new();
    // Traces do not depend on the log level.
    let settings = [("MATHSHUBS_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "50"), ("RUST_LOG", "error")];
    let network = fixture.serve("network", &settings);
    let token = fixture.token(Role::Ncetm, "ada");
    import(&network, &token).await;
    for number in [1, 2] {
        create_hub(&network, &token, number, "01").await.unwrap();
    }
    let url = network.url();
    let enrolment = fixture.serve("enrolment", &[&settings[..], &[("MATHSHUBS_NETWORK_URL", &url)]].concat());

    // Earlier events arrive in one response: its span is linked to each of their calls, and to the import.
    let together = |seen: &Seen| seen.service == "enrolment" && !seen.span.links.is_empty();
    let together = collector.wait_for("the span of several traces", together).await;
    let linked: Vec<String> = together.span.links.iter().map(|link| hex(&link.trace_id)).collect();
    assert_eq!(linked[1..], [trace(1), trace(2)]);
    assert_eq!(linked.len(), 3, "and the import has its own trace");
    assert!(together.span.parent_span_id.is_empty() && !linked.contains(&together.trace()), "{together:?}");

    // An event of one call continues that call's trace.
    create_hub(&network, &token, 3, "01").await.unwrap();
    let applied = |seen: &Seen| seen.trace() == trace(3) && seen.service == "enrolment";
    let applied = collector.wait_for("the span of the following service", applied).await;
    let served = |seen: &Seen| seen.trace() == trace(3) && seen.service == "network";
    let served = collector.wait_for("the span of the service that was called", served).await;
    assert_eq!(hex(&served.span.parent_span_id), span(3), "the caller's span is the parent");
    assert_eq!((served.span.name.as_str(), served.span.kind()), (CREATE_HUB, SpanKind::Server));
    let rpc = ["rpc.system.name", "rpc.method", "rpc.response.status_code"].map(|key| served.attribute(key));
    assert_eq!(rpc, ["grpc", CREATE_HUB, "OK"]);
    assert_eq!(applied.span.parent_span_id, served.span.span_id, "the call's span is the parent");
    assert_eq!((applied.span.name.as_str(), applied.span.kind()), ("process network", SpanKind::Consumer));
    let messaging = ["system", "operation.type", "destination.name", "consumer.group.name", "batch.message_count"]
        .map(|key| applied.attribute(&format!("messaging.{key}")));
    // The hub and the appointment of its lead school.
    assert_eq!(messaging, ["mathshubs.feed", "process", "network", "enrolment", "2"]);
    assert!(applied.span.links.is_empty());

    // A refused call has a span too, without an error status; an unsampled trace is not exported.
    create_hub(&network, &token, 4, "00").await.unwrap();
    create_hub(&network, &token, 3, "01").await.unwrap();
    let refused = create_hub(&network, "no.such.token", 5, "01").await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    let refused = collector.wait_for("the span of the refused call", |seen| seen.trace() == trace(5)).await;
    assert_eq!(refused.attribute("rpc.response.status_code"), "UNAUTHENTICATED");
    assert_eq!(refused.span.status.unwrap_or_default().code(), StatusCode::Unset);
    enrolment.stop();
    network.stop();
    assert!(collector.seen(|seen| seen.trace() == trace(4)).is_empty());
    let repeated = collector.seen(|seen| seen.trace() == trace(3));
    assert_eq!(repeated.len(), 3, "the repeated call has its own span and no further effect: {repeated:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_do_not_wait_for_a_collector() {
    // One address without a listener, and one listener that accepts connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    // Export timeouts long enough that a call waiting for the collector would be noticed.
    const PATIENCE: [(&str, &str); 2] = [("OTEL_EXPORTER_OTLP_TIMEOUT", "600000"), ("OTEL_BSP_EXPORT_TIMEOUT", "600000")];
    let mut usual = None;
    for (name, endpoint) in [("none", None), ("closed", Some("http://127.0.0.1:1")), ("silent", Some(silent.as_str()))] {
        let fixture = Fixture::new();
        let settings: Vec<(&str, &str)> = endpoint.map(|endpoint| ("MATHSHUBS_OTLP_ENDPOINT", endpoint)).into_iter().collect();
        let network = fixture.serve("network", &[&settings[..], &PATIENCE, &[("OTEL_BSP_SCHEDULE_DELAY", "50")]].concat());
        let token = fixture.token(Role::Ncetm, "ada");
        import(&network, &token).await;
        let mut took = Vec::new();
        for number in 1..=100 {
            let started = Instant::now();
            create_hub(&network, &token, number, "01").await.unwrap();
            took.push(started.elapsed());
        }
        took.sort();
        let stopped = network.stop();
        println!("{name}: a call took {:?}, the slowest {:?}; stopping {stopped:?}", took[50], took[99]);
        let usual = *usual.get_or_insert(took[50]);
        assert!(took[50] < usual * 10 + Duration::from_secs(1), "{name}: {:?}, and {usual:?} without a collector", took[50]);
        assert!(stopped < Duration::from_secs(60), "{name}: {stopped:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_endpoint_nothing_is_sent() {
    let (collector, endpoint) = Collector::start().await;
    let fixture = Fixture::new();
    // Our program ignores this standard variable: MATHSHUBS_OTLP_ENDPOINT is the only setting of the endpoint.
    let network = fixture.serve("network", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "50")]);
    let token = fixture.token(Role::Ncetm, "ada");
    import(&network, &token).await;
    create_hub(&network, &token, 1, "01").await.unwrap();
    network.stop();
    assert!(collector.seen(|_| true).is_empty());
}
