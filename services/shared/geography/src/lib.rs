//! England's nine regions and its local authorities, in tables of the project, so that nothing depends on names.
//!
//! The table of authorities has dates. An authority has one three-digit code for as long as it exists. Its nine-character code changes when its
//! boundary or its kind changes, so each nine-character code has a first and a last day. A reorganised authority ends, and the authorities that
//! take over its area name it as a predecessor. Where an extract gives a nine-character code, that one is used and not the table's. Always map on
//! codes: GIAS and ONS write some names differently.
#![warn(missing_docs)]

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

/// A row of the table: three-digit code, name, number of the region, and either the one nine-character code in force from the first day of codes
/// until today, or each code with its first and its last day.
macro_rules! la {
    ($old:literal, $name:literal, $region:literal, $code:literal) => {
        la!($old, $name, $region, [$code, "2009-01-01", ""])
    };
    ($old:literal, $name:literal, $region:literal, $([$code:literal, $first:literal, $last:literal]),+ $(, from [$($predecessor:literal),+])?) => {
        Authority {
            old_code: $old,
            name: $name,
            region: &REGIONS[$region - 1],
            new_codes: &[$(NewCode { code: $code, first_day: $first, last_day: $last }),+],
            predecessors: &[$($($predecessor),+)?],
        }
    };
}

/// Every authority since the first day of nine-character codes, by region and three-digit code.
#[rustfmt::skip]
pub static AUTHORITIES: &[Authority] = &[
    la!("390", "Gateshead", 1, ["E08000020", "2009-01-01", "2013-03-31"], ["E08000037", "2013-04-01", ""]),
    la!("391", "Newcastle upon Tyne", 1, "E08000021"),
    la!("392", "North Tyneside", 1, "E08000022"),
    la!("393", "South Tyneside", 1, "E08000023"),
    la!("394", "Sunderland", 1, "E08000024"),
    la!("805", "Hartlepool", 1, "E06000001"),
    la!("806", "Middlesbrough", 1, "E06000002"),
    la!("807", "Redcar and Cleveland", 1, "E06000003"),
    la!("808", "Stockton-on-Tees", 1, "E06000004"),
    la!("840", "County Durham", 1, ["E06000047", "2009-04-01", ""]),
    la!("841", "Darlington", 1, "E06000005"),
    la!("929", "Northumberland", 1, ["E06000048", "2009-04-01", "2013-03-31"], ["E06000057", "2013-04-01", ""]),
    la!("340", "Knowsley", 2, "E08000011"),
    la!("341", "Liverpool", 2, "E08000012"),
    la!("342", "St. Helens", 2, "E08000013"),
    la!("343", "Sefton", 2, "E08000014"),
    la!("344", "Wirral", 2, "E08000015"),
    la!("350", "Bolton", 2, "E08000001"),
    la!("351", "Bury", 2, "E08000002"),
    la!("352", "Manchester", 2, "E08000003"),
    la!("353", "Oldham", 2, "E08000004"),
    la!("354", "Rochdale", 2, "E08000005"),
    la!("355", "Salford", 2, "E08000006"),
    la!("356", "Stockport", 2, "E08000007"),
    la!("357", "Tameside", 2, "E08000008"),
    la!("358", "Trafford", 2, "E08000009"),
    la!("359", "Wigan", 2, "E08000010"),
    la!("875", "Cheshire", 2, ["E10000004", "2009-01-01", "2009-03-31"]),
    la!("876", "Halton", 2, "E06000006"),
    la!("877", "Warrington", 2, "E06000007"),
    la!("888", "Lancashire", 2, "E10000017"),
    la!("889", "Blackburn with Darwen", 2, "E06000008"),
    la!("890", "Blackpool", 2, "E06000009"),
    la!("895", "Cheshire East", 2, ["E06000049", "2009-04-01", ""], from ["875"]),
    la!("896", "Cheshire West and Chester", 2, ["E06000050", "2009-04-01", ""], from ["875"]),
    la!("909", "Cumbria", 2, ["E10000006", "2009-01-01", "2023-03-31"]),
    la!("942", "Cumberland", 2, ["E06000063", "2023-04-01", ""], from ["909"]),
    la!("943", "Westmorland and Furness", 2, ["E06000064", "2023-04-01", ""], from ["909"]),
    la!("370", "Barnsley", 3, ["E08000016", "2009-01-01", "2025-04-30"], ["E08000038", "2025-05-01", ""]),
    la!("371", "Doncaster", 3, "E08000017"),
    la!("372", "Rotherham", 3, "E08000018"),
    la!("373", "Sheffield", 3, ["E08000019", "2009-01-01", "2025-04-30"], ["E08000039", "2025-05-01", ""]),
    la!("380", "Bradford", 3, "E08000032"),
    la!("381", "Calderdale", 3, "E08000033"),
    la!("382", "Kirklees", 3, "E08000034"),
    la!("383", "Leeds", 3, "E08000035"),
    la!("384", "Wakefield", 3, "E08000036"),
    la!("810", "Kingston upon Hull, City of", 3, "E06000010"),
    la!("811", "East Riding of Yorkshire", 3, "E06000011"),
    la!("812", "North East Lincolnshire", 3, "E06000012"),
    la!("813", "North Lincolnshire", 3, "E06000013"),
    la!("815", "North Yorkshire", 3, ["E10000023", "2009-01-01", "2023-03-31"], ["E06000065", "2023-04-01", ""]),
    la!("816", "York", 3, "E06000014"),
    la!("830", "Derbyshire", 4, "E10000007"),
    la!("831", "Derby", 4, "E06000015"),
    la!("855", "Leicestershire", 4, "E10000018"),
    la!("856", "Leicester", 4, "E06000016"),
    la!("857", "Rutland", 4, "E06000017"),
    la!("891", "Nottinghamshire", 4, "E10000024"),
    la!("892", "Nottingham", 4, "E06000018"),
    la!("925", "Lincolnshire", 4, "E10000019"),
    la!("928", "Northamptonshire", 4, ["E10000021", "2009-01-01", "2021-03-31"]),
    la!("940", "North Northamptonshire", 4, ["E06000061", "2021-04-01", ""], from ["928"]),
    la!("941", "West Northamptonshire", 4, ["E06000062", "2021-04-01", ""], from ["928"]),
    la!("330", "Birmingham", 5, "E08000025"),
    la!("331", "Coventry", 5, "E08000026"),
    la!("332", "Dudley", 5, "E08000027"),
    la!("333", "Sandwell", 5, "E08000028"),
    la!("334", "Solihull", 5, "E08000029"),
    la!("335", "Walsall", 5, "E08000030"),
    la!("336", "Wolverhampton", 5, "E08000031"),
    la!("860", "Staffordshire", 5, "E10000028"),
    la!("861", "Stoke-on-Trent", 5, "E06000021"),
    la!("884", "Herefordshire, County of", 5, "E06000019"),
    la!("885", "Worcestershire", 5, "E10000034"),
    la!("893", "Shropshire", 5, ["E06000051", "2009-04-01", ""]),
    la!("894", "Telford and Wrekin", 5, "E06000020"),
    la!("937", "Warwickshire", 5, "E10000031"),
    la!("820", "Bedfordshire", 6, ["E10000001", "2009-01-01", "2009-03-31"]),
    la!("821", "Luton", 6, "E06000032"),
    la!("822", "Bedford", 6, ["E06000055", "2009-04-01", ""], from ["820"]),
    la!("823", "Central Bedfordshire", 6, ["E06000056", "2009-04-01", ""], from ["820"]),
    la!("873", "Cambridgeshire", 6, "E10000003"),
    la!("874", "Peterborough", 6, "E06000031"),
    la!("881", "Essex", 6, "E10000012"),
    la!("882", "Southend-on-Sea", 6, "E06000033"),
    la!("883", "Thurrock", 6, "E06000034"),
    la!("919", "Hertfordshire", 6, "E10000015"),
    la!("926", "Norfolk", 6, "E10000020"),
    la!("935", "Suffolk", 6, "E10000029"),
    la!("201", "City of London", 7, "E09000001"),
    la!("202", "Camden", 7, "E09000007"),
    la!("203", "Greenwich", 7, "E09000011"),
    la!("204", "Hackney", 7, "E09000012"),
    la!("205", "Hammersmith and Fulham", 7, "E09000013"),
    la!("206", "Islington", 7, "E09000019"),
    la!("207", "Kensington and Chelsea", 7, "E09000020"),
    la!("208", "Lambeth", 7, "E09000022"),
    la!("209", "Lewisham", 7, "E09000023"),
    la!("210", "Southwark", 7, "E09000028"),
    la!("211", "Tower Hamlets", 7, "E09000030"),
    la!("212", "Wandsworth", 7, "E09000032"),
    la!("213", "Westminster", 7, "E09000033"),
    la!("301", "Barking and Dagenham", 7, "E09000002"),
    la!("302", "Barnet", 7, "E09000003"),
    la!("303", "Bexley", 7, "E09000004"),
    la!("304", "Brent", 7, "E09000005"),
    la!("305", "Bromley", 7, "E09000006"),
    la!("306", "Croydon", 7, "E09000008"),
    la!("307", "Ealing", 7, "E09000009"),
    la!("308", "Enfield", 7, "E09000010"),
    la!("309", "Haringey", 7, "E09000014"),
    la!("310", "Harrow", 7, "E09000015"),
    la!("311", "Havering", 7, "E09000016"),
    la!("312", "Hillingdon", 7, "E09000017"),
    la!("313", "Hounslow", 7, "E09000018"),
    la!("314", "Kingston upon Thames", 7, "E09000021"),
    la!("315", "Merton", 7, "E09000024"),
    la!("316", "Newham", 7, "E09000025"),
    la!("317", "Redbridge", 7, "E09000026"),
    la!("318", "Richmond upon Thames", 7, "E09000027"),
    la!("319", "Sutton", 7, "E09000029"),
    la!("320", "Waltham Forest", 7, "E09000031"),
    la!("825", "Buckinghamshire", 8, ["E10000002", "2009-01-01", "2020-03-31"], ["E06000060", "2020-04-01", ""]),
    la!("826", "Milton Keynes", 8, "E06000042"),
    la!("845", "East Sussex", 8, "E10000011"),
    la!("846", "Brighton and Hove", 8, "E06000043"),
    la!("850", "Hampshire", 8, "E10000014"),
    la!("851", "Portsmouth", 8, "E06000044"),
    la!("852", "Southampton", 8, "E06000045"),
    la!("867", "Bracknell Forest", 8, "E06000036"),
    la!("868", "Windsor and Maidenhead", 8, "E06000040"),
    la!("869", "West Berkshire", 8, "E06000037"),
    la!("870", "Reading", 8, "E06000038"),
    la!("871", "Slough", 8, "E06000039"),
    la!("872", "Wokingham", 8, "E06000041"),
    la!("886", "Kent", 8, "E10000016"),
    la!("887", "Medway", 8, "E06000035"),
    la!("921", "Isle of Wight", 8, "E06000046"),
    la!("931", "Oxfordshire", 8, "E10000025"),
    la!("936", "Surrey", 8, "E10000030"),
    la!("938", "West Sussex", 8, "E10000032"),
    la!("420", "Isles of Scilly", 9, ["E06000053", "2009-04-01", ""]),
    la!("800", "Bath and North East Somerset", 9, "E06000022"),
    la!("801", "Bristol, City of", 9, "E06000023"),
    la!("802", "North Somerset", 9, "E06000024"),
    la!("803", "South Gloucestershire", 9, "E06000025"),
    la!("835", "Dorset", 9, ["E10000009", "2009-01-01", "2019-03-31"]),
    la!("836", "Poole", 9, ["E06000029", "2009-01-01", "2019-03-31"]),
    la!("837", "Bournemouth", 9, ["E06000028", "2009-01-01", "2019-03-31"]),
    la!("838", "Dorset", 9, ["E06000059", "2019-04-01", ""], from ["835"]),
    la!("839", "Bournemouth, Christchurch and Poole", 9, ["E06000058", "2019-04-01", ""], from ["835", "836", "837"]),
    la!("865", "Wiltshire", 9, ["E06000054", "2009-04-01", ""]),
    la!("866", "Swindon", 9, "E06000030"),
    la!("878", "Devon", 9, "E10000008"),
    la!("879", "Plymouth", 9, "E06000026"),
    la!("880", "Torbay", 9, "E06000027"),
    la!("908", "Cornwall", 9, ["E06000052", "2009-04-01", ""]),
    la!("916", "Gloucestershire", 9, "E10000013"),
    la!("933", "Somerset", 9, ["E10000027", "2009-01-01", "2023-03-31"], ["E06000066", "2023-04-01", ""]),
];

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeSet, HashSet},
        path::Path,
    };

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    fn new_code(old_code: &str, on: &str) -> Option<&'static str> {
        authority_by_old_code(old_code).expect("the authority is known").new_code(day(on))
    }

    #[test]
    fn every_code_belongs_to_one_authority_and_codes_follow_each_other() {
        assert_eq!(AUTHORITIES.iter().map(|authority| authority.old_code).collect::<HashSet<_>>().len(), AUTHORITIES.len());
        let codes: Vec<&NewCode> = AUTHORITIES.iter().flat_map(|authority| authority.new_codes).collect();
        assert_eq!(codes.iter().map(|code| code.code).collect::<HashSet<_>>().len(), codes.len());
        assert!(codes.iter().all(|code| is_new_code(code.code) && code.first_day >= CODES_FIRST_DAY));
        for authority in AUTHORITIES {
            assert!(authority.old_code.len() == 3 && !authority.new_codes.is_empty());
            for pair in authority.new_codes.windows(2) {
                assert_eq!(day(pair[0].last_day).plus_days(1), day(pair[1].first_day), "{}", authority.name);
            }
        }
    }

    #[test]
    fn a_successor_begins_on_the_day_after_its_predecessors_end() {
        for authority in AUTHORITIES {
            for predecessor in authority.predecessors {
                let before = authority_by_old_code(predecessor).expect("a predecessor is in the table");
                let last = before.new_codes.last().expect("it has a code").last_day;
                assert_eq!(
                    day(last).plus_days(1),
                    day(authority.new_codes[0].first_day),
                    "{} to {}",
                    before.name,
                    authority.name
                );
                assert_eq!(before.region, authority.region);
            }
        }
    }

    #[test]
    fn a_code_is_that_of_the_day() {
        assert_eq!(new_code("373", "2025-04-30"), Some("E08000019"));
        assert_eq!(new_code("373", "2025-05-01"), Some("E08000039"));
        assert_eq!(new_code("815", "2023-03-31"), Some("E10000023"));
        assert_eq!(new_code("815", "2026-11-01"), Some("E06000065"));
        // Closed schools keep the code of an authority that has ended.
        assert_eq!(new_code("909", "2026-11-01"), Some("E10000006"));
        assert_eq!(new_code("942", "2023-03-31"), None);
        assert_eq!(newest_change(), "2025-05-01");
    }

    #[test]
    fn authorities_of_april_2019_are_151() {
        let in_force =
            |code: &NewCode| code.first_day <= "2019-04-01" && (code.last_day.is_empty() || code.last_day >= "2019-04-01");
        assert_eq!(AUTHORITIES.iter().filter(|authority| authority.new_codes.iter().any(in_force)).count(), 151);
    }

    #[test]
    fn a_school_lies_in_the_authority_of_the_day() {
        let on = |old_code: &str, on: &str| {
            let schools_count = |code: &str| usize::from(code == "943");
            authority_by_old_code(old_code).expect("the authority is known").on(day(on), &schools_count).old_code
        };
        // Cumbria was split on 1 April 2023.
        assert_eq!((on("942", "2022-09-01"), on("943", "2022-09-01"), on("909", "2022-09-01")), ("909", "909", "909"));
        assert_eq!((on("942", "2023-09-01"), on("943", "2023-09-01"), on("909", "2023-09-01")), ("942", "943", "943"));
        // Bournemouth, Poole and a part of Dorset were joined in 2019, and no code tells from which a school came.
        assert_eq!((on("839", "2018-09-01"), on("836", "2018-09-01"), on("837", "2018-09-01")), ("839", "839", "839"));
        assert_eq!((on("838", "2018-09-01"), on("835", "2018-09-01")), ("838", "838"));
        assert_eq!((on("373", "2018-09-01"), on("815", "2022-09-01")), ("373", "815"));
    }

    #[test]
    fn an_authority_and_those_that_replaced_it_never_appear_together() {
        for year in 2009..2030 {
            let day = Date::parse(&format!("{year}-09-01")).expect("a day");
            let appear: BTreeSet<&str> = AUTHORITIES.iter().map(|authority| authority.on(day, &|_| 0).old_code).collect();
            for authority in AUTHORITIES.iter().filter(|authority| appear.contains(authority.old_code)) {
                for successor in authority.successors() {
                    assert!(!appear.contains(successor.old_code), "{} and {} on {day}", authority.name, successor.name);
                }
            }
        }
    }

    #[test]
    fn only_one_predecessor_is_unambiguous() {
        let of = |old_code| authority_by_old_code(old_code).expect("the authority is known").only_predecessor();
        assert_eq!((of("942"), of("941"), of("838")), (Some("909"), Some("928"), Some("835")));
        // Bournemouth, Christchurch and Poole came from three; Sheffield from none.
        assert_eq!((of("839"), of("373")), (None, None));
    }

    /// The rows of a reference file as fields, or `None`: then the test is named among those that were skipped.
    fn reference(name: &str) -> Option<Vec<Vec<String>>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/reference").join(name);
        let Ok(mut reader) = csv::Reader::from_path(path) else {
            db::testing::skip(db::testing::NO_REFERENCE);
            return None;
        };
        let rows = reader.records().map(|row| row.expect("the file is a table").iter().map(str::to_owned).collect());
        Some(rows.collect())
    }

    /// Whether a row is of one authority of the table's time: others have `x` for a code, or join two authorities.
    fn is_single(old_code: &str, new_code: &str) -> bool {
        old_code.len() == 3 && is_new_code(new_code)
    }

    #[test]
    fn real_codes_and_their_days_are_those_of_the_table() {
        let Some(rows) = reference("las.csv") else { return };
        let iso = |text: &str| match text.split('/').collect::<Vec<_>>()[..] {
            [day, month, year] => format!("{year}-{month}-{day}"),
            _ => String::new(),
        };
        let rows = rows.iter().filter(|row| is_single(&row[8], &row[0]));
        let expected: BTreeSet<_> = rows
            .map(|row| (row[8].clone(), row[0].clone(), row[1].clone(), iso(&row[2]), iso(&row[3]), row[4].clone()))
            .collect();
        let found = AUTHORITIES.iter().flat_map(|authority| {
            authority.new_codes.iter().map(|code| {
                let fields =
                    [authority.old_code, code.code, authority.name, code.first_day, code.last_day, authority.region.code];
                let [old_code, new_code, name, first_day, last_day, region] = fields.map(str::to_owned);
                (old_code, new_code, name, first_day, last_day, region)
            })
        });
        assert_eq!(found.collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn real_hierarchy_puts_each_authority_into_its_region() {
        let Some(rows) = reference("region_la_hierarchy.csv") else { return };
        let rows = rows.iter().filter(|row| is_single(&row[2], &row[4]));
        let expected: BTreeSet<_> = rows.map(|row| (row[0].clone(), row[2].clone(), row[4].clone())).collect();
        let found = AUTHORITIES.iter().flat_map(|authority| {
            let region = authority.region.code.to_owned();
            authority.new_codes.iter().map(move |code| (region.clone(), authority.old_code.to_owned(), code.code.to_owned()))
        });
        assert_eq!(found.collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn regions_are_numbered_in_their_order() {
        for (place, region) in REGIONS.iter().enumerate() {
            assert_eq!(region.code, format!("E1200000{}", place + 1));
            assert!(AUTHORITIES.iter().any(|authority| authority.region == region), "{} has authorities", region.name);
        }
    }
}
