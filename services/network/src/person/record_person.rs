//! `PersonService.RecordPerson` records a person for the caller's organisation.

use name::PersonId;
use proto::network::v1 as pb;
use server::ApiError;
use service::{Command, Error};

use super::{Owner, Person, PersonDetails, PersonViolation, Report, store};

/// `report` is absent for a person who teaches at no school. Records of other owners with the same address play no part, so the answer says nothing about them.
pub(super) async fn record_person(
    cmd: &mut Command<'_, '_>,
    owner: Owner,
    details: PersonDetails,
    report: Option<Report>,
) -> Result<pb::RecordPersonResponse, Error> {
    if let (Owner::School(own), Some(report)) = (&owner, report)
        && *own != report.urn
    {
        return Err(PersonViolation::NotOwn(report.urn).into());
    }
    let now = cmd.now();
    let person = Person::record(PersonId::trusted(cmd.next_id()), owner, report);
    let key = store::address_key(cmd.tx, cmd.ids.next_key()).await?;
    let hash = details.address_hash(&key);
    if !store::person_insert(cmd.tx, &person, &details, &hash, now).await? {
        let known = store::find_person_of_address(cmd.tx, &person.owner, &hash).await?;
        return Err(PersonViolation::Exists(known.expect("another record has the address")).into());
    }
    if let Some(report) = report
        && !store::report_put(cmd.tx, &person.id, report).await?
    {
        return Err(ApiError::not_found(&report.urn.to_string()).into());
    }
    cmd.append(&person, &pb::PersonRecorded { person: Some((&person).into()) });
    Ok(pb::RecordPersonResponse { person: Some((&person).into()) })
}
