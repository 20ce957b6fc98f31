//! The command line: `mathshubs demo`, `up`, `serve`, `import-register`, `report`, `restored`, `token`.
//!
//! `command` holds one file per subcommand; `suite` runs the services in one process; `register` makes up a national register; `demo` plays years of
//! the programme through the services' APIs. Whatever goes wrong is told in one sentence, with an exit code that is not 0.

mod chance;
mod command;
pub mod demo;
mod import;
pub mod register;
mod suite;

use std::process::ExitCode;

use clap::Parser;

/// Parses the command line, does what it says, and gives the exit code: 0, 1 when it failed, 2 when the command line is wrong.
pub fn run() -> ExitCode {
    let command = command::CommandLine::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::anyhow!("the program's threads cannot be started: {error}")),
    };
    let result = runtime.block_on(command.run());
    // Nothing is left that must be waited for: services were drained and databases closed.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("mathshubs: {}", sentence(error));
    ExitCode::FAILURE
}

/// A chain of causes in one line, without what a cause says again.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain() {
        // Whoever carries a status has said already what matters of it.
        if !sentence.is_empty() && cause.is::<tonic::Status>() {
            continue;
        }
        let cause = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if sentence.is_empty() {
            sentence = cause;
        } else if !sentence.contains(&cause) {
            sentence = format!("{sentence}: {cause}");
        }
    }
    sentence
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let error = Err::<(), _>(anyhow::anyhow!("no such\n file")).context("cannot open x: no such file").context("it failed");
        assert_eq!(error.map_err(|error| sentence(&error)), Err("it failed: cannot open x: no such file".to_owned()));
    }
}
