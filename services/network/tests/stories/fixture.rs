//! A served network, callers of every role, and registers made by hand. A header names the caller: the `access` crate tests tokens.

use std::{future::Future, path::Path, time::Duration};

use access::{Caller, Role};
use db::testing::{TestDatabase, databases};
use futures::{channel::mpsc::UnboundedReceiver, future::BoxFuture};
use network::{Config, Network};
use proto::{
    approval::v1::approval_service_client::ApprovalServiceClient,
    feed::v1::feed_service_client::FeedServiceClient,
    network::v1::{
        self as pb, appointment_service_client::AppointmentServiceClient, catalogue_service_client::CatalogueServiceClient,
        council_service_client::CouncilServiceClient, hub_service_client::HubServiceClient, import_register_request::Part,
        person_service_client::PersonServiceClient, reach_service_client::ReachServiceClient,
        register_service_client::RegisterServiceClient,
    },
    person::v1::person_record_service_client::PersonRecordServiceClient,
};
use service::OpenedService;
use time::{Clock, Date, Ids};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Channel, Server},
};
use tonic_types::StatusExt;

pub(crate) struct Fixture {
    pub(crate) service: OpenedService,
    channel: Channel,
    server: tokio::task::JoinHandle<()>,
    _database: TestDatabase,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Of a form that a school signed.
pub(crate) const FORM_SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub(crate) type Called = InterceptedService<Channel, Named>;

/// Names the caller in a header.
#[derive(Clone)]
pub(crate) struct Named(&'static str);

impl tonic::service::Interceptor for Named {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("caller", self.0.parse().unwrap());
        Ok(request)
    }
}

/// `role`, `role:hubs/x` or `role:schools/100000`, then optionally `@subject`.
fn caller(headers: &tonic::codegen::http::HeaderMap) -> Caller {
    let text = headers.get("caller").unwrap().to_str().unwrap().to_owned();
    let (text, subject) = text.split_once('@').unwrap_or((&text, &text));
    let (role, own) = text.split_once(':').unwrap_or((text, ""));
    let role: Role = role.parse().unwrap();
    let own = Some(own.to_owned()).filter(|own| !own.is_empty());
    let (hub, school) = if role == Role::School { (None, own) } else { (own, None) };
    Caller { hub, school, ..Caller::new(role, subject) }
}

/// Runs a story once on each available database.
pub(crate) async fn on_each<F: Future<Output = ()>>(story: impl Fn(Fixture) -> F) {
    for database in databases().await {
        story(begin(database, |_| {}).await).await;
    }
}

pub(crate) async fn begin(database: TestDatabase, set: fn(&mut Config)) -> Fixture {
    let mut config = Config::new(database.url());
    set(&mut config);
    let clock = Clock::set_to(Date::parse("2018-09-01").unwrap().start());
    let service = OpenedService::open::<Network>(&config, clock, Ids::seeded(1)).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    catalogue_programmes(&service).await;
    let routes = service.routes();
    let layer = server::testing::caller_layer(caller);
    let serving = Server::builder().layer(layer).add_routes(routes).serve_with_incoming(TcpListenerStream::new(listener));
    let server = tokio::spawn(async move { serving.await.unwrap() });
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    Fixture { service, channel, server, _database: database }
}

/// The programmes `primary` and `secondary`, whose reach the stories publish. Without events.
async fn catalogue_programmes(service: &OpenedService) {
    let done = service.context.pool.write::<_, db::Error, _>(|mut tx| {
        Box::pin(async move {
            let priority = "INSERT INTO priority VALUES ('reach', 'Reach', '2014-09-01', NULL, 'councilMeetings/catalogue/decisions/1')";
            db::testing::execute(&mut tx, priority).await?;
            let programme = "INSERT INTO programme VALUES ('primary', 'Primary', 1, 1, 'reach', 0), ('secondary', 'Secondary', 1, 1, 'reach', 0)";
            db::testing::execute(&mut tx, programme).await
        })
    });
    done.await.unwrap();
}

impl Fixture {
    pub(crate) fn register(&self) -> RegisterServiceClient<Called> {
        self.register_as("ncetm")
    }

    pub(crate) fn register_as(&self, caller: &'static str) -> RegisterServiceClient<Called> {
        RegisterServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn hubs(&self) -> HubServiceClient<Called> {
        self.hubs_as("ncetm")
    }

    pub(crate) fn hubs_as(&self, caller: &'static str) -> HubServiceClient<Called> {
        HubServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn persons_as(&self, caller: &'static str) -> PersonServiceClient<Called> {
        PersonServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn appointments_as(&self, caller: &'static str) -> AppointmentServiceClient<Called> {
        AppointmentServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn council_as(&self, caller: &'static str) -> CouncilServiceClient<Called> {
        CouncilServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn catalogue(&self) -> CatalogueServiceClient<Called> {
        CatalogueServiceClient::with_interceptor(self.channel.clone(), Named("ncetm"))
    }

    pub(crate) fn person_records_as(&self, caller: &'static str) -> PersonRecordServiceClient<Called> {
        PersonRecordServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn approvals_as(&self, caller: &'static str) -> ApprovalServiceClient<Called> {
        ApprovalServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn reach_as(&self, caller: &'static str) -> ReachServiceClient<Called> {
        ReachServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    pub(crate) fn feed_as(&self, caller: &'static str) -> FeedServiceClient<Called> {
        FeedServiceClient::with_interceptor(self.channel.clone(), Named(caller))
    }

    /// Moves the clock on to a day, unless it shows a later one.
    pub(crate) fn on(&self, day: &str) {
        let start = Date::parse(day).map_or(self.service.context.clock.now(), Date::start);
        self.service.context.clock.move_to(start.max(self.service.context.clock.now()));
    }

    /// Uploads files under a request id, not before their day.
    pub(crate) async fn import_as(
        &self,
        request_id: &str,
        day: &str,
        extract: &[u8],
        links: &[u8],
        validate_only: bool,
    ) -> Result<pb::ImportRegisterResponse, Status> {
        self.on(day);
        let messages = messages(request_id, day, extract, links, validate_only);
        Ok(self.register().import_register(futures::stream::iter(messages)).await?.into_inner())
    }

    /// Uploads files under a header as it is changed, not before their day.
    pub(crate) async fn import_with(
        &self,
        change: fn(&mut pb::ImportRegisterHeader),
        day: &str,
        extract: &[u8],
        links: &[u8],
    ) -> Result<pb::ImportRegisterResponse, Status> {
        self.on(day);
        let mut messages = messages(&fresh(), day, extract, links, false);
        let Some(Part::Header(header)) = &mut messages[0].part else { unreachable!("it comes first") };
        change(header);
        Ok(self.register().import_register(futures::stream::iter(messages)).await?.into_inner())
    }

    pub(crate) async fn import(&self, day: &str, extract: &[u8], links: &[u8]) -> Result<pb::ImportRegisterResponse, Status> {
        self.import_as(&fresh(), day, extract, links, false).await
    }

    /// The value of a metric after the periodic jobs have run once.
    pub(crate) async fn metric(&self, name: &str) -> String {
        server::testing::metric(name, |shutdown| self.service.background(Vec::new(), shutdown)).await
    }

    /// Uploads an extract whose stream stays open.
    pub(crate) fn open_import(
        &self,
        request_id: &str,
        day: &str,
        extract: &[u8],
    ) -> OpenCall<Response<pb::ImportRegisterResponse>> {
        self.on(day);
        let register = self.register();
        OpenCall::begin(messages(request_id, day, extract, &[], false), move |stream| {
            let mut register = register.clone();
            Box::pin(async move { register.import_register(stream).await })
        })
    }

    /// The first page of links that are pending.
    pub(crate) async fn pending_links(&self) -> pb::ListPendingLinksResponse {
        self.register_as("dfe").list_pending_links(pb::ListPendingLinksRequest::default()).await.unwrap().into_inner()
    }

    /// Confirms the pending links of these predecessors, or all.
    pub(crate) async fn confirm_links(&self, caller: &'static str, urns: &[i32]) -> Result<pb::ConfirmLinksResponse, Status> {
        let request = pb::ConfirmLinksRequest {
            request_id: fresh(),
            name: "register".to_owned(),
            etag: self.pending_links().await.register_etag,
            predecessor_schools: urns.iter().map(|urn| format!("schools/{urn}")).collect(),
        };
        Ok(self.register_as(caller).confirm_links(request).await?.into_inner())
    }

    /// Every event so far: type and resource version.
    pub(crate) async fn events(&self) -> Vec<proto::feed::v1::Event> {
        use proto::feed::v1::{Earliest, ReadRequest, read_request::From};
        self.service.feed.head_position().await.unwrap();
        let mut feed = self.feed_as("ncetm");
        let request = ReadRequest { from: Some(From::Earliest(Earliest {})), limit: 0, stop_at_head: true };
        let mut stream = feed.read(request).await.unwrap().into_inner();
        let mut events = Vec::new();
        while let Some(response) = stream.message().await.unwrap() {
            events.extend(response.events);
        }
        events
    }

    /// The events' types, without their package.
    pub(crate) async fn event_types(&self) -> Vec<String> {
        let events = self.events().await;
        events.into_iter().map(|event| event.r#type.trim_start_matches("mathshubs.network.v1.").to_owned()).collect()
    }
}

pub(crate) fn messages(
    request_id: &str,
    day: &str,
    extract: &[u8],
    links: &[u8],
    validate_only: bool,
) -> Vec<pb::ImportRegisterRequest> {
    let header = pb::ImportRegisterHeader {
        request_id: request_id.to_owned(),
        as_of_date: day.to_owned(),
        validate_only,
        ..Default::default()
    };
    let mut parts = vec![Part::Header(header)];
    parts.extend(extract.chunks(500_000).map(|chunk| Part::ExtractChunk(chunk.to_vec().into())));
    parts.extend(links.chunks(500_000).map(|chunk| Part::LinksChunk(chunk.to_vec().into())));
    parts.into_iter().map(|part| pb::ImportRegisterRequest { part: Some(part) }).collect()
}

/// Repeats a call until its result is as wanted. Fails after 10 seconds, before a silent stream ends.
pub(crate) async fn until<T>(
    mut call: impl AsyncFnMut() -> Result<T, Status>,
    wanted: impl Fn(&Result<T, Status>) -> bool,
) -> Result<T, Status> {
    let calls = async {
        loop {
            let result = call().await;
            if wanted(&result) {
                return result;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), calls).await.expect("the result is as wanted within 10 seconds")
}

/// A call whose stream stays open after its messages. It begins again as long as the service is overloaded.
pub(crate) struct OpenCall<R> {
    end: tokio::sync::oneshot::Sender<()>,
    call: tokio::task::JoinHandle<Result<R, Status>>,
}

impl<R: Send + 'static> OpenCall<R> {
    pub(crate) fn begin<M: Clone + Send + 'static>(
        messages: Vec<M>,
        call: impl Fn(UnboundedReceiver<M>) -> BoxFuture<'static, Result<R, Status>> + Send + 'static,
    ) -> Self {
        let (end, mut ended) = tokio::sync::oneshot::channel();
        let call = tokio::spawn(async move {
            loop {
                let (sender, stream) = futures::channel::mpsc::unbounded();
                messages.iter().for_each(|message| sender.unbounded_send(message.clone()).unwrap());
                let mut call = call(stream);
                let result = tokio::select! {
                    result = &mut call => result,
                    _ = &mut ended => {
                        drop(sender);
                        return call.await;
                    }
                };
                if result.as_ref().err().is_none_or(|status| reason(status) != "OVERLOADED") {
                    return result;
                }
            }
        });
        Self { end, call }
    }

    /// Breaks the stream off.
    pub(crate) fn abort(self) {
        self.call.abort();
    }

    /// Ends the stream.
    pub(crate) async fn finish(self) -> Result<R, Status> {
        drop(self.end);
        self.call.await.unwrap()
    }
}

/// NCETM records a person of the school 100001. Gives the name.
pub(crate) async fn recorded(fixture: &Fixture, address: &str) -> String {
    let details = pb::PersonDetails { display_name: "A teacher".to_owned(), email_address: address.to_owned() };
    let request = pb::RecordPersonRequest {
        request_id: fresh(),
        details: Some(details),
        school: "schools/100001".to_owned(),
        start_date: "2014-09-01".to_owned(),
    };
    fixture.persons_as("ncetm").record_person(request).await.unwrap().into_inner().person.unwrap().name
}

/// A request id that was never used.
pub(crate) fn fresh() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("request-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The stable reason of an error.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The fields that an error names.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let violations = status.get_details_bad_request().map(|details| details.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

pub(crate) const HEADER: &str = "URN,LA (code),LA (name),EstablishmentName,TypeOfEstablishment (code),EstablishmentTypeGroup (code),\
    EstablishmentStatus (code),OpenDate,CloseDate,PhaseOfEducation (code),GOR (code),PercentageFSM";

/// A row of a primary school in Sheffield.
pub(crate) fn row(urn: i32) -> String {
    format!("{urn},373,Sheffield,School {urn},01,4,1,01-09-1970,,2,D,16.2")
}

/// An extract of these rows.
pub(crate) fn extract(rows: impl IntoIterator<Item = String>) -> Vec<u8> {
    rows.into_iter().fold(HEADER.to_owned() + "\n", |file, row| file + &row + "\n").into_bytes()
}

/// A links file of these rows: URN, linked URN, type, date.
pub(crate) fn links(rows: &[(i32, i32, &str, &str)]) -> Vec<u8> {
    let header = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n".to_owned();
    rows.iter().fold(header, |file, (urn, linked, kind, date)| file + &format!("{urn},{linked},,{kind},{date}\n")).into_bytes()
}

/// A real file, or `None`: then the test is named among those that were skipped.
pub(crate) fn real(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/gias").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        db::testing::skip(db::testing::NO_REGISTER);
    }
    bytes
}
