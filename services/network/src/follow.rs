//! Follows the other services for one rule: the terms of a programme stay in a year to which one of their rounds, imported participations, cohorts or policies
//! refers.

use db::Tx;
use feed::{Apply, ApplyError, decode};
use futures::future::BoxFuture;
use name::ProgrammeId;
use prost::Name;
use proto::{enrolment::v1 as enrolment, feed::v1::Event, funding::v1 as funding, specialists::v1 as specialists};
use service::EventEffect;
use time::{AcademicYear, Date, ParseError};

use crate::programme::{Reference, store};

/// Applies the events of the service with this name.
#[derive(Debug)]
pub struct References(pub &'static str);

impl Apply for References {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            for event in events {
                apply(tx, self.0, event).await?;
            }
            Ok(())
        })
    }

    /// Resources that a restored service has lost refer to nothing.
    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move { Ok(store::reference_clear(tx, self.0).await?) })
    }
}

/// Replaces the references of the resource that the event describes. A cancelled round keeps its own, because it keeps its terms.
async fn apply(tx: &mut Tx<'_>, source: &'static str, event: &Event) -> Result<EventEffect, ApplyError> {
    let message = |what: &str| ApplyError::event(event, format!("it has no {what}"));
    let wrong = |error: ParseError| ApplyError::event(event, error);
    let reference = |programme: String, first: AcademicYear, last: Option<AcademicYear>| Reference {
        programme: ProgrammeId::trusted(programme),
        first,
        last,
    };
    let (resource, references) = match (source, event.r#type.rsplit('.').next().unwrap_or_default()) {
        ("enrolment", enrolment::RoundCreated::NAME | enrolment::RoundUpdated::NAME) => {
            // The two messages have one field, the round.
            let round = decode::<enrolment::RoundUpdated>(event)?.round.ok_or_else(|| message("round"))?;
            let year = AcademicYear::parse(&round.academic_year).map_err(wrong)?;
            let programmes = round.programmes.into_iter().map(|one| reference(one.programme, year, Some(year)));
            (round.name, programmes.collect())
        }
        ("enrolment", enrolment::ParticipationImported::NAME) => {
            let imported = decode::<enrolment::ParticipationImported>(event)?;
            let participation = imported.participation.ok_or_else(|| message("participation"))?;
            let year = AcademicYear::parse(&participation.first_academic_year).map_err(wrong)?;
            (participation.name, vec![reference(participation.programme, year, Some(year))])
        }
        ("specialists", specialists::CohortCreated::NAME) => {
            let cohort = decode::<specialists::CohortCreated>(event)?.cohort.ok_or_else(|| message("cohort"))?;
            let year = AcademicYear::parse(&cohort.first_academic_year).map_err(wrong)?;
            (cohort.name, vec![reference(cohort.programme, year, Some(year))])
        }
        ("funding", funding::PolicyCreated::NAME) => {
            let policy = decode::<funding::PolicyCreated>(event)?.policy.ok_or_else(|| message("policy"))?;
            // A place goes by the policy of the first day of its first year.
            let first = AcademicYear::first_from(Date::parse(&policy.start_date).map_err(wrong)?);
            let last = match policy.end_date.as_str() {
                "" => None,
                end => Some(AcademicYear::of(Date::parse(end).map_err(wrong)?).max(first)),
            };
            (policy.name, vec![reference(policy.programme, first, last)])
        }
        _ => return Ok(EventEffect::Ignored),
    };
    store::references_replace(tx, source, &resource, &references).await?;
    Ok(EventEffect::Applied)
}

#[cfg(test)]
mod tests {
    use service::OpenedService;
    use time::{Clock, Ids};

    use super::*;
    use crate::{Config, DESCRIPTOR, Network};

    /// Fails for a new event in a contract, until somebody reviews what network does with it.
    #[tokio::test]
    async fn the_effect_of_every_event_is_reviewed() {
        let database = db::testing::sqlite();
        let config = Config::new(database.url());
        let service = OpenedService::open::<Network>(&config, Clock::machine(), Ids::from_machine()).await.expect("it opens");
        let context = &service.context;
        let mut lines = "source,event,effect\n".to_owned();
        for source in DESCRIPTOR.sources {
            let of_source =
                async |event| context.run_system(move |cmd| Box::pin(async move { apply(cmd.tx, source, &event).await })).await;
            lines += &service::testing::follow_lines(source, of_source).await;
        }
        db::testing::reviewed(concat!(env!("CARGO_MANIFEST_DIR"), "/follows.csv").as_ref(), &lines);
    }
}
