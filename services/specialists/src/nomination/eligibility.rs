//! Eligibility of a nomination.

use mirror::School;
use name::Phase;

use super::NominationViolation;
use crate::cohort::Cohort;

/// Why a person may not be nominated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ineligibility {
    /// The school may not take part by the terms of the cohort's programme.
    School(eligibility::Ineligibility),
    /// The school's phase is neither the cohort's nor all-through.
    PhaseNotOfCohort,
    /// The nominee teaches at another school.
    TeachesElsewhere,
    /// The nominee teaches at no school.
    TeachesAtNoSchool,
    /// The nominee is in the first years after qualifying.
    EarlyCareerTeacher,
    /// The nominee has a submitted or selected nomination, in any cohort.
    HasLiveNomination,
}

impl Ineligibility {
    /// The word in the metadata of the error.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::School(reason) => reason.as_str(),
            Self::PhaseNotOfCohort => "phase_not_of_cohort",
            Self::TeachesElsewhere => "teaches_elsewhere",
            Self::TeachesAtNoSchool => "teaches_at_no_school",
            Self::EarlyCareerTeacher => "early_career_teacher",
            Self::HasLiveNomination => "has_live_nomination",
        }
    }

    /// The clause in the message of the error.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::School(reason) => reason.clause(),
            Self::PhaseNotOfCohort => "the school's phase is not the cohort's",
            Self::TeachesElsewhere => "the nominee does not teach at the school today",
            Self::TeachesAtNoSchool => "the nominee teaches at no school today",
            Self::EarlyCareerTeacher => "the nominee is an early-career teacher",
            Self::HasLiveNomination => "the nominee has a live nomination",
        }
    }
}

/// Facts about a person that decide whether the person may be nominated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nominee {
    /// The reason when the person teaches neither at the school nor at one of its lineage.
    pub(crate) not_employed: Option<Ineligibility>,
    pub(crate) early_career_teacher: bool,
    pub(crate) has_live_nomination: bool,
}

/// Whether a school may nominate a person for a cohort. Errors with all reasons against it at once.
pub(crate) fn check_eligible(school: &School, cohort: &Cohort, nominee: Nominee) -> Result<(), NominationViolation> {
    let phase_fits = school.phase.is_some_and(|phase| phase == cohort.phase || phase == Phase::AllThrough);
    let by_terms = cohort.terms.eligibility.check(&school.establishment).err();
    // The reason of the terms already says that the phase is not taken or not known.
    let phase_is_reported =
        matches!(by_terms, Some(eligibility::Ineligibility::Phase | eligibility::Ineligibility::UnknownPhase));
    let reasons = [
        by_terms.map(Ineligibility::School),
        Some(Ineligibility::PhaseNotOfCohort).filter(|_| !phase_fits && !phase_is_reported),
        nominee.not_employed,
        Some(Ineligibility::EarlyCareerTeacher).filter(|_| nominee.early_career_teacher),
        Some(Ineligibility::HasLiveNomination).filter(|_| nominee.has_live_nomination),
    ];
    let reasons: Vec<Ineligibility> = reasons.into_iter().flatten().collect();
    if reasons.is_empty() { Ok(()) } else { Err(NominationViolation::NotEligible { urn: school.urn, reasons }) }
}
