//! Configuration of funding.

use std::time::Duration;

/// Database, and addresses of the services whose feeds are followed. Flatten it into a command.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Funding")]
pub struct Config {
    /// Database of the service, `sqlite:PATH` or `postgres://USER@HOST/NAME`; created if it is missing
    #[arg(long, env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// Maximum number of database connections, for reads (SQLite) or for reads and writes (PostgreSQL)
    #[arg(long, env = "MATHSHUBS_CONNECTIONS_MAX", default_value_t = CONNECTIONS_MAX, value_parser = service::connections())]
    pub connections_max: u32,
    /// URL of the network service, for example `http://network:50051`; without it hubs and school links are not updated
    #[arg(long, env = "MATHSHUBS_NETWORK_URL")]
    pub network_url: Option<String>,
    /// URL of the enrolment service, for example `http://enrolment:50051`; without it no new entitlements arise
    #[arg(long, env = "MATHSHUBS_ENROLMENT_URL")]
    pub enrolment_url: Option<String>,
    /// Interval of the sweep, by the machine's clock. Tests set a shorter one.
    #[arg(skip = SWEEP_INTERVAL)]
    pub sweep_interval: Duration,
}

const CONNECTIONS_MAX: u32 = 8;
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

impl Config {
    /// With the default number of connections, following no feed.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            connections_max: CONNECTIONS_MAX,
            network_url: None,
            enrolment_url: None,
            sweep_interval: SWEEP_INTERVAL,
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
            "enrolment" => self.enrolment_url.as_deref(),
            _ => None,
        }
    }
}
