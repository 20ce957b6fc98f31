//! What enrolment told of a place, and what follows from it.

use name::{HubId, ProgrammeId, Urn};
use time::{AcademicYear, Date, FinancialYear, Instant};

use super::EntitlementId;

/// An event that told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Its id in enrolment's feed.
    pub(crate) event: String,
    /// When it happened.
    pub(crate) happened: Instant,
}

/// A day that an event told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) date: Date,
    pub(crate) told: Told,
}

/// How a participation ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The school left; the day is its last.
    Withdrawn(Proof),
    /// The place was given back before the school took up a year.
    Cancelled(Told),
}

/// What is known of a place beyond that it was accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) agreement: Option<Proof>,
    /// The earliest that is known.
    pub(crate) attendance: Option<Proof>,
    pub(crate) end: Option<End>,
}

/// What follows from the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// It may still be proven.
    Open,
    /// The agreement is signed, and an attendance of the first year recorded, on days on which the school took part.
    Proven,
    /// The school left before it was proven. Evidence that comes late may still prove it.
    Lapsed,
}

impl Due {
    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Proven => "proven",
            Self::Lapsed => "lapsed",
        }
    }
}

impl Facts {
    /// Evidence counts when the day that it tells of was not after the last day, whenever it came, and an attendance when it was of the first year, which
    /// is the one that is subsidised. A place that was given back without being taken up
    /// proves nothing.
    fn due(&self, first_year: AcademicYear) -> Due {
        let attendance = self.attendance.as_ref().filter(|attendance| attendance.date <= first_year.end_date());
        let proofs = self.agreement.as_ref().zip(attendance);
        let proven_by =
            |last: Date| proofs.is_some_and(|(agreement, attendance)| agreement.date <= last && attendance.date <= last);
        match &self.end {
            Some(End::Cancelled(_)) => Due::Lapsed,
            Some(End::Withdrawn(last)) if proven_by(last.date) => Due::Proven,
            Some(End::Withdrawn(_)) => Due::Lapsed,
            None if proofs.is_some() => Due::Proven,
            None => Due::Open,
        }
    }

    /// The agreement was signed. The first that was told stands, unless another is earlier.
    pub(crate) fn sign(&mut self, proof: Proof) {
        keep_earliest(&mut self.agreement, proof);
    }

    /// The school attended.
    pub(crate) fn attend(&mut self, proof: Proof) {
        keep_earliest(&mut self.attendance, proof);
    }
}

fn keep_earliest(kept: &mut Option<Proof>, proof: Proof) {
    if kept.as_ref().is_none_or(|kept| proof.date < kept.date) {
        *kept = Some(proof);
    }
}

/// A place that was accepted, as enrolment told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Participation {
    pub(crate) id: EntitlementId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) first_academic_year: AcademicYear,
    pub(crate) accepted: Told,
    pub(crate) facts: Facts,
}

impl Participation {
    /// The year whose budget pays: the one in which the place was accepted.
    pub(crate) fn financial_year(&self) -> FinancialYear {
        FinancialYear::of_instant(self.accepted.happened)
    }

    /// What follows from its facts.
    pub(crate) fn due(&self) -> Due {
        self.facts.due(self.first_academic_year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(facts: &Facts) -> Due {
        facts.due(AcademicYear::starting(2018))
    }

    fn proof(text: &str) -> Proof {
        let date = Date::parse(text).expect("a day");
        Proof { date, told: Told { event: text.to_owned(), happened: date.start() } }
    }

    #[test]
    fn an_agreement_and_an_attendance_prove_a_place_and_neither_alone_does() {
        let mut facts = Facts::default();
        facts.sign(proof("2018-09-10"));
        assert_eq!(due(&facts), Due::Open);
        facts.attend(proof("2018-10-01"));
        assert_eq!(due(&facts), Due::Proven);
    }

    #[test]
    fn evidence_of_the_last_day_counts_and_of_the_day_after_does_not() {
        for (attended, expected) in [("2018-10-01", Due::Proven), ("2018-10-02", Due::Lapsed)] {
            let end = Some(End::Withdrawn(proof("2018-10-01")));
            let facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof(attended)), end };
            assert_eq!(due(&facts), expected, "{attended}");
        }
    }

    #[test]
    fn the_earliest_attendance_counts_in_whatever_order_they_are_told() {
        let end = Some(End::Withdrawn(proof("2018-10-01")));
        let mut facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof("2018-11-05")), end };
        assert_eq!(due(&facts), Due::Lapsed);
        facts.attend(proof("2018-09-20"));
        assert_eq!(due(&facts), Due::Proven);
        facts.attend(proof("2018-12-01"));
        assert_eq!(due(&facts), Due::Proven);
    }

    #[test]
    fn a_place_that_was_given_back_is_never_proven() {
        let end = Some(End::Cancelled(proof("2018-08-01").told));
        let facts = Facts { agreement: Some(proof("2018-07-10")), attendance: Some(proof("2018-07-20")), end };
        assert_eq!(due(&facts), Due::Lapsed);
    }

    #[test]
    fn an_attendance_on_the_last_day_of_the_first_year_proves_a_place_and_one_of_the_second_year_does_not() {
        for (attended, expected) in [("2019-08-31", Due::Proven), ("2019-09-01", Due::Open)] {
            let facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof(attended)), end: None };
            assert_eq!(due(&facts), expected, "{attended}");
        }
        let end = Some(End::Withdrawn(proof("2019-12-31")));
        let facts = Facts { agreement: Some(proof("2018-09-10")), attendance: Some(proof("2019-10-01")), end };
        assert_eq!(due(&facts), Due::Lapsed, "it left, and the year that counts brought nothing");
    }
}
