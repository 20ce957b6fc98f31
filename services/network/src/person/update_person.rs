//! `PersonService.UpdatePerson` changes the name and address of a person.

use name::PersonId;
use proto::network::v1 as pb;
use scope::Scope;
use server::ApiError;
use service::{Command, Error, Resource};

use super::{PersonDetails, PersonViolation, store};

/// `etag` is that of the person as the caller read it.
pub(super) async fn update_person(
    cmd: &mut Command<'_, '_>,
    scope: Scope,
    id: PersonId,
    etag: String,
    details: PersonDetails,
) -> Result<pb::UpdatePersonResponse, Error> {
    let (now, today) = (cmd.now(), cmd.today());
    let found = store::find_person_for_update(cmd.tx, &scope, today, &id).await?;
    let found = found.ok_or_else(|| PersonViolation::NotFound(id.clone()))?;
    found.rights.check_owner(&id)?;
    found.person.check_not_erased()?;
    found.person.check_etag(&etag)?;
    let person = found.person.next_version();
    let key = store::address_key(cmd.tx, cmd.ids.next_key()).await?;
    let hash = details.address_hash(&key);
    let known = store::find_person_of_address(cmd.tx, &person.owner, &hash).await?;
    if let Some(known) = known.filter(|known| *known != person.id) {
        return Err(PersonViolation::Exists(known).into());
    }
    match store::details_update(cmd.tx, &person, &details, &hash, now).await {
        // The same owner recorded the address at the same time.
        Err(error) if error.is_unique_violation() => return Err(ApiError::stale(&person.name()).into()),
        updated => updated?,
    }
    cmd.append(&person, &pb::PersonUpdated { person: Some((&person).into()) });
    Ok(pb::UpdatePersonResponse { person: Some((&person).into()) })
}
