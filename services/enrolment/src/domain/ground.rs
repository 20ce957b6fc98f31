//! What an application stands on: who may apply, and to whom, as the network tells of them on the day.

use time::Date;

use super::{Application, Broken, Hub, Round, RoundProgramme, School};

/// A school and its hub, as the network tells of them on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ground {
    /// The school, and those that descend from it: what it applied for is theirs when it closes for one of them. Those that the register lists.
    pub(crate) schools: Vec<School>,
    pub(crate) hub: Hub,
}

impl Ground {
    /// Whether an application still stands: the network goes on while it waits.
    pub(crate) fn check(&self, application: &Application, round: &Round, today: Date) -> Result<(), Broken> {
        let programme = round.find_programme(&application.programme).expect("a programme in use cannot leave its round");
        let own = self.schools.iter().find(|school| school.urn == application.urn);
        let may_one = self.schools.iter().any(|school| why_not_eligible(Some(school), programme).is_none());
        if let Some(why) = why_not_eligible(own, programme).filter(|_| !may_one) {
            return Err(Broken::NotEligible { urn: application.urn, why });
        }
        check_hub_open(&self.hub, round.academic_year, today)
    }
}

/// Whether a school may apply for a programme.
pub(crate) fn check_eligible(school: &School, programme: &RoundProgramme) -> Result<(), Broken> {
    why_not_eligible(Some(school), programme).map_or(Ok(()), |why| Err(Broken::NotEligible { urn: school.urn, why }))
}

/// Why a school may not apply for a programme, None if it may; `school` is None where the register does not list it.
pub(crate) fn why_not_eligible(school: Option<&School>, programme: &RoundProgramme) -> Option<&'static str> {
    let Some(school) = school else { return Some("not_listed") };
    match (school.out_because, school.phase) {
        (Some(why), _) => Some(why),
        (None, Some(phase)) if programme.takes(phase) => None,
        (None, _) => Some("phase_not_of_programme"),
    }
}
