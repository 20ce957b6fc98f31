//! `PersonService.MergePersons` merges two records of one person.

use name::PersonId;
use proto::network::v1 as pb;
use scope::Scope;
use service::{Command, Error};

use super::{PersonViolation, store};

/// The first record stays.
pub(super) async fn merge_persons(
    cmd: &mut Command<'_, '_>,
    id: PersonId,
    other: PersonId,
) -> Result<pb::MergePersonsResponse, Error> {
    let (now, today) = (cmd.now(), cmd.today());
    store::merging_lock(cmd.tx).await?;
    let stays = store::find_person_for_update(cmd.tx, &Scope::All, today, &id).await?;
    let stays = stays.ok_or(PersonViolation::NotFound(id))?.person;
    let merged = store::find_person_for_update(cmd.tx, &Scope::All, today, &other).await?;
    let merged = merged.ok_or(PersonViolation::NotFound(other))?.person;
    if stays.id == merged.id {
        return Err(PersonViolation::Same(stays.id).into());
    }
    let person = stays.merged(&merged)?;
    store::person_merge(cmd.tx, &person, &merged.id, now).await?;
    let merged_person = merged.id.to_string();
    cmd.append(&person, &pb::PersonsMerged { person: Some((&person).into()), merged_person });
    Ok(pb::MergePersonsResponse { person: Some((&person).into()) })
}
