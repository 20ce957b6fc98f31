//! England's nine regions and its local authorities, in tables of the project, so that nothing depends on names.
//!
//! The table of authorities has dates. An authority has one three-digit code for as long as it exists. Its nine-character code changes when its
//! boundary or its kind changes, so each nine-character code has a first and a last day. A reorganised authority ends, and the authorities that
//! take over its area name it as a predecessor. Where an extract gives a nine-character code, that one is used and not the table's. Always map on
//! codes: GIAS and ONS write some names differently.
#![warn(missing_docs)]

mod authorities;

pub use authorities::AUTHORITIES;
use time::Date;

/// One of the nine regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// E12000001 to E12000009.
    pub code: &'static str,
    /// As ONS writes it.
    pub name: &'static str,
    /// GIAS' letter.
    pub gias_code: &'static str,
}

/// A local authority with education duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    /// Three digits; the same for as long as the authority exists.
    pub old_code: &'static str,
    /// As ONS writes it.
    pub name: &'static str,
    /// The region in which it lies.
    pub region: &'static Region,
    /// Its nine-character codes, oldest first, without gaps.
    pub new_codes: &'static [NewCode],
    /// Three-digit codes of the authorities whose area, or a part of it, it took over when it began. Empty for an authority that was never made
    /// from others.
    pub predecessors: &'static [&'static str],
}

/// A nine-character code, and the days on which it is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCode {
    /// Nine characters.
    pub code: &'static str,
    /// First day, `YYYY-MM-DD`. No code is older than [`CODES_FIRST_DAY`].
    pub first_day: &'static str,
    /// Last day, `YYYY-MM-DD`. Empty while it is in force.
    pub last_day: &'static str,
}

/// The day from which there are nine-character codes.
pub const CODES_FIRST_DAY: &str = "2009-01-01";

impl Authority {
    /// The nine-character code that is in force on a day; of an authority that has ended by then, its last one. `None` before the authority began.
    pub fn new_code(&self, day: Date) -> Option<&'static str> {
        let day = day.to_string();
        self.new_codes.iter().rfind(|new_code| new_code.first_day <= &*day).map(|new_code| new_code.code)
    }

    /// The nine-character code that is in force on a day, or the nearest one: its first before the authority began, its last after it ended.
    pub fn new_code_near(&self, day: Date) -> &'static str {
        self.new_code(day).unwrap_or_else(|| self.new_codes.first().map_or("", |first| first.code))
    }

    /// The authorities that took over its area, or a part of it, when it ended.
    pub fn successors(&self) -> impl Iterator<Item = &'static Self> + use<> {
        let old_code = self.old_code;
        AUTHORITIES.iter().filter(move |authority| authority.predecessors.contains(&old_code))
    }

    /// The authority of its schools on a day. An authority that began later gives way to its predecessor, where that one was only split: then all schools of
    /// the parts lay in it. One that had ended gives way to a successor, and to a successor too where authorities were joined, because no code tells from which
    /// of them a school came. Of several successors `schools_count` decides: the one with the most schools; the first code on a tie. So an authority and those
    /// that replaced it never appear together.
    pub fn on(&'static self, day: Date, schools_count: &impl Fn(&str) -> usize) -> &'static Self {
        let text = day.to_string();
        let began = self.new_codes.first().is_some_and(|code| *code.first_day <= *text || code.first_day == CODES_FIRST_DAY);
        if !began {
            let predecessor = self.only_predecessor().and_then(authority_by_old_code);
            return match predecessor.filter(|predecessor| predecessor.was_only_split()) {
                Some(predecessor) => predecessor.on(day, schools_count),
                None => self,
            };
        }
        let ended = self.new_codes.last().is_some_and(|code| !code.last_day.is_empty() && *code.last_day < *text);
        let replaced = self.successors().next().is_some() && (ended || !self.was_only_split());
        let largest =
            self.successors().max_by_key(|successor| (schools_count(successor.old_code), std::cmp::Reverse(successor.old_code)));
        largest.filter(|_| replaced).map_or(self, |successor| successor.on(day, schools_count))
    }

    /// True if none of its successors took over a part of another authority.
    fn was_only_split(&self) -> bool {
        self.successors().all(|successor| successor.only_predecessor().is_some())
    }

    /// The authority from which every school of this one came; `None` without a predecessor, or where there are several.
    pub fn only_predecessor(&self) -> Option<&'static str> {
        match self.predecessors {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// The regions, in the order of their codes.
pub static REGIONS: [Region; 9] = [
    region("E12000001", "North East", "A"),
    region("E12000002", "North West", "B"),
    region("E12000003", "Yorkshire and The Humber", "D"),
    region("E12000004", "East Midlands", "E"),
    region("E12000005", "West Midlands", "F"),
    region("E12000006", "East of England", "G"),
    region("E12000007", "London", "H"),
    region("E12000008", "South East", "J"),
    region("E12000009", "South West", "K"),
];

/// The region with a code such as `E12000003`.
pub fn region_by_code(code: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.code == code)
}

/// The region with a GIAS letter.
pub fn region_by_gias_code(gias_code: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.gias_code == gias_code)
}

/// The authority with a three-digit code, whether or not it still exists.
pub fn authority_by_old_code(old_code: &str) -> Option<&'static Authority> {
    AUTHORITIES.iter().find(|authority| authority.old_code == old_code)
}

/// The newest change of a code that the table knows.
pub fn newest_change() -> &'static str {
    AUTHORITIES
        .iter()
        .flat_map(|authority| authority.new_codes)
        .map(|new_code| new_code.first_day)
        .max()
        .unwrap_or(CODES_FIRST_DAY)
}

/// Whether a text has the form of an authority's three-digit code.
pub fn is_old_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of an English authority's nine-character code.
pub fn is_new_code(text: &str) -> bool {
    text.len() == 9 && text.strip_prefix('E').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

const fn region(code: &'static str, name: &'static str, gias_code: &'static str) -> Region {
    Region { code, name, gias_code }
}

#[cfg(test)]
mod tests;
