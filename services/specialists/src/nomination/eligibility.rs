//! Who may be nominated.

use mirror::School;

use super::{Broken, Cohort, Phase};

/// The person has a submitted or selected nomination, in whatever cohort.
pub(crate) const HAS_LIVE_NOMINATION: &str = "has_live_nomination";

/// Whether a school may nominate a person for a cohort. Errors with all that stands against it at once.
pub(crate) fn check_eligible(
    school: &School,
    cohort: &Cohort,
    early_career_teacher: bool,
    has_live_nomination: bool,
) -> Result<(), Broken> {
    let mut why: Vec<&'static str> = school.out_because.into_iter().collect();
    let phase_fits = school.phase.is_some_and(|phase| phase == cohort.phase || phase == Phase::AllThrough);
    // A phase that the programme does not count or know is reported once.
    if !phase_fits && !matches!(school.out_because, Some("phase_not_counted" | "unknown_phase")) {
        why.push("phase_not_of_cohort");
    }
    if early_career_teacher {
        why.push("early_career_teacher");
    }
    if has_live_nomination {
        why.push(HAS_LIVE_NOMINATION);
    }
    if why.is_empty() { Ok(()) } else { Err(Broken::NotEligible { urn: school.urn, why }) }
}
