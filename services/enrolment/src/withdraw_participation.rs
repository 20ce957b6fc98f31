//! A school leaves after the year has started.

use proto::enrolment::v1 as pb;
use service::Command;
use time::Date;

use crate::{
    application_ref::ApplicationRef,
    domain::Scope,
    error::Error,
    events,
    participation_ref::ParticipationRef,
    store::{self, ScopeKey},
    withdraw_application::end_application,
};

/// If the school took up a year, its place is not given to another. If it never did, nobody took part: the place
/// goes to the next on the waiting list, the application ends, and the school may apply again.
pub(crate) async fn withdraw_participation(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
    reason: String,
) -> Result<pb::WithdrawParticipationResponse, Error> {
    let scope = ScopeKey::new(&participation.scope, cmd.today());
    let found = store::participation::find_participation(cmd.tx, &scope, &participation.id).await?;
    let seen = found.ok_or_else(|| Error::NotFound(participation.id.to_string()))?;
    // The places are locked first and the participation last, as in `WithdrawApplication`.
    let application = if seen.never_began() {
        let application = ApplicationRef { round: seen.round.clone(), id: seen.application.clone(), scope: Scope::All };
        Some(application.hold_with_places(cmd).await?)
    } else {
        None
    };
    // On PostgreSQL another transaction may have changed it since; SQLite has one writer.
    let stands = if cmd.tx.is_postgres() { participation.hold(cmd).await? } else { seen };
    let next = match application {
        Some((before, round, places)) if stands.never_began() => {
            let cancelled = stands.give_back(date, reason.clone(), cmd.today())?;
            let withdrawn = before.give_back(reason)?;
            end_application(cmd, &round, places, &before, &withdrawn, Some(&cancelled)).await?;
            cancelled
        }
        _ => {
            let left = stands.withdraw(date, reason, cmd.today())?;
            store::participation::participation_update(cmd.tx, &left).await?;
            events::participation_withdrawn(cmd, &left, date);
            left
        }
    };
    Ok(pb::WithdrawParticipationResponse { participation: Some((&next).into()) })
}
