//! The entry of a program: parses its command line, and prints an error in one sentence with an exit code that is not 0.

use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches, Parser, parser::ValueSource};

/// Id of the argument that is a token.
const TOKEN: &str = "token";

/// The parsed command line; otherwise the exit code after an error message (2), or after the help or version text (0).
pub fn arguments<A: Parser>() -> Result<A, ExitCode> {
    arguments_of(A::command())
}

/// Like [`arguments`], for a command whose name, version or description differs from that of `A`.
pub fn arguments_of<A: FromArgMatches>(mut command: clap::Command) -> Result<A, ExitCode> {
    let name = command.get_name().to_owned();
    let matches = command.try_get_matches_from_mut(std::env::args_os());
    let matches = matches.map_err(|error| misread(&name, &error.format(&mut command)))?;
    if let Some(why) = find_secret(&command, &matches) {
        eprintln!("{name}: {why}");
        return Err(ExitCode::from(2));
    }
    A::from_arg_matches(&matches).map_err(|error| misread(&name, &error.format(&mut command)))
}

/// A sentence about the first argument that has a token or a password in it: every account of the machine can read the arguments of a program.
fn find_secret(command: &clap::Command, matches: &ArgMatches) -> Option<String> {
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
pub fn ended(name: &str, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {}", sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// Prints the whole help or version, or an error in one sentence.
fn misread(name: &str, error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion) {
        // stdout is closed; there is nobody to report to.
        let _printed = error.print();
    } else {
        eprintln!("{name}: {}", misread_sentence(name, &error.render().to_string()));
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The parser's lines (error, tips, usage, reference to the help) as one sentence.
fn misread_sentence(name: &str, rendered: &str) -> String {
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
    // A token is refused as an argument, so the remedy names its variable.
    if wrong.contains("not provided") && wrong.contains("--token <") {
        sentence.push_str("; set the token as MATHSHUBS_TOKEN in the environment");
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
        seed: Option<u64>,
        #[arg(long)]
        database_url: String,
        #[arg(long, value_enum)]
        log_format: Option<crate::LogFormat>,
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
    fn a_command_line_error_is_one_sentence() {
        let said = |arguments: &[&str]| {
            let error = Line::try_parse_from([&["network"], arguments].concat()).expect_err("it is wrong");
            misread_sentence("network", &error.render().to_string())
        };
        assert_eq!(
            said(&["--sead", "1"]),
            "unexpected argument '--sead' found; a similar argument exists: '--seed'; `network --help` lists its options"
        );
        assert_eq!(
            said(&[]),
            "the following required arguments were not provided: --database-url <DATABASE_URL>; `network --help` lists its options"
        );
        assert_eq!(
            said(&["--seed", "none"]),
            "invalid value 'none' for '--seed <SEED>': invalid digit found in string; `network --help` lists its options"
        );
        assert_eq!(
            said(&["--log-format", "xml"]),
            "invalid value 'xml' for '--log-format <LOG_FORMAT>' [possible values: json, pretty]; `network --help` lists its options"
        );
    }

    #[test]
    fn an_error_is_one_line_without_repetitions() {
        let error = Err::<(), _>(anyhow::anyhow!("no such\n file")).context("cannot open x: no such file").context("it failed");
        assert_eq!(error.map_err(|error| sentence(&error)), Err("it failed: cannot open x: no such file".to_owned()));
    }

    #[test]
    fn a_missing_token_is_asked_for_in_the_environment() {
        let rendered = "error: the following required arguments were not provided:\n  --token <TOKEN>\n\nUsage: mathshubs report --token <TOKEN>\n";
        assert_eq!(
            misread_sentence("mathshubs", rendered),
            "the following required arguments were not provided: --token <TOKEN>; set the token as MATHSHUBS_TOKEN in the environment; \
             `mathshubs report --help` lists its options"
        );
    }
}
