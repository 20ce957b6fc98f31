//! Applies the events of the network to the mirror.

use std::collections::BTreeMap;

use db::Tx;
use feed::{ApplyError, decode};
use futures::future::BoxFuture;
use name::{DecisionId, HubId, PersonId, Urn};
use prost::Name;
use proto::{feed::v1::Event, network::v1 as pb};
use time::Date;

use crate::{
    Hub, programme,
    write::{self, AppointmentRow, ChoiceRow, LinkRow, PersonRow, PublicationRow},
};

/// Applies the network's events, for a service that only mirrors them.
#[derive(Debug)]
pub struct Network;

impl feed::Apply for Network {
    fn apply<'t>(&'t self, tx: &'t mut Tx<'_>, events: &'t [Event]) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move {
            let mut rows = Rows::default();
            for event in events {
                if rows.take(event)?.is_none() {
                    rows.write(tx).await?;
                    apply_alone(tx, event).await?;
                }
            }
            Ok(rows.write(tx).await?)
        })
    }

    /// Staged parts and publications belong to one history. So do schools and links: a restored network has lost imports that it had published, and never
    /// withdraws them; the first import that is read again replaces them. Hubs, choices and decisions are recorded again; what network has lost is unknown.
    fn begin<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<(), ApplyError>> {
        Box::pin(async move { Ok(write::begin(tx).await?) })
    }
}

/// The effect of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Its rows are written.
    Written,
    /// Nothing yet: a part of an import or a publication was staged.
    Staged,
    /// Nothing: the mirror does not keep such events.
    Ignored,
}

/// Applies one event and gives its effect; `follows.csv` lists the events that the mirror ignores. Errors when it cannot be applied.
pub async fn apply(tx: &mut Tx<'_>, event: &Event) -> Result<Applied, ApplyError> {
    let mut rows = Rows::default();
    match rows.take(event)? {
        Some(applied) => {
            rows.write(tx).await?;
            Ok(applied)
        }
        None => apply_alone(tx, event).await,
    }
}

/// Rows of events of which a feed has many, one after the other: they are written together.
#[derive(Default)]
struct Rows {
    persons: BTreeMap<PersonId, PersonRow>,
    choices: BTreeMap<(Urn, Date), ChoiceRow>,
}

impl Rows {
    /// Takes the row of a choice or of a person, instead of an earlier one; `None` for other events.
    fn take(&mut self, event: &Event) -> Result<Option<Applied>, ApplyError> {
        let of_person = match event.r#type.strip_prefix("mathshubs.network.v1.").unwrap_or_default() {
            pb::HubChosen::NAME => {
                let choice = decode::<pb::HubChosen>(event)?.hub_choice;
                let choice = choice.ok_or_else(|| ApplyError::event(event, "it has no choice"))?;
                let row = choice_row(event, &choice)?;
                self.choices.insert((row.urn, row.start_date), row);
                return Ok(Some(Applied::Written));
            }
            pb::PersonRecorded::NAME => decode::<pb::PersonRecorded>(event)?.person,
            pb::PersonMoved::NAME => decode::<pb::PersonMoved>(event)?.person,
            pb::PersonErased::NAME => decode::<pb::PersonErased>(event)?.person,
            _ => return Ok(None),
        };
        let row = person(event, of_person)?;
        self.persons.insert(row.id.clone(), row);
        Ok(Some(Applied::Written))
    }

    /// Writes the rows and forgets them.
    async fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), db::Error> {
        let Self { persons, choices } = std::mem::take(self);
        write::person_put_all(tx, &persons.into_values().collect::<Vec<_>>()).await?;
        write::choice_put_all(tx, &choices.into_values().collect::<Vec<_>>()).await
    }
}

/// Applies an event that [`Rows`] does not take.
async fn apply_alone(tx: &mut Tx<'_>, event: &Event) -> Result<Applied, ApplyError> {
    let missing = |what: &str| ApplyError::event(event, format!("it has no {what}"));
    match event.r#type.strip_prefix("mathshubs.network.v1.").unwrap_or_default() {
        pb::SchoolsRecorded::NAME => {
            let part: pb::SchoolsRecorded = decode(event)?;
            write::school_stage(tx, &part.schools).await?;
            Ok(Applied::Staged)
        }
        pb::SchoolLinksRecorded::NAME => {
            let part: pb::SchoolLinksRecorded = decode(event)?;
            let removed = part.removed_school_links.into_iter().map(|link| self::link(link, true));
            let links: Vec<LinkRow> = removed.chain(part.school_links.into_iter().map(|link| self::link(link, false))).collect();
            write::link_stage(tx, &links).await?;
            Ok(Applied::Staged)
        }
        // A confirmation of links has parts, like an import.
        pb::RegisterImported::NAME | pb::LinksConfirmed::NAME => {
            write::register_apply(tx).await?;
            programme::judge_new_classes(tx).await?;
            Ok(Applied::Written)
        }
        pb::ProgrammeCreated::NAME => {
            let programme = decode::<pb::ProgrammeCreated>(event)?.programme.ok_or_else(|| missing("programme"))?;
            programme::programme_put(tx, event, &programme).await?;
            Ok(Applied::Written)
        }
        pb::ProgrammeTermsAdded::NAME => {
            let terms = decode::<pb::ProgrammeTermsAdded>(event)?.terms.ok_or_else(|| missing("terms"))?;
            programme::terms_put(tx, event, &terms).await?;
            Ok(Applied::Written)
        }
        pb::HubCreated::NAME => {
            hub_put(tx, event, decode::<pb::HubCreated>(event)?.hub).await?;
            Ok(Applied::Written)
        }
        pb::HubUpdated::NAME => {
            hub_put(tx, event, decode::<pb::HubUpdated>(event)?.hub).await?;
            Ok(Applied::Written)
        }
        pb::PersonsMerged::NAME => {
            let merged: pb::PersonsMerged = decode(event)?;
            let person = person(event, merged.person)?;
            let stays = person.id.clone();
            write::person_put_all(tx, &[person]).await?;
            write::person_merge(tx, &stays, &person_id(event, &merged.merged_person)?).await?;
            Ok(Applied::Written)
        }
        pb::Appointed::NAME => appointment(tx, event, decode::<pb::Appointed>(event)?.appointment).await,
        pb::AppointmentEnded::NAME => appointment(tx, event, decode::<pb::AppointmentEnded>(event)?.appointment).await,
        pb::DecisionRecorded::NAME => {
            let decision = decode::<pb::DecisionRecorded>(event)?.decision.ok_or_else(|| missing("decision"))?;
            let id = DecisionId::parse(&decision.name).map_err(|error| ApplyError::event(event, format!("its name {error}")))?;
            write::decision_put(tx, &id).await?;
            Ok(Applied::Written)
        }
        pb::ReachFiguresRecorded::NAME => {
            let part: pb::ReachFiguresRecorded = decode(event)?;
            let areas = part.reach_part.ok_or_else(|| missing("part"))?.cold_areas;
            write::area_insert(tx, &part.reach_publication, &areas).await?;
            Ok(Applied::Staged)
        }
        pb::ReachPublished::NAME => {
            let publication = decode::<pb::ReachPublished>(event)?.reach_publication.ok_or_else(|| missing("publication"))?;
            let publish_time = publication.publish_time.as_ref().ok_or_else(|| missing("time of publication"))?;
            let row = PublicationRow {
                name: publication.name.clone(),
                position: event.position,
                publish_time: time::Instant::from_proto(publish_time),
                true_on_date: publication.true_on_date,
                known_on_date: publication.known_on_date,
            };
            write::publication_insert(tx, &row).await?;
            Ok(Applied::Written)
        }
        pb::ReachApproved::NAME => {
            let publication = decode::<pb::ReachApproved>(event)?.reach_publication.ok_or_else(|| missing("publication"))?;
            write::publication_approve(tx, &publication.name).await?;
            Ok(Applied::Written)
        }
        _ => Ok(Applied::Ignored),
    }
}

async fn hub_put(tx: &mut Tx<'_>, event: &Event, hub: Option<pb::Hub>) -> Result<(), ApplyError> {
    let hub = hub.ok_or_else(|| ApplyError::event(event, "it has no hub"))?;
    let id = HubId::parse(&hub.name).map_err(|error| ApplyError::event(event, format!("the name of its hub {error}")))?;
    let day = |text: &str| match text {
        "" => Ok(None),
        text => Date::parse(text).map(Some).map_err(|error| ApplyError::event(event, error)),
    };
    let days = Hub { id, start: day(&hub.start_date)?, end: day(&hub.end_date)? };
    Ok(write::hub_put(tx, &days, &hub.old_la_codes).await?)
}

fn choice_row(event: &Event, choice: &pb::HubChoice) -> Result<ChoiceRow, ApplyError> {
    let urn = Urn::parse(&choice.school).map_err(|error| ApplyError::event(event, format!("the name of its school {error}")))?;
    let hub = HubId::parse(&choice.hub).map_err(|error| ApplyError::event(event, format!("the name of its hub {error}")))?;
    let start_date = Date::parse(&choice.start_date).map_err(|error| ApplyError::event(event, error))?;
    Ok(ChoiceRow { urn, start_date, hub })
}

/// Keeps an appointment that a person holds, and ignores those of schools.
async fn appointment(tx: &mut Tx<'_>, event: &Event, appointment: Option<pb::Appointment>) -> Result<Applied, ApplyError> {
    let appointment = appointment.ok_or_else(|| ApplyError::event(event, "it has no appointment"))?;
    if !appointment.holder.starts_with(PersonId::COLLECTION) {
        return Ok(Applied::Ignored);
    }
    let day = |text: &str| Date::parse(text).map_err(|error| ApplyError::event(event, error));
    let end = Some(appointment.end_date).filter(|end| !end.is_empty());
    let hub = Some(appointment.hub).filter(|hub| !hub.is_empty()).map(|hub| HubId::parse(&hub)).transpose();
    let id = appointment.name.strip_prefix("appointments/");
    let row = AppointmentRow {
        id: id.ok_or_else(|| ApplyError::event(event, format!("`{}` names no appointment", appointment.name)))?.to_owned(),
        hub: hub.map_err(|error| ApplyError::event(event, format!("the name of its hub {error}")))?,
        person: person_id(event, &appointment.holder)?,
        start: day(&appointment.start_date)?,
        end: end.map(|end| day(&end)).transpose()?,
    };
    write::appointment_put(tx, &row).await?;
    Ok(Applied::Written)
}

fn person_id(event: &Event, name: &str) -> Result<PersonId, ApplyError> {
    PersonId::parse(name).map_err(|error| ApplyError::event(event, format!("the name of its person {error}")))
}

fn person(event: &Event, person: Option<pb::Person>) -> Result<PersonRow, ApplyError> {
    let person = person.ok_or_else(|| ApplyError::event(event, "it has no person"))?;
    let employment = |made: pb::Employment| {
        let urn = Urn::parse(&made.school).map_err(|error| ApplyError::event(event, format!("the name of a school {error}")))?;
        let start_date = Date::parse(&made.start_date).map_err(|error| ApplyError::event(event, error))?;
        Ok((start_date, urn))
    };
    let employments = person.employments.into_iter().map(employment).collect::<Result<_, ApplyError>>()?;
    Ok(PersonRow { id: person_id(event, &person.name)?, erased: person.erased, employments })
}

fn link(link: pb::SchoolLink, is_removed: bool) -> LinkRow {
    LinkRow {
        predecessor_urn: link.predecessor_urn.into(),
        successor_urn: link.successor_urn.into(),
        is_removed,
        // A link of any other kind does not say which school descends, so it is treated as a split.
        is_split: !matches!(link.kind(), pb::LinkKind::Predecessor | pb::LinkKind::PredecessorMerged),
        established_date: link.established_date,
    }
}
