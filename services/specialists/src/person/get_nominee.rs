//! `NominationService.GetNominee` gives the name and address of a person.

use db::Tx;
use proto::specialists::v1 as pb;
use scope::ScopeKey;
use service::Error;

use super::{PersonId, store};

pub(crate) async fn get_nominee(tx: &mut Tx<'_>, scope: ScopeKey, id: PersonId) -> Result<pb::GetNomineeResponse, Error> {
    let person = store::person_by_id(tx, &scope, &id).await?;
    Ok(pb::GetNomineeResponse { nominee: Some(person.into()) })
}
