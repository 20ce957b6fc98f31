//! How funding is set up.

use std::time::Duration;

/// Where its database is, and where it hears of the others. Flatten it into a command.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Funding")]
pub struct Config {
    /// Database of the service, `sqlite:PATH` or `postgres://USER@HOST/NAME`; made where it is missing
    #[arg(long, env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// Connections to it that read (SQLite) or read and write (PostgreSQL)
    #[arg(long, env = "MATHSHUBS_CONNECTIONS_MAX", default_value_t = CONNECTIONS_MAX)]
    pub connections_max: u32,
    /// Where the network service is, for example `http://network:50051`; without it hubs and the descent of schools stay as they are known
    #[arg(long, env = "MATHSHUBS_NETWORK_URL")]
    pub network_url: Option<String>,
    /// Where the enrolment service is, for example `http://enrolment:50051`; without it nothing new is entitled to anything
    #[arg(long, env = "MATHSHUBS_ENROLMENT_URL")]
    pub enrolment_url: Option<String>,
    /// How often it looks for what is left to do, by the machine's clock. Tests have it look more often.
    #[arg(skip = SWEEP_INTERVAL)]
    pub sweep_interval: Duration,
}

const CONNECTIONS_MAX: u32 = 8;
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

impl Config {
    /// With the usual number of connections, and nobody to listen to.
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
