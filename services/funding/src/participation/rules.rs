//! Rules of participations: which evidence proves an entitlement.

use name::{HubId, ProgrammeId, Urn};
use time::{AcademicYear, Date, FinancialYear, Instant};

use crate::{budget::BudgetId, entitlement::EntitlementId};

/// A reference to an event of enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventRef {
    /// Its id in enrolment's feed.
    pub(crate) id: String,
    pub(crate) happened: Instant,
}

/// A day, and the event that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) date: Date,
    pub(crate) event: EventRef,
}

/// The early end of a participation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The school left; the day is its last.
    Withdrawn(Proof),
    /// The school gave the place back before it took up a year.
    Cancelled(EventRef),
}

/// Facts of a participation after its acceptance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The earliest agreement.
    pub(crate) agreement: Option<Proof>,
    /// The earliest attendance.
    pub(crate) attendance: Option<Proof>,
    pub(crate) end: Option<End>,
}

db::text_enum! {
    /// Whether the facts prove the entitlement.
    pub(crate) enum EvidenceStatus {
        /// Evidence is missing and may still come.
        Open = "open",
        /// The agreement was signed, and an attendance of the first year recorded, on days on which the school took part.
        Proven = "proven",
        /// The school left before the entitlement was proven. Late evidence can still prove it.
        Lapsed = "lapsed",
    }
}

impl Facts {
    /// Evidence counts if its day is not after the last day, regardless of when it arrives. An attendance counts if it is of the first year, which is the
    /// subsidised one. A cancelled participation is never proven.
    fn evidence_status(&self, first_year: AcademicYear) -> EvidenceStatus {
        let attendance = self.attendance.as_ref().filter(|attendance| attendance.date <= first_year.end_date());
        let proofs = self.agreement.as_ref().zip(attendance);
        let proven_by =
            |last: Date| proofs.is_some_and(|(agreement, attendance)| agreement.date <= last && attendance.date <= last);
        match &self.end {
            Some(End::Cancelled(_)) => EvidenceStatus::Lapsed,
            Some(End::Withdrawn(last)) if proven_by(last.date) => EvidenceStatus::Proven,
            Some(End::Withdrawn(_)) => EvidenceStatus::Lapsed,
            None if proofs.is_some() => EvidenceStatus::Proven,
            None => EvidenceStatus::Open,
        }
    }

    /// Adds an agreement. The earliest is kept; of one day, the first that was recorded.
    pub(crate) fn sign(&mut self, proof: Proof) {
        keep_earliest(&mut self.agreement, proof);
    }

    /// Adds an attendance. The earliest is kept; of one day, the first that was recorded.
    pub(crate) fn attend(&mut self, proof: Proof) {
        keep_earliest(&mut self.attendance, proof);
    }
}

fn keep_earliest(kept: &mut Option<Proof>, proof: Proof) {
    if kept.as_ref().is_none_or(|kept| proof.date < kept.date) {
        *kept = Some(proof);
    }
}

/// An accepted place of enrolment. Its id is also that of its entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Participation {
    pub(crate) id: EntitlementId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) first_academic_year: AcademicYear,
    pub(crate) accepted: EventRef,
    pub(crate) facts: Facts,
}

impl Participation {
    /// The financial year whose budget pays: that of the acceptance.
    pub(crate) fn financial_year(&self) -> FinancialYear {
        FinancialYear::of_instant(self.accepted.happened)
    }

    /// The budget that pays.
    pub(crate) fn budget(&self) -> BudgetId {
        BudgetId { hub: self.hub.clone(), financial_year: self.financial_year() }
    }

    /// Whether its facts prove the entitlement.
    pub(crate) fn evidence_status(&self) -> EvidenceStatus {
        self.facts.evidence_status(self.first_academic_year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(facts: &Facts) -> EvidenceStatus {
        facts.evidence_status(AcademicYear::starting(2018))
    }

    fn proof(text: &str) -> Proof {
        let date = Date::parse(text).expect("a day");
        Proof { date, event: EventRef { id: text.to_owned(), happened: date.start() } }
    }

    #[test]
    fn an_agreement_and_an_attendance_together_prove_an_entitlement() {
        let mut facts = Facts::default();
        facts.sign(proof("2018-09-10"));
        assert_eq!(status(&facts), EvidenceStatus::Open);
        facts.attend(proof("2018-10-01"));
        assert_eq!(status(&facts), EvidenceStatus::Proven);
    }

    #[test]
    fn evidence_counts_up_to_the_last_day() {
        for (attended, expected) in [("2018-10-01", EvidenceStatus::Proven), ("2018-10-02", EvidenceStatus::Lapsed)] {
            let end = Some(End::Withdrawn(proof("2018-10-01")));
            let facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof(attended)), end };
            assert_eq!(status(&facts), expected, "{attended}");
        }
    }

    #[test]
    fn the_earliest_attendance_counts_regardless_of_the_order_of_events() {
        let end = Some(End::Withdrawn(proof("2018-10-01")));
        let mut facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof("2018-11-05")), end };
        assert_eq!(status(&facts), EvidenceStatus::Lapsed);
        facts.attend(proof("2018-09-20"));
        assert_eq!(status(&facts), EvidenceStatus::Proven);
        facts.attend(proof("2018-12-01"));
        assert_eq!(status(&facts), EvidenceStatus::Proven);
    }

    #[test]
    fn a_cancelled_participation_is_never_proven() {
        let end = Some(End::Cancelled(proof("2018-08-01").event));
        let facts = Facts { agreement: Some(proof("2018-07-10")), attendance: Some(proof("2018-07-20")), end };
        assert_eq!(status(&facts), EvidenceStatus::Lapsed);
    }

    #[test]
    fn an_attendance_counts_up_to_the_last_day_of_the_first_year() {
        for (attended, expected) in [("2019-08-31", EvidenceStatus::Proven), ("2019-09-01", EvidenceStatus::Open)] {
            let facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof(attended)), end: None };
            assert_eq!(status(&facts), expected, "{attended}");
        }
        let end = Some(End::Withdrawn(proof("2019-12-31")));
        let facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof("2019-10-01")), end };
        assert_eq!(status(&facts), EvidenceStatus::Lapsed, "the school left without an attendance in the first year");
    }
}
