//! Flags of the network service.

use std::{path::PathBuf, time::Duration};

/// Longest wait for the next message of a stream.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30);

/// The flags: where the database of the network is, and the services whose feeds it follows. Flatten them into a command.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Network")]
pub struct Config {
    /// Database of the service, `sqlite:PATH` or `postgres://USER@HOST/NAME`; made where it is missing
    #[arg(long, env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// Connections to it that read (SQLite) or read and write (PostgreSQL)
    #[arg(long, env = "MATHSHUBS_CONNECTIONS_MAX", default_value_t = CONNECTIONS_MAX, value_parser = service::connections())]
    pub connections_max: u32,
    /// URL of the enrolment service, for example `http://enrolment:50051`; without it, terms of past years can contradict rounds and imported participations
    #[arg(long, env = "MATHSHUBS_ENROLMENT_URL")]
    pub enrolment_url: Option<String>,
    /// URL of the specialists service; without it, terms of past years can contradict cohorts
    #[arg(long, env = "MATHSHUBS_SPECIALISTS_URL")]
    pub specialists_url: Option<String>,
    /// URL of the funding service; without it, terms of past years can contradict policies
    #[arg(long, env = "MATHSHUBS_FUNDING_URL")]
    pub funding_url: Option<String>,
    /// Largest size of an extract and its links together. They are in a temporary file until they are read, one import at a time.
    #[arg(skip = REGISTER_SIZE_MAX_BYTES)]
    pub register_size_max_bytes: usize,
    /// Folder of the temporary files in which streams are received.
    #[arg(skip = std::env::temp_dir())]
    pub temporary_folder: PathBuf,
    /// Longest wait for the next message of a stream.
    #[arg(skip = STREAM_TIMEOUT)]
    pub stream_timeout: Duration,
    /// Whether an extract or links of a day after today are taken. Only for the demo, which plays years before the day of a real extract.
    #[arg(skip = false)]
    pub future_register_allowed: bool,
}

const CONNECTIONS_MAX: u32 = 8;
/// The real files are 14 MB.
const REGISTER_SIZE_MAX_BYTES: usize = 256_000_000;

impl Config {
    /// With the usual number of connections and size of files, following no feed.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            connections_max: CONNECTIONS_MAX,
            enrolment_url: None,
            specialists_url: None,
            funding_url: None,
            register_size_max_bytes: REGISTER_SIZE_MAX_BYTES,
            temporary_folder: std::env::temp_dir(),
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

    fn source_url(&self, source: &str) -> Option<&str> {
        match source {
            "enrolment" => self.enrolment_url.as_deref(),
            "specialists" => self.specialists_url.as_deref(),
            "funding" => self.funding_url.as_deref(),
            _ => None,
        }
    }
}
