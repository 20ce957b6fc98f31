//! `PersonService.GetPerson` gives the name and address of a person.

use db::Tx;
use name::PersonId;
use proto::network::v1 as pb;
use scope::ScopeKey;
use service::Error;

use super::{PersonViolation, store};

pub(super) async fn get_person(tx: &mut Tx<'_>, scope: ScopeKey, id: PersonId) -> Result<pb::GetPersonResponse, Error> {
    let found = store::find_person(tx, &scope, &id).await?.ok_or(PersonViolation::NotFound(id))?;
    Ok(pb::GetPersonResponse { person: Some((&found.person).into()), details: found.details.map(Into::into) })
}
