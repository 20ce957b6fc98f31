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

/// A proof, and the identity that recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) proof: Proof,
    /// The actor of the event.
    pub(crate) actor: String,
}

/// A move of the first year to a later academic year, by a deferral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstYearMove {
    /// The number of academic years by which it is later.
    pub(crate) years_count: i64,
    /// The resumption, and its day.
    pub(crate) resumed: Proof,
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
    pub(crate) agreement: Option<Record>,
    /// The earliest attendance.
    pub(crate) attendance: Option<Record>,
    /// The earliest attendance that another identity recorded.
    pub(crate) other_attendance: Option<Record>,
    /// By all deferrals of the first year.
    pub(crate) first_year_move: Option<FirstYearMove>,
    pub(crate) end: Option<End>,
}

db::text_enum! {
    /// Whether the facts prove the entitlement.
    pub(crate) enum EvidenceStatus {
        /// Evidence is missing and may still come.
        Open = "open",
        /// One identity recorded agreement and attendance, and two are needed.
        OneSource = "one_source",
        /// The agreement was signed, and an attendance of the first year recorded, on days on which the school took part.
        Proven = "proven",
        /// The school left before the entitlement was proven. Late evidence can still prove it.
        Lapsed = "lapsed",
    }
}

impl Facts {
    /// Evidence counts if its day is not after the last day, regardless of when it arrives. An attendance counts up to the end of the first year, which is the
    /// subsidised one; a deferral moves it. A cancelled participation is never proven.
    fn evidence_status(&self, first_academic_year: AcademicYear, needs_two_sources: bool) -> EvidenceStatus {
        let moved = self.first_year_move.as_ref().map_or(0, |moved| moved.years_count);
        let first_year = first_academic_year.plus(i16::try_from(moved).expect("deferrals move a year by a few years"));
        let last = match &self.end {
            Some(End::Cancelled(_)) => return EvidenceStatus::Lapsed,
            Some(End::Withdrawn(last)) => Some(last.date),
            None => None,
        };
        let is_proven = |needs_two_sources: bool| {
            let proofs = self.agreement.as_ref().zip(self.counting_attendance(needs_two_sources));
            proofs.is_some_and(|(agreement, attendance)| {
                let (agreed, attended) = (agreement.proof.date, attendance.proof.date);
                attended <= first_year.end_date() && last.is_none_or(|last| agreed <= last && attended <= last)
            })
        };
        match last {
            _ if is_proven(needs_two_sources) => EvidenceStatus::Proven,
            _ if is_proven(false) => EvidenceStatus::OneSource,
            Some(_) => EvidenceStatus::Lapsed,
            None => EvidenceStatus::Open,
        }
    }

    /// The earliest attendance; if two sources are needed, the earliest that another identity recorded than the agreement.
    fn counting_attendance(&self, needs_two_sources: bool) -> Option<&Record> {
        let is_of_another =
            |attendance: &Record| self.agreement.as_ref().is_none_or(|agreement| agreement.actor != attendance.actor);
        let attendances = [&self.attendance, &self.other_attendance].into_iter().flatten();
        attendances.into_iter().find(|attendance| !needs_two_sources || is_of_another(attendance))
    }

    /// Whether attendance was withdrawn: the earliest, or the earliest of another identity, is missing or is of a later day than `before`.
    pub(crate) fn have_less_attendance_than(&self, before: &Self) -> bool {
        let day = |record: &Option<Record>| record.as_ref().map(|record| record.proof.date);
        let pairs = [(&self.attendance, &before.attendance), (&self.other_attendance, &before.other_attendance)];
        pairs.into_iter().any(|(now, then)| match (day(now), day(then)) {
            (Some(now), Some(then)) => now > then,
            (now, then) => now.is_none() && then.is_some(),
        })
    }

    /// Adds an agreement. The earliest is kept; of one day, the first that was recorded.
    pub(crate) fn sign(&mut self, record: Record) {
        if self.agreement.as_ref().is_none_or(|kept| record.proof.date < kept.proof.date) {
            self.agreement = Some(record);
        }
    }

    /// Moves the first year. It is only ever moved to a later year, so that events which are read again take nothing back.
    pub(crate) fn move_first_year(&mut self, moved: FirstYearMove) {
        if self.first_year_move.as_ref().map_or(0, |kept| kept.years_count) < moved.years_count {
            self.first_year_move = Some(moved);
        }
    }

    /// Takes the attendances that there are now, of different days: the earliest is kept, and the earliest of another identity than its.
    pub(crate) fn attend(&mut self, mut attendances: Vec<Record>) {
        attendances.sort_by_key(|attendance| attendance.proof.date);
        let mut attendances = attendances.into_iter();
        self.attendance = attendances.next();
        self.other_attendance =
            attendances.find(|other| self.attendance.as_ref().is_some_and(|first| other.actor != first.actor));
    }
}

/// An accepted place of enrolment, or an imported participation. Its id is also that of its entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Participation {
    pub(crate) id: EntitlementId,
    pub(crate) urn: Urn,
    pub(crate) hub: HubId,
    pub(crate) programme: ProgrammeId,
    pub(crate) first_academic_year: AcademicYear,
    /// The acceptance or the import.
    pub(crate) accepted: EventRef,
    /// It was imported, so nobody is paid by it.
    pub(crate) is_imported: bool,
    /// The day on which the subsidy of an imported one was paid.
    pub(crate) subsidy_paid: Option<Date>,
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
    pub(crate) fn evidence_status(&self, needs_two_sources: bool) -> EvidenceStatus {
        self.facts.evidence_status(self.first_academic_year, needs_two_sources)
    }

    /// Whether the school left before the entitlement was proven, by any number of sources.
    pub(crate) fn has_lapsed(&self) -> bool {
        self.evidence_status(true) == EvidenceStatus::Lapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(facts: &Facts) -> EvidenceStatus {
        facts.evidence_status(AcademicYear::starting(2018), true)
    }

    fn proof(text: &str) -> Proof {
        let date = Date::parse(text).expect("a day");
        Proof { date, event: EventRef { id: text.to_owned(), happened: date.start() } }
    }

    fn by(actor: &str, text: &str) -> Record {
        Record { proof: proof(text), actor: actor.to_owned() }
    }

    /// The school signs.
    fn signed(text: &str) -> Record {
        by("school", text)
    }

    /// The hub lead records attendances.
    fn attended(text: &str) -> Record {
        by("lead", text)
    }

    #[test]
    fn an_agreement_and_an_attendance_together_prove_an_entitlement() {
        let mut facts = Facts::default();
        facts.sign(signed("2018-09-10"));
        assert_eq!(status(&facts), EvidenceStatus::Open);
        facts.attend(vec![attended("2018-10-01")]);
        assert_eq!(status(&facts), EvidenceStatus::Proven);
        facts.attend(Vec::new());
        assert_eq!(status(&facts), EvidenceStatus::Open, "the attendance was withdrawn");
    }

    #[test]
    fn the_earliest_attendance_that_is_left_counts_and_the_earliest_of_another_identity() {
        let all = [by("lead", "2018-10-01"), by("lead", "2018-10-08"), by("school", "2018-11-05"), by("trust", "2018-12-03")];
        for left in 0..16_usize {
            let of = |index: usize| (left >> index & 1 == 1).then(|| all[index].clone());
            let mut facts = Facts::default();
            // In any order of the events.
            facts.attend((0..4).rev().filter_map(of).collect());
            let first = (0..4).find_map(of);
            let other = (0..4).filter_map(of).find(|other| first.as_ref().is_some_and(|first| first.actor != other.actor));
            assert_eq!((facts.attendance, facts.other_attendance), (first, other), "{left:04b}");
        }
    }

    #[test]
    fn there_is_less_attendance_when_a_kept_day_is_gone_and_never_when_a_day_is_added() {
        let all = [by("lead", "2018-10-01"), by("lead", "2018-10-08"), by("school", "2018-11-05"), by("trust", "2018-12-03")];
        let of = |days: usize| {
            let mut facts = Facts::default();
            facts.attend((0..4).filter(|index| days >> index & 1 == 1).map(|index: usize| all[index].clone()).collect());
            facts
        };
        for (days, added) in (0..16).flat_map(|days| (0..4).map(move |index| (days, days | 1 << index))) {
            assert!(!of(added).have_less_attendance_than(&of(days)), "{days:04b} to {added:04b}");
            // A kept day is the earliest, or the earliest of another identity.
            let is_kept = of(added) != of(days);
            assert_eq!(of(days).have_less_attendance_than(&of(added)), is_kept, "{added:04b} to {days:04b}");
        }
    }

    #[test]
    fn evidence_counts_up_to_the_last_day() {
        for (day, expected) in [("2018-10-01", EvidenceStatus::Proven), ("2018-10-02", EvidenceStatus::Lapsed)] {
            let end = Some(End::Withdrawn(proof("2018-10-01")));
            let (agreement, attendance) = (Some(signed("2018-09-10")), Some(attended(day)));
            let facts = Facts { agreement, attendance, end, ..Facts::default() };
            assert_eq!(status(&facts), expected, "{day}");
        }
    }

    #[test]
    fn the_earliest_attendance_counts_regardless_of_the_order_of_events() {
        let end = Some(End::Withdrawn(proof("2018-10-01")));
        let mut facts =
            Facts { agreement: Some(signed("2018-09-10")), attendance: Some(attended("2018-11-05")), end, ..Facts::default() };
        assert_eq!(status(&facts), EvidenceStatus::Lapsed);
        facts.attend(["2018-11-05", "2018-09-20", "2018-12-01"].map(attended).to_vec());
        assert_eq!(status(&facts), EvidenceStatus::Proven);
    }

    #[test]
    fn a_cancelled_participation_is_never_proven() {
        let end = Some(End::Cancelled(proof("2018-08-01").event));
        let facts =
            Facts { agreement: Some(signed("2018-07-10")), attendance: Some(attended("2018-07-20")), end, ..Facts::default() };
        assert_eq!(status(&facts), EvidenceStatus::Lapsed);
    }

    #[test]
    fn an_attendance_counts_up_to_the_last_day_of_the_first_year() {
        for (day, expected) in [("2019-08-31", EvidenceStatus::Proven), ("2019-09-01", EvidenceStatus::Open)] {
            let facts = Facts { agreement: Some(signed("2018-09-10")), attendance: Some(attended(day)), ..Facts::default() };
            assert_eq!(status(&facts), expected, "{day}");
        }
        let end = Some(End::Withdrawn(proof("2019-12-31")));
        let facts =
            Facts { agreement: Some(signed("2018-09-10")), attendance: Some(attended("2019-10-01")), end, ..Facts::default() };
        assert_eq!(status(&facts), EvidenceStatus::Lapsed, "the school left without an attendance in the first year");
    }

    #[test]
    fn an_attendance_counts_up_to_the_last_day_of_a_first_year_that_a_deferral_moved() {
        let moved = |years_count| FirstYearMove { years_count, resumed: proof("2019-09-09") };
        for (day, expected) in [("2020-08-31", EvidenceStatus::Proven), ("2020-09-01", EvidenceStatus::Lapsed)] {
            let end = Some(End::Withdrawn(proof("2020-12-31")));
            let mut facts = Facts { agreement: Some(signed("2018-09-10")), end, ..Facts::default() };
            facts.attend(vec![attended(day)]);
            assert_eq!(status(&facts), EvidenceStatus::Lapsed, "{day}, before it is known that the year was moved");
            facts.move_first_year(moved(1));
            assert_eq!(status(&facts), expected, "{day}");
        }
        let mut facts = Facts::default();
        facts.move_first_year(moved(2));
        facts.move_first_year(moved(1));
        assert_eq!(facts.first_year_move, Some(moved(2)), "an event that is read again moves it back to no earlier year");
    }

    #[test]
    fn one_identity_proves_nothing_until_another_records_an_attendance_in_any_order() {
        let (agreement, own, other) = (by("lead", "2018-09-10"), by("lead", "2018-10-01"), by("school", "2018-11-05"));
        let mut facts = Facts::default();
        facts.sign(agreement.clone());
        facts.attend(vec![own.clone()]);
        assert_eq!(status(&facts), EvidenceStatus::OneSource);
        assert_eq!(
            facts.evidence_status(AcademicYear::starting(2018), false),
            EvidenceStatus::Proven,
            "one source is enough here"
        );
        facts.attend(vec![own.clone(), other.clone()]);
        assert_eq!(status(&facts), EvidenceStatus::Proven);
        // An earlier day by the first identity does not displace the second source.
        facts.attend(vec![own.clone(), other.clone(), by("lead", "2018-09-20")]);
        assert_eq!(status(&facts), EvidenceStatus::Proven);
        let mut facts = Facts::default();
        facts.attend(vec![other, own]);
        facts.sign(agreement);
        assert_eq!(status(&facts), EvidenceStatus::Proven, "the agreement came last");
    }

    #[test]
    fn a_second_source_counts_up_to_the_last_day() {
        for (day, expected) in [("2018-10-31", EvidenceStatus::Proven), ("2018-11-01", EvidenceStatus::OneSource)] {
            let end = Some(End::Withdrawn(proof("2018-10-31")));
            let mut facts = Facts { agreement: Some(by("lead", "2018-09-10")), end, ..Facts::default() };
            facts.attend(vec![by("lead", "2018-10-01"), by("school", day)]);
            assert_eq!(status(&facts), expected, "{day}");
        }
    }
}
