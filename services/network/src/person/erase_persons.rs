//! Erases the names and addresses of persons about whom nothing was recorded for long, as the retention policy says. Network does not know the cases of
//! other services, so the policy gives the duration of the longest case and two years.

use proto::network::v1 as pb;
use scope::Scope;
use service::{Context, RetentionKind, retention_days};

use super::store;

/// Erases one person after the other, each with its event. Errors when the database fails.
pub async fn erase_persons(context: &Context) -> Result<(), db::Error> {
    let erase = || {
        context.run_system(|cmd| {
            Box::pin(async move {
                let (now, today) = (cmd.now(), cmd.today());
                let days = retention_days(cmd.tx, RetentionKind::Person, today).await?;
                let before = now.plus_micros(-days * 86_400 * 1_000_000);
                let Some(id) = store::find_unchanged_person(cmd.tx, before, today).await? else {
                    return Ok::<_, db::Error>(false);
                };
                let found = store::find_person_for_update(cmd.tx, &Scope::All, today, &id).await?;
                if let Some(person) = found.and_then(|found| found.person.erase().ok()) {
                    store::person_erase(cmd.tx, &person, now).await?;
                    cmd.append(&person, &pb::PersonErased { person: Some((&person).into()) });
                }
                Ok(true)
            })
        })
    };
    while erase().await? {}
    Ok(())
}
