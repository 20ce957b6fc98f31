//! Reasons as messages.

use proto::enrolment::v1 as pb;
use server::Fields;

use super::{Attention, AttentionFilter, AttentionReason, MeetingDay};

/// The reasons of a participation; `None` when it has none.
pub(crate) fn list(attentions: Vec<Attention>) -> Option<pb::AttentionList> {
    let attentions: Vec<pb::Attention> = attentions.into_iter().map(message).collect();
    (!attentions.is_empty()).then_some(pb::AttentionList { attentions })
}

/// A reason.
pub(crate) fn message(attention: Attention) -> pb::Attention {
    let name = |(_, group, id): MeetingDay| format!("{group}/meetings/{id}");
    let with = |reason: pb::AttentionReason| pb::Attention { reason: reason.into(), ..pb::Attention::default() };
    match attention {
        Attention::ClosingSchool { school, date, successors, group } => pb::Attention {
            date: date.map(|day| day.to_string()).unwrap_or_default(),
            school: school.to_string(),
            successors: successors.iter().map(ToString::to_string).collect(),
            work_group: group.map(|group| group.to_string()).unwrap_or_default(),
            ..with(pb::AttentionReason::ClosingSchool)
        },
        Attention::NoWorkGroup { date } => pb::Attention { date: date.to_string(), ..with(pb::AttentionReason::NoWorkGroup) },
        Attention::MeetingsMissed(meetings) => pb::Attention {
            date: meetings[1].0.to_string(),
            meetings: meetings.map(name).to_vec(),
            ..with(pb::AttentionReason::MeetingsMissed)
        },
        Attention::NoVisit { group, term_end } => {
            pb::Attention { date: term_end.to_string(), work_group: group.to_string(), ..with(pb::AttentionReason::NoVisit) }
        }
        Attention::RegisterOverdue(meeting) => pb::Attention {
            date: meeting.0.to_string(),
            meetings: vec![name(meeting)],
            ..with(pb::AttentionReason::RegisterOverdue)
        },
        Attention::LeaderMissing { group, leader } => pb::Attention {
            work_group: group.to_string(),
            leader: leader.to_string(),
            ..with(pb::AttentionReason::LeaderMissing)
        },
    }
}

/// The reasons of a list.
pub(crate) fn filter(fields: &mut Fields, numbers: &[i32]) -> AttentionFilter {
    let mut reasons = AttentionFilter::new();
    for (index, number) in numbers.iter().enumerate() {
        let field = format!("attention[{index}]");
        match AttentionReason::of(i64::from(*number)) {
            Some(reason) => fields.require(&field, reasons.insert(reason), "is duplicated; name each reason once"),
            None => fields.wrong(&field, "is none of the reasons"),
        }
    }
    reasons
}
