//! A school in the newest register.

use eligibility::{Class, Establishment};
use name::{Phase, Urn};
use time::Date;

/// A school as the newest register describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its number.
    pub urn: Urn,
    /// Three-digit code of its local authority.
    pub old_la_code: String,
    /// The phase by which it is counted; `None` for 16 plus institutions and others that no phase counts.
    pub phase: Option<Phase>,
    /// By the codes of the register.
    pub establishment: Establishment,
}

/// The end of a school by the newest register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct SchoolEnd {
    /// The day on which it closes, or closed; `None` when the register does not say.
    pub close_date: Option<Date>,
    /// It has closed.
    pub is_closed: bool,
}

impl SchoolEnd {
    /// Whether the school is closed on a day. One that closed on an unknown day is closed from today on.
    pub fn is_closed_on(&self, day: Date, today: Date) -> bool {
        self.close_date.map_or(self.is_closed && today <= day, |close_date| close_date <= day)
    }
}

/// The columns of [`SchoolRow`], of a table or alias, as a literal: `school_columns!("member")`.
#[macro_export]
macro_rules! school_columns {
    ($school:literal) => {
        concat!(
            $school,
            ".urn AS school_urn, ",
            $school,
            ".old_la_code AS school_old_la_code, ",
            $school,
            ".education_phase AS school_education_phase, ",
            $school,
            ".region_code AS school_region_code, ",
            $school,
            ".status_code AS school_status_code, ",
            $school,
            ".type_group_code AS school_type_group_code, ",
            $school,
            ".phase_code AS school_phase_code, ",
            $school,
            ".low_age AS school_low_age, ",
            $school,
            ".high_age AS school_high_age"
        )
    };
}

/// A school of a query, which a left join may not have found.
#[derive(Debug, sqlx::FromRow)]
pub struct SchoolRow {
    school_urn: Option<Urn>,
    school_old_la_code: Option<String>,
    school_education_phase: Option<i64>,
    school_region_code: Option<String>,
    school_status_code: Option<i64>,
    school_type_group_code: Option<i64>,
    school_phase_code: Option<i64>,
    school_low_age: Option<i64>,
    school_high_age: Option<i64>,
}

impl SchoolRow {
    /// The school that was found.
    pub fn school(self) -> Option<School> {
        let class = Class {
            type_group_code: self.school_type_group_code?,
            phase_code: self.school_phase_code?,
            low_age: self.school_low_age.filter(|age| *age >= 0),
            high_age: self.school_high_age.filter(|age| *age >= 0),
        };
        let establishment =
            Establishment { status_code: self.school_status_code?, in_region: !self.school_region_code?.is_empty(), class };
        let phase = Phase::of(self.school_education_phase?);
        Some(School { urn: self.school_urn?, old_la_code: self.school_old_la_code?, phase, establishment })
    }
}
