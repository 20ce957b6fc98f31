//! The years of a participation: taken up, completed, or left.

use proto::enrolment::v1 as pb;
use server::Once;
use time::Date;

use crate::{
    act::{Act, Desk},
    domain::{Participation, ParticipationId, Scope},
    error::Error,
    store,
    target::Target,
    withdraw::end_application,
};

/// Which participation, and who asks.
#[derive(Debug, Clone)]
pub(crate) struct Journey {
    pub(crate) id: ParticipationId,
    pub(crate) scope: Scope,
}

impl Journey {
    pub(crate) async fn hold(&self, act: &mut Act<'_, '_>) -> Result<Participation, Error> {
        let scope = act.scope(&self.scope);
        let found = store::participation::find_participation_held(act.tx, &scope, &self.id).await?;
        found.ok_or_else(|| Error::NotFound(self.id.to_string()))
    }
}

/// A school takes up its next year.
pub(crate) async fn start_year(desk: &Desk, request: Once, journey: Journey, date: Date) -> Result<pb::StartYearResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let next = journey.hold(&mut act).await?.start_year(date, act.today())?;
            store::participation::participation_update(act.tx, &next).await?;
            act.year_started(&next, date);
            Ok(pb::StartYearResponse { participation: Some((&next).into()) })
        })
    })
    .await
}

/// A school completes the year that it has taken up.
pub(crate) async fn complete_year(
    desk: &Desk,
    request: Once,
    journey: Journey,
    date: Date,
) -> Result<pb::CompleteYearResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let next = journey.hold(&mut act).await?.complete_year(date, act.today())?;
            store::participation::participation_update(act.tx, &next).await?;
            act.year_completed(&next, date);
            Ok(pb::CompleteYearResponse { participation: Some((&next).into()) })
        })
    })
    .await
}

/// A school leaves after the year has started. If it took up a year, its place is not given to another. If it never did, nobody took part: the place
/// goes to the next on the waiting list, the application ends, and the school may apply again.
pub(crate) async fn leave(
    desk: &Desk,
    request: Once,
    journey: Journey,
    date: Date,
    reason: String,
) -> Result<pb::WithdrawParticipationResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let scope = act.scope(&journey.scope);
            let found = store::participation::find_participation(act.tx, &scope, &journey.id).await?;
            let seen = found.ok_or_else(|| Error::NotFound(journey.id.to_string()))?;
            // The places are locked first and the participation last, as in `WithdrawApplication`.
            let application = if seen.never_began() {
                let target = Target { round: seen.round.clone(), id: seen.application.clone(), scope: Scope::All };
                Some(target.hold_with_places(&mut act).await?)
            } else {
                None
            };
            // On PostgreSQL another transaction may have changed it since; SQLite has one writer.
            let stands = if act.tx.is_postgres() { journey.hold(&mut act).await? } else { seen };
            let next = match application {
                Some((before, round, places)) if stands.never_began() => {
                    let cancelled = stands.give_back(date, reason.clone(), act.today())?;
                    let withdrawn = before.give_back(reason)?;
                    end_application(&mut act, &round, places, &before, &withdrawn, Some(&cancelled)).await?;
                    cancelled
                }
                _ => {
                    let left = stands.withdraw(date, reason, act.today())?;
                    store::participation::participation_update(act.tx, &left).await?;
                    act.participation_withdrawn(&left, date);
                    left
                }
            };
            Ok(pb::WithdrawParticipationResponse { participation: Some((&next).into()) })
        })
    })
    .await
}
