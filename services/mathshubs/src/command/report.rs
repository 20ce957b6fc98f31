//! `mathshubs report`: collects, measures and optionally publishes figures of a running suite. Approved figures are written as final.
//!
//! Figures are measured up to the feed positions that collect reached, so that the same figures can be measured again on a later day.

use std::{collections::BTreeSet, path::PathBuf, str::FromStr};

use analytics::{
    Draft, EarlierReport, Measure, Measurer, ReportState, Source, figures_sha256, find_measured, find_positions, find_published,
    lake::Manifest, publish, write_changes,
};
use clap::Args;
use client::TokenSource;
use server::PeerToken;
use time::{Clock, Date};

use super::{compact_lake, connection};
use crate::demo::print;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address of the network service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::NETWORK_ADDRESS)]
    network_address: String,
    /// Address of the enrolment service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::ENROLMENT_ADDRESS)]
    enrolment_address: String,
    /// Address of the specialists service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::SPECIALISTS_ADDRESS)]
    specialists_address: String,
    /// Address of the funding service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::FUNDING_ADDRESS)]
    funding_address: String,
    /// Token that may read the four feeds and publish: `mathshubs token --role publisher --service network --service enrolment --service specialists
    /// --service funding` prints one. Set it in the environment: arguments can be read by others.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true, required_unless_present_any = ["peer_tokens", "cells"])]
    token: Option<String>,
    /// Files with such tokens, `network=FILE,enrolment=FILE` and so on, read again when they change. They take precedence over MATHSHUBS_TOKEN.
    #[arg(long, env = "MATHSHUBS_PEER_TOKENS", value_name = "SERVICE=FILE", value_delimiter = ',')]
    peer_tokens: Vec<PeerToken>,
    #[command(flatten)]
    tls: client::PeerTls,
    /// Folder for collected events; the next report continues from there.
    #[arg(long, value_name = "DIR", default_value = "./maths-hubs-lake")]
    lake: PathBuf,
    /// Folder for the report; its page is index.html.
    #[arg(long, value_name = "DIR", default_value = "./maths-hubs-report")]
    out: PathBuf,
    /// Day on which the figures are true.
    #[arg(long, value_name = "YYYY-MM-DD | today | yesterday", default_value = "today")]
    true_on: Day,
    /// Last day whose records count.
    #[arg(long, value_name = "YYYY-MM-DD | today | yesterday", default_value = "today")]
    known_on: Day,
    /// Measure again the report with this content_sha256 (from its manifest.json), on its days and up to its feed positions. The result is final if
    /// it was approved.
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["true_on", "known_on"])]
    content_sha256: Option<String>,
    /// Folder of an earlier report from the same lake: changes.csv then lists each school that counts differently, and why.
    #[arg(long, value_name = "DIR")]
    compare: Option<PathBuf>,
    /// Write the report from the cells in this file, which another engine counted from the lake as it is, for the days of --true-on and --known-on. Nothing is
    /// collected or published, and no service is called.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["content_sha256", "compare", "publish"])]
    cells: Option<PathBuf>,
    /// Send the figures to the network service as provisional, unless they are approved already.
    #[arg(long)]
    publish: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(cells) = arguments.cells.clone() {
        return from_cells(arguments, cells).await;
    }
    // The earlier report may be in the folder that this report replaces, so it is read first.
    let earlier = arguments.compare.as_deref().map(EarlierReport::read).transpose()?;
    let connect = async |name, address: &str| {
        let connection = connection::connect(name, address, &arguments.tls, token(&arguments, name)?).await?;
        anyhow::Ok(Source { name, connection })
    };
    let network = connect("network", &arguments.network_address).await?;
    let sources = [
        network.clone(),
        connect("enrolment", &arguments.enrolment_address).await?,
        connect("specialists", &arguments.specialists_address).await?,
        connect("funding", &arguments.funding_address).await?,
    ];
    let clock = Clock::machine();
    let today = clock.today();
    let collected = analytics::collect(&arguments.lake, &sources, clock.now()).await?;
    for source in &collected.sources {
        println!("collected {} new events from {}", source.events_count, source.name);
    }
    let mut measurer = Measurer::new(&arguments.lake);
    let options = match &arguments.content_sha256 {
        Some(content_sha256) => find_measured(&measurer, content_sha256, &network).await?,
        None => Measure::on(arguments.true_on.date(today), arguments.known_on.date(today)).up_to(collected.positions),
    };
    let published = match &earlier {
        Some(earlier) => find_positions(earlier, &network).await?,
        None => None,
    };
    let measuring = tokio::task::spawn_blocking(move || {
        let changes = earlier.map(|earlier| earlier.explain(&mut measurer, &options, published)).transpose()?;
        Ok::<_, analytics::Error>((measurer.measure(&options)?, changes, measurer))
    });
    let (reach, changes, measurer) = measuring.await??;
    let draft = Draft::new(&reach);
    if let Some(content_sha256) = arguments.content_sha256.filter(|wanted| wanted != draft.content_sha256()) {
        let found = draft.content_sha256().to_owned();
        return Err(analytics::Error::OtherContent { content_sha256, found }.into());
    }
    measurer.keep_report(&reach.options, draft.content_sha256())?;
    // An approval applies to these figures on these days only.
    let published = find_published(&reach, draft.content_sha256(), &network).await?;
    let state = ReportState::of(published.as_ref());
    let report = draft.write(&arguments.out, &state)?;
    println!("\n{}\n{}", print::by_region(&reach), print::coldest(&reach));
    println!("The page: {}", report.page.display());
    if let Some(changes) = changes {
        let schools: BTreeSet<i32> = changes.iter().map(|change| change.urn).collect();
        let path = write_changes(&reach, &changes, &arguments.out)?;
        let differ = if schools.len() == 1 { "1 school counts".to_owned() } else { format!("{} schools count", schools.len()) };
        println!("{differ} differently than in the earlier report: {}", path.display());
    }
    let mark = if reach.demonstration { "Demonstration: the" } else { "The" };
    match state {
        ReportState::Final(approval) => {
            let outcome = if reach.demonstration { "approved" } else { "final" };
            println!(
                "{mark} figures are {outcome}: {} approved them on {} as {}.",
                approval.body, approval.date, approval.publication
            );
        }
        ReportState::Provisional if arguments.publish => {
            let published = publish(&reach, &report, &network, &connection::request_id()).await?;
            println!(
                "{mark} figures were published as {}, provisional. DfE or NCETM approves them with ReachService.ApproveReach and figures_sha256 {}.",
                published.name,
                figures_sha256(&reach)
            );
            let outcome = if reach.demonstration { "approved" } else { "final" };
            println!("Then `mathshubs report --content-sha256 {}` writes them as {outcome}.", report.content_sha256);
        }
        ReportState::Provisional => println!("{mark} figures are provisional: they have not been approved."),
    }
    Ok(())
}

/// Writes a report from cells that another engine counted.
async fn from_cells(arguments: Arguments, cells: PathBuf) -> anyhow::Result<()> {
    compact_lake::check_lake(&arguments.lake)?;
    let today = Clock::machine().today();
    let positions = Manifest::load(&arguments.lake)?.positions();
    let options = Measure::on(arguments.true_on.date(today), arguments.known_on.date(today)).up_to(positions);
    let mut measurer = Measurer::new(&arguments.lake);
    let reach = tokio::task::spawn_blocking(move || measurer.measure_cells(&options, &cells)).await??;
    let report = Draft::new(&reach).write(&arguments.out, &ReportState::Provisional)?;
    println!("{}\n{}\n\nThe page: {}", print::by_region(&reach), print::coldest(&reach), report.page.display());
    Ok(())
}

/// A day as written on the command line.
#[derive(Debug, Clone, Copy)]
enum Day {
    On(Date),
    Today,
    Yesterday,
}

impl Day {
    fn date(self, today: Date) -> Date {
        match self {
            Self::On(day) => day,
            Self::Today => today,
            Self::Yesterday => today.plus_days(-1),
        }
    }
}

impl FromStr for Day {
    type Err = time::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "today" => Ok(Self::Today),
            "yesterday" => Ok(Self::Yesterday),
            day => Date::parse(day).map(Self::On),
        }
    }
}

/// The token for calls to a service.
fn token(arguments: &Arguments, service: &str) -> anyhow::Result<TokenSource> {
    if arguments.peer_tokens.is_empty() {
        return connection::token(arguments.token.as_deref().unwrap_or_default());
    }
    match arguments.peer_tokens.iter().find(|token| token.service == service) {
        Some(token) => Ok(TokenSource::file(&token.path)?),
        None => Err(server::PeerError::TokenMissing(service.to_owned()).into()),
    }
}
