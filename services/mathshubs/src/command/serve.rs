//! `mathshubs serve`: one service, as operators run it.

use clap::{Args, Subcommand};

use crate::suite;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    service: Service,
}

#[derive(Debug, Subcommand)]
enum Service {
    /// The register, hubs, and published reach.
    Network {
        /// sqlite:FILE or postgres://USER@HOST/NAME; made where it is missing.
        #[arg(long, env = "MATHSHUBS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
        database_url: String,
        #[command(flatten)]
        server: Box<server::Config>,
    },
    /// Rounds, applications, and participations.
    Enrolment {
        /// sqlite:FILE or postgres://USER@HOST/NAME; made where it is missing.
        #[arg(long, env = "MATHSHUBS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
        database_url: String,
        /// Where the network service is, whose feed it follows.
        #[arg(long, env = "MATHSHUBS_NETWORK_URL", value_name = "http://HOST:PORT")]
        network_url: String,
        #[command(flatten)]
        server: Box<server::Config>,
    },
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.service {
        Service::Network { database_url, server } => {
            let otlp_endpoint = server.otlp_endpoint.as_deref();
            let _telemetry = server::telemetry::init(server.log_format, otlp_endpoint, "network")?;
            suite::serve_network(&database_url, &server).await
        }
        Service::Enrolment { database_url, network_url, server } => {
            let otlp_endpoint = server.otlp_endpoint.as_deref();
            let _telemetry = server::telemetry::init(server.log_format, otlp_endpoint, "enrolment")?;
            suite::serve_enrolment(&database_url, &network_url, &server).await
        }
    }
}
