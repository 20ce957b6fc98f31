//! `ParticipationService.WithdrawParticipation` ends a participation after the academic year started.

use proto::enrolment::v1 as pb;
use scope::{Scope, ScopeKey};
use service::{Command, Error};
use time::Date;

use super::{ParticipationRef, rules::Origin, store};
use crate::{
    application::{ApplicationRef, end_application, end_imported},
    membership::leave_groups,
};

/// The place of a school that started a year is not given to another. If it never started one, nobody took part: the place goes to the next on the
/// waiting list, the application ends, and the school may apply again.
pub(super) async fn withdraw_participation(
    cmd: &mut Command<'_, '_>,
    participation: ParticipationRef,
    date: Date,
    reason: String,
) -> Result<pb::WithdrawParticipationResponse, Error> {
    let scope = ScopeKey::new(&participation.scope, cmd.today());
    let seen = store::find_participation(cmd.tx, &scope, &participation.id).await?.ok_or_else(|| participation.not_found())?;
    // Places are locked first and the participation last, as in `WithdrawApplication`.
    let application = match &seen.origin {
        Origin::Place { round, application, .. } if seen.never_began() => {
            let application = ApplicationRef { round: round.clone(), id: application.clone(), scope: Scope::All };
            Some(application.lock_with_places(cmd).await?)
        }
        _ => None,
    };
    // On PostgreSQL another transaction may have changed it since; SQLite has one writer.
    let before = if cmd.tx.is_postgres() { participation.lock(cmd).await? } else { seen };
    let after = match application {
        Some((application, round, places)) if before.never_began() => {
            let cancelled = before.give_back(date, reason.clone(), cmd.today())?;
            let withdrawn = application.give_back(reason)?;
            end_application(cmd, &round, places, &application, &withdrawn, Some(&cancelled)).await?;
            cancelled
        }
        None if before.never_began() => {
            let cancelled = before.give_back(date, reason, cmd.today())?;
            end_imported(cmd, &cancelled).await?;
            cancelled
        }
        _ => {
            let left = before.withdraw(date, reason, cmd.today())?;
            store::participation_update(cmd.tx, &left).await?;
            leave_groups(cmd, &left.id, date).await?;
            let event = pb::ParticipationWithdrawn { participation: Some((&left).into()), withdraw_date: date.to_string() };
            cmd.append(&left, &event);
            left
        }
    };
    Ok(pb::WithdrawParticipationResponse { participation: Some((&after).into()) })
}
