//! `mathshubs restored`: starts a new feed epoch after a restore, so that no consumer continues from a cursor of the lost history.

use anyhow::bail;
use clap::{Args, ValueEnum};
use service::{OpenedService, ServiceDescriptor};
use time::{Clock, Ids};

use crate::suite::without_password;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Service {
    Network,
    Enrolment,
    Specialists,
    Funding,
}

impl Service {
    pub(super) fn descriptor(self) -> ServiceDescriptor {
        match self {
            Self::Network => network::DESCRIPTOR,
            Self::Enrolment => enrolment::DESCRIPTOR,
            Self::Specialists => specialists::DESCRIPTOR,
            Self::Funding => funding::DESCRIPTOR,
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.descriptor().name
    }

    /// True if this service follows the feed of `source`.
    fn follows(self, source: Self) -> bool {
        self.descriptor().sources.contains(&source.name())
    }

    /// The services that follow this service's feed.
    fn followers(self) -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied().filter(move |follower| follower.follows(self))
    }
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Service that owns the database; it must be stopped.
    #[arg(value_enum)]
    service: Service,
    /// Database of the service: sqlite:PATH or postgres://USER@HOST/NAME.
    #[arg(long, value_name = "URL", env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Allow a connection to PostgreSQL in plain text off the loopback; by default it is refused.
    #[arg(long, env = "MATHSHUBS_PLAINTEXT_ALLOWED")]
    plaintext_allowed: bool,
    /// Followed service that was restored instead of this one: this service then reads that feed from the beginning.
    #[arg(long, value_enum, value_name = "SERVICE")]
    source: Option<Service>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { service, database_url, plaintext_allowed, source } = arguments;
    let name = service.name();
    if let Some(source) = source
        && !service.follows(source)
    {
        let sources = service.descriptor().sources;
        let sources = if sources.is_empty() { "no service".to_owned() } else { sources.join(" and ") };
        bail!("{name} does not follow {}: it follows {sources}", source.name());
    }
    db::may_be_plaintext(&database_url, plaintext_allowed)?;
    if db::is_empty(&database_url).await? {
        bail!("the database {} is empty; give the restored database with --database-url", without_password(&database_url));
    }
    let OpenedService { feed, context, .. } = open(service, &database_url).await?;
    let done = match source {
        None => feed.start_new_epoch().await.map(|()| new_history(service)),
        Some(source) => feed.read_again(source.name().to_owned()).await.map(|known| reading(service, source, known)),
    };
    // Closing the pool writes SQLite's WAL into the database file, which the operator copies next.
    context.pool.close().await;
    println!("{}", done?);
    Ok(())
}

fn new_history(service: Service) -> String {
    let name = service.name();
    let mut text = format!("{name} has a new feed epoch: consumers of the old one are refused.");
    for follower in service.followers().map(Service::name) {
        text += &format!("\nNext, with {follower} stopped: mathshubs restored {follower} --source {name} --database-url URL");
    }
    text += "\nNext, remove the folder `lake` of the report, which was collected from its old feed.";
    text
}

fn reading(service: Service, source: Service, known: bool) -> String {
    let (name, source) = (service.name(), source.name());
    if known {
        format!("{name} reads {source} from the beginning after its next start.")
    } else {
        format!("{name} has not read {source} yet; it reads it from the beginning after its next start.")
    }
}

/// Opens a service's database and applies its migrations, as the service does.
pub(super) async fn open(service: Service, url: &str) -> anyhow::Result<OpenedService> {
    let (clock, ids) = (Clock::machine(), Ids::from_machine());
    match service {
        Service::Network => OpenedService::open::<network::Network>(&network::Config::new(url), clock, ids).await,
        Service::Enrolment => OpenedService::open::<enrolment::Enrolment>(&enrolment::Config::new(url), clock, ids).await,
        Service::Specialists => OpenedService::open::<specialists::Specialists>(&specialists::Config::new(url), clock, ids).await,
        Service::Funding => OpenedService::open::<funding::Funding>(&funding::Config::new(url), clock, ids).await,
    }
}
