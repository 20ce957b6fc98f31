//! Rules of lead participants.

use std::collections::BTreeSet;

use name::{PersonId, Urn};
use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use time::Date;

use crate::participation::ParticipationId;

/// Most lead participants of a school where the terms of the programme name no number.
const LEADS_COUNT: i64 = 2;

/// The days on which a person is a lead participant of a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeadParticipant {
    pub(crate) participation: ParticipationId,
    pub(crate) person: PersonId,
    pub(crate) start: Date,
    /// The last day.
    pub(crate) end: Option<Date>,
}

/// The changes by which other persons are the lead participants from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handover {
    pub(crate) leaving: BTreeSet<PersonId>,
    pub(crate) joining: BTreeSet<PersonId>,
}

/// The changes after which `persons` are the lead participants from a day on; `open` are those whose last day is not set, and `last` is the newest day on which any
/// began or ended. `leads_max` is the number that the terms name.
pub(crate) fn hand_over(
    open: &[LeadParticipant],
    last: Option<Date>,
    persons: &BTreeSet<PersonId>,
    start: Date,
    leads_max: Option<i64>,
) -> Result<Handover, LeadViolation> {
    let leads_max = leads_max.unwrap_or(LEADS_COUNT);
    if i64::try_from(persons.len()).is_ok_and(|count| count > leads_max) {
        return Err(LeadViolation::TooMany { leads_max });
    }
    if let Some(last) = last.filter(|last| start <= *last) {
        return Err(LeadViolation::DateBeforeLast { date: start, last });
    }
    let now: BTreeSet<PersonId> = open.iter().map(|lead| lead.person.clone()).collect();
    Ok(Handover { leaving: now.difference(persons).cloned().collect(), joining: persons.difference(&now).cloned().collect() })
}

/// A rule of lead participants that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeadViolation {
    /// More persons than the terms name.
    TooMany { leads_max: i64 },
    /// The day is not after the last change.
    DateBeforeLast { date: Date, last: Date },
    /// The person does not teach at the school on the day.
    TeachesElsewhere { person: PersonId, urn: Urn, date: Date },
}

impl RuleViolation for LeadViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::TooMany { leads_max } => {
                let message = format!("a school of the programme has at most {leads_max} lead participants");
                ApiError::new(Reason::LeadParticipantsTooMany, message).with("max_count", leads_max)
            }
            Self::DateBeforeLast { date, last } => {
                let message = format!("{date} is not after {last}, the day of the last change");
                ApiError::new(Reason::DateBeforeLast, message).with("last_date", last)
            }
            Self::TeachesElsewhere { person, urn, date } => {
                let message = format!("`{person}` does not teach at `{urn}` on {date}; name a teacher of the school");
                ApiError::new(Reason::LeadParticipantElsewhere, message).with("person", person).with("school", urn)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: i32) -> Date {
        Date::parse("2018-10-01").expect("a day").plus_days(number)
    }

    proptest! {
        /// Replays changes and compares the persons of every day with the newest change before it.
        #[test]
        fn the_lead_participants_of_a_day_are_those_of_the_newest_change(
            changes in prop::collection::vec((1..4_i32, prop::collection::btree_set(0..4_u8, 0..3)), 1..8),
        ) {
            let id = |number: u8| PersonId::trusted(format!("p{number}"));
            let (mut rows, mut today, mut expected): (Vec<LeadParticipant>, i32, Vec<BTreeSet<PersonId>>) = (Vec::new(), 0, Vec::new());
            for (later, persons) in changes {
                let persons: BTreeSet<PersonId> = persons.into_iter().map(id).collect();
                let before = expected.last().cloned().unwrap_or_default();
                expected.extend(std::iter::repeat_n(before, usize::try_from(later).expect("a few days")));
                today += later;
                let open: Vec<_> = rows.iter().filter(|row| row.end.is_none()).cloned().collect();
                let last = rows.iter().map(|row| row.end.unwrap_or(row.start)).chain(rows.iter().map(|row| row.start)).max();
                let handover = hand_over(&open, last, &persons, day(today), None).expect("a later day");
                for row in rows.iter_mut().filter(|row| row.end.is_none() && handover.leaving.contains(&row.person)) {
                    row.end = Some(day(today - 1));
                }
                rows.extend(handover.joining.into_iter().map(|person| LeadParticipant {
                    participation: ParticipationId::trusted("p"),
                    person,
                    start: day(today),
                    end: None,
                }));
                expected.push(persons);
                today += 1;
            }
            for (number, expected) in (0..).zip(expected) {
                let on = |row: &&LeadParticipant| row.start <= day(number) && row.end.is_none_or(|end| day(number) <= end);
                let found: BTreeSet<_> = rows.iter().filter(on).map(|row| row.person.clone()).collect();
                prop_assert_eq!(found, expected, "day {}", number);
            }
        }
    }

    #[test]
    fn the_terms_or_else_two_limit_the_number() {
        let three: BTreeSet<PersonId> = ["a", "b", "c"].map(PersonId::trusted).into();
        assert_eq!(hand_over(&[], None, &three, day(0), None), Err(LeadViolation::TooMany { leads_max: 2 }));
        assert!(hand_over(&[], None, &three, day(0), Some(3)).is_ok());
        let too_early = hand_over(&[], Some(day(0)), &BTreeSet::new(), day(0), None);
        assert_eq!(too_early, Err(LeadViolation::DateBeforeLast { date: day(0), last: day(0) }));
    }
}
