//! Benchmark of measuring: a synthetic England of 26,000 schools, 34,000 links and five years of the programme.
//!
//! `cargo run --release -p analytics --example speed -- write FOLDER [TIMES]` writes a lake there: about 110,000 events, with TIMES as many applications.
//! `… -- measure FOLDER` measures it, writes the report, and prints the time of each step and the process's peak memory.
//! `tests/independent/count_cells.py --engine duckdb --times` runs the same measure as SQL over the same files.
#![expect(clippy::unwrap_used, reason = "an example ends by panicking")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant as Stopwatch},
};

use analytics::{
    Measure, Measurer, REGIONS, ReportState,
    lake::{Batch, Lake, Manifest},
    write_report,
};
use prost::{Message, Name};
use proto::{
    enrolment::v1 as enrolment,
    feed::v1::{Actor, Event},
    network::v1 as network,
};
use time::{AcademicYear, Date, Instant};

const SCHOOLS: i32 = 26_000;
const LINKS: i32 = 34_000;
const PRIMARY: &str = "primary-teaching-for-mastery";
const SECONDARY: &str = "secondary-teaching-for-mastery";

/// A random number generator with the same sequence on every machine.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((self.0 >> 33) % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Events of a run, as many as collect reads at most.
const EVENTS_PER_RUN: usize = 250_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = "speed write FOLDER [TIMES], or speed measure FOLDER";
    let folder = PathBuf::from(arguments.get(1).expect(usage));
    match arguments[0].as_str() {
        "write" => write(&folder, arguments.get(2).map_or(1, |times| times.parse().expect(usage))),
        "measure" => measure(&folder),
        _ => panic!("{usage}"),
    }
}

fn measure(folder: &Path) {
    let day = |text| Date::parse(text).unwrap();
    let lake = folder.join("lake");
    let positions = Manifest::load(&lake).unwrap().positions();
    let events: i64 = positions.values().map(|position| position.position).sum();
    println!("{events} events");
    let options = Measure::on(day("2019-08-31"), day("2019-09-15")).up_to(positions);
    let mut measurer = Measurer::new(&lake);
    let memory = Memory::observe();
    let mut reach = None;
    for time in ["measure", "again  "] {
        let stopwatch = Stopwatch::now();
        let measured = measurer.measure(&options).unwrap();
        println!("{time} {:>6} ms, {} figures", stopwatch.elapsed().as_millis(), measured.figures.len());
        reach = Some(measured);
    }
    println!(
        "memory  {:>6} MiB at most, without the mapped pages of files {} MiB",
        kib("VmHWM:") / 1_024,
        memory.peak_kib() / 1_024
    );
    let stopwatch = Stopwatch::now();
    let reach = reach.unwrap();
    let report = write_report(&reach, &folder.join("report"), &ReportState::Provisional).unwrap();
    measurer.keep_report(&reach.options, &report.content_sha256).unwrap();
    println!("report  {:>6} ms, {}", stopwatch.elapsed().as_millis(), report.page.display());
}

/// A number of kibibytes from Linux's status of the process.
fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// The most memory that the process had without the pages of files, which the engine maps and Linux takes back when it needs them.
struct Memory(Arc<(AtomicU64, AtomicBool)>, JoinHandle<()>);

impl Memory {
    fn observe() -> Self {
        let peak = Arc::new((AtomicU64::new(0), AtomicBool::new(false)));
        let observed = Arc::clone(&peak);
        let observer = std::thread::spawn(move || {
            while !observed.1.load(Ordering::Relaxed) {
                observed.0.fetch_max(kib("RssAnon:"), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Self(peak, observer)
    }

    fn peak_kib(self) -> u64 {
        self.0.1.store(true, Ordering::Relaxed);
        self.1.join().unwrap();
        self.0.0.load(Ordering::Relaxed)
    }
}

/// A lake that is being written.
struct Writer {
    lake: Lake,
    network: Feed,
    enrolment: Feed,
}

impl Writer {
    /// Writes the events so far as a run, if they are as many as a run has, or at the end.
    fn run(&mut self, end: bool) {
        if end || self.enrolment.0.len() >= EVENTS_PER_RUN {
            let batch = |source: &str, feed: &mut Feed| {
                let events = std::mem::take(&mut feed.0);
                Batch { source: source.into(), cursor: "head".into(), events }
            };
            let batches = [batch("network", &mut self.network), batch("enrolment", &mut self.enrolment)];
            self.lake.append(&batches, Instant::from_micros(0)).unwrap();
        }
    }
}

fn write(folder: &Path, times: i32) {
    let stopwatch = Stopwatch::now();
    let mut writer =
        Writer { lake: Lake::open(&folder.join("lake")).unwrap(), network: Feed::default(), enrolment: Feed::default() };
    events(&mut writer, times);
    writer.run(true);
    let count: u64 = writer.lake.manifest().sources.values().map(|source| source.rows_count).sum();
    println!("{count} events written in {} ms", stopwatch.elapsed().as_millis());
}

/// The events of a feed that are not written yet, and the position of the last one.
#[derive(Default)]
struct Feed(Vec<Event>, i64);

impl Feed {
    fn push<M: Message + Name>(&mut self, on: Date, payload: &M) {
        self.1 += 1;
        let position = self.1;
        let noon = on.start().plus_micros(12 * 3_600_000_000).to_proto();
        self.0.push(Event {
            epoch: "epoch".into(),
            position,
            id: format!("{position:032x}"),
            r#type: M::full_name(),
            resource: format!("resources/{position}"),
            resource_version: 1,
            happened_time: Some(noon),
            recorded_time: Some(noon),
            actor: Some(Actor { id: "hub-lead".into(), ..Actor::default() }),
            confirmer: None,
            request_id: format!("request-{position}"),
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
            payload: payload.encode_to_vec(),
            hash: Vec::new(),
        });
    }
}

/// Codes of some authorities: most of them were made from others after the first years, so that these have the ones before.
const REORGANISED: [&str; 8] = ["838", "839", "836", "940", "941", "895", "942", "943"];

fn old_la_code(area: i32) -> String {
    let later = usize::try_from(area - 20).ok().and_then(|area| REORGANISED.get(area));
    later.map_or_else(|| format!("{}", 201 + area), |code| (*code).to_owned())
}

fn school(urn: i32, rng: &mut Rng) -> network::School {
    let area = rng.below(151);
    // Areas of very different sizes: the second draw makes the first ones larger.
    let area = area.min(rng.below(400).min(150));
    let region = REGIONS[usize::try_from(area % 9).unwrap()];
    let secondary = urn % 6 == 0;
    let status = if urn % 5 == 0 { 2 } else { 1 };
    network::School {
        name: format!("schools/{urn}"),
        urn,
        school_name: format!("The School of Somewhere {urn}"),
        old_la_code: old_la_code(area),
        new_la_code: format!("E{:08}", 6_000_001 + area),
        la_name: format!("Authority {area}"),
        region_code: region.code.into(),
        region_name: region.name.into(),
        type_group_code: 4,
        status_code: status,
        phase_code: if secondary { 4 } else { 2 },
        education_phase: if secondary { 2 } else { 1 },
        open_date: "1990-09-01".into(),
        close_date: if status == 2 { format!("{}-08-31", 2014 + urn % 5) } else { String::new() },
        register_reason: status,
        listed: true,
        etag: "etag".into(),
        ..network::School::default()
    }
}

fn events(writer: &mut Writer, times: i32) {
    let mut rng = Rng(2018);
    let network = &mut writer.network;
    let day = |text: String| Date::parse(&text).unwrap();
    let register_day = day("2018-09-01".into());
    let schools: Vec<network::School> = (0..SCHOOLS).map(|n| school(100_000 + n, &mut rng)).collect();
    for part in schools.chunks(500) {
        network.push(register_day, &network::SchoolsRecorded { schools: part.to_vec() });
    }
    let links: Vec<network::SchoolLink> = (0..LINKS)
        .map(|n| network::SchoolLink {
            predecessor_urn: 100_000 + rng.below(SCHOOLS),
            successor_urn: 100_000 + rng.below(SCHOOLS),
            kind: 1,
            established_date: format!("{}-09-01", 2000 + n % 20),
        })
        .filter(|link| link.predecessor_urn % 5 == 0 && link.successor_urn % 5 != 0)
        .collect();
    for part in links.chunks(1000) {
        network.push(register_day, &network::SchoolLinksRecorded { school_links: part.to_vec(), removed_school_links: vec![] });
    }
    let register = network::Register {
        as_of_date: "2018-09-01".into(),
        extract_sha256: "synthetic".into(),
        rows_count: SCHOOLS,
        ..network::Register::default()
    };
    network.push(register_day, &network::RegisterImported { register: Some(register), ..Default::default() });

    for first in 2014..=2018_i16 {
        let of = AcademicYear::starting(first).to_string();
        let programme = |programme: &str, display_name: &str, phase, years_count| enrolment::RoundProgramme {
            programme: programme.into(),
            display_name: display_name.into(),
            education_phases: vec![phase],
            years_count,
            ..enrolment::RoundProgramme::default()
        };
        let round = enrolment::Round {
            name: format!("rounds/{first}"),
            academic_year: of.clone(),
            programmes: vec![
                programme(PRIMARY, "Teaching for mastery (primary)", 1, 2),
                programme(SECONDARY, "Teaching for mastery (secondary)", 2, 1),
            ],
            ..enrolment::Round::default()
        };
        writer.enrolment.push(day(format!("{first}-01-10")), &enrolment::RoundCreated { round: Some(round) });
        for number in 0..4_500 * times {
            apply(&mut writer.enrolment, &schools, first, &of, number, &mut rng);
            writer.run(false);
        }
    }
}

fn apply(feed: &mut Feed, schools: &[network::School], first: i16, of: &str, number: i32, rng: &mut Rng) {
    let day = |text: String| Date::parse(&text).unwrap();
    let mut school = &schools[usize::try_from(rng.below(SCHOOLS)).unwrap()];
    // Some regions engage less.
    if school.region_code.as_str() < "E12000004" && rng.below(2) == 0 {
        school = &schools[usize::try_from(rng.below(SCHOOLS)).unwrap()];
    }
    let programme = if school.education_phase == 2 { SECONDARY } else { PRIMARY };
    let application = enrolment::Application {
        name: format!("rounds/{first}/applications/{number}"),
        school: school.name.clone(),
        programme: programme.into(),
        hub: "hubs/somewhere".into(),
        ..enrolment::Application::default()
    };
    let submitted = enrolment::ApplicationSubmitted { application: Some(application.clone()), academic_year: of.into() };
    feed.push(day(format!("{first}-05-01")), &submitted);
    feed.push(day(format!("{first}-05-20")), &enrolment::PlaceOffered { application: Some(application.clone()) });
    if rng.below(10) == 0 {
        return;
    }
    let participation = enrolment::Participation {
        application: application.name.clone(),
        school: school.name.clone(),
        programme: programme.into(),
        first_academic_year: of.into(),
        years_count: if programme == PRIMARY { 2 } else { 1 },
        ..enrolment::Participation::default()
    };
    let accepted = enrolment::PlaceAccepted {
        application: Some(application.clone()),
        participation: Some(participation.clone()),
        ..Default::default()
    };
    feed.push(day(format!("{first}-06-15")), &accepted);
    if rng.below(20) == 0 {
        feed.push(day(format!("{first}-08-20")), &enrolment::ApplicationWithdrawn { application: Some(application) });
        return;
    }
    let mut some = Some(participation);
    let mut year = first - 1;
    for _ in 0..some.as_ref().unwrap().years_count {
        year += 1;
        let academic_year = AcademicYear::starting(year).to_string();
        let start_date = format!("{year}-09-{}", 10 + rng.below(15));
        let started = enrolment::YearStarted {
            participation: some.clone(),
            academic_year: academic_year.clone(),
            start_date: start_date.clone(),
        };
        feed.push(day(start_date), &started);
        if rng.below(12) == 0 {
            let withdraw_date = format!("{}-02-10", year + 1);
            let left = enrolment::ParticipationWithdrawn { participation: some.clone(), withdraw_date: withdraw_date.clone() };
            feed.push(day(withdraw_date), &left);
            return;
        }
        if rng.below(25) == 0 {
            let Some(resumed) = interrupt(feed, some.clone().unwrap(), year, rng) else { return };
            year = resumed.0;
            some = Some(resumed.1);
        }
        let completion_date = format!("{}-08-31", year + 1);
        let completed =
            enrolment::YearCompleted { participation: some.clone(), academic_year, completion_date: completion_date.clone() };
        feed.push(day(completion_date), &completed);
    }
}

/// A school interrupts the year that it has started, and resumes it later: the academic year of that day, and the participation then. `None` when it does not.
fn interrupt(
    feed: &mut Feed,
    mut participation: enrolment::Participation,
    year: i16,
    rng: &mut Rng,
) -> Option<(i16, enrolment::Participation)> {
    let defer_date = AcademicYear::starting(year).start_date().plus_days(30 + rng.below(330));
    let (deferred, on) = (Some(participation.clone()), defer_date.to_string());
    feed.push(defer_date, &enrolment::ParticipationDeferred { participation: deferred, defer_date: on });
    if rng.below(4) == 0 {
        return None;
    }
    let resume_date = defer_date.plus_days(rng.below(600));
    let resumed_year = AcademicYear::of(resume_date).first_year();
    participation.deferred_years_count += i32::from(resumed_year - year);
    let (resumed, on) = (Some(participation.clone()), resume_date.to_string());
    feed.push(resume_date, &enrolment::ParticipationResumed { participation: resumed, resume_date: on });
    Some((resumed_year, participation))
}
