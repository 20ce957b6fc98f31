//! Interruptions of a school's years.

use proto::enrolment::v1 as enrolment;

use super::World;

impl World {
    pub(crate) fn defers(&mut self, participation: &enrolment::Participation, on: &str) -> &mut Self {
        let (participation, defer_date) = (Some(participation.clone()), on.into());
        self.enrolment.push(Self::event(on, &enrolment::ParticipationDeferred { participation, defer_date }));
        self
    }

    /// Goes on, with all the academic years by which its years have moved. Returns the participation as it is then.
    pub(crate) fn resumes(
        &mut self,
        participation: &enrolment::Participation,
        on: &str,
        deferred_years_count: i32,
    ) -> enrolment::Participation {
        let after = enrolment::Participation { deferred_years_count, ..participation.clone() };
        let (participation, resume_date) = (Some(after.clone()), on.into());
        self.enrolment.push(Self::event(on, &enrolment::ParticipationResumed { participation, resume_date }));
        after
    }
}
