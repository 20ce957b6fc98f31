//! `mathshubs load-catalogue`: creates the priorities and programmes of a file, and the decisions that they cite, where the network service does not have them yet.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::connection;
use crate::catalogue::{Catalogue, Loaded};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// JSON file with `councilMeetings`, `decisions`, `priorities` and `programmes`, as the API answers with them.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Address of the network service.
    #[arg(long, value_name = "HOST:PORT | URL", default_value = super::NETWORK_ADDRESS)]
    address: String,
    /// Token of the role ncetm: `mathshubs token --role ncetm` prints one. Set it in the environment: arguments can be read by others.
    #[arg(long, env = "MATHSHUBS_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    tls: client::PeerTls,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let file = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file).with_context(|| format!("cannot read {file}"))?;
    let catalogue = Catalogue::parse(&text).map_err(|faults| {
        let count = faults.len();
        anyhow::anyhow!(
            "{file} has {count} {}; nothing was loaded: {}",
            if count == 1 { "fault" } else { "faults" },
            faults.join("; ")
        )
    })?;
    let token = connection::token(&arguments.token)?;
    let connection = connection::connect("network", &arguments.address, &arguments.tls, token).await?;
    let loaded = catalogue.load(connection).await?;
    print!("{}", summary(&loaded));
    Ok(())
}

fn summary(loaded: &Loaded) -> String {
    let created = loaded.created.iter().map(|name| format!("  created    {name}\n"));
    let different = loaded.different.iter().map(|name| format!("  different  {name}: stays as it is in the suite\n"));
    created.chain(different).chain([format!("{}.\n", loaded.counts())]).collect()
}
