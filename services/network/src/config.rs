//! What can be set, and what is limited.

use std::time::Duration;

/// The largest chunk of a file.
pub(crate) const CHUNK_SIZE_MAX_BYTES: usize = 1024 * 1024;
/// Figures and areas of one publication; a year of every authority, phase and stage is 2,600 for each programme, so that nine programmes and their
/// total have room for nineteen years.
pub(crate) const REACH_ROWS_MAX: usize = 500_000;
/// Figures and areas of one message.
pub(crate) const REACH_PART_ROWS_MAX: usize = 500;
/// Longest wait for the next message of a stream.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30);
/// Violations of a stream that are told at once.
pub(crate) const VIOLATIONS_MAX: usize = 20;

/// Where its database is. Flatten it into a command.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Network")]
pub struct Config {
    /// Database of the service, `sqlite:PATH` or `postgres://USER@HOST/NAME`; made where it is missing
    #[arg(long, env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// Connections to it that read (SQLite) or read and write (PostgreSQL)
    #[arg(long, env = "MATHSHUBS_CONNECTIONS_MAX", default_value_t = CONNECTIONS_MAX)]
    pub connections_max: u32,
    /// Largest size of an extract and its links together. They are held in memory while they are read, one import at a time.
    #[arg(skip = REGISTER_SIZE_MAX_BYTES)]
    pub register_size_max_bytes: usize,
    /// Longest wait for the next message of a stream.
    #[arg(skip = STREAM_TIMEOUT)]
    pub stream_timeout: Duration,
    /// Whether an extract or links of a day after today are taken. Only for a demo that plays years before the day of a real extract.
    #[arg(skip = false)]
    pub future_register_allowed: bool,
}

const CONNECTIONS_MAX: u32 = 8;
/// The real files are 14 MB.
const REGISTER_SIZE_MAX_BYTES: usize = 256_000_000;

impl Config {
    /// With the usual number of connections and size of files.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            connections_max: CONNECTIONS_MAX,
            register_size_max_bytes: REGISTER_SIZE_MAX_BYTES,
            stream_timeout: STREAM_TIMEOUT,
            future_register_allowed: false,
        }
    }
}

impl service::ServiceConfig for Config {
    fn database_url(&self) -> &str {
        &self.database_url
    }

    fn connections_max(&self) -> u32 {
        self.connections_max
    }
}
