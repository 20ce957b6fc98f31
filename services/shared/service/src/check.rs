//! Says what a service reaches with its settings.

use db::SchemaState;
use server::{Peer, Trust};

use crate::{Service, ServiceConfig};

/// Prints a line for each thing that a service needs: its database with its version and schema, the keys of each trusted issuer, and each service that it
/// follows. Nothing is changed. Errors when one of them cannot be used.
pub async fn check<S: Service>(config: &S::Config, serving: &server::Config) -> anyhow::Result<()> {
    let mut failed = 0;
    let mut say = |what: &str, found: Result<String, String>| match found {
        Ok(found) => println!("ok      {what}: {found}"),
        Err(why) => {
            failed += 1;
            println!("FAILED  {what}: {why}");
        }
    };
    let migrations = [S::DESCRIPTOR.migrations.concat().as_slice(), crate::MIGRATIONS, feed::MIGRATIONS].concat();
    say(
        "database",
        db::inspect(config.database_url(), &migrations).await.map(|found| described(&found)).map_err(|error| error.to_string()),
    );
    for Trust(issuer) in &serving.trust {
        let keys = issuer.keys_count().await.map(|count| format!("{count} keys"));
        say(&format!("issuer {}", issuer.issuer), keys);
    }
    for source in S::DESCRIPTOR.sources {
        match config.source_url(source) {
            None => say(source, Ok("is not followed, because its URL is not set".to_owned())),
            Some(url) => {
                let peer = Peer::open(source, url, serving)?;
                let called = peer.check().await.map(|()| "serves, and its feed can be read".to_owned());
                say(&format!("{source} at {url}"), called);
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} of the above cannot be used");
    Ok(())
}

fn described(found: &db::Inspected) -> String {
    let version = &found.version;
    match found.schema {
        SchemaState::Missing => "does not exist yet; the service creates it at its start".to_owned(),
        SchemaState::Behind(steps) => format!("{version}; the schema lacks {steps} steps, which the service takes at its start"),
        SchemaState::Current => format!("{version}; the schema is up to date"),
    }
}
