//! `mathshubs report`: collect, measure and, if asked, publish, against a suite that runs. What was approved is written as final.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use analytics::{Draft, EarlierReport, Measure, Measurer, ReportState, Source, find_published, publish, write_changes};
use clap::Args;
use proto::network::v1::ReachState;
use time::{Clock, Date};

use super::wire;
use crate::demo::print;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the network service is.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::NETWORK_ADDRESS)]
    network_address: String,
    /// Where the enrolment service is.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::ENROLMENT_ADDRESS)]
    enrolment_address: String,
    /// A token that may read feeds and publish, as `mathshubs token --role service` prints it.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true, required_unless_present = "token_path")]
    token: Option<String>,
    /// A file with such a token, read again when it changes, as Kubernetes projects one; it wins over the other.
    #[arg(long, env = "MATHSHUBS_TOKEN_PATH", value_name = "FILE")]
    token_path: Option<PathBuf>,
    #[command(flatten)]
    tls: server::PeerTls,
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
    /// The folder of an earlier report from the same lake: writes changes.csv, which schools count differently now, and why.
    #[arg(long, value_name = "DIR")]
    compare: Option<PathBuf>,
    /// Send the figures to the network service, as provisional, unless they were approved already.
    #[arg(long)]
    publish: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let token = token(&arguments)?;
    // It may lie in the folder that this one replaces.
    let earlier = arguments.compare.as_deref().map(EarlierReport::read).transpose()?;
    let network = Source {
        name: "network",
        channel: wire::channel("network", &arguments.network_address, &arguments.tls).await?,
        token: Arc::clone(&token),
    };
    let channel = wire::channel("enrolment", &arguments.enrolment_address, &arguments.tls).await?;
    let enrolment = Source { name: "enrolment", channel, token };
    let clock = Clock::machine();
    let today = clock.today();
    let collected = analytics::collect(&arguments.lake, &[network.clone(), enrolment], clock.now()).await?;
    for source in &collected.sources {
        println!("collected {} new events from {}", source.events_count, source.name);
    }
    let options = Measure::on(arguments.true_on.unwrap_or(today), arguments.known_on.unwrap_or(today));
    let mut measurer = Measurer::new(&arguments.lake);
    let measuring = tokio::task::spawn_blocking(move || {
        let changes = earlier.map(|earlier| earlier.explain(&mut measurer, &options)).transpose()?;
        Ok::<_, analytics::Error>((measurer.measure(&options)?, changes))
    });
    let (reach, changes) = measuring.await??;
    let draft = Draft::new(&reach);
    // Final is what somebody approved: just these figures, of just these days.
    let published = find_published(&reach, draft.content_sha256(), &network).await?;
    let approved = published.filter(|publication| publication.state() == ReachState::Final);
    let state = if approved.is_some() { ReportState::Final } else { ReportState::Provisional };
    let report = draft.write(&arguments.out, state)?;
    println!("\n{}\n{}", print::by_region(&reach), print::coldest(&reach));
    println!("The page: {}", report.page.display());
    if let Some(changes) = changes {
        let schools: BTreeSet<i32> = changes.iter().map(|change| change.urn).collect();
        let path = write_changes(&reach, &changes, &arguments.out)?;
        println!("{} schools count differently than in the earlier report: {}", schools.len(), path.display());
    }
    match approved {
        Some(publication) => {
            println!("The figures are final: they were approved as {} by {}.", publication.name, publication.approver);
        }
        None if arguments.publish => {
            let published = publish(&reach, &report, &network, &wire::request_id()).await?;
            let Measure { true_on, known_on, .. } = reach.options;
            println!("Published as {}, provisional; DfE or NCETM approves it with ReachService.ApproveReach.", published.name);
            println!("Then `mathshubs report --true-on {true_on} --known-on {known_on}` writes it as final.");
        }
        None => println!("The figures are provisional: nobody has approved them."),
    }
    Ok(())
}

/// Gives the bearer's token when it is asked: a file may hold another one by then.
fn token(arguments: &Arguments) -> anyhow::Result<Arc<dyn Fn() -> String + Send + Sync>> {
    if let Some(path) = &arguments.token_path {
        let source = access::TokenSource::file(path)?;
        // What it gives is the header's value; the caller writes the scheme itself.
        return Ok(Arc::new(move || {
            let authorization = source.authorization();
            let value = authorization.to_str().unwrap_or_default();
            value.strip_prefix("Bearer ").unwrap_or(value).to_owned()
        }));
    }
    let token = arguments.token.as_deref().unwrap_or_default().trim().to_owned();
    wire::bearer(&token)?;
    Ok(Arc::new(move || token.clone()))
}
