//! Marks as messages, and messages as marks.

use std::collections::BTreeSet;

use name::PersonId;
use proto::meeting::v1 as pb;
use server::Fields;
use service::count;
use time::Instant;

use super::rules::{Mark, MarkEntry, MarkKind, MarkView};
use crate::{Names, wire};

/// Most marks of a register.
const MARKS_MAX: usize = 1_000;

impl From<MarkKind> for pb::MarkKind {
    fn from(kind: MarkKind) -> Self {
        match kind {
            MarkKind::Attended => Self::Attended,
            MarkKind::Part => Self::Part,
            MarkKind::AbsentWithNotice => Self::AbsentWithNotice,
            MarkKind::Absent => Self::Absent,
            MarkKind::Substituted => Self::Substituted,
        }
    }
}

/// A mark as a message.
pub(crate) fn message(names: Names, mark: &Mark) -> pb::Mark {
    pb::Mark {
        meeting: format!("{}/{}/{}", names.parents, mark.parent.as_str(), mark.meeting),
        subject: format!("{}/{}", names.subjects, mark.subject.as_str()),
        person: mark.person.to_string(),
        mark_date: mark.date.to_string(),
        kind: pb::MarkKind::from(mark.kind).into(),
        number: count(mark.number),
        reason: mark.reason.clone().unwrap_or_default(),
        record_time: mark.recorded.map(Instant::to_proto),
    }
}

/// The mark in a field.
pub(crate) fn entry(fields: &mut Fields, names: Names, field: &str, mark: &pb::Mark) -> Option<MarkEntry> {
    let subject = wire::subject(fields, names, &format!("{field}.subject"), &mark.subject);
    let person = fields.read(&format!("{field}.person"), PersonId::parse(&mark.person));
    let date = fields.date(&format!("{field}.mark_date"), &mark.mark_date);
    let kind = MarkKind::ALL.iter().copied().find(|kind| i32::from(pb::MarkKind::from(*kind)) == mark.kind);
    fields.require(&format!("{field}.kind"), kind.is_some(), "must be one of the kinds");
    Some(MarkEntry { subject: subject?, person: person?, date: date?, kind: kind? })
}

/// The marks of a register, one for each person and day.
pub(crate) fn entries(fields: &mut Fields, names: Names, marks: &[pb::Mark]) -> Option<Vec<MarkEntry>> {
    if marks.len() > MARKS_MAX {
        fields.wrong("marks", "must be at most 1000");
        return None;
    }
    let mut marked = BTreeSet::new();
    let mut entries = Vec::with_capacity(marks.len());
    for (index, mark) in marks.iter().enumerate() {
        let field = format!("marks[{index}]");
        let entry = entry(fields, names, &field, mark);
        if let Some(entry) = &entry {
            let is_first = marked.insert((entry.date, entry.person.clone()));
            fields.require(&field, is_first, "is a second mark of the person and the day");
        }
        entries.push(entry);
    }
    entries.into_iter().collect()
}

/// The view of a list.
pub(crate) fn view(fields: &mut Fields, view: i32) -> Option<MarkView> {
    match pb::MarkView::try_from(view) {
        Ok(pb::MarkView::Unspecified) => Some(MarkView::Newest),
        Ok(pb::MarkView::History) => Some(MarkView::History),
        Ok(pb::MarkView::Draft) => Some(MarkView::Draft),
        Err(_) => {
            fields.wrong("view", "must be one of the views");
            None
        }
    }
}
