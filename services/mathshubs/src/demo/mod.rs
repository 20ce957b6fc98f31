//! The demo: simulates several years of the programme through the services' APIs, and reports its reach.
//!
//! `plan` decides by seeded randomness what schools do, `simulation` makes the calls, `print` shows the results. The same seed gives the same report
//! files.

pub(crate) mod callers;
pub mod hubs;
mod lineage;
mod output_dir;
pub mod plan;
pub(crate) mod print;
mod progress;
mod simulation;

use std::{fs, net::SocketAddr, os::unix::fs::DirBuilderExt, path::PathBuf, sync::Arc, time::Instant};

use anyhow::Context;
pub(crate) use simulation::{DemoOptions, Source};
use simulation::{Outcome, Simulation};
use time::{Clock, Date, Ids};

use self::{callers::Callers, progress::Progress};
use crate::suite::{Databases, Key, NAMES, Settings, Suite};

/// Steps of the progress bar for one application, approximately.
const STEPS_PER_APPLICATION: usize = 8;

/// Starts the services, runs the simulation, writes the reports and prints the results. Problems with the folder, the databases or the register are
/// found before any of them changes.
pub(crate) async fn run(options: DemoOptions, database_url: Option<&str>) -> anyhow::Result<()> {
    let began = Instant::now();
    let out = options.out.clone();
    output_dir::check(&out)?;
    let folder = Folder::new()?;
    let key = Key::create(&folder.0)?;
    let first_year = options.years.first().context("at least one year is played")?.year.first_year();
    let clock = Clock::set_to(Date::new_checked(first_year, 1, 15)?.start());
    let start = async |databases: Databases| {
        databases.create_if_missing().await?;
        start(databases, key.clone(), clock.clone(), Ids::seeded(options.seed), &options.source).await
    };
    let own = |name: &str| Databases::from_base(&format!("sqlite:{}", folder.0.join(name).display()));
    let databases = match database_url {
        None => own("played")?,
        Some(base) => {
            let databases = Databases::from_base(base)?;
            databases.must_be_empty().await?;
            if matches!(options.source, Source::File { .. }) {
                // Checked on a temporary database: an invalid register must leave nothing in databases that the next run would refuse as not empty.
                let trial = start(own("trial")?).await?;
                let tried = simulation::try_register(&options, &Callers::new(trial.connections()?, key.clone())).await;
                trial.stop().await?;
                tried?;
            }
            databases
        }
    };
    let suite = Arc::new(start(databases).await?);
    let callers = Callers::new(suite.connections()?, key.clone());
    let register = keep_register(&options)?;
    let applications: usize = options.years.iter().map(|year| year.applications_count).sum();
    let progress = Progress::new(applications * STEPS_PER_APPLICATION);
    let mut simulation = Simulation::new(options, clock.clone(), Arc::clone(&suite), callers, progress.clone());
    let played = simulation.run().await;
    progress.end();
    let report_times = simulation.report_times;
    drop(simulation);
    let stopped = suite.stop().await;
    let Outcome { reach, groups, cohort, funding, levers } = played?;
    stopped?;
    println!("\n{}\n{}", print::by_region(&reach), print::coldest(&reach));
    println!("{}\n{}\n{}", print::work_groups(&groups), print::specialists(&cohort), print::payments(&funding));
    if let Some(levers) = levers {
        println!("{}", print::levers(&levers));
    }
    println!(
        "Demonstration: the actions of schools and people, and the money, are made up. Every page, meta file and manifest of the report says so.\n\
         Visits and lead participants are played in one hub of each region only."
    );
    println!("The page:   {}", out.join("index.html").display());
    println!("The files:  {}", out.join("reach_by_region.csv").display());
    println!("            {}", out.join("reach_by_local_authority.csv").display());
    println!("            earlier years in one folder each, collected events in {}", output_dir::lake(&out).display());
    if let Some(register) = register {
        println!("            the generated register, for `mathshubs import-register`: {}", register.display());
    }
    let [reports, collect, measure, publish] =
        [report_times.total(), report_times.collect, report_times.measure, report_times.publish].map(|time| time.as_secs_f64());
    println!(
        "It took {:.1} s, of which reporting {reports:.1} s: collecting {collect:.1} s, measuring {measure:.1} s, publishing {publish:.1} s.",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Starts a suite that only the demo calls.
async fn start(databases: Databases, key: Key, clock: Clock, ids: Ids, source: &Source) -> anyhow::Result<Suite> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let listeners = NAMES.try_map_in_turn(async |_| server::listen(loopback).await).await?;
    // The demo is the only caller, so that stopping needs no grace period.
    let config = server::Config { drain_grace_ms: 0, ..server::Config::default() };
    // The extract of a file serves all years, also those before its day.
    let future_register_allowed = matches!(source, Source::File { .. });
    let settings = Settings {
        databases,
        key,
        listeners,
        admin_listener: None,
        clock,
        ids,
        lapses_offers: false,
        demonstration: true,
        future_register_allowed,
        config,
    };
    Suite::start(settings).await
}

/// Writes the generated register beside the report, as the files of a download, so that another suite can import it.
fn keep_register(options: &DemoOptions) -> anyhow::Result<Option<PathBuf>> {
    let Source::Made(register) = &options.source else { return Ok(None) };
    let folder = options.out.join("register");
    let day = options.as_of.to_string().replace('-', "");
    let extract = folder.join(format!("edubasealldata{day}.csv"));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(&folder)?;
        fs::write(&extract, register.extract(options.as_of))?;
        if let Some(links) = register.links(options.as_of) {
            fs::write(folder.join(format!("links_edubasealldata{day}.csv")), links)?;
        }
        Ok(())
    };
    write().with_context(|| format!("cannot write into {}; name another folder with --out", folder.display()))?;
    Ok(Some(extract))
}

/// A temporary folder, removed when this value is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let name = format!("maths-hubs-demo-{}", Ids::from_machine().next(Clock::machine().now()));
        let folder = std::env::temp_dir().join(name);
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A remaining temporary folder is harmless.
        let _removed = fs::remove_dir_all(&self.0);
    }
}
