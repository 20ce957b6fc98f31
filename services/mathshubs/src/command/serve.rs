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

impl Arguments {
    pub(super) fn mistakes(&self) -> Vec<server::Mistake> {
        match &self.service {
            Service::Network { network, server } => service::mistakes::<network::Network>(network, server),
            Service::Enrolment { enrolment, server } => service::mistakes::<enrolment::Enrolment>(enrolment, server),
            Service::Specialists { specialists, server } => service::mistakes::<specialists::Specialists>(specialists, server),
            Service::Funding { funding, server } => service::mistakes::<funding::Funding>(funding, server),
        }
    }

    pub(super) fn log_format(&self) -> server::LogFormat {
        let (Service::Network { server, .. }
        | Service::Enrolment { server, .. }
        | Service::Specialists { server, .. }
        | Service::Funding { server, .. }) = &self.service;
        server.log_format
    }
}

/// `mathshubs check`: says what a service would reach with these settings.
pub(super) async fn check(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.service {
        Service::Network { network, server } => service::check::<network::Network>(&network, &server).await,
        Service::Enrolment { enrolment, server } => service::check::<enrolment::Enrolment>(&enrolment, &server).await,
        Service::Specialists { specialists, server } => service::check::<specialists::Specialists>(&specialists, &server).await,
        Service::Funding { funding, server } => service::check::<funding::Funding>(&funding, &server).await,
    }
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.service {
        Service::Network { network, server } => service::run::<network::Network>(&network, &server).await,
        Service::Enrolment { enrolment, server } => service::run::<enrolment::Enrolment>(&enrolment, &server).await,
        Service::Specialists { specialists, server } => service::run::<specialists::Specialists>(&specialists, &server).await,
        Service::Funding { funding, server } => service::run::<funding::Funding>(&funding, &server).await,
    }
}
