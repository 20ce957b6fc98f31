//! The command line: `mathshubs demo`, `up`, `serve`, `import-register`, `report`, `restored`, `token`.
//!
//! `command` holds one file per subcommand; `suite` runs the services in one process; `register` makes up a national register; `demo` plays years of
//! the programme through the services' APIs. Whatever goes wrong is told in one sentence, with an exit code that is not 0.

mod archive;
mod command;
pub mod demo;
mod import;
pub mod register;
mod rng;
mod suite;

use std::process::ExitCode;

use anyhow::Context;

/// Parses the command line, does what it says, and gives the exit code: 0, 1 when it failed, 2 when the command line is wrong.
pub fn run() -> ExitCode {
    match server::arguments::<command::CommandLine>() {
        Ok(command) => server::ended("mathshubs", perform(command)),
        Err(code) => code,
    }
}

fn perform(command: command::CommandLine) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the program's threads cannot be started")?;
    let result = runtime.block_on(command.run());
    // Nothing is left that must be waited for: services were drained and databases closed.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
