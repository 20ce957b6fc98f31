//! SIGKILL under load: every acknowledged write survives, and no write is partial.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use client::FeedCursor;
use futures::future::{Either, join_all, select};
use proto::enrolment::v1::{self as enrolment, ApplicationState, PlaceOrder};
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stories::{
    Caller, places,
    process::{Folder, Program},
    register::{self, SHEFFIELD},
    round,
};
use tokio::sync::watch;

/// The program that serves the suite.
const PROGRAM: &str = env!("CARGO_BIN_EXE_serve_suite");
/// Schools that apply during each life of the program; each is a separate client.
const SCHOOLS: i32 = 16;
const PLACES: i32 = 12;
/// Drafts, submissions and acceptances of one complete life; offers come in addition.
const ANSWERS: u32 = 44;
const FIRST_URN: i32 = 100_001;

/// The acknowledged writes of one life: the furthest acknowledged state of each application. The number of answers can be awaited.
struct Acknowledged {
    states: Mutex<HashMap<String, ApplicationState>>,
    answers: watch::Sender<u32>,
}

impl Acknowledged {
    fn note(&self, application: &enrolment::Application) {
        let mut states = self.states.lock().unwrap();
        let state = states.entry(application.name.clone()).or_insert(ApplicationState::Draft);
        // Answers to different clients arrive in any order; the furthest state counts.
        if rank(application.state()) > rank(*state) {
            *state = application.state();
        }
        self.answers.send_modify(|answers| *answers += 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_a_kill_on_sqlite_and_none_is_partial() {
    lives(&Folder::sqlite(), db::testing::number_from_environment("MATHSHUBS_TEST_KILLS", 50)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_a_kill_on_postgresql_and_none_is_partial() {
    // Fewer kills than on SQLite: the test kills the program, and PostgreSQL keeps its commits.
    let Some(folder) = Folder::postgres().await else { return };
    lives(&folder, db::testing::number_from_environment("MATHSHUBS_TEST_KILLS", 50).div_ceil(5)).await;
}

async fn lives(folder: &Folder, kills: u32) {
    let mut program = Program::start(PROGRAM, folder);
    let ncetm = program.ncetm();
    let today = time::Clock::machine().today();
    let schools = i32::try_from(kills).unwrap() * SCHOOLS;
    let register = register::as_of(&today.to_string()).primaries(FIRST_URN..FIRST_URN + schools, SHEFFIELD);
    ncetm.import(&register.done()).await.unwrap();
    let hub = ncetm.create_hub("north", FIRST_URN).await.unwrap();
    let year = time::AcademicYear::of(today.plus_days(365)).to_string();
    let window = [today.plus_days(-1).to_string(), today.plus_days(2).to_string()];

    let mut chance = ChaCha8Rng::seed_from_u64(18);
    let mut written = 0;
    let mut cursor = FeedCursor::default();
    let mut participations_before = HashSet::new();
    for life in 0..kills {
        let ncetm = program.ncetm();
        let announced = round(&year, [&window[0], &window[1]], PlaceOrder::Submission);
        let round = ncetm.announce(&format!("life-{life}"), announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, PLACES)).await.unwrap();

        let acknowledged = Acknowledged { states: Mutex::default(), answers: watch::Sender::new(0) };
        let alive = AtomicBool::new(true);
        let first = FIRST_URN + i32::try_from(life).unwrap() * SCHOOLS;
        let clients = (first..first + SCHOOLS).map(|urn| client(&ncetm, &round, &hub, urn, &acknowledged, &alive));
        // Kills after a number of answers, from none to the last, and a moment more, so that the machine's speed does not matter.
        let answers_before_death = chance.random_range(0..=ANSWERS);
        let moment = Duration::from_micros(chance.random_range(0..2_000));
        let mut answers = acknowledged.answers.subscribe();
        let death = async {
            answers.wait_for(|answers| *answers >= answers_before_death).await.unwrap();
            tokio::time::sleep(moment).await;
            alive.store(false, Ordering::SeqCst);
        };
        match select(pin!(join_all(clients)), pin!(death)).await {
            Either::Left(_) => program.kill(),
            Either::Right(((), clients)) => {
                program.kill();
                clients.await;
            }
        }

        folder.wait_until_idle().await;
        program = Program::start(PROGRAM, folder);
        written += *acknowledged.answers.borrow();
        let acknowledged = acknowledged.states.into_inner().unwrap();
        let found = Found::read(&program.ncetm(), &round, &hub, &mut cursor, &mut participations_before).await;
        found.check(&acknowledged, life);
    }
    assert!(written > kills * ANSWERS / 4, "only {written} answers in {kills} lives: the load is too small");
    println!("{kills} kills, {written} writes acknowledged");
}

/// Drafts, submits, offers and accepts until all is done or the program is dead.
async fn client(ncetm: &Caller, round: &str, hub: &str, urn: i32, acknowledged: &Acknowledged, alive: &AtomicBool) {
    let work = async {
        let draft = ncetm.draft(round, urn, hub).await?;
        acknowledged.note(&draft);
        let submitted = ncetm.submit(&draft.name).await?;
        acknowledged.note(&submitted);
        ncetm.offer(round, hub, 1000).await?.iter().for_each(|offered| acknowledged.note(offered));
        let accepted = ncetm.accept(&draft.name).await?;
        acknowledged.note(&accepted);
        Ok::<_, tonic::Status>(())
    };
    match work.await {
        Ok(()) => {}
        Err(status) if stories::reason(&status) == "NO_PLACE_LEFT" => {}
        // While the program lives, its errors are answers, and on a busy machine a deadline may pass; once it is dead, any error is expected.
        Err(status)
            if alive.load(Ordering::SeqCst)
                && !matches!(
                    status.code(),
                    tonic::Code::Unavailable
                        | tonic::Code::Unknown
                        | tonic::Code::Cancelled
                        | tonic::Code::Internal
                        | tonic::Code::DeadlineExceeded
                ) =>
        {
            panic!("schools/{urn}: {status:?}")
        }
        Err(_) => {}
    }
}

/// The state after a restart.
struct Found {
    applications: Vec<enrolment::Application>,
    places: Vec<enrolment::Places>,
    participations: Vec<enrolment::Participation>,
    /// Applications with their events, in order.
    events: HashMap<String, Vec<String>>,
}

impl Found {
    async fn read(ncetm: &Caller, round: &str, hub: &str, cursor: &mut FeedCursor, before: &mut HashSet<String>) -> Self {
        let applications = ncetm.all_applications(round).await.unwrap();
        let places = ncetm.all_places(round).await.unwrap();
        let mut participations = ncetm.all_participations(hub).await.unwrap();
        participations.retain(|one| before.insert(one.name.clone()));
        let (read, last) = ncetm.events(cursor.clone()).await.unwrap();
        *cursor = last;
        let mut events: HashMap<String, Vec<String>> = HashMap::new();
        for event in read {
            let kind = event.r#type.rsplit('.').next().unwrap().to_owned();
            events.entry(event.resource).or_default().push(kind);
        }
        Self { applications, places, participations, events }
    }

    fn check(&self, acknowledged: &HashMap<String, ApplicationState>, life: u32) {
        let by_name: HashMap<_, _> = self.applications.iter().map(|one| (one.name.as_str(), one)).collect();
        for (name, state) in acknowledged {
            let found = by_name.get(name.as_str()).unwrap_or_else(|| panic!("life {life}: {name} was acknowledged and is lost"));
            assert!(
                rank(found.state()) >= rank(*state),
                "life {life}: {name} was acknowledged as {state:?} and is {:?}",
                found.state()
            );
        }
        let accepted: Vec<_> = self.applications.iter().filter(|one| one.state() == ApplicationState::Accepted).collect();
        let taken: HashSet<_> = accepted.iter().map(|one| one.participation.as_str()).collect();
        assert_eq!(taken.len(), accepted.len(), "life {life}: every accepted application has one participation");
        let there: HashSet<_> = self.participations.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(taken, there, "life {life}: accepted applications and participations belong together");
        let count = i32::try_from(accepted.len()).unwrap();
        assert_eq!(self.places[0].accepted_count, count, "life {life}: places count what is accepted");
        assert!(count <= PLACES);
        for application in &self.applications {
            let events = self.events.get(&application.name).map(Vec::as_slice).unwrap_or_default();
            let expected: &[&[&str]] = match application.state() {
                ApplicationState::Draft => &[&[]],
                ApplicationState::Submitted => &[&["ApplicationSubmitted"]],
                ApplicationState::Offered => &[
                    &["ApplicationSubmitted", "PlaceOffered"],
                    &["ApplicationSubmitted", "ApplicationWaitlisted", "PlaceOffered"],
                ],
                ApplicationState::Waitlisted => &[&["ApplicationSubmitted", "ApplicationWaitlisted"]],
                ApplicationState::Accepted => &[
                    &["ApplicationSubmitted", "PlaceOffered", "PlaceAccepted"],
                    &["ApplicationSubmitted", "ApplicationWaitlisted", "PlaceOffered", "PlaceAccepted"],
                ],
                other => panic!("life {life}: no client made {} {other:?}", application.name),
            };
            assert!(
                expected.iter().any(|expected| events == *expected),
                "life {life}: {} is {:?} and the feed says {events:?}",
                application.name,
                application.state()
            );
        }
    }
}

/// The position of a state in the clients' sequence.
fn rank(state: ApplicationState) -> u8 {
    match state {
        ApplicationState::Draft => 1,
        ApplicationState::Submitted => 2,
        ApplicationState::Waitlisted => 3,
        ApplicationState::Offered => 4,
        ApplicationState::Accepted => 5,
        other => panic!("no client causes {other:?}"),
    }
}
