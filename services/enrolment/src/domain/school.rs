//! Which schools may apply.

use super::{Broken, RoundProgramme, School};

/// Whether a school may apply for a programme.
pub(crate) fn check_eligible(school: &School, programme: &RoundProgramme) -> Result<(), Broken> {
    let not_eligible = |why| Err(Broken::NotEligible { urn: school.urn, why });
    match (school.out_because, school.phase) {
        (Some(why), _) => not_eligible(why),
        (None, Some(phase)) if programme.phases.contains(&phase) => Ok(()),
        (None, _) => not_eligible("phase_not_of_programme"),
    }
}
