//! How enrolment is set up.

use std::{path::PathBuf, time::Duration};

/// Longest wait for the next message of a stream.
const STREAM_TIMEOUT: Duration = Duration::from_secs(30);

/// The settings of enrolment. Flatten it into a command.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Enrolment")]
pub struct Config {
    /// Database of the service, `sqlite:PATH` or `postgres://USER@HOST/NAME`; created if it is missing
    #[arg(long, env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// Connections to it that read (SQLite) or read and write (PostgreSQL)
    #[arg(long, env = "MATHSHUBS_CONNECTIONS_MAX", default_value_t = CONNECTIONS_MAX, value_parser = service::connections())]
    pub connections_max: u32,
    /// Address of the network service, for example `http://network:50051`; without it schools, hubs and reach do not change
    #[arg(long, env = "MATHSHUBS_NETWORK_URL")]
    pub network_url: Option<String>,
    /// Address of the specialists service, for example `http://specialists:50051`; without it no specialist is known, and Work Groups that need one cannot be formed
    #[arg(long, env = "MATHSHUBS_SPECIALISTS_URL")]
    pub specialists_url: Option<String>,
    /// Whether a periodic job lets offers lapse every minute of the machine's time. It is not a setting for operators: the demo, which moves the civil clock,
    /// calls LapseOffers itself, so that the same seed gives the same history.
    #[arg(skip = true)]
    pub lapses_offers: bool,
    /// Folder of the temporary files in which streams are received.
    #[arg(skip = std::env::temp_dir())]
    pub temporary_folder: PathBuf,
    /// Longest wait for the next message of a stream.
    #[arg(skip = STREAM_TIMEOUT)]
    pub stream_timeout: Duration,
}

const CONNECTIONS_MAX: u32 = 8;

impl Config {
    /// With the usual number of connections, following no feed.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            connections_max: CONNECTIONS_MAX,
            network_url: None,
            specialists_url: None,
            lapses_offers: true,
            temporary_folder: std::env::temp_dir(),
            stream_timeout: STREAM_TIMEOUT,
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
            "network" => self.network_url.as_deref(),
            "specialists" => self.specialists_url.as_deref(),
            _ => None,
        }
    }
}
