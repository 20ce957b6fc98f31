//! Runs enrolment alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use clap::Parser;

/// Serves enrolment: rounds, applications and participations.
#[derive(Debug, Parser)]
#[command(name = "enrolment", version)]
struct Arguments {
    #[command(flatten)]
    enrolment: enrolment::Config,
    #[command(flatten)]
    server: server::Config,
}

#[tokio::main]
async fn main() -> ExitCode {
    match server::arguments::<Arguments>() {
        Ok(arguments) => server::ended("enrolment", run(&arguments).await),
        Err(code) => code,
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let serving = &arguments.server;
    let _telemetry = server::telemetry::init(serving.log_format, serving.otlp_endpoint.as_deref(), "enrolment")?;
    let listening = |address| println!("enrolment serves on {address}");
    enrolment::serve(&arguments.enrolment, serving, server::shutdown_when_asked(), listening).await
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
