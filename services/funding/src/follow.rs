//! What funding hears of the others. Of the network it keeps hubs and descent; of enrolment the places that were accepted, and what proves or ends them.
//! Either may be down or come later than the other: a place counts whether or not its hub and its school's links are known yet. Money waits for the
//! hub's budget anyway, and links that come later are looked at again.

use std::sync::atomic::Ordering;

use feed::{ApplyError, decode};
use name::{HubId, ProgrammeId, Urn};
use prost::Name;
use proto::{enrolment::v1 as pb, feed::v1::Event};
use service::{Command, EventEffect};
use time::{AcademicYear, Date, Instant};

use crate::{
    arise::arise,
    domain::{End, EntitlementId, Facts, Participation, Proof, Told},
    follow::follow,
    reassess_lineage::reassess_lineage,
    store,
    sweep::Sweep,
};

/// Events of enrolment that entitle nobody to anything.
pub(crate) const ENROLMENT_IGNORED: &[&str] = &[
    pb::RoundCreated::NAME,
    pb::RoundUpdated::NAME,
    pb::PlacesSet::NAME,
    pb::ApplicationSubmitted::NAME,
    pb::PlaceOffered::NAME,
    pb::ApplicationWaitlisted::NAME,
    pb::OfferDeclined::NAME,
    pb::OfferLapsed::NAME,
    pb::ApplicationWithdrawn::NAME,
    pb::YearStarted::NAME,
    pb::YearCompleted::NAME,
];

/// Applies an event of the network.
pub(crate) async fn apply_network(cmd: &mut Command<'_, '_>, event: &Event, sweep: &Sweep) -> Result<EventEffect, ApplyError> {
    match mirror::apply(cmd.tx, event).await? {
        mirror::Applied::Ignored => return Ok(EventEffect::Ignored),
        mirror::Applied::Register => {
            sweep.lineage_due.store(true, Ordering::Relaxed);
            reassess_lineage(cmd).await?;
        }
        _ => {}
    }
    Ok(EventEffect::Applied)
}

/// Applies an event of enrolment.
pub(crate) async fn apply_enrolment(cmd: &mut Command<'_, '_>, event: &Event) -> Result<EventEffect, ApplyError> {
    match event.r#type.strip_prefix("mathshubs.enrolment.v1.").unwrap_or_default() {
        pb::PlaceAccepted::NAME => {
            let place = place(event, decode::<pb::PlaceAccepted>(event)?.participation)?;
            // A restored enrolment is read from the beginning, so a place can come again.
            if store::participation::participation_insert(cmd.tx, &place).await? {
                arise(cmd, place).await?;
            }
        }
        pb::AgreementSigned::NAME => {
            let signed: pb::AgreementSigned = decode(event)?;
            let proof = proof(event, &signed.sign_date)?;
            change(cmd, event, signed.participation, |facts| facts.sign(proof)).await?;
        }
        pb::AttendanceRecorded::NAME => {
            let attended: pb::AttendanceRecorded = decode(event)?;
            let proof = proof(event, &attended.attendance_date)?;
            change(cmd, event, attended.participation, |facts| facts.attend(proof)).await?;
        }
        pb::ParticipationWithdrawn::NAME => {
            let withdrawn: pb::ParticipationWithdrawn = decode(event)?;
            let end = End::Withdrawn(proof(event, &withdrawn.withdraw_date)?);
            change(cmd, event, withdrawn.participation, |facts| facts.end = Some(end)).await?;
        }
        pb::ParticipationCancelled::NAME => {
            let end = End::Cancelled(told(event)?);
            let cancelled: pb::ParticipationCancelled = decode(event)?;
            change(cmd, event, cancelled.participation, |facts| facts.end = Some(end)).await?;
        }
        ignored => {
            if !ENROLMENT_IGNORED.contains(&ignored) {
                tracing::debug!(r#type = event.r#type, "an event of an unknown type is ignored");
            }
            return Ok(EventEffect::Ignored);
        }
    }
    Ok(EventEffect::Applied)
}

/// A fact of a place changes. Enrolment tells of a place only after it told that the place was accepted.
async fn change(
    cmd: &mut Command<'_, '_>,
    event: &Event,
    participation: Option<pb::Participation>,
    change: impl FnOnce(&mut Facts),
) -> Result<(), ApplyError> {
    let participation = participation.ok_or_else(|| missing(event, "participation"))?;
    let id = id(event, &participation.name)?;
    let found = store::participation::find_participation_held(cmd.tx, &id).await?;
    let mut place =
        found.ok_or_else(|| ApplyError::event(event, format!("no place of `{}` was accepted", participation.name)))?;
    let before = place.due();
    change(&mut place.facts);
    follow(cmd, place, before).await?;
    Ok(())
}

fn place(event: &Event, participation: Option<pb::Participation>) -> Result<Participation, ApplyError> {
    let participation = participation.ok_or_else(|| missing(event, "participation"))?;
    let hub = participation.hub.strip_prefix("hubs/").ok_or_else(|| missing(event, "name of a hub"))?;
    let year = AcademicYear::parse(&participation.first_academic_year);
    Ok(Participation {
        id: id(event, &participation.name)?,
        urn: Urn::parse(&participation.school).map_err(|error| ApplyError::event(event, error))?,
        hub: HubId::trusted(hub),
        programme: ProgrammeId::trusted(participation.programme),
        first_academic_year: year.map_err(|error| ApplyError::event(event, error))?,
        accepted: told(event)?,
        facts: Facts::default(),
    })
}

fn id(event: &Event, name: &str) -> Result<EntitlementId, ApplyError> {
    let id = name.strip_prefix("participations/").ok_or_else(|| missing(event, "name of a participation"))?;
    Ok(EntitlementId::trusted(id))
}

fn proof(event: &Event, date: &str) -> Result<Proof, ApplyError> {
    let date = Date::parse(date).map_err(|error| ApplyError::event(event, error))?;
    Ok(Proof { date, told: told(event)? })
}

fn told(event: &Event) -> Result<Told, ApplyError> {
    let happened = event.happened_time.as_ref().ok_or_else(|| missing(event, "time"))?;
    Ok(Told { event: event.id.clone(), happened: Instant::from_proto(happened) })
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

    /// A misspelt type in `apply_enrolment`, or a new event in the contract, fails here.
    #[tokio::test]
    async fn every_event_of_enrolment_is_applied_or_ignored_on_purpose() {
        let database = db::testing::sqlite();
        let config = Config::new(database.url());
        let service = OpenedService::open::<Funding>(&config, Clock::machine(), Ids::from_machine()).await.expect("it opens");
        let context = &service.context;
        let apply =
            async |event| context.run_system(move |cmd| Box::pin(async move { apply_enrolment(cmd, &event).await })).await;
        let mut expected = ENROLMENT_IGNORED.to_vec();
        let mut ignored = service::testing::ignored_events("enrolment", apply).await;
        expected.sort_unstable();
        ignored.sort_unstable();
        assert_eq!(ignored, expected);
    }
}
