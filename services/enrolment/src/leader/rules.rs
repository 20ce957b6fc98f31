//! Rules of leaders: who may lead a Work Group.

use mirror::GroupLeader;
use name::{PersonId, ProgrammeId, Urn};
use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use time::{AcademicYear, Date};

use crate::work_group::GroupYear;

/// The standing of a person in an academic year, as a leader of groups of a programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The service knows of a specialist, this or another.
    pub(crate) specialist_known: bool,
    /// The person is in a year that leads groups of a cohort of the programme, or has completed its years.
    pub(crate) leads_groups: bool,
    /// The person has completed the years of a cohort of any programme.
    pub(crate) has_completed: bool,
    /// The person holds an appointment on the day.
    pub(crate) is_appointed: bool,
}

/// A person who is to lead a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leader {
    pub(crate) person: PersonId,
    /// The URNs of the lineage of the school where the person teaches.
    pub(crate) own_schools: Vec<Urn>,
    pub(crate) standing: Standing,
}

impl Leader {
    /// Whether the person may lead groups of the year of a programme from a day, by the kind of leader that the terms name.
    pub(crate) fn check(&self, kind: GroupLeader, year: &GroupYear, day: Date) -> Result<(), LeaderViolation> {
        let person = self.person.clone();
        let Standing { specialist_known, leads_groups, has_completed, is_appointed } = self.standing;
        match kind {
            GroupLeader::MasterySpecialist if leads_groups => Ok(()),
            GroupLeader::MasterySpecialist if specialist_known => {
                let (programme, year) = (year.programme.clone(), year.academic_year);
                Err(LeaderViolation::NotSpecialist { person, programme, year })
            }
            GroupLeader::MasterySpecialist => Err(LeaderViolation::NoSpecialistKnown),
            GroupLeader::LocalLeader if is_appointed || has_completed => Ok(()),
            GroupLeader::LocalLeader => Err(LeaderViolation::NotAppointed { person, day }),
        }
    }

    /// Whether the person teaches at none of the schools.
    pub(crate) fn check_schools(&self, urns: impl IntoIterator<Item = Urn>) -> Result<(), LeaderViolation> {
        let own = urns.into_iter().find(|urn| self.own_schools.contains(urn));
        own.map_or(Ok(()), |urn| Err(LeaderViolation::OwnSchool { person: self.person.clone(), urn }))
    }
}

/// A rule of leaders that a request would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeaderViolation {
    /// The person is no specialist who leads groups of the programme in the academic year.
    NotSpecialist { person: PersonId, programme: ProgrammeId, year: AcademicYear },
    /// The service knows of no specialist at all.
    NoSpecialistKnown,
    /// The person holds no appointment on the day.
    NotAppointed { person: PersonId, day: Date },
    /// The person teaches at a member of the group, or at its predecessor or successor.
    OwnSchool { person: PersonId, urn: Urn },
}

impl RuleViolation for LeaderViolation {
    fn error(&self) -> ApiError {
        match self {
            Self::NotSpecialist { person, programme, year } => {
                let programme = programme.as_str();
                let message = format!(
                    "`{person}` is not of a cohort of `{programme}` that leads groups in {year}, or whose years are over; name another leader"
                );
                let error = ApiError::new(Reason::LeaderNotSpecialist, message).with("leader", person);
                error.with("programme", programme).with("academic_year", year)
            }
            Self::NoSpecialistKnown => {
                let message =
                    "no specialist is known here; select specialists first, and see that enrolment reads the feed of specialists";
                ApiError::new(Reason::NoSpecialistKnown, message)
            }
            Self::NotAppointed { person, day } => {
                let message =
                    format!("`{person}` holds no appointment on {day}; appoint the person first, or name another leader");
                ApiError::new(Reason::LeaderNotAppointed, message).with("leader", person).with("date", day)
            }
            Self::OwnSchool { person, urn } => {
                let message = format!(
                    "`{person}` teaches at `{urn}`, its predecessor or its successor, and leads other schools only; name another leader"
                );
                ApiError::new(Reason::LeaderOfOwnSchool, message).with("leader", person).with("school", urn)
            }
        }
    }
}
