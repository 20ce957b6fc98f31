//! The ids of the persons and programs that change something.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use access::Caller;
use db::{Error, Pool, Tx, sql};
use feed::Actor;
use proto::audit::v1 as pb;
use time::{Ids, Instant};

use crate::{Context, Resource};

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

    /// Forgets all ids, so that each is read again.
    fn forget(&self) {
        self.remembered().clear();
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// Erases the issuer and subject of an actor and gives its id, which stays in events and audit records; `None` if there is no such actor. An event records
    /// the erasure. The identity gets a new id when it acts again; other processes that serve the database may remember the old one.
    pub async fn erase_actor(&self, issuer: &str, subject: &str) -> Result<Option<String>, Error> {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        let erased = self.run_system(|cmd| {
            Box::pin(async move {
                let id = actor_erase(cmd.tx, &issuer, &subject).await?;
                if let Some(id) = &id {
                    cmd.append(&Erased(id), &pb::ActorErased { actor: id.clone() });
                }
                Ok::<_, Error>(id)
            })
        });
        let id = erased.await?;
        self.actors.forget();
        Ok(id)
    }
}

/// An actor by its id, about which nothing but its erasure is recorded.
struct Erased<'a>(&'a str);

impl Resource for Erased<'_> {
    fn name(&self) -> String {
        format!("actors/{}", self.0)
    }

    fn version(&self) -> i64 {
        1
    }
}

/// The id of the erased actor.
async fn actor_erase(tx: &mut Tx<'_>, issuer: &str, subject: &str) -> Result<Option<String>, Error> {
    let erased = sql!(
        tx,
        "UPDATE actor SET issuer = NULL, subject = NULL WHERE issuer = :issuer AND subject = :subject RETURNING id",
        issuer,
        subject,
    );
    let row: Option<(String,)> = erased.fetch_optional().await?;
    Ok(row.map(|(id,)| id))
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
