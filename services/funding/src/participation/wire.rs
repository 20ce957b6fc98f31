//! Facts of participations as messages.

use prost::Name;
use proto::{enrolment::v1 as enrolment, funding::v1 as pb};
use time::Date;

use super::{End, EventRef, EvidenceStatus, Participation, Proof, Record};

/// The evidence of a participation: acceptance, agreement, first attendance, first attendance of another identity, resumption that moved the
/// first year, end.
pub(crate) fn evidence(participation: &Participation) -> Vec<pb::Evidence> {
    let facts = &participation.facts;
    let accepted = &participation.accepted;
    let accepted = evidence_of::<enrolment::PlaceAccepted>(accepted, Some(accepted.happened.date()));
    let agreement = facts.agreement.as_ref().map(|record| proven::<enrolment::AgreementSigned>(&record.proof));
    let attended = |record: &Record| proven::<enrolment::AttendanceRecorded>(&record.proof);
    let [attendance, other] = [&facts.attendance, &facts.other_attendance].map(|record| record.as_ref().map(attended));
    let resumed = facts.first_year_move.as_ref().map(|moved| proven::<enrolment::ParticipationResumed>(&moved.resumed));
    let end = facts.end.as_ref().map(|end| match end {
        End::Withdrawn(proof) => proven::<enrolment::ParticipationWithdrawn>(proof),
        End::Cancelled(event) => evidence_of::<enrolment::ParticipationCancelled>(event, None),
    });
    [Some(accepted), agreement, attendance, other, resumed, end].into_iter().flatten().collect()
}

fn proven<M: Name>(proof: &Proof) -> pb::Evidence {
    evidence_of::<M>(&proof.event, Some(proof.date))
}

fn evidence_of<M: Name>(event: &EventRef, date: Option<Date>) -> pb::Evidence {
    pb::Evidence {
        event_id: event.id.clone(),
        event_type: M::full_name(),
        evidence_date: date.map(|date| date.to_string()).unwrap_or_default(),
        happened_time: Some(event.happened.to_proto()),
    }
}

impl From<EvidenceStatus> for pb::EvidenceStatus {
    fn from(status: EvidenceStatus) -> Self {
        match status {
            EvidenceStatus::Open => Self::Open,
            EvidenceStatus::OneSource => Self::OneSource,
            EvidenceStatus::Proven => Self::Proven,
            EvidenceStatus::Lapsed => Self::Lapsed,
        }
    }
}
