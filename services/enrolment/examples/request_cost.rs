//! CPU time that a served call takes, and calls per second: `cargo run --release -p enrolment --example request_cost [CALLS]`, on SQLite.
//!
//! Compares enrolment, as its program serves it, with a bare handler: tonic and one sqlx query, without tokens, scope, deadlines, logs and metrics. Each
//! is a separate process, whose CPU time Linux counts. Before that, 128 calls at once draft, submit and accept.
#![expect(clippy::unwrap_used, reason = "an example ends by panicking")]
#![expect(dead_code, unused_imports, reason = "the example needs a part of the fixture")]

#[path = "request_cost/bare.rs"]
mod bare;
#[path = "../tests/stories/fixture/mod.rs"]
mod stories;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use access::{Caller, LOCAL_ISSUER, LocalKey, Role, Trusted};
use client::{Connection, PeerTls, TokenSource};
use enrolment::{Config, Enrolment};
use futures::{StreamExt, stream};
use proto::enrolment::v1::{
    self as pb, PlaceOrder, application_service_client::ApplicationServiceClient, round_service_client::RoundServiceClient,
};
use server::Trust;
use stories::{MASTERY, NORTH};
use time::{AcademicYear, Clock};
use tokio_util::sync::CancellationToken;

const ROUND: &str = "rounds/now";
const IN_FLIGHT: usize = 128;
const FIRST_URN: i64 = 100_001;
const SCHOOLS_COUNT: i64 = 5_000;
/// A page of 100 takes about ten times as long as one application.
const GETS_PER_PAGE: usize = 10;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1..).unwrap_or_default() {
        [mode, folder] if mode == "serve" => serve(Path::new(folder)).await,
        [mode, folder] if mode == "bare" => bare::serve(&database(Path::new(folder))).await,
        rest => measure(rest.first().map_or(20_000, |text| text.parse().unwrap())).await,
    }
}

fn database(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("enrolment.sqlite").display())
}

/// Serves enrolment and prints its address.
async fn serve(folder: &Path) {
    let key = LocalKey::open_or_create(folder).unwrap();
    let trust = vec![Trust(Trusted::file(LOCAL_ISSUER, key.jwks_path(), &Role::ALL))];
    let serving = server::Config { trust, ..server::Config::default() };
    let listening = |address| println!("{address}");
    service::serve::<Enrolment>(&Config::new(database(folder)), &serving, CancellationToken::new(), listening).await.unwrap();
}

/// A server in a separate process, which ends with this value.
struct Server {
    child: Child,
    connection: Connection,
}

impl Server {
    fn start(mode: &str, folder: &Path, token: &TokenSource) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program).arg(mode).arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let connection = Connection::open(&format!("http://{}", address.trim()), &PeerTls::default()).unwrap();
        Self { child, connection: connection.with_token(token.clone()) }
    }

    fn applications(&self) -> ApplicationServiceClient<Connection> {
        ApplicationServiceClient::new(self.connection.clone())
    }

    /// User and system time of the process so far.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// CPU time of one call, on average, in microseconds.
    async fn cost<F: Future<Output = ()>>(&self, calls: usize, call: impl Fn(usize) -> F) -> f64 {
        stream::iter(0..calls / 10).map(&call).buffer_unordered(16).collect::<Vec<()>>().await;
        let before = self.cpu();
        stream::iter(0..calls).map(&call).buffer_unordered(16).collect::<Vec<()>>().await;
        (self.cpu() - before).as_secs_f64() * 1e6 / f64::from(u32::try_from(calls).unwrap())
    }

    /// The costs of GetApplication and of a page of ListApplications.
    async fn costs(&self, calls: usize, names: &[String]) -> [f64; 2] {
        let get = async |index: usize| {
            let request = pb::GetApplicationRequest { name: names[index % names.len()].clone() };
            self.applications().get_application(request).await.unwrap();
        };
        let list = async |_| {
            let request = pb::ListApplicationsRequest { parent: ROUND.to_owned(), page_size: 100, ..Default::default() };
            let page = self.applications().list_applications(request).await.unwrap().into_inner();
            assert_eq!(page.applications.len(), 100);
        };
        [self.cost(calls, get).await, self.cost(calls / GETS_PER_PAGE, list).await]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn measure(calls: usize) {
    let folder = tempfile::tempdir().unwrap();
    prepare(&database(folder.path())).await;
    let key = Arc::new(LocalKey::open_or_create(folder.path()).unwrap());
    let ncetm = Caller::new(Role::Ncetm, "ncetm");
    let token = TokenSource::local(Arc::clone(&key), ncetm, access::AUDIENCE);
    let suite = Server::start("serve", folder.path(), &token);
    let names = apply(&suite, &key).await;
    let [get, list] = suite.costs(calls, &names).await;
    drop(suite);
    let [bare_get, bare_list] = Server::start("bare", folder.path(), &token).costs(calls, &names).await;
    println!("GetApplication: {get:.0} µs of CPU; bare handler {bare_get:.0} µs; ratio {:.1}", get / bare_get);
    println!(
        "ListApplications, a page of 100: {list:.0} µs of CPU; bare handler {bare_list:.0} µs; ratio {:.1}",
        list / bare_list
    );
}

/// Writes the schools and the hub of enrolment's mirror.
async fn prepare(url: &str) {
    let today = Clock::machine().today().to_string();
    let opened = fixture::Fixture::open::<Enrolment>(&Config::new(url), &today).await;
    let schools: Vec<_> = (FIRST_URN..FIRST_URN + SCHOOLS_COUNT).map(|urn| (urn, 1, 1)).collect();
    for part in schools.chunks(1_000) {
        fixture::schools(opened.pool(), part).await;
    }
    fixture::hubs(opened.pool(), &["north"]).await;
    fixture::programme(opened.pool(), MASTERY, proto::network::v1::Recurrence::Once, &[2, 3], 2).await;
    opened.pool().close().await;
}

/// Creates a round in which every school drafts, submits and accepts; prints the calls per second. Gives the names of the applications.
async fn apply(suite: &Server, key: &Arc<LocalKey>) -> Vec<String> {
    create_round(suite).await;
    let draft = async |urn: i64| {
        let application = pb::Application {
            school: stories::school(urn),
            hub: NORTH.to_owned(),
            programme: MASTERY.to_owned(),
            ..pb::Application::default()
        };
        let request = pb::CreateApplicationRequest {
            request_id: format!("draft-{urn}"),
            parent: ROUND.to_owned(),
            application: Some(application),
        };
        suite.applications().create_application(request).await.unwrap().into_inner().application.unwrap().name
    };
    let names = rate("drafts", FIRST_URN..FIRST_URN + SCHOOLS_COUNT, draft).await;
    let submit = async |(index, name): (usize, &String)| {
        let request =
            pb::SubmitApplicationRequest { request_id: format!("submit-{index}"), name: name.clone(), etag: String::new() };
        suite.applications().submit_application(request).await.unwrap();
    };
    rate("submissions", names.iter().enumerate(), submit).await;
    for offer in 0..SCHOOLS_COUNT / 1_000 {
        let request = pb::OfferPlacesRequest {
            request_id: format!("offer-{offer}"),
            parent: ROUND.to_owned(),
            hub: NORTH.to_owned(),
            programme: MASTERY.to_owned(),
            offers_count: 1_000,
            validate_only: false,
        };
        suite.applications().offer_places(request).await.unwrap();
    }
    let offered = pb::ListApplicationsRequest {
        parent: ROUND.to_owned(),
        page_size: 1_000,
        state: pb::ApplicationState::Offered.into(),
        ..pb::ListApplicationsRequest::default()
    };
    let offered = client::items(|page_token| {
        let request = pb::ListApplicationsRequest { page_token, ..offered.clone() };
        let mut applications = suite.applications();
        async move {
            let page = applications.list_applications(request).await?.into_inner();
            Ok((page.applications, page.next_page_token))
        }
    });
    let offered: Vec<pb::Application> = offered.map(Result::unwrap).collect().await;
    let accept = async |(index, application): (usize, &pb::Application)| {
        let (request_id, name) = (format!("accept-{index}"), application.name.clone());
        let school = Caller::school(&application.school, &application.school);
        let token = TokenSource::local(Arc::clone(key), school, access::AUDIENCE);
        let mut applications = ApplicationServiceClient::new(suite.connection.clone().with_token(token));
        applications.accept_offer(pb::AcceptOfferRequest { request_id, name, ..Default::default() }).await.unwrap();
    };
    rate("acceptances", offered.iter().enumerate(), accept).await;
    names
}

/// A round of this academic year, with a place for every school.
async fn create_round(suite: &Server) {
    let mut rounds = RoundServiceClient::new(suite.connection.clone());
    let year = AcademicYear::of(Clock::machine().today());
    let mut round = stories::round(PlaceOrder::Submission);
    round.academic_year = year.to_string();
    round.window_start_date = year.start_date().to_string();
    round.window_end_date = year.end_date().to_string();
    round.place_order_policies[0].start_date = year.start_date().to_string();
    let request = pb::CreateRoundRequest { request_id: "round".to_owned(), round_id: "now".to_owned(), round: Some(round) };
    rounds.create_round(request).await.unwrap();
    let places = pb::Places {
        hub: NORTH.to_owned(),
        programme: MASTERY.to_owned(),
        places_count: i32::try_from(SCHOOLS_COUNT).unwrap(),
        ..pb::Places::default()
    };
    let request = pb::SetPlacesRequest { request_id: "places".to_owned(), parent: ROUND.to_owned(), places: Some(places) };
    rounds.set_places(request).await.unwrap();
}

/// Makes a call for each item, 128 at once, and prints the number of answers per second.
async fn rate<T, R, F: Future<Output = R>>(what: &str, items: impl IntoIterator<Item = T>, call: impl Fn(T) -> F) -> Vec<R> {
    let started = Instant::now();
    let answers: Vec<R> = stream::iter(items).map(call).buffered(IN_FLIGHT).collect().await;
    let rate = f64::from(u32::try_from(answers.len()).unwrap()) / started.elapsed().as_secs_f64();
    println!("{what}: {rate:.0} per second, {IN_FLIGHT} in flight");
    answers
}
