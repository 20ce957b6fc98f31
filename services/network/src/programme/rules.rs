//! Rules of programmes and their terms.

use eligibility::Eligibility;
use name::{DecisionId, Phase, ProgrammeId};
use proto::Reason;
use serde::{Deserialize, Serialize};
use server::ApiError;
use service::{Resource, RuleViolation};
use time::{AcademicYear, Date};

use crate::priority::PriorityId;

/// The collection of programmes in resource names.
pub(super) const COLLECTION: &str = "programmes";

/// Reads `programmes/{programme}`.
pub(super) fn parse_name(name: &str) -> Result<ProgrammeId, String> {
    let id = name::resource_id(name, COLLECTION, ProgrammeId::LENGTH_MAX)?;
    ProgrammeId::parse(id).map_err(str::to_owned)
}

/// The resource name of a programme.
pub(super) fn name_of(id: &ProgrammeId) -> String {
    format!("{COLLECTION}/{}", id.as_str())
}

db::code_enum! {
    /// The kind of a programme.
    pub(crate) enum ProgrammeKind {
        /// Schools take part for a number of years.
        Schools = 1,
        /// A project of a year.
        Project = 2,
        /// Teachers become specialists.
        Specialists = 3,
        /// Training of teachers.
        Training = 4,
    }
}

db::code_enum! {
    /// How often a school and its lineage may take part.
    pub(crate) enum Recurrence {
        /// Once.
        Once = 1,
        /// Once in every academic year.
        Yearly = 2,
    }
}

/// The leader of a Work Group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupLeader {
    MasterySpecialist,
    LocalLeader,
}

/// A year of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Year {
    pub(crate) display_name: String,
    pub(crate) meetings_count: i32,
    pub(crate) support_visits_per_term_count: i32,
}

/// The shape of a Work Group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WorkGroupShape {
    pub(crate) schools_min_count: i32,
    pub(crate) schools_max_count: i32,
    pub(crate) participants_per_school_count: i32,
    pub(crate) leader: GroupLeader,
}

/// The measure of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TargetMeasure {
    SchoolsCount(i32),
    SchoolsPermille(i32),
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) date: Date,
    /// Number of the contract; 0 for all phases.
    pub(crate) education_phase: i32,
    /// Number of the contract.
    pub(crate) stage: i32,
    pub(crate) measure: TargetMeasure,
    pub(crate) decision: DecisionId,
}

/// The part of terms that is there as long as the programme is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) eligibility: Eligibility,
    pub(crate) years: Vec<Year>,
    pub(crate) work_group_shape: Option<WorkGroupShape>,
    pub(crate) no_denominator: bool,
    pub(crate) targets: Vec<Target>,
}

/// Terms as a caller wants them.
#[derive(Debug, Clone)]
pub(crate) struct TermsDraft {
    /// A 1 September.
    pub(crate) start: Date,
    pub(crate) decision: DecisionId,
    /// `None` when the programme is withdrawn.
    pub(crate) offer: Option<Offer>,
}

/// Terms of a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) programme: ProgrammeId,
    /// From 1, in the order in which they were added.
    pub(crate) version: i64,
    pub(crate) start: Date,
    pub(crate) decision: DecisionId,
    /// `None` when the programme is withdrawn.
    pub(crate) offer: Option<Offer>,
}

/// A programme of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Programme {
    pub(crate) id: ProgrammeId,
    pub(crate) display_name: String,
    pub(crate) kind: ProgrammeKind,
    pub(crate) recurrence: Recurrence,
    pub(crate) priority: PriorityId,
    /// In order of their first day; of one first day, the newest version.
    pub(crate) terms: Vec<Terms>,
}

/// A programme to which a resource of another service refers, and the academic years in which it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) programme: ProgrammeId,
    pub(crate) first: AcademicYear,
    /// `None` for all years after the first.
    pub(crate) last: Option<AcademicYear>,
}

impl TermsDraft {
    /// The decisions that the terms and their targets rest on.
    pub(super) fn decisions(&self) -> impl Iterator<Item = &DecisionId> {
        let targets = self.offer.iter().flat_map(|offer| offer.targets.iter().map(|target| &target.decision));
        std::iter::once(&self.decision).chain(targets)
    }
}

impl Programme {
    /// The terms that a draft adds. `last_version` is the version of the terms that were added last, 0 when there are none.
    pub(crate) fn add(&self, draft: TermsDraft, last_version: i64, today: Date) -> Result<Terms, ProgrammeViolation> {
        let TermsDraft { start, decision, offer } = draft;
        if start <= today && self.terms.iter().any(|terms| terms.start == start) {
            return Err(ProgrammeViolation::TermsBegun { programme: self.id.clone(), start });
        }
        if self.recurrence == Recurrence::Yearly && offer.as_ref().is_some_and(|offer| offer.years.len() > 1) {
            return Err(ProgrammeViolation::YearlyOfSeveralYears);
        }
        Ok(Terms { programme: self.id.clone(), version: last_version + 1, start, decision, offer })
    }

    /// The academic years whose terms these terms change: from the first, to the last one, `None` when no later terms follow.
    pub(crate) fn years_of(&self, terms: &Terms) -> (AcademicYear, Option<AcademicYear>) {
        let later = self.terms.iter().map(|other| other.start).filter(|start| *start > terms.start).min();
        (AcademicYear::of(terms.start), later.map(|later| AcademicYear::of(later).plus(-1)))
    }
}

impl Resource for Programme {
    fn name(&self) -> String {
        name_of(&self.id)
    }

    /// Always 1: terms are resources beside it.
    fn version(&self) -> i64 {
        1
    }
}

impl Resource for Terms {
    fn name(&self) -> String {
        format!("{}/terms/{}", name_of(&self.programme), self.version)
    }

    /// Always 1: terms never change.
    fn version(&self) -> i64 {
        1
    }
}

/// The phases for which a target can be.
pub(super) fn is_target_phase(number: i32) -> bool {
    number == 0 || Phase::from_proto(number).is_some()
}

/// A rule of programmes that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProgrammeViolation {
    /// The id is taken.
    Exists(ProgrammeId),
    /// The programme has terms from this day, which has come.
    TermsBegun { programme: ProgrammeId, start: Date },
    /// This resource refers to the programme in this year, whose terms would change.
    TermsInUse { programme: ProgrammeId, resource: String, year: AcademicYear },
    /// A yearly programme would last several years.
    YearlyOfSeveralYears,
    /// Published reach names a programme that the catalogue does not have.
    Unknown(ProgrammeId),
}

impl RuleViolation for ProgrammeViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::Exists(id) => {
                let message = format!("`{}` exists already; choose another id", name_of(id));
                ApiError::new(Reason::ProgrammeExists, message).with("programme", id.as_str())
            }
            Self::TermsBegun { programme, start } => {
                let message =
                    format!("`{}` has terms from {start}, which have begun; choose a later 1 September", name_of(programme));
                ApiError::new(Reason::TermsBegun, message).with("programme", programme.as_str()).with("start_date", start)
            }
            Self::TermsInUse { programme, resource, year } => {
                let message = format!(
                    "`{resource}` refers to `{}` in {year}, and the terms would change that year; choose a later 1 September",
                    name_of(programme)
                );
                ApiError::new(Reason::TermsInUse, message)
                    .with("programme", programme.as_str())
                    .with("resource", resource)
                    .with("academic_year", year)
            }
            Self::YearlyOfSeveralYears => ApiError::field("terms.years", "must be one year: the programme is yearly"),
            Self::Unknown(id) => {
                let message =
                    format!("the catalogue has no programme `{}`; correct the id, or create the programme first", id.as_str());
                ApiError::new(Reason::ProgrammeUnknown, message).with("programme", id.as_str())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    fn offer(years_count: usize) -> Offer {
        let year = Year { display_name: "Development".to_owned(), meetings_count: 6, support_visits_per_term_count: 1 };
        let eligibility = Eligibility { type_groups: vec![4, 10, 11], phases: vec![2, 3], ages: None };
        Offer { eligibility, years: vec![year; years_count], work_group_shape: None, no_denominator: false, targets: Vec::new() }
    }

    fn draft(start: &str, years_count: usize) -> TermsDraft {
        TermsDraft {
            start: day(start),
            decision: DecisionId::parse("councilMeetings/2014/decisions/1").expect("a name"),
            offer: Some(offer(years_count)),
        }
    }

    fn programme(recurrence: Recurrence) -> Programme {
        let id = ProgrammeId::trusted("mastery");
        let kind = ProgrammeKind::Schools;
        let (display_name, priority) = ("Mastery".to_owned(), PriorityId::trusted("mastery"));
        Programme { id, display_name, kind, recurrence, priority, terms: Vec::new() }
    }

    #[test]
    fn terms_that_have_begun_never_change_and_terms_to_come_can_be_replaced() {
        let mut programme = programme(Recurrence::Once);
        let first = programme.add(draft("2017-09-01", 2), 0, day("2018-05-01")).expect("terms of the past can be added");
        programme.terms.push(first);
        let again = programme.add(draft("2017-09-01", 1), 1, day("2018-05-01"));
        assert!(matches!(again, Err(ProgrammeViolation::TermsBegun { .. })), "{again:?}");
        let next = programme.add(draft("2018-09-01", 2), 1, day("2018-05-01")).expect("terms to come");
        programme.terms.push(next);
        let replaced = programme.add(draft("2018-09-01", 3), 2, day("2018-08-31")).expect("they have not begun");
        assert_eq!(replaced.version, 3);
        assert!(programme.add(draft("2018-09-01", 3), 3, day("2018-09-01")).is_err(), "they begin today");
        let earlier = programme.add(draft("2016-09-01", 2), 3, day("2018-09-01")).expect("a year without terms");
        assert_eq!(programme.years_of(&earlier), (AcademicYear::starting(2016), Some(AcademicYear::starting(2016))));
    }

    #[test]
    fn a_yearly_programme_lasts_one_year() {
        let programme = programme(Recurrence::Yearly);
        assert!(programme.add(draft("2018-09-01", 1), 0, day("2018-05-01")).is_ok());
        assert_eq!(programme.add(draft("2018-09-01", 2), 0, day("2018-05-01")), Err(ProgrammeViolation::YearlyOfSeveralYears));
    }
}
