//! The settings of a program, from flags and environment variables: reads them, and finds all mistakes in them at once.

use std::{collections::BTreeMap, ffi::OsString};

use clap::{
    Arg, Command, FromArgMatches,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{
    LogFormat,
    program::{find_secret, misread_sentence},
    variables::{PREFIX, VARIABLES, unknown},
};

/// The value of a required setting that is missing or wrong, so that the other settings can be checked.
const PLACEHOLDER: &str = "-";

/// The environment of a program.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    setting: String,
    why: String,
}

impl Mistake {
    /// `setting` is the id of its argument, `tls_key_path`. `why` says what is wrong and what to do.
    pub fn new(setting: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self { setting: setting.into(), why: why.to_string() }
    }
}

/// The arguments of a program, whose values parsed one by one.
pub trait Settings {
    /// The mistakes in them together, and in the files and addresses that they name.
    fn mistakes(&self) -> Vec<Mistake> {
        Vec::new()
    }
}

/// Why a program does not run.
pub(crate) enum Unread {
    /// The help or the version is asked for.
    Text(clap::Error),
    /// At least one.
    Mistakes(Vec<NamedMistake>),
}

/// A mistake with the name of its variable, and of its flag where that was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedMistake {
    /// `None` for an argument that is no setting.
    pub(crate) setting: Option<String>,
    pub(crate) why: String,
}

/// The log format of a command line that may be wrong otherwise.
pub(crate) fn log_format(command: &Command, line: &[OsString], variables: &Variables) -> LogFormat {
    let Some(argument) = find(chosen(command, &path(command, line)), "log_format") else { return LogFormat::Pretty };
    let flag = flag(argument);
    let assigned = format!("{flag}=json");
    let is_flag = line.windows(2).any(|pair| pair[0] == *flag && pair[1] == "json") || line.iter().any(|word| word == &*assigned);
    let variable = argument.get_env().and_then(|name| variables.get(name));
    let is_variable = variable.is_some_and(|value| value == "json");
    if is_flag || (is_variable && !is_given(line, &flag)) { LogFormat::Json } else { LogFormat::Pretty }
}

/// Reads the settings of a program from its command line and the environment.
///
/// The parser stops at the first mistake. So each is noted, its setting gets its default instead, and the line is parsed again.
pub(crate) fn read<A: FromArgMatches + Settings>(
    command: Command,
    line: &[OsString],
    variables: &Variables,
) -> Result<A, Unread> {
    let path = path(&command, line);
    let mut reading = Reading { path, given: line, line: line.to_vec(), command, unparsed: Vec::new() };
    let (arguments, secret) = loop {
        let matches = reading.command.clone().try_get_matches_from(&reading.line);
        let parsed = matches.and_then(|matches| Ok((A::from_arg_matches(&matches)?, find_secret(&reading.command, &matches))));
        let error = match parsed {
            Ok(parsed) => break parsed,
            Err(error) => error.format(&mut reading.command.clone()),
        };
        if is_text(error.kind()) {
            return Err(Unread::Text(error));
        }
        let sentence = match reading.note(&error) {
            Noted::Excused => continue,
            Noted::Final => None,
            Noted::Other => Some(misread_sentence(reading.command.get_name(), &error.render().to_string())),
        };
        let mut mistakes = reading.named(Vec::new(), variables);
        mistakes.extend(sentence.map(|why| NamedMistake { setting: None, why }));
        return Err(Unread::Mistakes(mistakes));
    };
    let mut mistakes = reading.named(arguments.mistakes(), variables);
    mistakes.extend(secret.map(|why| NamedMistake { setting: None, why }));
    if mistakes.is_empty() { Ok(arguments) } else { Err(Unread::Mistakes(mistakes)) }
}

fn is_text(kind: ErrorKind) -> bool {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    matches!(kind, DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion)
}

/// A command line that is parsed repeatedly.
struct Reading<'l> {
    /// The subcommands that are called.
    path: Vec<String>,
    given: &'l [OsString],
    /// The line without the wrong settings.
    line: Vec<OsString>,
    /// The command, whose wrong settings no longer read their variables.
    command: Command,
    unparsed: Vec<Mistake>,
}

/// The outcome of [`Reading::note`].
enum Noted {
    /// Its mistakes are noted, and the line can be parsed without them.
    Excused,
    /// Its mistakes are noted, but one of them is an argument in whose place nothing can be assumed.
    Final,
    /// It is about something else than the value of a flag.
    Other,
}

impl Reading<'_> {
    /// Notes the mistakes of an error and takes their settings out of the line.
    fn note(&mut self, error: &clap::Error) -> Noted {
        let named = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(named)) => vec![named.clone()],
            Some(ContextValue::Strings(named)) => named.clone(),
            _ => return Noted::Other,
        };
        let is_missing = match error.kind() {
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => false,
            ErrorKind::MissingRequiredArgument => true,
            _ => return Noted::Other,
        };
        let chosen = chosen(&self.command, &self.path);
        let found = named.iter().map(|named| chosen.get_arguments().find(|argument| is_named(argument, named)).cloned());
        let Some(found) = found.collect::<Option<Vec<Arg>>>() else { return Noted::Other };
        let mut noted = Noted::Excused;
        for argument in found {
            let id = argument.get_id().as_str().to_owned();
            if !is_missing {
                self.unparsed.push(Mistake::new(&id, why(&argument, error)));
                take_out(&mut self.line, &flag(&argument));
                self.change(&id, |argument| argument.env(Resettable::Reset));
                continue;
            }
            if self.unparsed.iter().all(|known| known.setting != id) {
                self.unparsed.push(Mistake::new(&id, "is required and not set"));
            }
            // The settings that are required are texts.
            if argument.get_env().is_some() && argument.get_default_values().is_empty() {
                self.change(&id, |argument| argument.required(false).default_value(PLACEHOLDER));
            } else {
                noted = Noted::Final;
            }
        }
        noted
    }

    fn change(&mut self, id: &str, mut change: impl FnMut(Arg) -> Arg) {
        self.command = changed(std::mem::take(&mut self.command), &self.path, id, &mut change);
    }

    /// All mistakes with their names: those of the parser, those of the arguments that were parsed, and unknown variables.
    fn named(&self, parsed: Vec<Mistake>, variables: &Variables) -> Vec<NamedMistake> {
        // A setting that was not parsed has its default here, about which nothing need be said.
        let parsed = parsed.into_iter().filter(|mistake| self.unparsed.iter().all(|known| known.setting != mistake.setting));
        let mistakes = self.unparsed.iter().cloned().chain(parsed);
        let mut named: Vec<_> = mistakes.map(|mistake| self.name(mistake)).collect();
        named.extend(variables.keys().filter_map(|variable| {
            let why = unknown(variable.to_str()?)?;
            Some(NamedMistake { setting: variable.to_str().map(str::to_owned), why })
        }));
        named
    }

    fn name(&self, Mistake { setting, why }: Mistake) -> NamedMistake {
        let Some(argument) = find(chosen(&self.command, &self.path), &setting) else {
            return NamedMistake { setting: Some(setting), why };
        };
        let flag = flag(argument);
        // A wrong setting no longer reads its variable, whose name follows from the flag's.
        let variable = format!("{PREFIX}{}", setting.to_ascii_uppercase());
        let setting = match (VARIABLES.contains(&variable.as_str()), is_given(self.given, &flag)) {
            (true, false) => variable,
            (true, true) => format!("{flag} ({variable})"),
            (false, _) => flag,
        };
        NamedMistake { setting: Some(setting), why }
    }
}

/// The subcommands that a line calls.
fn path(command: &Command, line: &[OsString]) -> Vec<String> {
    let (mut path, mut command) = (Vec::new(), command);
    for word in line.iter().skip(1).filter_map(|word| word.to_str()) {
        if let Some(next) = command.find_subcommand(word) {
            path.push(next.get_name().to_owned());
            command = next;
        }
    }
    path
}

fn chosen<'c>(command: &'c Command, path: &[String]) -> &'c Command {
    path.iter().fold(command, |command, name| command.find_subcommand(name).expect("the path was found in the command"))
}

fn changed(command: Command, path: &[String], id: &str, change: &mut dyn FnMut(Arg) -> Arg) -> Command {
    match path {
        [] => command.mut_arg(id, change),
        [name, rest @ ..] => command.mut_subcommand(name, |command| changed(command, rest, id, change)),
    }
}

fn find<'c>(command: &'c Command, id: &str) -> Option<&'c Arg> {
    command.get_arguments().find(|argument| argument.get_id() == id)
}

fn flag(argument: &Arg) -> String {
    argument.get_long().map_or_else(|| argument.get_id().to_string(), |long| format!("--{long}"))
}

/// Whether the parser means this argument by `--listen <LISTEN>`.
fn is_named(argument: &Arg, named: &str) -> bool {
    let named = named.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').next();
    argument.get_long().is_some() && named == Some(&flag(argument))
}

fn is_given(line: &[OsString], flag: &str) -> bool {
    line.iter().filter_map(|word| word.to_str()).any(|word| word.split('=').next() == Some(flag))
}

/// Removes a flag and its value.
fn take_out(line: &mut Vec<OsString>, flag: &str) {
    while let Some(at) = line.iter().position(|word| word.to_str().is_some_and(|word| word.split('=').next() == Some(flag))) {
        let is_alone = line[at] == *flag;
        line.remove(at);
        if is_alone && line.get(at).is_some_and(|value| !value.to_string_lossy().starts_with("--")) {
            line.remove(at);
        }
    }
}

/// The fault of a value.
fn why(argument: &Arg, error: &clap::Error) -> String {
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if value.is_empty() => {
            return "is empty; give a value, or leave the setting out".to_owned();
        }
        // Perhaps a secret.
        _ if argument.is_hide_env_values_set() => "its value".to_owned(),
        Some(ContextValue::String(value)) => format!("`{value}`"),
        _ => "its value".to_owned(),
    };
    match (std::error::Error::source(error), error.get(ContextKind::ValidValue)) {
        (Some(source), _) => format!("{value}: {source}"),
        (None, Some(ContextValue::Strings(valid))) => format!("{value} is none of {}", valid.join(", ")),
        (None, _) => format!("{value} cannot be used"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, clap::Parser)]
    #[command(name = "network")]
    struct Line {
        #[arg(long)]
        seed: Option<u64>,
        #[arg(long, env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
        database_url: String,
        #[arg(long, env = "MATHSHUBS_LOG_FORMAT", value_enum)]
        log_format: Option<LogFormat>,
        #[arg(long, env = "MATHSHUBS_DRAIN_MAX_MS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=9))]
        drain_max_ms: u64,
    }

    impl Settings for Line {
        fn mistakes(&self) -> Vec<Mistake> {
            let is_wrong = self.database_url != "sqlite:x";
            let url = is_wrong.then(|| Mistake::new("database_url", "is no URL"));
            let drain = (self.drain_max_ms == 1).then(|| Mistake::new("drain_max_ms", "is too short"));
            url.into_iter().chain(drain).collect()
        }
    }

    fn mistakes(arguments: &[&str], variables: &[&str]) -> Vec<String> {
        let line: Vec<OsString> = ["network"].iter().chain(arguments).map(OsString::from).collect();
        let variables = variables.iter().map(|variable| (OsString::from(variable), OsString::new())).collect();
        match read::<Line>(<Line as clap::CommandFactory>::command(), &line, &variables) {
            Ok(_) => Vec::new(),
            Err(Unread::Text(text)) => vec![text.to_string()],
            Err(Unread::Mistakes(mistakes)) => {
                let shown =
                    |NamedMistake { setting, why }| setting.map_or_else(|| why.clone(), |setting| format!("{setting}: {why}"));
                mistakes.into_iter().map(shown).collect()
            }
        }
    }

    #[test]
    fn all_mistakes_are_found_at_once() {
        assert_eq!(
            mistakes(&["--seed", "none", "--log-format=xml", "--drain-max-ms", "0"], &["MATHSHUBS_LISTENS", "PATH"]),
            [
                "--seed: `none`: invalid digit found in string",
                "--log-format (MATHSHUBS_LOG_FORMAT): `xml` is none of json, pretty",
                "--drain-max-ms (MATHSHUBS_DRAIN_MAX_MS): `0`: 0 is not in 1..=9",
                "MATHSHUBS_DATABASE_URL: is required and not set",
                "MATHSHUBS_LISTENS: is not a setting; MATHSHUBS_LISTEN is one",
            ]
        );
        assert_eq!(
            mistakes(&["--database-url", "x"], &[]),
            ["--database-url (MATHSHUBS_DATABASE_URL): is no URL", "MATHSHUBS_DRAIN_MAX_MS: is too short"]
        );
        assert!(
            mistakes(&["--database-url=sqlite:x", "--drain-max-ms=2"], &["MATHSHUBS_LISTEN", "MATHSHUBS_TEST_KILLS"]).is_empty()
        );
    }

    #[test]
    fn an_unknown_argument_is_named_beside_unknown_variables() {
        assert_eq!(
            mistakes(&["--sead", "1"], &["MATHSHUBS_LISTENS"]),
            [
                "MATHSHUBS_LISTENS: is not a setting; MATHSHUBS_LISTEN is one",
                "unexpected argument '--sead' found; a similar argument exists: '--seed'; `network --help` lists its options",
            ]
        );
    }
}
