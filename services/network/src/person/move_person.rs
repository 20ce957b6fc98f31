//! `PersonService.MovePerson` reports that a person teaches at another school from a day on.

use name::PersonId;
use proto::network::v1 as pb;
use scope::Scope;
use server::ApiError;
use service::{Command, Error};

use super::{PersonViolation, Report, store};

pub(super) async fn move_person(
    cmd: &mut Command<'_, '_>,
    scope: Scope,
    id: PersonId,
    report: Report,
) -> Result<pb::MovePersonResponse, Error> {
    let (now, today) = (cmd.now(), cmd.today());
    let found = store::find_person_for_update(cmd.tx, &scope, today, &id).await?;
    let found = found.ok_or_else(|| PersonViolation::NotFound(id.clone()))?;
    let is_old_school = found.person.school_before(report.start_date).is_some_and(|urn| found.own_schools.contains(&urn));
    let is_new_school = scope == Scope::School(report.urn);
    if !(found.rights.knows || is_old_school || is_new_school) {
        return Err(PersonViolation::NotFound(id).into());
    }
    let moved = found.person.moved(report, found.rights.knows)?;
    let person = moved.as_ref().unwrap_or(&found.person);
    if let Some(moved) = &moved {
        if !store::report_put(cmd.tx, &moved.id, report).await? {
            return Err(ApiError::not_found(&report.urn.to_string()).into());
        }
        store::version_update(cmd.tx, moved, now).await?;
        cmd.append(moved, &pb::PersonMoved { person: Some(moved.into()) });
    }
    Ok(pb::MovePersonResponse { employment: person.employment_on(report.start_date).map(Into::into) })
}
