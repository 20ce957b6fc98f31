//! The ids of the persons and programs that change something.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use access::Caller;
use db::{Error, Pool, Tx, sql};
use feed::Actor;
use time::{Ids, Instant};

/// Most ids that a process remembers.
const REMEMBERED_MAX: usize = 10_000;

/// The ids of callers, one for each pair of issuer and subject. A clone shares them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actors(Arc<Mutex<HashMap<String, String>>>);

impl Actors {
    /// The caller as an actor; its id is made when the service meets it first.
    pub(crate) async fn actor(&self, pool: &Pool, ids: &Ids, now: Instant, caller: &Caller) -> Result<Actor, Error> {
        // No claim contains this character: issuers are compared with configured names, and subjects are printable.
        let key = format!("{}\0{}", caller.issuer, caller.subject);
        let actor = |id| Actor { id, role: caller.role.as_str().to_owned(), acting_for: caller.acting_for().to_owned() };
        if let Some(id) = self.remembered().get(&key) {
            return Ok(actor(id.clone()));
        }
        let (new, issuer, subject) = (ids.next(now), caller.issuer.to_string(), caller.subject.clone());
        let id =
            pool.write(move |mut tx| Box::pin(async move { actor_upsert(&mut tx, &new, &issuer, &subject, now).await })).await?;
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(key, id.clone());
        Ok(actor(id))
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of a pair of issuer and subject; `new` if there is none.
async fn actor_upsert(tx: &mut Tx<'_>, new: &str, issuer: &str, subject: &str, now: Instant) -> Result<String, Error> {
    let inserted = sql!(
        tx,
        "INSERT INTO actor (id, issuer, subject, create_time) VALUES (:new, :issuer, :subject, :now)
         ON CONFLICT (issuer, subject) DO NOTHING",
        new,
        issuer,
        subject,
        now,
    );
    if inserted.execute().await? == 1 {
        return Ok(new.to_owned());
    }
    let known = sql!(tx, "SELECT id FROM actor WHERE issuer = :issuer AND subject = :subject", issuer, subject);
    let (id,): (String,) = known.fetch_one().await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_statements_are_reviewed() {
        db::testing::statements_are_reviewed(env!("CARGO_PKG_NAME"), env!("CARGO_MANIFEST_DIR"));
    }
}
