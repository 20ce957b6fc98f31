//! Runs the network service alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use clap::Parser;

/// Serves the network: the register of schools, hubs, and published reach.
#[derive(Debug, Parser)]
#[command(name = "network", version)]
struct Arguments {
    #[command(flatten)]
    network: network::Config,
    #[command(flatten)]
    server: server::Config,
}

#[tokio::main]
async fn main() -> ExitCode {
    match server::arguments::<Arguments>() {
        Ok(arguments) => server::ended("network", run(&arguments).await),
        Err(code) => code,
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let serving = &arguments.server;
    let _telemetry = server::telemetry::init(serving.log_format, serving.otlp_endpoint.as_deref(), "network")?;
    let listening = |address| println!("network serves on {address}");
    network::serve(&arguments.network, serving, server::shutdown_when_asked(), listening).await
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        Arguments::command().debug_assert();
    }
}
