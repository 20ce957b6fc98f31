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
    let command = match command::CommandLine::try_parse() {
        Ok(command) => command,
        Err(error) => return misread(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::anyhow!("the program's threads cannot be started: {error}")),
    };
    let result = runtime.block_on(command.run());
    // Nothing is left that must be waited for: services were drained and databases closed.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

/// Help and the version are printed whole, and what is wrong in one sentence.
fn misread(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion) {
        // Nobody can be told that nobody listens.
        let _printed = error.print();
    } else {
        eprintln!("mathshubs: {}", misread_sentence(&error.render().to_string()));
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// What the parser says in several lines (the error, tips, the usage, where help is) as one.
fn misread_sentence(rendered: &str) -> String {
    let (wrong, usage) = rendered.split_once("Usage: ").unwrap_or((rendered, "mathshubs"));
    let mut sentence = String::new();
    for line in wrong.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("For more information")) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            sentence.push_str("; ");
            sentence.push_str(tip);
        } else {
            sentence.push_str(if sentence.is_empty() { "" } else { " " });
            sentence.push_str(line.strip_prefix("error: ").unwrap_or(line));
        }
    }
    // The command, without what it takes.
    let command: Vec<&str> = usage.split_whitespace().take_while(|word| !word.starts_with(['-', '[', '<'])).collect();
    format!("{sentence}; `{} --help` says what it takes", command.join(" "))
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
    fn what_is_wrong_with_a_command_line_is_one_sentence() {
        let said = |arguments: &[&str]| {
            let command_line = [&["mathshubs"], arguments].concat();
            command::CommandLine::try_parse_from(command_line)
                .map(drop)
                .map_err(|error| misread_sentence(&error.render().to_string()))
        };
        let wrong = |text: &str| Err(text.to_owned());
        assert_eq!(
            said(&["demo", "--sead", "1"]),
            wrong(
                "unexpected argument '--sead' found; a similar argument exists: '--seed'; `mathshubs demo --help` says what it takes"
            )
        );
        assert_eq!(
            said(&["token"]),
            wrong(
                "the following required arguments were not provided: --role <ROLE>; `mathshubs token --help` says what it takes"
            )
        );
        assert_eq!(
            said(&["demo", "--years", "none"]),
            wrong("invalid value 'none' for '--years <N>': invalid digit found in string; `mathshubs --help` says what it takes")
        );
        assert_eq!(
            said(&["restored", "council", "--database-url", "x"]),
            wrong(
                "invalid value 'council' for '<SERVICE>' [possible values: network, enrolment, specialists, funding]; `mathshubs --help` says what it takes"
            )
        );
    }

    #[test]
    fn an_error_is_one_line_and_says_nothing_twice() {
        let error = Err::<(), _>(anyhow::anyhow!("no such\n file")).context("cannot open x: no such file").context("it failed");
        assert_eq!(error.map_err(|error| sentence(&error)), Err("it failed: cannot open x: no such file".to_owned()));
    }
}
