//! Rules of marks.

use std::collections::{BTreeMap, BTreeSet};

use mirror::Person;
use name::{PersonId, Urn};
use service::Error;
use time::{Date, Instant};

use crate::{
    parent::{Leadership, Membership, ParentId, SubjectId},
    rules::{Meeting, MeetingId, MeetingKind, MeetingViolation},
};

db::text_enum! {
    /// The kind of a mark.
    pub(crate) enum MarkKind {
        /// The person was there.
        Attended = "attended",
        /// The person was there for a part of the day.
        Part = "part",
        /// The person had said before that they would not come.
        AbsentWithNotice = "absent_with_notice",
        /// The person did not come.
        Absent = "absent",
        /// The person came instead of another.
        Substituted = "substituted",
    }
}

impl MarkKind {
    /// Whether the person took part, which is attendance of the subject.
    pub(crate) const fn is_attendance(self) -> bool {
        matches!(self, Self::Attended | Self::Part | Self::Substituted)
    }
}

/// Which marks a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkView {
    /// The newest of each person and day.
    Newest,
    /// All of them.
    History,
    /// Those of drafts.
    Draft,
}

db::text_enum! {
    /// Why a mark is not allowed.
    pub(crate) enum MarkObstacle {
        /// Its day is none of the meeting.
        OutsideDays = "outside_days",
        /// The subject does not belong to the parent on the day.
        NotMember = "not_member",
        /// The person does not teach at the subject's school, or at one of its lineage, on the day.
        TeachesElsewhere = "teaches_elsewhere",
        /// The host of a peer visit is the school of the person.
        Host = "host",
        /// The person leads the parent on the day.
        Leads = "leads",
        /// Another subject has the mark of the person and the day.
        OtherSubject = "other_subject",
    }
}

impl MarkObstacle {
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::OutsideDays => "the day is none of the meeting's",
            Self::NotMember => "the participation is not a member on the day",
            Self::TeachesElsewhere => "the person does not teach at the school on the day",
            Self::Host => "the host of a peer visit is another school",
            Self::Leads => "the leader of the day takes no seat and has no mark",
            Self::OtherSubject => "the mark of the person and the day is of another participation",
        }
    }
}

/// A mark that a caller makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MarkEntry {
    pub(crate) subject: SubjectId,
    pub(crate) person: PersonId,
    pub(crate) date: Date,
    pub(crate) kind: MarkKind,
}

/// A mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) parent: ParentId,
    pub(crate) meeting: MeetingId,
    pub(crate) subject: SubjectId,
    /// The school of the subject.
    pub(crate) urn: Urn,
    pub(crate) person: PersonId,
    pub(crate) date: Date,
    pub(crate) kind: MarkKind,
    /// From 1; 0 in a draft.
    pub(crate) number: i64,
    /// Of a correction.
    pub(crate) reason: Option<String>,
    /// `None` in a draft.
    pub(crate) recorded: Option<Instant>,
}

impl Mark {
    /// The mark that corrects it, of the same subject. Fails when nothing would change.
    pub(crate) fn correct(&self, entry: &MarkEntry, reason: String, now: Instant) -> Result<Self, MeetingViolation> {
        if self.subject != entry.subject {
            return Err(MeetingViolation::MarkNotAllowed { entry: entry.clone(), obstacle: MarkObstacle::OtherSubject });
        }
        if self.kind == entry.kind {
            return Err(MeetingViolation::MarkUnchanged);
        }
        Ok(Self { kind: entry.kind, number: self.number + 1, reason: Some(reason), recorded: Some(now), ..self.clone() })
    }
}

/// A person whom an id means, with the schools where the person teaches, each from a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownPerson {
    pub(crate) id: PersonId,
    pub(crate) erased: bool,
    /// In order of the day.
    pub(crate) employments: Vec<(Date, Urn)>,
}

impl KnownPerson {
    /// The person on a day.
    fn on(&self, day: Date) -> Person {
        let school = self.employments.iter().rev().find(|(start, _)| *start <= day).map(|(_, urn)| *urn);
        Person { id: self.id.clone(), erased: self.erased, school }
    }
}

/// The facts by which marks are checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Basis {
    pub(crate) leaders: Vec<Leadership>,
    pub(crate) members: Vec<Membership>,
    /// By the id that callers give.
    pub(crate) persons: BTreeMap<PersonId, KnownPerson>,
    /// The URNs of the lineages of schools on days.
    pub(crate) lineages: BTreeMap<(Date, Urn), Vec<Urn>>,
}

impl Basis {
    /// The mark of the register that an entry becomes, with the number 1.
    pub(crate) fn mark(&self, meeting: &Meeting, entry: &MarkEntry, now: Instant) -> Result<Mark, Error> {
        let known = self.persons.get(&entry.person).ok_or_else(|| mirror::unknown_person(&entry.person, now))?;
        let refused = |obstacle| Error::from(MeetingViolation::MarkNotAllowed { entry: entry.clone(), obstacle });
        let (date, person) = (entry.date, known.on(entry.date));
        if date < meeting.plan.start || date > meeting.plan.end {
            return Err(refused(MarkObstacle::OutsideDays));
        }
        if date > now.date() {
            return Err(MeetingViolation::DateInFuture(date).into());
        }
        if person.erased {
            return Err(mirror::erased_person(&person.id).into());
        }
        if self.leaders.iter().any(|leader| leader.person == person.id && leader.holds_on(date)) {
            return Err(refused(MarkObstacle::Leads));
        }
        let member = self.members.iter().find(|member| member.subject == entry.subject && member.holds_on(date));
        let urn = member.ok_or_else(|| refused(MarkObstacle::NotMember))?.urn;
        let is_of_lineage = |school: Urn| {
            let lineage = self.lineages.get(&(date, urn));
            school == urn || lineage.is_some_and(|lineage| lineage.contains(&school))
        };
        if !person.school.is_some_and(is_of_lineage) {
            return Err(refused(MarkObstacle::TeachesElsewhere));
        }
        if meeting.plan.kind == MeetingKind::PeerVisit && meeting.plan.host.is_some_and(is_of_lineage) {
            return Err(refused(MarkObstacle::Host));
        }
        Ok(Mark {
            parent: meeting.parent.clone(),
            meeting: meeting.id.clone(),
            subject: entry.subject.clone(),
            urn,
            person: person.id,
            date,
            kind: entry.kind,
            number: 1,
            reason: None,
            recorded: Some(now),
        })
    }
}

/// The persons who took part, by day.
pub(crate) fn persons_by_day(marks: &[Mark]) -> BTreeMap<Date, BTreeSet<&PersonId>> {
    let mut persons: BTreeMap<Date, BTreeSet<&PersonId>> = BTreeMap::new();
    for mark in marks.iter().filter(|mark| mark.kind.is_attendance()) {
        persons.entry(mark.date).or_default().insert(&mark.person);
    }
    persons
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
