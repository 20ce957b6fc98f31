//! `mathshubs report`: collect, measure and, if asked, publish, against a suite that runs.

use std::{path::PathBuf, sync::Arc};

use analytics::{Measure, ReportState, Source};
use clap::Args;
use time::{Clock, Date};

use super::wire;
use crate::demo::print;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the network service is.
    #[arg(long, value_name = "HOST:PORT", default_value = super::NETWORK_ADDRESS)]
    network_address: String,
    /// Where the enrolment service is.
    #[arg(long, value_name = "HOST:PORT", default_value = super::ENROLMENT_ADDRESS)]
    enrolment_address: String,
    /// A token that may read feeds and publish, as `mathshubs token --role service` prints it.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true)]
    token: String,
    /// The folder in which what was collected is kept; the next report reads on from there.
    #[arg(long, value_name = "DIR", default_value = "./maths-hubs-lake")]
    lake: PathBuf,
    /// The folder for the report; the page is index.html.
    #[arg(long, value_name = "DIR", default_value = "./maths-hubs-report")]
    out: PathBuf,
    /// The day on which the figures are true. Today without it.
    #[arg(long, value_name = "YYYY-MM-DD")]
    true_on: Option<Date>,
    /// What was recorded by the end of this day counts. Today without it.
    #[arg(long, value_name = "YYYY-MM-DD")]
    known_on: Option<Date>,
    /// Send the figures to the network service, as provisional.
    #[arg(long)]
    publish: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    wire::bearer(&arguments.token)?;
    let token: Arc<dyn Fn() -> String + Send + Sync> = {
        let token = arguments.token.trim().to_owned();
        Arc::new(move || token.clone())
    };
    let network = Source {
        name: "network",
        channel: wire::channel("network", &arguments.network_address).await?,
        token: Arc::clone(&token),
    };
    let enrolment = Source { name: "enrolment", channel: wire::channel("enrolment", &arguments.enrolment_address).await?, token };
    let clock = Clock::machine();
    let today = clock.today();
    let collected = analytics::collect(&arguments.lake, &[network.clone(), enrolment], clock.now()).await?;
    for source in &collected.sources {
        println!("collected {} new events from {}", source.events_count, source.name);
    }
    let options = Measure::on(arguments.true_on.unwrap_or(today), arguments.known_on.unwrap_or(today));
    let lake = arguments.lake.clone();
    let reach = tokio::task::spawn_blocking(move || analytics::measure(&lake, &options)).await??;
    let report = analytics::write_report(&reach, &arguments.out, ReportState::Provisional)?;
    println!("\n{}\n{}", print::by_region(&reach), print::coldest(&reach));
    println!("The page: {}", report.page.display());
    if arguments.publish {
        let published = analytics::publish(&reach, &report, &network, &wire::request_id()).await?;
        println!("Published as {}, provisional; DfE approves it with ReachService.ApproveReach.", published.name);
    }
    Ok(())
}
