//! `mathshubs migrate`: brings the schema of a service's database up to date, and lets a role use it that cannot change it.

use anyhow::bail;
use clap::Args;

use super::restored::{Service, open};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Service that owns the database.
    #[arg(value_enum)]
    service: Service,
    /// Database of the service: sqlite:PATH or postgres://USER@HOST/NAME, as an account that owns it.
    #[arg(long, value_name = "URL", env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Role of PostgreSQL with which the service then runs. It gets no right to change the schema, nor to update or delete rows that are only ever added.
    #[arg(long, value_name = "NAME")]
    run_time_role: Option<String>,
    /// Allow a connection to PostgreSQL in plain text off the loopback; by default it is refused.
    #[arg(long, env = "MATHSHUBS_PLAINTEXT_ALLOWED")]
    plaintext_allowed: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { service, database_url, run_time_role, plaintext_allowed } = arguments;
    if run_time_role.is_some() && database_url.starts_with("sqlite:") {
        bail!("SQLite has no roles; leave --run-time-role out");
    }
    db::may_be_plaintext(&database_url, plaintext_allowed)?;
    db::create_if_missing(&database_url).await?;
    open(service, &database_url).await?.context.pool.close().await;
    println!("The schema of {} is up to date.", service.name());
    if let Some(role) = run_time_role {
        db::grant_run_time_role(&database_url, &role).await?;
        println!("The role {role} can use it, and cannot change it; start the service as that role.");
    }
    Ok(())
}
