//! What funding hears of the others. Of the network it keeps hubs and descent; of enrolment the places that were accepted, and what proves or ends them.
//! Either may be down or come later than the other: a place counts whether or not its hub and its school's links are known yet. Money waits for the
//! hub's budget anyway, and links that come later are looked at again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use db::Tx;
use feed::{Apply, ApplyError, payload};
use futures::future::BoxFuture;
use name::{HubId, ProgrammeId, Urn};
use proto::{enrolment::v1 as pb, feed::v1::Event};
use time::{AcademicYear, Clock, Date, Ids, Instant};

use crate::{
    act::{Act, own_cause},
    arise::arise,
    domain::{End, EntitlementId, Facts, Participation, Proof, Told},
    follow::follow,
    look_again::look_again,
    store,
};

/// Applies the network's events.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    /// Set when links were imported: what they bring together beyond one transaction is found by the next round of the service's own work.
    pub(crate) look_due: Arc<AtomicBool>,
}

impl Apply for Network {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            for event in events {
                if mirror::apply(tx, event).await? == mirror::Applied::Register {
                    self.look_due.store(true, Ordering::Relaxed);
                    let cause = own_cause(self.clock.now(), event.traceparent.clone());
                    look_again(&mut Act { tx, ids: self.ids.clone(), cause: &cause }).await?;
                }
            }
            Ok(())
        })
    }

    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        mirror::Network.begin(tx)
    }
}

/// Applies enrolment's events.
#[derive(Debug)]
pub(crate) struct Enrolment {
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
}

impl Apply for Enrolment {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            for event in events {
                let cause = own_cause(self.clock.now(), event.traceparent.clone());
                apply(&mut Act { tx, ids: self.ids.clone(), cause: &cause }, event).await?;
            }
            Ok(())
        })
    }
}

/// One event of enrolment takes its effect.
pub(crate) async fn apply(act: &mut Act<'_, '_>, event: &Event) -> Result<(), ApplyError> {
    if let Some(accepted) = payload::<pb::PlaceAccepted>(event)? {
        let place = place(event, accepted.participation)?;
        // A place that is told of again, because enrolment was restored and its history is read from the beginning, is known.
        if store::participation::participation_insert(act.tx, &place).await? {
            arise(act, place).await?;
        }
    } else if let Some(signed) = payload::<pb::AgreementSigned>(event)? {
        let proof = proof(event, &signed.sign_date)?;
        change(act, event, signed.participation, |facts| facts.sign(proof)).await?;
    } else if let Some(attended) = payload::<pb::AttendanceRecorded>(event)? {
        let proof = proof(event, &attended.attendance_date)?;
        change(act, event, attended.participation, |facts| facts.attend(proof)).await?;
    } else if let Some(withdrawn) = payload::<pb::ParticipationWithdrawn>(event)? {
        let end = End::Withdrawn(proof(event, &withdrawn.withdraw_date)?);
        change(act, event, withdrawn.participation, |facts| facts.end = Some(end)).await?;
    } else if let Some(cancelled) = payload::<pb::ParticipationCancelled>(event)? {
        let end = End::Cancelled(told(event)?);
        change(act, event, cancelled.participation, |facts| facts.end = Some(end)).await?;
    }
    // Other events entitle nobody to anything.
    Ok(())
}

/// A fact of a place changes. Enrolment tells of a place only after it told that the place was accepted.
async fn change(
    act: &mut Act<'_, '_>,
    event: &Event,
    participation: Option<pb::Participation>,
    change: impl FnOnce(&mut Facts),
) -> Result<(), ApplyError> {
    let participation = participation.ok_or_else(|| missing(event, "participation"))?;
    let id = id(event, &participation.name)?;
    let found = store::participation::find_participation_held(act.tx, &id).await?;
    let mut place =
        found.ok_or_else(|| ApplyError::event(event, format!("no place of `{}` was accepted", participation.name)))?;
    let before = place.due();
    change(&mut place.facts);
    follow(act, place, before).await?;
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
