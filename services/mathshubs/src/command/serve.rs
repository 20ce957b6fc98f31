//! `mathshubs serve`: one service in one process. The `config.rs` of each service declares its flags.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    service: Service,
}

#[derive(Debug, Subcommand)]
enum Service {
    /// The register, hubs, and published reach.
    Network {
        #[command(flatten)]
        network: network::Config,
        #[command(flatten)]
        server: Box<server::Config>,
    },
    /// Rounds, applications, and participations.
    Enrolment {
        #[command(flatten)]
        enrolment: enrolment::Config,
        #[command(flatten)]
        server: Box<server::Config>,
    },
    /// Cohorts of specialists, and nominations.
    Specialists {
        #[command(flatten)]
        specialists: specialists::Config,
        #[command(flatten)]
        server: Box<server::Config>,
    },
    /// Budgets, entitlements, payments, and the ledger.
    Funding {
        #[command(flatten)]
        funding: funding::Config,
        #[command(flatten)]
        server: Box<server::Config>,
    },
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.service {
        Service::Network { network, server } => service::run::<network::Network>(&network, &server).await,
        Service::Enrolment { enrolment, server } => service::run::<enrolment::Enrolment>(&enrolment, &server).await,
        Service::Specialists { specialists, server } => service::run::<specialists::Specialists>(&specialists, &server).await,
        Service::Funding { funding, server } => service::run::<funding::Funding>(&funding, &server).await,
    }
}
