//! The command line: `mathshubs demo`, `up`, `serve`, `check`, `import-register`, `load-catalogue`, `move-schools`, `report`, `restored`, `token`.
//!
//! `command` has one file per subcommand; `suite` runs the services in one process; `register` generates a national register; `demo` simulates years
//! of the programme through the services' APIs. An error is printed in one sentence, and the exit code is not 0.

mod archive;
mod catalogue;
mod command;
pub mod demo;
mod import;
pub mod register;
mod rng;
mod suite;

use std::process::ExitCode;

use anyhow::Context;

/// Parses the command line, runs the command, and returns the exit code: 0 on success, 1 on failure, 2 for an invalid command line.
pub fn run() -> ExitCode {
    match server::arguments::<command::CommandLine>() {
        Ok(command) => server::ended("mathshubs", command.log_format(), perform(command)),
        Err(code) => code,
    }
}

fn perform(command: command::CommandLine) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the program's threads cannot be started")?;
    let result = runtime.block_on(command.run());
    // Remaining tasks need no wait: services are drained and databases closed.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
