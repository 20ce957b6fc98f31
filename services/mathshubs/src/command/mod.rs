//! The command line: which commands there are, and what each takes.

mod connection;
mod demo;
mod import_register;
mod report;
mod restored;
mod serve;
mod token;
mod up;

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
    /// Play several years of the programme on this machine, through the services' APIs, and report on reach.
    Demo(demo::Arguments),
    /// Serve the whole suite from one process, with its data in a folder.
    Up(up::Arguments),
    /// Serve one service, as operators do; its settings come from the environment or from flags.
    Serve(serve::Arguments),
    /// Load a register (a GIAS all-establishments extract, with or without its links file) into a suite that runs.
    ImportRegister(import_register::Arguments),
    /// Collect, measure and report reach from a suite that runs.
    Report(report::Arguments),
    /// Say that a service's database, or that of a service that it follows, was restored from a copy: while it is stopped, before it is served.
    Restored(restored::Arguments),
    /// Print a token that is signed with the key of a suite's data folder.
    Token(token::Arguments),
}

impl CommandLine {
    /// Does what was asked for.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Up(arguments) => up::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::ImportRegister(arguments) => import_register::run(arguments).await,
            Command::Report(arguments) => report::run(arguments).await,
            Command::Restored(arguments) => restored::run(arguments).await,
            Command::Token(arguments) => token::run(&arguments),
        }
    }
}

/// Where `up` keeps its data unless it is told.
const DATA_FOLDER: &str = "./maths-hubs-data";
/// Where `up` serves, and other commands call, unless they are told.
const NETWORK_ADDRESS: &str = "127.0.0.1:50051";
const ENROLMENT_ADDRESS: &str = "127.0.0.1:50052";
const SPECIALISTS_ADDRESS: &str = "127.0.0.1:50053";
const FUNDING_ADDRESS: &str = "127.0.0.1:50054";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        CommandLine::command().debug_assert();
    }
}
