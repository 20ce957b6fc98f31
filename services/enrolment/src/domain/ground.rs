//! What an application stands on: who may apply, and to whom, as the network tells of them on the day.

use time::{AcademicYear, Date};

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

/// Whether a hub gives places of a year: one that it stands alone in, and until its last day. A hub that is to begin in that year recruits for it before.
pub(crate) fn check_hub_open(hub: &Hub, year: AcademicYear, today: Date) -> Result<(), Broken> {
    let begins_later = hub.start.is_some_and(|start| start > year.end_date());
    let is_over = hub.end.is_some_and(|end| end < today || end < year.start_date());
    if begins_later || is_over { Err(Broken::HubNotOpen { hub: hub.clone(), year }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::HubId;

    #[test]
    fn a_hub_gives_places_of_the_years_that_it_stands_alone_in_and_until_its_last_day() {
        let day = |text: &str| Date::parse(text).expect("a day");
        let open = |start: &str, end: &str, today: &str| {
            let days = [start, end].map(|text| Some(text).filter(|text| !text.is_empty()));
            let hub = Hub::of(HubId::trusted("north"), days[0], days[1]);
            check_hub_open(&hub, AcademicYear::starting(2018), day(today)).is_ok()
        };
        assert!(open("2014-09-01", "", "2018-05-01") && open("", "", "2018-05-01"));
        assert!(open("2018-09-01", "", "2018-05-01"), "one that begins in the year recruits before");
        assert!(open("2019-08-31", "", "2018-05-01") && !open("2019-09-01", "", "2018-05-01"));
        assert!(!open("2014-09-01", "2018-08-31", "2018-05-01"), "it is gone before the year");
        assert!(open("2014-09-01", "2018-09-01", "2018-09-01") && !open("2014-09-01", "2018-09-01", "2018-09-02"));
    }
}
