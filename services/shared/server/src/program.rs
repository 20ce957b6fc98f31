//! The entry of a program: reads its command line and settings, and prints each error in one line with an exit code that is not 0.

use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches, Parser, parser::ValueSource};
use tracing_subscriber::layer::SubscriberExt;

use crate::{
    LogFormat, Settings,
    settings::{self, NamedMistake, Unread},
    telemetry,
};

/// The exit code for wrong arguments and settings.
const WRONG_SETTINGS: u8 = 2;
/// Id of the argument that is a token.
const TOKEN: &str = "token";

/// The parsed command line; otherwise the exit code after the mistakes are printed (2), or after the help or version text (0).
pub fn arguments<A: Parser + Settings>() -> Result<A, ExitCode> {
    arguments_of(A::command())
}

/// Like [`arguments`], for a command whose name, version or description differs from that of `A`.
pub fn arguments_of<A: FromArgMatches + Settings>(command: clap::Command) -> Result<A, ExitCode> {
    let (name, line): (_, Vec<_>) = (command.get_name().to_owned(), std::env::args_os().collect());
    let variables = std::env::vars_os().collect();
    let format = settings::log_format(&command, &line, &variables);
    let unread = match settings::read(command, &line, &variables) {
        Ok(arguments) => return Ok(arguments),
        Err(unread) => unread,
    };
    match unread {
        Unread::Text(text) => {
            // stdout is closed; there is nobody to report to.
            let _printed = text.print();
            Err(ExitCode::from(u8::try_from(text.exit_code()).unwrap_or(WRONG_SETTINGS)))
        }
        Unread::Mistakes(mistakes) => {
            for NamedMistake { setting, why } in mistakes {
                let setting = setting.as_deref();
                report(&name, format, setting, &setting.map_or_else(|| why.clone(), |setting| format!("{setting}: {why}")));
            }
            Err(ExitCode::from(WRONG_SETTINGS))
        }
    }
}

/// Prints an error as the log does: one line, with the name of the program in front of it, or one JSON object.
fn report(name: &str, format: LogFormat, setting: Option<&str>, why: &str) {
    match format {
        LogFormat::Pretty => eprintln!("{name}: {why}"),
        LogFormat::Json => {
            let lines = tracing_subscriber::registry().with(telemetry::lines(format));
            tracing::subscriber::with_default(lines, || match setting {
                Some(setting) => tracing::error!(service = name, setting, "{why}"),
                None => tracing::error!(service = name, "{why}"),
            });
        }
    }
}

/// A sentence about the first argument that has a token or a password in it: every account of the machine can read the arguments of a program.
pub(crate) fn find_secret(command: &clap::Command, matches: &ArgMatches) -> Option<String> {
    for id in matches.ids().map(clap::Id::as_str) {
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let values = matches.try_get_raw(id).ok().flatten().into_iter().flatten();
        let is_url = values.filter_map(|value| value.to_str()).any(has_password);
        let variable = command.get_arguments().find(|argument| argument.get_id() == id).and_then(|argument| argument.get_env());
        let variable = variable.map(|variable| variable.to_string_lossy().into_owned());
        let remedy = match (id == TOKEN, is_url, variable) {
            (true, _, Some(variable)) => format!("set it as {variable} in the environment"),
            (_, true, Some(variable)) => {
                format!("set it as {variable} in the environment, or leave the password out and set PGPASSWORD")
            }
            (_, true, None) => "leave the password out, and set PGPASSWORD in the environment".to_owned(),
            _ => continue,
        };
        let flag = id.replace('_', "-");
        return Some(format!("every account of this machine can read the secret in the argument --{flag}; {remedy}"));
    }
    let (name, matches) = matches.subcommand()?;
    find_secret(command.find_subcommand(name)?, matches)
}

/// Whether a URL has a password, before its host or among its parameters.
fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let user = place.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':') || parameters.split('&').any(|parameter| parameter.starts_with("password="))
}

/// The exit code of a finished program: 0, or 1 after its error is printed.
pub fn ended(name: &str, format: LogFormat, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(name, format, None, &sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// The parser's lines (error, tips, usage, reference to the help) as one sentence.
pub(crate) fn misread_sentence(name: &str, rendered: &str) -> String {
    let (wrong, usage) = rendered.split_once("Usage: ").unwrap_or((rendered, name));
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
    // The command without its arguments.
    let command: Vec<&str> = usage.split_whitespace().take_while(|word| !word.starts_with(['-', '[', '<'])).collect();
    format!("{sentence}; `{} --help` lists its options", command.join(" "))
}

/// A chain of causes in one line, without repetitions.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain() {
        // An error that contains a status has its message already.
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

    #[derive(Debug, Parser)]
    #[command(name = "network")]
    struct Line {
        #[arg(long)]
        database_url: String,
        #[arg(long, env = "LINE_TOKEN")]
        token: Option<String>,
    }

    #[test]
    fn a_secret_among_the_arguments_is_refused() {
        let found = |arguments: &[&str]| {
            let mut command = <Line as clap::CommandFactory>::command();
            let matches = command.try_get_matches_from_mut([&["network"], arguments].concat()).expect("the arguments are known");
            find_secret(&command, &matches)
        };
        for url in [
            "postgres://anna:secret@host/base",
            "postgres://host/base?sslmode=require&password=secret",
            "postgres://a:b@c:d@host/x",
        ] {
            let why = found(&["--database-url", url]).expect(url);
            assert!(why.contains("--database-url") && why.contains("PGPASSWORD") && !why.contains("secret@"), "{why}");
        }
        let why = found(&["--database-url", "sqlite:x", "--token", "a.b.c"]).expect("a token");
        assert!(why.contains("--token") && why.contains("LINE_TOKEN") && !why.contains("a.b.c"), "{why}");
        for url in ["sqlite:a:b@c", "postgres://anna@host:5432/base", "postgres://host/base?sslmode=verify-full"] {
            assert_eq!(found(&["--database-url", url]), None);
        }
    }

    #[test]
    fn an_error_is_one_line_without_repetitions() {
        let error = Err::<(), _>(anyhow::anyhow!("no such\n file")).context("cannot open x: no such file").context("it failed");
        assert_eq!(error.map_err(|error| sentence(&error)), Err("it failed: cannot open x: no such file".to_owned()));
    }
}
