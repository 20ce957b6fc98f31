//! `mathshubs erase-actor`: erases who an actor is from a service's database.

use anyhow::bail;
use clap::Args;

use super::restored::{Service, open};
use crate::suite::without_password;

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
    /// Issuer of the tokens of the person or program.
    #[arg(long)]
    issuer: String,
    /// Subject of these tokens.
    #[arg(long)]
    subject: String,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { service, database_url, plaintext_allowed, issuer, subject } = arguments;
    let name = service.name();
    db::may_be_plaintext(&database_url, plaintext_allowed)?;
    if db::is_empty(&database_url).await? {
        bail!("there is no database at {}; give the one of {name} with --database-url", without_password(&database_url));
    }
    let context = open(service, &database_url).await?.context;
    let erased = context.erase_actor(&issuer, &subject).await;
    // Closing the pool writes SQLite's WAL into the database file.
    context.pool.close().await;
    let Some(id) = erased? else {
        bail!("{name} knows no actor with the issuer `{issuer}` and the subject `{subject}`; nothing was erased");
    };
    println!("{name} no longer knows who the actor {id} is. Its id stays in events and audit records.");
    Ok(())
}
