//! The years of a participation: taken up, completed, or left.

use proto::enrolment::v1 as pb;
use server::Once;
use time::Date;

use crate::{
    act::{Act, Desk},
    domain::{Participation, ParticipationId, Scope},
    error::Error,
    store,
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

/// A school leaves after the year has started. Its place is not given to another: nobody joins in the middle of a year.
pub(crate) async fn leave(
    desk: &Desk,
    request: Once,
    journey: Journey,
    date: Date,
    reason: String,
) -> Result<pb::WithdrawParticipationResponse, Error> {
    desk.once(request, move |mut act| {
        Box::pin(async move {
            let next = journey.hold(&mut act).await?.withdraw(date, reason, act.today())?;
            store::participation::participation_update(act.tx, &next).await?;
            act.participation_withdrawn(&next, date);
            Ok(pb::WithdrawParticipationResponse { participation: Some((&next).into()) })
        })
    })
    .await
}
