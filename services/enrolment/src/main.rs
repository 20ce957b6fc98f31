//! Runs enrolment alone. The `mathshubs` program runs it beside the others.

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

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
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("enrolment: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let serving = &arguments.server;
    let _telemetry = server::telemetry::init(serving.log_format, serving.otlp_endpoint.as_deref(), "enrolment")?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let shutdown = CancellationToken::new();
    let asked = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        asked.cancel();
    });
    enrolment::serve(&arguments.enrolment, serving, shutdown, |address| println!("enrolment listens on {address}")).await
}
