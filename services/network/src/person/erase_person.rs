//! `PersonService.ErasePerson` erases the name and address of a person.

use name::PersonId;
use proto::network::v1 as pb;
use scope::Scope;
use service::{Command, Error};

use super::{PersonViolation, store};
use crate::appointment;

pub(super) async fn erase_person(
    cmd: &mut Command<'_, '_>,
    scope: Scope,
    id: PersonId,
) -> Result<pb::ErasePersonResponse, Error> {
    let (now, today) = (cmd.now(), cmd.today());
    let found = store::find_person_for_update(cmd.tx, &scope, today, &id).await?;
    let found = found.ok_or_else(|| PersonViolation::NotFound(id.clone()))?;
    found.rights.check_owner(&id)?;
    let person = found.person.erase()?;
    if let Some(appointment) = appointment::store::find_open_appointment(cmd.tx, &person.id, today).await? {
        return Err(PersonViolation::Appointed { person: person.id, appointment }.into());
    }
    store::person_erase(cmd.tx, &person, now).await?;
    cmd.append(&person, &pb::PersonErased { person: Some((&person).into()) });
    Ok(pb::ErasePersonResponse { person: Some((&person).into()) })
}
