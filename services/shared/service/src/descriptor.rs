//! A service's declaration.

use crate::{Context, Parts};

/// The facts of a service that are known before it is opened.
#[derive(Debug, Clone, Copy)]
pub struct ServiceDescriptor {
    /// Its name: of its program, of its feed, and the actor of its own changes.
    pub name: &'static str,
    /// One sentence for `--help`.
    pub about: &'static str,
    /// Full names of its gRPC services, without health and reflection.
    pub grpc_services: &'static [&'static str],
    /// Steps of its schema, besides those of `db` and `feed`.
    pub migrations: &'static [&'static [db::Migration]],
    /// Names of the services whose feeds it follows.
    pub sources: &'static [&'static str],
    /// The part of old requests that is kept.
    pub answer_retention: AnswerRetention,
}

/// The part that is kept of a request whose answer is older than the table `retention_policy` says, by the civil clock. Until then the same request gets the answer
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerRetention {
    /// Nothing.
    Nothing,
    /// Its id, so that no request about money takes effect twice. The answer, which can hold a text that a person wrote, is deleted.
    Id,
}

/// A service of the suite. Everything else follows: its program ([`crate::main`]), its life within another ([`crate::OpenedService`]).
pub trait Service: 'static {
    /// Its flags.
    type Config: ServiceConfig;
    /// Its facts.
    const DESCRIPTOR: ServiceDescriptor;

    /// Its gRPC services, the feeds that it follows and its periodic jobs.
    fn parts(context: &Context, config: &Self::Config) -> Parts;
}

/// The flags of a service that the frame reads.
pub trait ServiceConfig: clap::Args + Send + Sync {
    /// URL of its database.
    fn database_url(&self) -> &str;
    /// Connections to its database.
    fn connections_max(&self) -> u32;
    /// URL of a service whose feed it follows; `None` when the feed is not followed.
    fn source_url(&self, source: &str) -> Option<&str> {
        let _none = source;
        None
    }
}

/// A number of connections to a database, for the flag of a service.
pub fn connections() -> impl clap::builder::TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(1..=CONNECTIONS_MAX)
}

/// More than a PostgreSQL server accepts in most installations.
const CONNECTIONS_MAX: i64 = 1_000;
