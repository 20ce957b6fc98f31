//! Reads the lake's events, as far as they were known, into the state for measuring.

use std::{collections::BTreeMap, path::Path};

use prost::{Message, Name};
use proto::{enrolment::v1 as enrolment, feed::v1::Event, network::v1 as network};
use time::{Date, Instant};

use super::{catalogue::Catalogue, fact::Enrolment, register::Registers, school::optional_date};
use crate::{
    Error,
    lake::{FileEntry, Manifest, Positions, read_verified},
};

/// The state after the events read so far. Event types that measuring does not need are ignored.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) registers: Registers,
    pub(super) enrolment: Enrolment,
    pub(super) catalogue: Catalogue,
    /// Files by feed, in order.
    files: BTreeMap<String, Vec<FileEntry>>,
    /// The time of recording of the last event.
    newest: Option<Instant>,
    /// Position of the last event read, by feed.
    last_positions: BTreeMap<String, i64>,
    /// True if some events of the files were recorded too late or are beyond the positions, and are left out.
    left_out: bool,
}

impl Recorded {
    /// Extends the state to every event that was recorded by the end of the day and is at or before its feed's position, in each feed's order. Reads
    /// only new files, unless the events of the last call are not the first ones of this call.
    pub(super) fn read_new(&mut self, lake: &Path, known_on: Date, positions: Option<&Positions>) -> Result<(), Error> {
        let manifest = Manifest::load(lake)?;
        let known_until = known_on.end();
        let same = |(feed, read): (&String, &Vec<FileEntry>)| {
            manifest.sources.get(feed).is_some_and(|source| source.files.starts_with(read))
        };
        for (feed, wanted) in positions.into_iter().flatten() {
            if let Some(entry) = manifest.sources.get(feed).filter(|source| source.epoch != wanted.epoch) {
                let (wanted, collected) = (wanted.epoch.clone(), entry.epoch.clone());
                return Err(Error::OtherHistory { feed: feed.clone(), wanted, collected });
            }
        }
        let limit = |feed: &str| match positions {
            None => i64::MAX,
            Some(positions) => positions.get(feed).map_or(0, |known| known.position),
        };
        let within = |(feed, last): (&String, &i64)| manifest.sources.contains_key(feed) && *last <= limit(feed);
        let begun = !self.left_out
            && self.newest.is_none_or(|newest| newest < known_until)
            && self.files.iter().all(same)
            && self.last_positions.iter().all(within);
        // After an error the next call starts again, because the state may be incomplete.
        let mut recorded = if begun { std::mem::take(self) } else { Self::default() };
        for (feed, source) in manifest.sources {
            let read = recorded.files.get(&feed).map_or(0, Vec::len);
            let position_max = limit(&feed);
            for file in &source.files[read..] {
                recorded.add(&feed, read_verified(lake, file)?, known_until, position_max)?;
            }
            recorded.files.insert(feed, source.files);
        }
        *self = recorded;
        Ok(())
    }

    fn add(&mut self, feed: &str, events: Vec<Event>, known_until: Instant, position_max: i64) -> Result<(), Error> {
        for event in events {
            let recorded = instant(event.recorded_time.as_ref());
            if recorded >= known_until || event.position > position_max {
                self.left_out = true;
                continue;
            }
            self.newest = self.newest.max(Some(recorded));
            self.last_positions.insert(feed.to_owned(), event.position);
            self.apply(&event).map_err(|reason| Error::Payload {
                feed: feed.to_owned(),
                position: event.position,
                kind: event.r#type.clone(),
                reason,
            })?;
        }
        Ok(())
    }
}

impl Recorded {
    fn apply(&mut self, event: &Event) -> Result<(), String> {
        let Self { registers, enrolment: facts, catalogue, .. } = self;
        let kind = event.r#type.as_str();
        let Some((package, name)) = kind.rsplit_once('.') else { return Ok(()) };
        let day = || instant(event.happened_time.as_ref()).date();
        if package == network::SchoolsRecorded::PACKAGE {
            return match name {
                network::SchoolsRecorded::NAME => registers.schools_recorded(decode(event)?),
                network::SchoolLinksRecorded::NAME => {
                    registers.links_recorded(decode(event)?);
                    Ok(())
                }
                network::RegisterImported::NAME => {
                    let imported: network::RegisterImported = decode(event)?;
                    let demonstration = imported.generated || imported.demonstration;
                    registers.imported(imported.register.ok_or("it names no register")?, imported.generated, demonstration)
                }
                network::ProgrammeTermsAdded::NAME => {
                    let added: network::ProgrammeTermsAdded = decode(event)?;
                    catalogue.terms_added(added.terms.ok_or("it has no terms")?)
                }
                network::LinksConfirmed::NAME => {
                    let confirmed: network::LinksConfirmed = decode(event)?;
                    registers.links_confirmed(confirmed.register.ok_or("it names no register")?)
                }
                _ => Ok(()),
            };
        }
        if package != enrolment::RoundCreated::PACKAGE {
            return Ok(());
        }
        match name {
            enrolment::RoundCreated::NAME | enrolment::RoundUpdated::NAME => {
                // Both messages have the round in the same field.
                let event: enrolment::RoundCreated = decode(event)?;
                // A change to the round after the day does not matter: the applications belong to the same round.
                facts.round(event.round.ok_or("it names no round")?)
            }
            enrolment::ApplicationSubmitted::NAME => facts.submitted(decode(event)?, day()),
            enrolment::PlaceAccepted::NAME => facts.accepted(decode(event)?, day()),
            enrolment::ApplicationWithdrawn::NAME => {
                let withdrawn: enrolment::ApplicationWithdrawn = decode(event)?;
                facts.given_back(withdrawn.application.ok_or("it names no application")?.name, day());
                Ok(())
            }
            enrolment::ParticipationCancelled::NAME => {
                let cancelled: enrolment::ParticipationCancelled = decode(event)?;
                let stated_day = optional_date(&cancelled.withdraw_date)?;
                facts.cancelled(cancelled.participation.ok_or("it names no participation")?.application, stated_day, day());
                Ok(())
            }
            enrolment::YearStarted::NAME => facts.started(decode(event)?),
            enrolment::YearCompleted::NAME => facts.year_completed(decode(event)?),
            enrolment::ParticipationWithdrawn::NAME => facts.left(decode(event)?),
            _ => Ok(()),
        }
    }
}

fn decode<M: Message + Default>(event: &Event) -> Result<M, String> {
    M::decode(event.payload.as_slice()).map_err(|error| error.to_string())
}

fn instant(timestamp: Option<&prost_types::Timestamp>) -> Instant {
    timestamp.map_or(Instant::from_micros(0), Instant::from_proto)
}
