//! Runs the plan: every step is an API call with the token of its actor, on the simulated day on which the actor would make it.

mod applications;
mod appointments;
mod council;
mod funding;
mod incubation;
mod leaders;
mod levers;
mod offers;
mod participations;
mod register;
mod report;
mod specialists;
mod work_groups;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use analytics::{Measurer, Reach};
pub(crate) use funding::{Counts, FundingSummary};
pub(crate) use levers::{LeverSummary, Offers};
use proto::network::v1 as network;
pub(crate) use register::try_register;
pub(crate) use report::ReportTimes;
#[cfg(test)]
pub(crate) use specialists::Area;
pub(crate) use specialists::CohortSummary;
use time::{Clock, Date};
pub(crate) use work_groups::GroupSummary;

use super::{
    callers::{Actor, Callers},
    lineage::Lineage,
    plan::{self, Applicant, Year},
    progress::Progress,
};
use crate::{catalogue::Catalogue, register::GeneratedRegister, suite::Suite};

/// The source of the register.
#[derive(Debug)]
pub(crate) enum Source {
    /// Generated: every year has its own extract.
    Made(GeneratedRegister),
    /// An extract and its links from files: one extract for all years.
    File {
        /// The extract.
        extract: Vec<u8>,
        /// The links file.
        links: Option<Vec<u8>>,
    },
}

/// The options of a demo.
#[derive(Debug)]
pub(crate) struct DemoOptions {
    /// Seed of all random decisions.
    pub(crate) seed: u64,
    /// The extract's day.
    pub(crate) as_of: Date,
    /// Oldest first.
    pub(crate) years: Vec<Year>,
    /// The source of the register.
    pub(crate) source: Source,
    /// Folder of the reports.
    pub(crate) out: PathBuf,
}

/// A place that a school accepted.
#[derive(Debug, Clone)]
struct Place {
    participation: String,
    urn: i32,
    hub: usize,
    programme: usize,
    year_number: i32,
}

/// The results of a demo.
pub(crate) struct Outcome {
    /// The figures of the last report.
    pub(crate) reach: Reach,
    /// The Work Groups of the last year.
    pub(crate) groups: GroupSummary,
    /// The selected specialists.
    pub(crate) cohort: CohortSummary,
    /// The state of funding.
    pub(crate) funding: FundingSummary,
    /// The coldest fifth of authorities in the last round; `None` when no reach was published before it.
    pub(crate) levers: Option<LeverSummary>,
}

/// Schools of the register, by the phase and the reason of their list.
type ListedSchools = HashMap<(network::EducationPhase, network::RegisterReason), Arc<[network::School]>>;

/// A running simulation.
pub(crate) struct Simulation {
    options: DemoOptions,
    clock: Clock,
    suite: Arc<Suite>,
    callers: Callers,
    progress: Progress,
    lineage: Lineage,
    /// Lists of the newest register.
    listed: Mutex<ListedSchools>,
    /// URNs of schools that applied.
    applied: BTreeSet<i32>,
    /// Created hubs, as indices in [`HUBS`](crate::demo::hubs::HUBS).
    founded: BTreeSet<usize>,
    /// Schools that got no place and apply again.
    returning: Vec<Applicant>,
    /// Places whose year has started or is about to start.
    places: Vec<Place>,
    /// Accepted applications of the current round, by school.
    accepted: BTreeMap<i32, String>,
    /// Schools that signed their agreement, and schools with a right to the subsidy.
    signed: BTreeSet<i32>,
    due: BTreeSet<i32>,
    /// Work Groups of the year.
    groups: Vec<work_groups::Group>,
    /// The teachers of each participation who take part.
    participants: BTreeMap<String, Vec<String>>,
    /// Number of cohorts of specialists of each programme so far.
    cohorts_counts: BTreeMap<usize, i32>,
    /// Number of specialists by hub and programme who lead groups, and the lineages of their schools.
    leaders: BTreeMap<(usize, usize), usize>,
    leading: BTreeSet<i32>,
    /// Number of entitlements that had to wait for money.
    waited_count: usize,
    /// Number of schools that gave back a subsidised place.
    given_back_count: usize,
    /// Keeps the events that were read between reports; `None` before the first report.
    measurer: Option<Measurer>,
    /// Duration of reporting so far.
    pub(crate) report_times: ReportTimes,
}

impl Simulation {
    /// A simulation on a suite whose civil clock is `clock`.
    pub(crate) fn new(options: DemoOptions, clock: Clock, suite: Arc<Suite>, callers: Callers, progress: Progress) -> Self {
        Self {
            options,
            clock,
            suite,
            callers,
            progress,
            lineage: Lineage::default(),
            listed: Mutex::default(),
            applied: BTreeSet::new(),
            founded: BTreeSet::new(),
            returning: Vec::new(),
            places: Vec::new(),
            accepted: BTreeMap::new(),
            signed: BTreeSet::new(),
            due: BTreeSet::new(),
            groups: Vec::new(),
            participants: BTreeMap::new(),
            cohorts_counts: BTreeMap::new(),
            leaders: BTreeMap::new(),
            leading: BTreeSet::new(),
            waited_count: 0,
            given_back_count: 0,
            measurer: None,
            report_times: ReportTimes::default(),
        }
    }

    /// Simulates all years and returns the results.
    pub(crate) async fn run(&mut self) -> anyhow::Result<Outcome> {
        self.load_catalogue().await?;
        let years = self.options.years.clone();
        let last = years.len() - 1;
        let mut levers = None;
        let mut groups = GroupSummary::default();
        for (index, year) in years.iter().enumerate() {
            let first = year.year.first_year();
            self.go_to(first, 2, 1, 8);
            self.enter(year, index == 0).await?;
            if index == 0 {
                self.appoint_all().await?;
            }
            self.go_to(first, 2, 15, 8);
            let decisions = [council::PLACE_ORDER, council::BUDGETS, council::SUBSIDY, council::WEIGHTS];
            self.meet(if index == 0 { &decisions } else { &decisions[..2] }).await?;
            self.go_to(first, 2, 20, 8);
            let (round, places) = self.announce(year).await?;
            if index == 0 {
                self.decide_policy(year.year).await?;
                self.publish_weights(self.clock.today()).await?;
            }
            self.recruit_leaders(year, &round).await?;
            self.go_to_day(funding::budget_day(year), 9);
            self.allocate(year, &round).await?;
            let applications = self.apply(year, round).await?;
            if index == last && index > 0 {
                levers = Some(self.try_levers(year).await?);
            }
            self.go_to(first, 7, 2, 9);
            let offered = self.offer(year).await?;
            self.go_to(first, 7, 9, 9);
            let mut answered = BTreeSet::new();
            self.answer(year, &mut answered).await?;
            if index > 0 {
                self.go_to(first, 7, 12, 15);
                self.complete(years[index - 1].year).await?;
            }
            self.fill(year, &mut answered).await?;
            if let Some(levers) = &mut levers {
                levers.count_again(self.count_places(year).await?);
            }
            if index > 0 {
                self.go_to(first, 8, 31, 18);
                self.report(years[index - 1].year, true).await?;
            }
            if index == last {
                self.enter_last(year).await?;
            }
            self.go_to(first, 9, 6, 9);
            self.agree(year.year).await?;
            self.go_to(first, 9, 20, 9);
            let started = self.start(year.year).await?;
            groups = self.form_groups(year.year).await?;
            self.go_to(first, 10, 16, 16);
            self.attend(year.year).await?;
            self.go_to(first, 11, 22, 9);
            self.pay(year.year).await?;
            self.go_to(first + 1, 1, 23, 16);
            self.visit(year.year).await?;
            self.go_to(first + 1, 2, 14, 9);
            self.leave(year.year).await?;
            self.progress.line(&format!(
                "{}  {:>5} applications  {:>5} places  {:>5} offers  {:>5} schools in the programme  {:>4} Work Groups  {:>4} schools in none",
                year.year,
                applications,
                places,
                offered,
                started,
                groups.groups_count,
                groups.left_over.values().sum::<usize>()
            ));
        }
        let final_year = years[last].year;
        self.go_to(final_year.first_year() + 1, 7, 12, 15);
        self.complete(final_year).await?;
        self.go_to(final_year.first_year() + 1, 8, 31, 18);
        let reach = self.report(final_year, false).await?;
        // In the following spring, by the published reach.
        self.nominate(&years[last]).await?;
        let cohort = self.select_specialists(&years[last], &reach).await?;
        let funding = self.funding_summary().await?;
        self.open_new_hubs(&years[last]).await?;
        Ok(Outcome { reach, groups, cohort, funding, levers })
    }

    /// Loads the priorities and programmes that the program contains.
    async fn load_catalogue(&self) -> anyhow::Result<()> {
        let loaded = Catalogue::built_in().load(self.callers.network(Actor::Ncetm)).await?;
        self.progress.line(&format!("catalogue: {}", loaded.counts()));
        Ok(())
    }

    /// Moves the civil clock forward to an hour of a day; it never goes back.
    fn go_to(&self, year: i16, month: i8, day: i8, hour: i64) {
        let day = Date::new_checked(year, month, day).expect("the demo's days are days of the calendar");
        self.go_to_day(day, hour);
    }

    fn go_to_day(&self, day: Date, hour: i64) {
        let then = day.start().plus_micros(hour * 3_600_000_000);
        self.clock.move_to(then.max(self.clock.now()));
    }

    /// Waits until the other services have mirrored the network service.
    async fn catch_up(&self) -> anyhow::Result<()> {
        self.suite.catch_up().await
    }
}

/// A round's name.
fn round_name(year: &Year) -> String {
    format!("rounds/{}", round_id(year))
}

fn round_id(year: &Year) -> String {
    format!("autumn-{}", year.year.first_year())
}

/// A deterministic `request_id` that names its purpose.
fn request_id(what: &str, year: time::AcademicYear, of: impl std::fmt::Display) -> String {
    format!("demo-{what}-{}-{of}", year.first_year())
}

fn programme_place(id: &str) -> usize {
    plan::PROGRAMMES.iter().position(|programme| programme.id == id).expect("the demo applies for its own programmes only")
}
