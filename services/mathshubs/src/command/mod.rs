//! The command line: its commands and their shared defaults.

mod audit_export;
mod compact_lake;
mod connection;
mod demo;
mod erase_actor;
mod import_history;
mod import_register;
mod load_catalogue;
mod migrate;
mod move_schools;
mod person_record;
mod report;
mod restored;
mod serve;
mod token;
mod up;
mod verify;

use clap::{Parser, Subcommand};

/// Runs England's Maths Hubs programme: schools apply to hubs for places and take part, specialists are chosen, money
/// follows on evidence, and reach is measured.
#[derive(Debug, Parser)]
#[command(name = "mathshubs", version, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate several years of the programme on this machine through the services' APIs, and write the reach report.
    Demo(demo::Arguments),
    /// Serve the whole suite from one process, with its data in one folder.
    Up(up::Arguments),
    /// Serve one service, configured by flags or environment variables.
    Serve(serve::Arguments),
    /// Check the settings of `serve`, and say which database, issuers and services they reach. Nothing is changed.
    Check(serve::Arguments),
    /// Import a register (a GIAS all-establishments extract, with or without its links file) into a running suite.
    ImportRegister(import_register::Arguments),
    /// Import the schools that took part in earlier years from a CSV file into a running suite. Repeated, it adds what is missing.
    ImportHistory(import_history::Arguments),
    /// Load priorities and programmes from a file into a running suite. Repeated, it adds what is missing and changes nothing else.
    LoadCatalogue(load_catalogue::Arguments),
    /// Have the schools of authorities, or given schools, choose another hub by a decision of the Council; `--dry-run` says what would move.
    MoveSchools(move_schools::Arguments),
    /// Collect, measure and report reach from a running suite.
    Report(report::Arguments),
    /// Rewrite the files of a report's lake into few, and make its typed tables from the raw events again.
    CompactLake(compact_lake::Arguments),
    /// Start a new feed epoch after a service's database was restored from a copy, or reset a service that follows it. Run it while the service is
    /// stopped.
    Restored(restored::Arguments),
    /// Write the audit records of a service as CSV: changes, readings of people, and refusals.
    AuditExport(audit_export::Arguments),
    /// Write what the four services of a running suite store about a person, for the answer to a subject access request.
    PersonRecord(person_record::Arguments),
    /// Compare the history in a service's database with the hashes that were recorded with it, and name the first row that differs.
    Verify(verify::Arguments),
    /// Erase the issuer and subject of a person or program from a service's database. Run it while the service is stopped.
    EraseActor(erase_actor::Arguments),
    /// Bring the schema of a service's database up to date, and let a role use it that cannot change it.
    Migrate(migrate::Arguments),
    /// Print a token signed with the key of a suite's data folder.
    Token(token::Arguments),
}

impl server::Settings for CommandLine {
    fn mistakes(&self) -> Vec<server::Mistake> {
        if let Command::Serve(served) | Command::Check(served) = &self.command { served.mistakes() } else { Vec::new() }
    }
}

impl CommandLine {
    /// The format in which its errors are printed.
    pub(crate) fn log_format(&self) -> server::LogFormat {
        if let Command::Serve(arguments) = &self.command { arguments.log_format() } else { server::LogFormat::Pretty }
    }

    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Up(arguments) => up::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Check(arguments) => serve::check(arguments).await,
            Command::ImportRegister(arguments) => import_register::run(arguments).await,
            Command::ImportHistory(arguments) => import_history::run(arguments).await,
            Command::LoadCatalogue(arguments) => load_catalogue::run(arguments).await,
            Command::MoveSchools(arguments) => move_schools::run(arguments).await,
            Command::Report(arguments) => report::run(arguments).await,
            Command::CompactLake(arguments) => compact_lake::run(arguments).await,
            Command::Restored(arguments) => restored::run(arguments).await,
            Command::AuditExport(arguments) => audit_export::run(arguments).await,
            Command::PersonRecord(arguments) => person_record::run(arguments).await,
            Command::Verify(arguments) => verify::run(arguments).await,
            Command::EraseActor(arguments) => erase_actor::run(arguments).await,
            Command::Migrate(arguments) => migrate::run(arguments).await,
            Command::Token(arguments) => token::run(&arguments),
        }
    }
}

/// Default of `--data`.
const DATA_FOLDER: &str = "./maths-hubs-data";
/// Default addresses that `up` listens on and other commands call.
const NETWORK_ADDRESS: &str = "127.0.0.1:50051";
const ENROLMENT_ADDRESS: &str = "127.0.0.1:50052";
const SPECIALISTS_ADDRESS: &str = "127.0.0.1:50053";
const FUNDING_ADDRESS: &str = "127.0.0.1:50054";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_definition_is_valid() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn the_list_of_variables_is_complete() {
        fn variables(command: &clap::Command, found: &mut BTreeSet<String>) {
            let named = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
            found.extend(named);
            command.get_subcommands().for_each(|command| variables(command, found));
        }
        let mut found = BTreeSet::new();
        variables(&CommandLine::command(), &mut found);
        assert_eq!(found, server::VARIABLES.map(str::to_owned).into());
    }
}
