//! Rules of leaders: who may lead a Work Group.

use mirror::GroupLeader;
use name::{PersonId, Urn};
use proto::Reason;
use server::ApiError;
use service::RuleViolation;
use time::{AcademicYear, Date};

/// The standing of a person in an academic year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The service knows of a specialist, this or another.
    pub(crate) specialist_known: bool,
    /// The person is in a year of a cohort that leads groups.
    pub(crate) leads_groups: bool,
    /// The person has completed the years of a cohort.
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
    /// Whether the person may lead groups of the academic year from a day, by the kind of leader that the terms name.
    pub(crate) fn check(&self, kind: GroupLeader, year: AcademicYear, day: Date) -> Result<(), LeaderViolation> {
        let person = self.person.clone();
        let Standing { specialist_known, leads_groups, has_completed, is_appointed } = self.standing;
        match kind {
            GroupLeader::MasterySpecialist if leads_groups || has_completed => Ok(()),
            GroupLeader::MasterySpecialist if specialist_known => Err(LeaderViolation::NotSpecialist { person, year }),
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
    /// The person is no specialist who leads groups in the academic year.
    NotSpecialist { person: PersonId, year: AcademicYear },
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
            Self::NotSpecialist { person, year } => {
                let message = format!(
                    "`{person}` is not a specialist in a year that leads groups in {year}, nor after the years; name another leader"
                );
                ApiError::new(Reason::LeaderNotSpecialist, message).with("leader", person).with("academic_year", year)
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
