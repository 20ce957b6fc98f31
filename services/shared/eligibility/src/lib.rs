//! Which establishments may take part in a programme. The terms of a programme hold an [`Eligibility`], which is data; this crate judges an establishment by
//! it. Enrolment, specialists and analytics all judge by this crate, so an applicant, a waiting list and a denominator cannot disagree.
//!
//! The codes are those of the Department for Education's register, GIAS.
#![warn(missing_docs)]

use name::Phase;
use serde::{Deserialize, Serialize};

/// Largest code of a type group, and largest age in years.
pub const CODE_MAX: i64 = 99;
/// The code for 16 plus institutions.
pub const PHASE_16_PLUS: i64 = 6;
/// The phases that the register knows, by code.
const PHASES: std::ops::RangeInclusive<i64> = 0..=7;

/// The phase of education of a code: 2 primary, 3 middle deemed primary, 4 secondary, 5 middle deemed secondary, 7 all-through. `None` for nurseries (1), 16 plus (6),
/// schools without a phase (0) and unknown codes.
pub fn phase_of_code(code: i64) -> Option<Phase> {
    match code {
        2 | 3 => Some(Phase::Primary),
        4 | 5 => Some(Phase::Secondary),
        7 => Some(Phase::AllThrough),
        _ => None,
    }
}

/// Ages in years, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    /// The lowest.
    pub from: i64,
    /// The highest.
    pub to: i64,
}

/// The establishments that may take part. All conditions must hold. By default none may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eligibility {
    /// Codes of establishment type groups, ascending: 4 maintained, 10 academies, 11 free schools, 1 colleges.
    pub type_groups: Vec<i64>,
    /// Codes of phases, ascending.
    pub phases: Vec<i64>,
    /// Ages that the establishment must teach; `None` when any will do.
    pub ages: Option<Ages>,
}

/// An establishment by the codes of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Establishment {
    /// 1 open, 2 closed, 3 open but proposed to close, 4 proposed to open.
    pub status_code: i64,
    /// It lies in a region of England.
    pub in_region: bool,
    /// The part that terms judge.
    pub class: Class,
}

/// The part of an establishment that the terms of programmes judge. Many establishments share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// Code of the establishment type group.
    pub type_group_code: i64,
    /// Code of the phase of education.
    pub phase_code: i64,
    /// Statutory lowest age; `None` when the register does not say.
    pub low_age: Option<i64>,
    /// Statutory highest age; `None` when the register does not say.
    pub high_age: Option<i64>,
}

/// Why an establishment may not take part. Where several reasons apply, the first in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ineligibility {
    /// The register gives a status that is not known.
    UnknownStatus,
    /// It is closed.
    Closed,
    /// It has not opened yet.
    ProposedToOpen,
    /// It lies in no region of England.
    NoRegion,
    /// The register gives a phase that is not known.
    UnknownPhase,
    /// The programme does not take its type group.
    TypeGroup,
    /// The programme does not take its phase.
    Phase,
    /// The programme asks for ages, and the register gives none.
    AgesUnknown,
    /// It does not teach the ages of the programme.
    Ages,
}

impl Ineligibility {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::UnknownStatus,
        Self::Closed,
        Self::ProposedToOpen,
        Self::NoRegion,
        Self::UnknownPhase,
        Self::TypeGroup,
        Self::Phase,
        Self::AgesUnknown,
        Self::Ages,
    ];

    /// The word in the metadata of errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownStatus => "unknown_status",
            Self::Closed => "closed",
            Self::ProposedToOpen => "proposed_to_open",
            Self::NoRegion => "no_region",
            Self::UnknownPhase => "unknown_phase",
            Self::TypeGroup => "type_group_not_of_programme",
            Self::Phase => "phase_not_of_programme",
            Self::AgesUnknown => "ages_unknown",
            Self::Ages => "ages_not_of_programme",
        }
    }

    /// The clause in messages of errors.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::UnknownStatus => "the register gives a status of the school that is not known",
            Self::Closed => "the school is closed",
            Self::ProposedToOpen => "the school has not opened yet",
            Self::NoRegion => "the school lies in no region of England",
            Self::UnknownPhase => "the register gives a phase of the school that is not known",
            Self::TypeGroup => "the programme does not take schools of the school's type group",
            Self::Phase => "the programme does not take schools of the school's phase",
            Self::AgesUnknown => "the register does not give the ages of the school's pupils",
            Self::Ages => "the school does not teach the ages of the programme",
        }
    }
}

impl Establishment {
    /// Whether it is open in England, which each programme asks for. "Open, but proposed to close" counts as open.
    pub fn check_open(&self) -> Result<(), Ineligibility> {
        match self.status_code {
            1 | 3 if self.in_region => Ok(()),
            1 | 3 => Err(Ineligibility::NoRegion),
            2 => Err(Ineligibility::Closed),
            4 => Err(Ineligibility::ProposedToOpen),
            _ => Err(Ineligibility::UnknownStatus),
        }
    }
}

impl Eligibility {
    /// From the numbers of a message. The codes are in order and without duplicates, as the network service writes them.
    pub fn from_codes(type_groups: &[i32], phases: &[i32], ages: Option<(i32, i32)>) -> Self {
        let codes = |codes: &[i32]| codes.iter().map(|code| i64::from(*code)).collect();
        let ages = ages.map(|(from, to)| Ages { from: from.into(), to: to.into() });
        Self { type_groups: codes(type_groups), phases: codes(phases), ages }
    }

    /// Whether an establishment may take part. Errors with the first reason against it.
    pub fn check(&self, establishment: &Establishment) -> Result<(), Ineligibility> {
        establishment.check_open()?;
        self.check_class(&establishment.class)
    }

    /// Whether open establishments of a class may take part. Errors with the first reason against them.
    pub fn check_class(&self, class: &Class) -> Result<(), Ineligibility> {
        if !PHASES.contains(&class.phase_code) {
            return Err(Ineligibility::UnknownPhase);
        }
        if !self.type_groups.contains(&class.type_group_code) {
            return Err(Ineligibility::TypeGroup);
        }
        if !self.phases.contains(&class.phase_code) {
            return Err(Ineligibility::Phase);
        }
        match (self.ages, class.low_age, class.high_age) {
            (None, ..) => Ok(()),
            (Some(ages), Some(low), Some(high)) if low <= ages.from && high >= ages.to => Ok(()),
            (Some(_), Some(_), Some(_)) => Err(Ineligibility::Ages),
            (Some(_), ..) => Err(Ineligibility::AgesUnknown),
        }
    }

    /// The phases by which its schools are counted, in order. 16 plus institutions have none.
    pub fn counted_phases(&self) -> Vec<Phase> {
        let mut phases: Vec<Phase> = self.phases.iter().filter_map(|code| phase_of_code(*code)).collect();
        phases.sort_unstable();
        phases.dedup();
        phases
    }

    /// A text that two eligibilities share if and only if they are equal: `4,10,11/2,3,4,5,7/4-5`. Databases keep verdicts under it.
    pub fn key(&self) -> String {
        let codes = |codes: &[i64]| codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let ages = self.ages.map(|ages| format!("{}-{}", ages.from, ages.to)).unwrap_or_default();
        format!("{}/{}/{ages}", codes(&self.type_groups), codes(&self.phases))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn class(type_group_code: i64, phase_code: i64, low_age: i64, high_age: i64) -> Class {
        Class { type_group_code, phase_code, low_age: Some(low_age), high_age: Some(high_age) }
    }

    fn open(class: Class) -> Establishment {
        Establishment { status_code: 1, in_region: true, class }
    }

    fn mastery() -> Eligibility {
        Eligibility { type_groups: vec![4, 10, 11], phases: vec![2, 3, 4, 5, 7], ages: None }
    }

    #[test]
    fn a_college_may_take_part_in_core_maths_and_not_in_mastery() {
        let core_maths =
            Eligibility { type_groups: vec![1, 4, 10, 11], phases: vec![4, 5, 6, 7], ages: Some(Ages { from: 18, to: 18 }) };
        let college = class(1, PHASE_16_PLUS, 16, 99);
        assert_eq!(core_maths.check(&open(college)), Ok(()));
        assert_eq!(mastery().check(&open(college)), Err(Ineligibility::TypeGroup));
        assert_eq!(core_maths.check(&open(class(10, 4, 11, 16))), Err(Ineligibility::Ages));
        let unknown = Class { high_age: None, ..college };
        assert_eq!(core_maths.check(&open(unknown)), Err(Ineligibility::AgesUnknown));
        assert_eq!(mastery().check(&open(Class { low_age: None, ..class(4, 2, 4, 11) })), Ok(()), "mastery asks for no ages");
        assert_eq!(core_maths.counted_phases(), [Phase::Secondary, Phase::AllThrough]);
    }

    #[test]
    fn the_first_reason_counts() {
        let school = class(4, 2, 4, 11);
        for (status_code, reason) in [
            (0, Err(Ineligibility::UnknownStatus)),
            (1, Ok(())),
            (2, Err(Ineligibility::Closed)),
            (3, Ok(())),
            (4, Err(Ineligibility::ProposedToOpen)),
            (5, Err(Ineligibility::UnknownStatus)),
        ] {
            let school = Establishment { status_code, ..open(school) };
            assert_eq!(mastery().check(&school), reason, "status {status_code}");
        }
        assert_eq!(mastery().check(&Establishment { in_region: false, ..open(school) }), Err(Ineligibility::NoRegion));
        assert_eq!(mastery().check(&open(class(3, 8, 4, 11))), Err(Ineligibility::UnknownPhase));
        assert_eq!(mastery().check(&open(class(4, 1, 3, 5))), Err(Ineligibility::Phase));
        assert!(Ineligibility::ALL.is_sorted());
    }

    fn eligibility() -> impl Strategy<Value = Eligibility> {
        let codes = |max| proptest::collection::btree_set(0..max, 1..5).prop_map(|codes| codes.into_iter().collect());
        let ages = proptest::option::of(
            (0..20_i64, 0..20_i64).prop_map(|(one, other)| Ages { from: one.min(other), to: one.max(other) }),
        );
        (codes(14_i64), codes(8_i64), ages).prop_map(|(type_groups, phases, ages)| Eligibility { type_groups, phases, ages })
    }

    proptest! {
        #[test]
        fn equal_keys_mean_equal_eligibilities(one in eligibility(), other in eligibility()) {
            prop_assert_eq!(one.key() == other.key(), one == other);
        }

        #[test]
        fn a_verdict_follows_from_the_class_alone(
            eligibility in eligibility(), group in 0..14_i64, phase in 0..10_i64, low in proptest::option::of(0..20_i64), high in proptest::option::of(0..20_i64)
        ) {
            let class = Class { type_group_code: group, phase_code: phase, low_age: low, high_age: high };
            let fits = eligibility.type_groups.contains(&group) && eligibility.phases.contains(&phase) && phase <= 7
                && eligibility.ages.is_none_or(|ages| low.is_some_and(|low| low <= ages.from) && high.is_some_and(|high| high >= ages.to));
            prop_assert_eq!(eligibility.check(&open(class)).is_ok(), fits);
        }
    }
}
