//! From September on: schools start their year, some withdraw, most complete it.

use proto::enrolment::v1 as pb;
use time::{AcademicYear, Date};

use super::{Place, Simulation, request_id};
use crate::demo::{
    callers::{Actor, answered, at_once},
    plan::{self, PROGRAMMES},
};

impl Simulation {
    /// Schools with a place start their first year, and schools that completed it their second; at the same time the new ones record their teachers. Returns the
    /// number of started years.
    pub(super) async fn start(&mut self, year: AcademicYear) -> anyhow::Result<usize> {
        self.progress.now(format!("{year}  the year starts"));
        let seed = self.options.seed;
        self.places.retain(|place| plan::starts(seed, year, place.year_number + 1, place.urn));
        let (_, recorded) = tokio::try_join!(self.start_all(year), self.record_participants(year))?;
        self.catch_up().await?;
        self.name_lead_participants(year, recorded).await?;
        for place in &mut self.places {
            place.year_number += 1;
        }
        Ok(self.places.len())
    }

    async fn start_all(&self, year: AcademicYear) -> anyhow::Result<()> {
        let start_date = day(year.first_year(), 9, 11).to_string();
        let callers = self.callers.clone();
        at_once(&self.progress, self.places.clone(), move |place: Place| {
            let (callers, start_date) = (callers.clone(), start_date.clone());
            async move {
                let message = pb::StartYearRequest {
                    request_id: request_id("start", year, place.urn),
                    name: place.participation,
                    start_date,
                };
                let answer = callers.participations(Actor::HubLead(place.hub)).start_year(message).await;
                answered(answer, || format!("schools/{} could not take up {year}", place.urn)).map(|_| ())
            }
        })
        .await?;
        Ok(())
    }

    /// Some schools withdraw.
    pub(super) async fn leave(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        let seed = self.options.seed;
        let (leaving, staying) =
            std::mem::take(&mut self.places).into_iter().partition(|place| plan::leaves(seed, year, place.urn));
        self.places = staying;
        let callers = self.callers.clone();
        let withdraw_date = day(year.first_year() + 1, 2, 8).to_string();
        at_once(&self.progress, leaving, move |place: Place| {
            let (callers, withdraw_date) = (callers.clone(), withdraw_date.clone());
            async move {
                let message = pb::WithdrawParticipationRequest {
                    request_id: request_id("leave", year, place.urn),
                    name: place.participation,
                    withdraw_date,
                    reason: "The school's lead teacher has moved on.".to_owned(),
                };
                let answer = callers.participations(Actor::HubLead(place.hub)).withdraw_participation(message).await;
                answered(answer, || format!("schools/{} could not leave", place.urn)).map(|_| ())
            }
        })
        .await?;
        Ok(())
    }

    /// Most schools complete the year that they started; those with a further year keep their place.
    pub(super) async fn complete(&mut self, year: AcademicYear) -> anyhow::Result<()> {
        self.progress.now(format!("{year}  schools complete the year"));
        let seed = self.options.seed;
        // Places of the current round have no year yet.
        let (active, new): (Vec<Place>, Vec<Place>) =
            std::mem::take(&mut self.places).into_iter().partition(|place| place.year_number > 0);
        let completing: Vec<Place> = active.into_iter().filter(|place| plan::completes(seed, year, place.urn)).collect();
        let callers = self.callers.clone();
        let completion_date = day(year.first_year() + 1, 7, 10).to_string();
        at_once(&self.progress, completing.clone(), move |place: Place| {
            let (callers, completion_date) = (callers.clone(), completion_date.clone());
            async move {
                let message = pb::CompleteYearRequest {
                    request_id: request_id("complete", year, place.urn),
                    name: place.participation,
                    completion_date,
                };
                let answer = callers.participations(Actor::HubLead(place.hub)).complete_year(message).await;
                answered(answer, || format!("schools/{} could not complete {year}", place.urn)).map(|_| ())
            }
        })
        .await?;
        self.places = completing;
        self.places.retain(|place| place.year_number < PROGRAMMES[place.programme].years_count);
        self.places.extend(new);
        Ok(())
    }
}

fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new_checked(year, month, day).expect("the demo's days are days of the calendar")
}
