//! The feed of specialists: nominations that are selected, and the years of their cohorts.

use db::Tx;
use feed::{ApplyError, decode};
use futures::future::BoxFuture;
use name::{HubId, PersonId, ProgrammeId};
use prost::Name;
use proto::{feed::v1::Event, specialists::v1 as pb};
use service::EventEffect;
use time::AcademicYear;

use super::store::{self, CohortYearRow};

/// Applies the events of specialists.
#[derive(Debug)]
pub(crate) struct Specialists;

impl feed::Apply for Specialists {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            for event in events {
                apply(tx, event).await?;
            }
            Ok(())
        })
    }

    /// A restored service records its specialists again; those that it has lost are deleted.
    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move { Ok(store::specialist_delete_all(tx).await?) })
    }
}

/// Applies an event; `follows.csv` lists the events that do not concern leaders.
async fn apply(tx: &mut Tx<'_>, event: &Event) -> Result<EventEffect, ApplyError> {
    match event.r#type.strip_prefix("mathshubs.specialists.v1.").unwrap_or_default() {
        pb::CohortCreated::NAME => {
            let cohort = decode::<pb::CohortCreated>(event)?.cohort.ok_or_else(|| missing(event, "cohort"))?;
            let programme = ProgrammeId::parse(&cohort.programme);
            let programme = programme.map_err(|error| ApplyError::event(event, format!("the id of its programme {error}")))?;
            store::cohort_year_put(tx, &cohort.name, &programme, &years(event, &cohort)?).await?;
        }
        pb::SpecialistSelected::NAME => put(tx, event, decode::<pb::SpecialistSelected>(event)?.nomination).await?,
        pb::NominationOverridden::NAME => put(tx, event, decode::<pb::NominationOverridden>(event)?.nomination).await?,
        pb::NominationWithdrawn::NAME => put(tx, event, decode::<pb::NominationWithdrawn>(event)?.nomination).await?,
        _ => return Ok(EventEffect::Ignored),
    }
    Ok(EventEffect::Applied)
}

/// Keeps the person of a nomination that is selected, and deletes that of any other.
async fn put(tx: &mut Tx<'_>, event: &Event, nomination: Option<pb::Nomination>) -> Result<(), ApplyError> {
    let nomination = nomination.ok_or_else(|| missing(event, "nomination"))?;
    if nomination.state() != pb::NominationState::Selected {
        return Ok(store::specialist_delete(tx, &nomination.name).await?);
    }
    let (cohort, _) = nomination.name.split_once("/nominations/").ok_or_else(|| missing(event, "name"))?;
    let person = PersonId::parse(&nomination.person);
    let person = person.map_err(|error| ApplyError::event(event, format!("the name of its person {error}")))?;
    let hub = HubId::parse(&nomination.hub).map_err(|error| ApplyError::event(event, format!("the name of its hub {error}")))?;
    Ok(store::specialist_put(tx, &nomination.name, cohort, &person, &hub).await?)
}

fn years(event: &Event, cohort: &pb::Cohort) -> Result<Vec<CohortYearRow>, ApplyError> {
    let first = AcademicYear::parse(&cohort.first_academic_year).map_err(|error| ApplyError::event(event, error))?;
    let last = cohort.years.len();
    let row = |(number, year): (i16, &pb::CohortYear)| CohortYearRow {
        academic_year: first.plus(number - 1),
        leads_groups: year.leads_groups(),
        is_last: usize::try_from(number) == Ok(last),
    };
    Ok((1..).zip(&cohort.years).map(row).collect())
}

fn missing(event: &Event, what: &str) -> ApplyError {
    ApplyError::event(event, format!("it has no {what}"))
}

#[cfg(test)]
mod tests {
    use service::OpenedService;
    use time::{Clock, Ids};

    use super::*;
    use crate::{Config, Enrolment};

    /// Fails for a new event in the contract, until somebody reviews what enrolment does with it.
    #[tokio::test]
    async fn the_effect_of_every_event_is_reviewed() {
        let database = db::testing::sqlite();
        let config = Config::new(database.url());
        let service = OpenedService::open::<Enrolment>(&config, Clock::machine(), Ids::from_machine()).await.expect("it opens");
        let context = &service.context;
        let specialists = async |event| context.run_system(move |cmd| Box::pin(async move { apply(cmd.tx, &event).await })).await;
        let lines = service::testing::follow_lines("specialists", specialists).await;
        db::testing::reviewed(
            concat!(env!("CARGO_MANIFEST_DIR"), "/follows.csv").as_ref(),
            &format!("source,event,effect\n{lines}"),
        );
    }
}
