//! Runs funding alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use clap::Parser;

/// Serves funding: policies, budgets, entitlements, payments and the ledger.
#[derive(Debug, Parser)]
#[command(name = "funding", version)]
struct Arguments {
    #[command(flatten)]
    funding: funding::Config,
    #[command(flatten)]
    server: server::Config,
}

#[tokio::main]
async fn main() -> ExitCode {
    match server::arguments::<Arguments>() {
        Ok(arguments) => server::ended("funding", run(&arguments).await),
        Err(code) => code,
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let serving = &arguments.server;
    let _telemetry = server::telemetry::init(serving.log_format, serving.otlp_endpoint.as_deref(), "funding")?;
    let listening = |address| println!("funding serves on {address}");
    funding::serve(&arguments.funding, serving, server::shutdown_when_asked(), listening).await
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
