//! `ParticipationService.SetLeadParticipants` names the lead participants of a school from a day on.

use std::collections::BTreeSet;

use name::PersonId;
use proto::enrolment::v1 as pb;
use service::{Command, Error};
use time::Date;

use super::{
    rules::{LeadViolation, hand_over},
    store,
};
use crate::participation::{self, ParticipationRef};

/// The persons are checked on the first day; those who stay were checked before.
pub(crate) async fn set_lead_participants(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    persons: BTreeSet<PersonId>,
    start: Date,
) -> Result<pb::SetLeadParticipantsResponse, Error> {
    let before = participation.lock(cmd).await?;
    let after = before.change_leads()?;
    let now = cmd.now();
    let mut current = BTreeSet::new();
    let mut schools = Vec::new();
    // In the order of ids, so that no two calls wait for each other.
    for id in &persons {
        let person = mirror::person_by_id_for_update::<Error>(cmd.tx, id, start, now).await?;
        schools.push((person.id.clone(), person.school));
        current.insert(person.id);
    }
    let programme = mirror::find_programme_of_year(cmd.tx, &before.programme, before.terms_year()).await?;
    let shape = programme.and_then(|programme| programme.work_group_shape);
    let rows = store::lead_participant_list(cmd.tx, &before.id).await?;
    let last = rows.iter().flat_map(|row| [Some(row.start), row.end]).flatten().max();
    let open: Vec<_> = rows.into_iter().filter(|row| row.end.is_none()).collect();
    let handover = hand_over(&open, last, &current, start, shape.map(|shape| shape.participants_per_school_count))?;
    let lineage = mirror::lineage(cmd.tx, before.urn, start).await?;
    let elsewhere = schools.into_iter().find(|(person, school)| {
        handover.joining.contains(person) && !school.is_some_and(|school| school == before.urn || lineage.contains(&school))
    });
    if let Some((person, _)) = elsewhere {
        return Err(LeadViolation::TeachesElsewhere { person, urn: before.urn, date: start }.into());
    }
    if !handover.leaving.is_empty() {
        store::lead_participant_end(cmd.tx, &before.id, &handover.leaving, start.plus_days(-1)).await?;
    }
    if !handover.joining.is_empty() {
        store::lead_participant_insert(cmd.tx, &before.id, &handover.joining, start).await?;
    }
    participation::store::participation_update(cmd.tx, &after).await?;
    let persons = current.iter().map(PersonId::to_string).collect();
    let participation = Some((&after).into());
    cmd.append(&after, &pb::LeadParticipantsSet { participation, persons, start_date: start.to_string() });
    Ok(pb::SetLeadParticipantsResponse { participation: Some((&after).into()) })
}
