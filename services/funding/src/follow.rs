//! Feeds that funding follows. It mirrors hubs and school links of the network, and participations of enrolment with the facts that prove or end them.
//!
//! The feeds are independent: a participation is applied even if its hub or its school's links are not known yet. It gets money only from an existing
//! budget, and links that arrive later are reassessed.

use std::sync::{Arc, atomic::Ordering};

use feed::{ApplyError, decode};
use name::{HubId, ProgrammeId, Urn};
use prost::Name;
use proto::{enrolment::v1 as pb, feed::v1::Event, network::v1 as network};
use service::{Command, EventEffect};
use time::{AcademicYear, Date, Instant};

use crate::{
    entitlement::{
        EntitlementId,
        apply_evidence::apply_evidence,
        recognise::{claim_paid, recognise},
    },
    participation::{self, End, EventRef, Facts, FirstYearMove, Participation, Proof, Record},
    review::reassess_lineage::reassess_lineage,
    sweep::Sweep,
};

/// Reacts to an event of the network that is mirrored. When a register was imported or links were confirmed, reassesses the lineage; `sweep` does what exceeds this transaction.
pub(crate) async fn react_to_network(
    cmd: &mut Command<'_, '_>,
    event: &Event,
    sweep: Arc<Sweep>,
) -> Result<EventEffect, ApplyError> {
    match event.r#type.strip_prefix("mathshubs.network.v1.").unwrap_or_default() {
        network::RegisterImported::NAME | network::LinksConfirmed::NAME => {
            sweep.lineage_due.store(true, Ordering::Relaxed);
            reassess_lineage(cmd).await?;
            Ok(EventEffect::Applied)
        }
        _ => Ok(EventEffect::Ignored),
    }
}

/// Applies an event of enrolment; `follows.csv` lists the events that do not concern entitlements.
pub(crate) async fn apply_enrolment(cmd: &mut Command<'_, '_>, event: &Event) -> Result<EventEffect, ApplyError> {
    match event.r#type.strip_prefix("mathshubs.enrolment.v1.").unwrap_or_default() {
        pb::PlaceAccepted::NAME => {
            let participation = participation(event, decode::<pb::PlaceAccepted>(event)?.participation)?;
            // The feed of a restored enrolment is read from its beginning, so an acceptance can come again.
            if participation::store::participation_insert(cmd.tx, &participation).await? {
                recognise(cmd, participation).await?;
            }
        }
        pb::ParticipationImported::NAME => apply_import(cmd, event).await?,
        pb::AgreementSigned::NAME => {
            let signed: pb::AgreementSigned = decode(event)?;
            let record = record(event, &signed.sign_date)?;
            change_facts(cmd, event, signed.participation, |facts| facts.sign(record)).await?;
        }
        pb::AttendanceRecorded::NAME => {
            let attended: pb::AttendanceRecorded = decode(event)?;
            let record = record(event, &attended.attendance_date)?;
            let id = participation_id(event, attended.participation.as_ref())?;
            participation::store::attendance_insert(cmd.tx, &id, &record).await?;
            change_attendances(cmd, event, attended.participation).await?;
        }
        pb::AttendanceWithdrawn::NAME => {
            let withdrawn: pb::AttendanceWithdrawn = decode(event)?;
            let date = Date::parse(&withdrawn.attendance_date).map_err(|error| ApplyError::event(event, error))?;
            let id = participation_id(event, withdrawn.participation.as_ref())?;
            participation::store::attendance_delete(cmd.tx, &id, date).await?;
            change_attendances(cmd, event, withdrawn.participation).await?;
        }
        pb::ParticipationResumed::NAME => {
            let resumed: pb::ParticipationResumed = decode(event)?;
            let moved = first_year_move(event, &resumed)?;
            change_facts(cmd, event, resumed.participation, |facts| facts.move_first_year(moved)).await?;
        }
        pb::ParticipationWithdrawn::NAME => {
            let withdrawn: pb::ParticipationWithdrawn = decode(event)?;
            let end = End::Withdrawn(proof(event, &withdrawn.withdraw_date)?);
            change_facts(cmd, event, withdrawn.participation, |facts| facts.end = Some(end)).await?;
        }
        pb::ParticipationCancelled::NAME => {
            let end = End::Cancelled(event_ref(event)?);
            let cancelled: pb::ParticipationCancelled = decode(event)?;
            change_facts(cmd, event, cancelled.participation, |facts| facts.end = Some(end)).await?;
        }
        _ => return Ok(EventEffect::Ignored),
    }
    Ok(EventEffect::Applied)
}

/// Takes the days of attendance that are recorded now for facts of the participation.
async fn change_attendances(
    cmd: &mut Command<'_, '_>,
    event: &Event,
    message: Option<pb::Participation>,
) -> Result<(), ApplyError> {
    let id = participation_id(event, message.as_ref())?;
    let attendances = participation::store::attendance_list(cmd.tx, &id).await?;
    change_facts(cmd, event, message, |facts| facts.attend(attendances)).await
}

/// Keeps a participation of an earlier year, and the claim on a subsidy that was paid then.
async fn apply_import(cmd: &mut Command<'_, '_>, event: &Event) -> Result<(), ApplyError> {
    let imported: pb::ParticipationImported = decode(event)?;
    let paid = Some(imported.release_subsidy_paid_date).filter(|day| !day.is_empty());
    let paid = paid.map(|day| Date::parse(&day)).transpose().map_err(|error| ApplyError::event(event, error))?;
    let accepted = participation(event, imported.participation)?;
    let participation = Participation { is_imported: true, subsidy_paid: paid, ..accepted };
    let is_new = participation::store::participation_insert(cmd.tx, &participation).await?;
    if is_new && paid.is_some() {
        claim_paid(cmd, &participation).await?;
    }
    Ok(())
}

/// Changes the facts of a participation. Fails when it is unknown: its acceptance comes first in enrolment's feed.
async fn change_facts(
    cmd: &mut Command<'_, '_>,
    event: &Event,
    message: Option<pb::Participation>,
    change: impl FnOnce(&mut Facts),
) -> Result<(), ApplyError> {
    let id = participation_id(event, message.as_ref())?;
    let found = participation::store::find_participation_for_update(cmd.tx, &id).await?;
    let mut participation =
        found.ok_or_else(|| ApplyError::event(event, format!("no acceptance of `{}` was applied before", id.participation())))?;
    let before = participation.clone();
    change(&mut participation.facts);
    apply_evidence(cmd, &before, participation).await?;
    Ok(())
}

/// The move of the first year up to a resumption. A first year that is completed remains in its academic year.
fn first_year_move(event: &Event, resumed: &pb::ParticipationResumed) -> Result<FirstYearMove, ApplyError> {
    let participation = resumed.participation.as_ref().ok_or_else(|| missing(event, "participation"))?;
    let years_count = if participation.years_completed_count == 0 { participation.deferred_years_count } else { 0 };
    Ok(FirstYearMove { years_count: years_count.into(), resumed: proof(event, &resumed.resume_date)? })
}

fn participation(event: &Event, message: Option<pb::Participation>) -> Result<Participation, ApplyError> {
    let message = message.ok_or_else(|| missing(event, "participation"))?;
    let hub = message.hub.strip_prefix("hubs/").ok_or_else(|| missing(event, "name of a hub"))?;
    let year = AcademicYear::parse(&message.first_academic_year);
    Ok(Participation {
        id: id(event, &message.name)?,
        urn: Urn::parse(&message.school).map_err(|error| ApplyError::event(event, error))?,
        hub: HubId::trusted(hub),
        programme: ProgrammeId::trusted(message.programme),
        first_academic_year: year.map_err(|error| ApplyError::event(event, error))?,
        accepted: event_ref(event)?,
        is_imported: false,
        subsidy_paid: None,
        facts: Facts::default(),
    })
}

fn participation_id(event: &Event, message: Option<&pb::Participation>) -> Result<EntitlementId, ApplyError> {
    id(event, &message.ok_or_else(|| missing(event, "participation"))?.name)
}

fn id(event: &Event, name: &str) -> Result<EntitlementId, ApplyError> {
    let id = name.strip_prefix("participations/").ok_or_else(|| missing(event, "name of a participation"))?;
    Ok(EntitlementId::trusted(id))
}

/// The identity is the confirmer of the event, or else its actor.
fn record(event: &Event, date: &str) -> Result<Record, ApplyError> {
    // A record that one identity proposed and another confirmed is the word of the second one.
    let actor = event.confirmer.as_ref().or(event.actor.as_ref());
    Ok(Record { proof: proof(event, date)?, actor: actor.map(|actor| actor.id.clone()).unwrap_or_default() })
}

fn proof(event: &Event, date: &str) -> Result<Proof, ApplyError> {
    let date = Date::parse(date).map_err(|error| ApplyError::event(event, error))?;
    Ok(Proof { date, event: event_ref(event)? })
}

fn event_ref(event: &Event) -> Result<EventRef, ApplyError> {
    let happened = event.happened_time.as_ref().ok_or_else(|| missing(event, "time"))?;
    Ok(EventRef { id: event.id.clone(), happened: Instant::from_proto(happened) })
}

fn missing(event: &Event, what: &str) -> ApplyError {
    ApplyError::event(event, format!("it has no {what}"))
}

#[cfg(test)]
mod tests {
    use service::OpenedService;
    use time::{Clock, Ids};

    use super::*;
    use crate::{Config, Funding};

    /// Fails for a new event in the contract, until somebody reviews what funding does with it.
    #[tokio::test]
    async fn the_effect_of_every_event_is_reviewed() {
        let database = db::testing::sqlite();
        let config = Config::new(database.url());
        let service = OpenedService::open::<Funding>(&config, Clock::machine(), Ids::from_machine()).await.expect("it opens");
        let context = &service.context;
        let enrolment =
            async |event| context.run_system(move |cmd| Box::pin(async move { apply_enrolment(cmd, &event).await })).await;
        let lines = service::testing::follow_lines("enrolment", enrolment).await;
        db::testing::reviewed(
            concat!(env!("CARGO_MANIFEST_DIR"), "/follows.csv").as_ref(),
            &format!("source,event,effect\n{lines}"),
        );
    }
}
