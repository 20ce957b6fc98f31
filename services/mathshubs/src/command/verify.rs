//! `mathshubs verify`: compares a service's events with the chain of their hashes, and funding's budgets with the ledger. It reads the database only.

use anyhow::bail;
use clap::Args;
use db::Pool;
use feed::{ChainHead, VerifyError};

use super::restored::Service;
use crate::suite::without_password;

/// A position and the hash of its event, as the command prints them.
#[derive(Debug, Clone)]
struct KnownHash {
    position: i64,
    hash: String,
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Service that owns the database; it may run.
    #[arg(value_enum)]
    service: Service,
    /// Database of the service: sqlite:PATH or postgres://USER@HOST/NAME.
    #[arg(long, value_name = "URL", env = "MATHSHUBS_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Allow a connection to PostgreSQL in plain text off the loopback; by default it is refused.
    #[arg(long, env = "MATHSHUBS_PLAINTEXT_ALLOWED")]
    plaintext_allowed: bool,
    /// Hash that somebody kept, as this command prints it: the history must contain it. Deletions at the end are noticed in this way only. May be repeated.
    #[arg(long = "contains", value_name = "POSITION:HASH", value_parser = known_hash)]
    known: Vec<KnownHash>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { service, database_url, plaintext_allowed, known } = arguments;
    db::may_be_plaintext(&database_url, plaintext_allowed)?;
    let name = service.name();
    if db::is_empty(&database_url).await? {
        bail!("there is no database at {}; give the one of {name} with --database-url", without_password(&database_url));
    }
    let migrations = service.descriptor().migrations.concat();
    let migrations = [migrations.as_slice(), service::MIGRATIONS, feed::MIGRATIONS].concat();
    let pool = Pool::open_to_read(&database_url, &migrations).await?;
    let verified = verify(service, &pool, &known).await;
    pool.close().await;
    match verified {
        Ok(head) if head.position == 0 => println!("{name} has no events."),
        Ok(head) => println!("{name} has its whole history up to {head} (event {})", head.event_id),
        Err(VerifyError::Differs(difference)) => bail!(
            "{name} has a changed history: {difference}. Stop the service, keep this database as it is for the investigation, and restore a copy that passes"
        ),
        Err(VerifyError::Database(error)) => return Err(error.into()),
    }
    Ok(())
}

async fn verify(service: Service, pool: &Pool, known: &[KnownHash]) -> Result<ChainHead, VerifyError> {
    let head = feed::verify(pool).await?;
    for KnownHash { position, hash } in known {
        let found = feed::hash_at(pool, *position).await?.map(|found| feed::hexadecimal(&found));
        if found.as_ref() != Some(hash) {
            let found = found.unwrap_or_else(|| "no event".to_owned());
            let what = format!("position {position} has {found} instead of the hash {hash} that was kept");
            return Err(feed::Difference { position: Some(*position), event_id: String::new(), what }.into());
        }
    }
    if let Service::Funding = service {
        funding::verify_ledger(pool).await?;
    }
    Ok(head)
}

fn known_hash(text: &str) -> Result<KnownHash, String> {
    let wrong = || "must be a position, a colon and 64 hexadecimal digits in lower case".to_owned();
    let (position, hash) = text.split_once(':').ok_or_else(wrong)?;
    let digits = hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match position.parse() {
        Ok(position) if digits && position > 0 => Ok(KnownHash { position, hash: hash.to_owned() }),
        _ => Err(wrong()),
    }
}
