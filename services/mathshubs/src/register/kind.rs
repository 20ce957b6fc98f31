//! The kinds of establishment in a generated register, with GIAS' codes and names.

/// A type of establishment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// GIAS code of the type.
    pub type_code: &'static str,
    /// Its name.
    pub type_name: &'static str,
    /// GIAS code of the type's group.
    pub group_code: &'static str,
    /// Its name.
    pub group_name: &'static str,
}

const fn kind(type_code: &'static str, type_name: &'static str, group_code: &'static str, group_name: &'static str) -> Kind {
    Kind { type_code, type_name, group_code, group_name }
}

const MAINTAINED: &str = "Local authority maintained schools";

/// Maintained by its authority.
pub(super) const COMMUNITY: Kind = kind("01", "Community school", "4", MAINTAINED);
/// Church school with its own governance.
pub(super) const VOLUNTARY_AIDED: Kind = kind("02", "Voluntary aided school", "4", MAINTAINED);
/// Church school that its authority runs.
pub(super) const VOLUNTARY_CONTROLLED: Kind = kind("03", "Voluntary controlled school", "4", MAINTAINED);
/// Maintained, and owner of its land and employer of its staff.
pub(super) const FOUNDATION: Kind = kind("05", "Foundation school", "4", MAINTAINED);
/// Academy by conversion.
pub(super) const ACADEMY_CONVERTER: Kind = kind("34", "Academy converter", "10", "Academies");
/// An academy with a sponsor.
pub(super) const ACADEMY_SPONSORED: Kind = kind("28", "Academy sponsor led", "10", "Academies");
/// A new school.
pub(super) const FREE_SCHOOL: Kind = kind("35", "Free schools", "11", "Free Schools");
/// From 14 to 18.
pub(super) const TECHNICAL_COLLEGE: Kind = kind("40", "University technical college", "11", "Free Schools");
/// For children below school age.
pub(super) const NURSERY: Kind = kind("15", "Local authority nursery school", "4", MAINTAINED);
/// For pupils who cannot attend another school.
pub(super) const REFERRAL_UNIT: Kind = kind("14", "Pupil referral unit", "4", MAINTAINED);
/// Run by its authority, for special needs.
pub(super) const COMMUNITY_SPECIAL: Kind = kind("07", "Community special school", "5", "Special schools");
/// An academy for special needs.
pub(super) const ACADEMY_SPECIAL: Kind = kind("44", "Academy special converter", "10", "Academies");
/// Fee-paying.
pub(super) const INDEPENDENT: Kind = kind("11", "Other independent school", "3", "Independent schools");
/// From age 16.
pub(super) const FURTHER_EDUCATION: Kind = kind("18", "Further education", "1", "Colleges");
/// An academy from 16 to 19.
pub(super) const ACADEMY_16_TO_19: Kind = kind("45", "Academy 16-19 converter", "10", "Academies");
/// Abroad, for children of service families.
pub(super) const SERVICE_CHILDREN: Kind = kind("26", "Service children's education", "9", "Other types");

/// Kinds of a phase with their shares in a thousand.
pub(super) type Shares = [(Kind, usize)];

/// Kinds of long-established primary schools.
pub(super) const PRIMARY: &Shares = &[
    (COMMUNITY, 386),
    (VOLUNTARY_AIDED, 170),
    (VOLUNTARY_CONTROLLED, 110),
    (FOUNDATION, 36),
    (ACADEMY_CONVERTER, 210),
    (ACADEMY_SPONSORED, 80),
    (FREE_SCHOOL, 8),
];
/// Kinds of long-established secondary and all-through schools.
pub(super) const SECONDARY: &Shares = &[
    (COMMUNITY, 115),
    (VOLUNTARY_AIDED, 72),
    (VOLUNTARY_CONTROLLED, 9),
    (FOUNDATION, 58),
    (ACADEMY_CONVERTER, 485),
    (ACADEMY_SPONSORED, 210),
    (FREE_SCHOOL, 36),
    (TECHNICAL_COLLEGE, 15),
];
/// Maintained schools: the kinds of schools before they became academies.
pub(super) const MAINTAINED_ONLY: &Shares =
    &[(COMMUNITY, 560), (VOLUNTARY_AIDED, 230), (VOLUNTARY_CONTROLLED, 150), (FOUNDATION, 60)];
