//! Reads the lake's events, as far as they were known, into what measuring needs of them.

use std::{collections::BTreeMap, path::Path};

use prost::{Message, Name};
use proto::{enrolment::v1 as enrolment, feed::v1::Event, network::v1 as network};
use time::{Date, Instant};

use super::{fact::Enrolment, register::Registers};
use crate::{
    Error,
    lake::{FileEntry, Manifest, read_verified},
};

/// What the events say that were read so far. Types that measuring does not need are passed over.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) registers: Registers,
    pub(super) enrolment: Enrolment,
    /// By feed, in order.
    files: BTreeMap<String, Vec<FileEntry>>,
    /// When the last of the events was recorded.
    newest: Option<Instant>,
    /// Some of them were not known yet, and are not in here.
    left_out: bool,
}

impl Recorded {
    /// Goes on to hold every event that was recorded by the end of the day, in each feed's order. Only files that were added since the last time
    /// are read; all of them, where what was known by the earlier day is not the beginning of what was known by this one.
    pub(super) fn read_on(&mut self, lake: &Path, known_on: Date) -> Result<(), Error> {
        let manifest = Manifest::load(lake)?;
        let known_until = known_on.end();
        let same = |(feed, read): (&String, &Vec<FileEntry>)| {
            manifest.sources.get(feed).is_some_and(|source| source.files.starts_with(read))
        };
        let begun = !self.left_out && self.newest.is_none_or(|newest| newest < known_until) && self.files.iter().all(same);
        // What is half read after an error is read anew the next time.
        let mut recorded = if begun { std::mem::take(self) } else { Self::default() };
        for (feed, source) in manifest.sources {
            let read = recorded.files.get(&feed).map_or(0, Vec::len);
            for file in &source.files[read..] {
                recorded.add(&feed, read_verified(lake, file)?, known_until)?;
            }
            recorded.files.insert(feed, source.files);
        }
        *self = recorded;
        Ok(())
    }

    fn add(&mut self, feed: &str, events: Vec<Event>, known_until: Instant) -> Result<(), Error> {
        for event in events {
            let recorded = instant(event.recorded_time.as_ref());
            self.newest = self.newest.max(Some(recorded));
            if recorded >= known_until {
                self.left_out = true;
                continue;
            }
            apply(&event, &mut self.registers, &mut self.enrolment).map_err(|reason| Error::Payload {
                feed: feed.to_owned(),
                position: event.position,
                kind: event.r#type.clone(),
                reason,
            })?;
        }
        Ok(())
    }
}

fn apply(event: &Event, registers: &mut Registers, facts: &mut Enrolment) -> Result<(), String> {
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
                registers.imported(imported.register.ok_or("it names no register")?)
            }
            _ => Ok(()),
        };
    }
    if package != enrolment::RoundCreated::PACKAGE {
        return Ok(());
    }
    match name {
        enrolment::RoundCreated::NAME | enrolment::RoundUpdated::NAME => {
            // Both hold the round in the same field.
            let event: enrolment::RoundCreated = decode(event)?;
            // A round that was changed after the day is still the round that took the applications.
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
            facts.given_back(cancelled.participation.ok_or("it names no participation")?.application, day());
            Ok(())
        }
        enrolment::YearStarted::NAME => facts.started(decode(event)?),
        enrolment::YearCompleted::NAME => facts.year_completed(decode(event)?),
        enrolment::ParticipationWithdrawn::NAME => facts.left(decode(event)?),
        _ => Ok(()),
    }
}

fn decode<M: Message + Default>(event: &Event) -> Result<M, String> {
    M::decode(event.payload.as_slice()).map_err(|error| error.to_string())
}

fn instant(timestamp: Option<&prost_types::Timestamp>) -> Instant {
    timestamp.map_or(Instant::from_micros(0), Instant::from_proto)
}
