//! Reads the lake's events, as far as they were known, into what measuring needs of them.

use std::path::Path;

use prost::{Message, Name};
use proto::{enrolment::v1 as enrolment, feed::v1::Event, network::v1 as network};
use time::Instant;

use super::{Measure, fact::Enrolment, register::Registers};
use crate::{
    Error,
    lake::{Manifest, read_verified},
};

/// Every event that was recorded by the end of the known-on day, in each feed's order. Types that measuring does not need are passed over.
pub(super) fn read(lake: &Path, options: &Measure) -> Result<(Registers, Enrolment), Error> {
    let known_until = options.known_on.end();
    let mut registers = Registers::default();
    let mut facts = Enrolment::default();
    for (feed, source) in &Manifest::load(lake)?.sources {
        for file in &source.files {
            for event in read_verified(lake, file)? {
                if instant(event.recorded_time.as_ref()) < known_until {
                    apply(&event, &mut registers, &mut facts).map_err(|reason| Error::Payload {
                        feed: feed.clone(),
                        position: event.position,
                        kind: event.r#type.clone(),
                        reason,
                    })?;
                }
            }
        }
    }
    Ok((registers, facts))
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
