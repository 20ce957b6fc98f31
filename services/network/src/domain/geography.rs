//! England's nine regions and its local authorities, written down by the project itself, so that nothing rests on names.
//!
//! The table is that of April 2019: one row for each of the 151 authorities with education duties, by its old three-digit code, which stays, and the
//! nine-character code of that day, which changes whenever an authority is made anew; where a register says another, the register's stands. Authorities
//! that were abolished before or founded after are in a second table, so that an older or a newer extract finds its regions too. Always map on codes:
//! GIAS and ONS write some names differently.

/// One of the nine regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// E12000001 to E12000009.
    pub code: &'static str,
    /// As ONS writes it.
    pub name: &'static str,
    /// The letter by which GIAS knows it.
    pub gias_code: &'static str,
}

/// A local authority with education duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    /// Three digits; stays when the nine-character code changes.
    pub old_code: &'static str,
    /// Nine characters.
    pub new_code: &'static str,
    /// As ONS writes it.
    pub name: &'static str,
    /// The region in which it lies.
    pub region: &'static Region,
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

/// The region that GIAS knows by a letter.
pub fn region_by_gias_code(gias_code: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.gias_code == gias_code)
}

/// The authority with an old code, whenever it stood.
pub fn authority_by_old_code(old_code: &str) -> Option<&'static Authority> {
    AUTHORITIES.iter().chain(OTHER_AUTHORITIES).find(|authority| authority.old_code == old_code)
}

/// Whether a text has the form of an English authority's nine-character code.
pub(crate) fn is_new_code(text: &str) -> bool {
    text.len() == 9 && text.strip_prefix('E').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

const fn region(code: &'static str, name: &'static str, gias_code: &'static str) -> Region {
    Region { code, name, gias_code }
}

const fn la(old_code: &'static str, new_code: &'static str, name: &'static str, region: usize) -> Authority {
    Authority { old_code, new_code, name, region: &REGIONS[region - 1] }
}

/// The authorities of April 2019, by region and old code.
pub static AUTHORITIES: &[Authority] = &[
    la("390", "E08000037", "Gateshead", 1),
    la("391", "E08000021", "Newcastle upon Tyne", 1),
    la("392", "E08000022", "North Tyneside", 1),
    la("393", "E08000023", "South Tyneside", 1),
    la("394", "E08000024", "Sunderland", 1),
    la("805", "E06000001", "Hartlepool", 1),
    la("806", "E06000002", "Middlesbrough", 1),
    la("807", "E06000003", "Redcar and Cleveland", 1),
    la("808", "E06000004", "Stockton-on-Tees", 1),
    la("840", "E06000047", "County Durham", 1),
    la("841", "E06000005", "Darlington", 1),
    la("929", "E06000057", "Northumberland", 1),
    la("340", "E08000011", "Knowsley", 2),
    la("341", "E08000012", "Liverpool", 2),
    la("342", "E08000013", "St. Helens", 2),
    la("343", "E08000014", "Sefton", 2),
    la("344", "E08000015", "Wirral", 2),
    la("350", "E08000001", "Bolton", 2),
    la("351", "E08000002", "Bury", 2),
    la("352", "E08000003", "Manchester", 2),
    la("353", "E08000004", "Oldham", 2),
    la("354", "E08000005", "Rochdale", 2),
    la("355", "E08000006", "Salford", 2),
    la("356", "E08000007", "Stockport", 2),
    la("357", "E08000008", "Tameside", 2),
    la("358", "E08000009", "Trafford", 2),
    la("359", "E08000010", "Wigan", 2),
    la("876", "E06000006", "Halton", 2),
    la("877", "E06000007", "Warrington", 2),
    la("888", "E10000017", "Lancashire", 2),
    la("889", "E06000008", "Blackburn with Darwen", 2),
    la("890", "E06000009", "Blackpool", 2),
    la("895", "E06000049", "Cheshire East", 2),
    la("896", "E06000050", "Cheshire West and Chester", 2),
    la("909", "E10000006", "Cumbria", 2),
    la("370", "E08000016", "Barnsley", 3),
    la("371", "E08000017", "Doncaster", 3),
    la("372", "E08000018", "Rotherham", 3),
    la("373", "E08000019", "Sheffield", 3),
    la("380", "E08000032", "Bradford", 3),
    la("381", "E08000033", "Calderdale", 3),
    la("382", "E08000034", "Kirklees", 3),
    la("383", "E08000035", "Leeds", 3),
    la("384", "E08000036", "Wakefield", 3),
    la("810", "E06000010", "Kingston upon Hull, City of", 3),
    la("811", "E06000011", "East Riding of Yorkshire", 3),
    la("812", "E06000012", "North East Lincolnshire", 3),
    la("813", "E06000013", "North Lincolnshire", 3),
    la("815", "E10000023", "North Yorkshire", 3),
    la("816", "E06000014", "York", 3),
    la("830", "E10000007", "Derbyshire", 4),
    la("831", "E06000015", "Derby", 4),
    la("855", "E10000018", "Leicestershire", 4),
    la("856", "E06000016", "Leicester", 4),
    la("857", "E06000017", "Rutland", 4),
    la("891", "E10000024", "Nottinghamshire", 4),
    la("892", "E06000018", "Nottingham", 4),
    la("925", "E10000019", "Lincolnshire", 4),
    la("928", "E10000021", "Northamptonshire", 4),
    la("330", "E08000025", "Birmingham", 5),
    la("331", "E08000026", "Coventry", 5),
    la("332", "E08000027", "Dudley", 5),
    la("333", "E08000028", "Sandwell", 5),
    la("334", "E08000029", "Solihull", 5),
    la("335", "E08000030", "Walsall", 5),
    la("336", "E08000031", "Wolverhampton", 5),
    la("860", "E10000028", "Staffordshire", 5),
    la("861", "E06000021", "Stoke-on-Trent", 5),
    la("884", "E06000019", "Herefordshire, County of", 5),
    la("885", "E10000034", "Worcestershire", 5),
    la("893", "E06000051", "Shropshire", 5),
    la("894", "E06000020", "Telford and Wrekin", 5),
    la("937", "E10000031", "Warwickshire", 5),
    la("821", "E06000032", "Luton", 6),
    la("822", "E06000055", "Bedford", 6),
    la("823", "E06000056", "Central Bedfordshire", 6),
    la("873", "E10000003", "Cambridgeshire", 6),
    la("874", "E06000031", "Peterborough", 6),
    la("881", "E10000012", "Essex", 6),
    la("882", "E06000033", "Southend-on-Sea", 6),
    la("883", "E06000034", "Thurrock", 6),
    la("919", "E10000015", "Hertfordshire", 6),
    la("926", "E10000020", "Norfolk", 6),
    la("935", "E10000029", "Suffolk", 6),
    la("201", "E09000001", "City of London", 7),
    la("202", "E09000007", "Camden", 7),
    la("203", "E09000011", "Greenwich", 7),
    la("204", "E09000012", "Hackney", 7),
    la("205", "E09000013", "Hammersmith and Fulham", 7),
    la("206", "E09000019", "Islington", 7),
    la("207", "E09000020", "Kensington and Chelsea", 7),
    la("208", "E09000022", "Lambeth", 7),
    la("209", "E09000023", "Lewisham", 7),
    la("210", "E09000028", "Southwark", 7),
    la("211", "E09000030", "Tower Hamlets", 7),
    la("212", "E09000032", "Wandsworth", 7),
    la("213", "E09000033", "Westminster", 7),
    la("301", "E09000002", "Barking and Dagenham", 7),
    la("302", "E09000003", "Barnet", 7),
    la("303", "E09000004", "Bexley", 7),
    la("304", "E09000005", "Brent", 7),
    la("305", "E09000006", "Bromley", 7),
    la("306", "E09000008", "Croydon", 7),
    la("307", "E09000009", "Ealing", 7),
    la("308", "E09000010", "Enfield", 7),
    la("309", "E09000014", "Haringey", 7),
    la("310", "E09000015", "Harrow", 7),
    la("311", "E09000016", "Havering", 7),
    la("312", "E09000017", "Hillingdon", 7),
    la("313", "E09000018", "Hounslow", 7),
    la("314", "E09000021", "Kingston upon Thames", 7),
    la("315", "E09000024", "Merton", 7),
    la("316", "E09000025", "Newham", 7),
    la("317", "E09000026", "Redbridge", 7),
    la("318", "E09000027", "Richmond upon Thames", 7),
    la("319", "E09000029", "Sutton", 7),
    la("320", "E09000031", "Waltham Forest", 7),
    la("825", "E10000002", "Buckinghamshire", 8),
    la("826", "E06000042", "Milton Keynes", 8),
    la("845", "E10000011", "East Sussex", 8),
    la("846", "E06000043", "Brighton and Hove", 8),
    la("850", "E10000014", "Hampshire", 8),
    la("851", "E06000044", "Portsmouth", 8),
    la("852", "E06000045", "Southampton", 8),
    la("867", "E06000036", "Bracknell Forest", 8),
    la("868", "E06000040", "Windsor and Maidenhead", 8),
    la("869", "E06000037", "West Berkshire", 8),
    la("870", "E06000038", "Reading", 8),
    la("871", "E06000039", "Slough", 8),
    la("872", "E06000041", "Wokingham", 8),
    la("886", "E10000016", "Kent", 8),
    la("887", "E06000035", "Medway", 8),
    la("921", "E06000046", "Isle of Wight", 8),
    la("931", "E10000025", "Oxfordshire", 8),
    la("936", "E10000030", "Surrey", 8),
    la("938", "E10000032", "West Sussex", 8),
    la("420", "E06000053", "Isles of Scilly", 9),
    la("800", "E06000022", "Bath and North East Somerset", 9),
    la("801", "E06000023", "Bristol, City of", 9),
    la("802", "E06000024", "North Somerset", 9),
    la("803", "E06000025", "South Gloucestershire", 9),
    la("838", "E06000059", "Dorset", 9),
    la("839", "E06000058", "Bournemouth, Christchurch and Poole", 9),
    la("865", "E06000054", "Wiltshire", 9),
    la("866", "E06000030", "Swindon", 9),
    la("878", "E10000008", "Devon", 9),
    la("879", "E06000026", "Plymouth", 9),
    la("880", "E06000027", "Torbay", 9),
    la("908", "E06000052", "Cornwall", 9),
    la("916", "E10000013", "Gloucestershire", 9),
    la("933", "E10000027", "Somerset", 9),
];

/// Authorities that had ended by then, and such as began later.
static OTHER_AUTHORITIES: &[Authority] = &[
    la("942", "E06000063", "Cumberland", 2),
    la("943", "E06000064", "Westmorland and Furness", 2),
    la("940", "E06000061", "North Northamptonshire", 4),
    la("941", "E06000062", "West Northamptonshire", 4),
    la("835", "E10000009", "Dorset", 9),
    la("836", "E06000029", "Poole", 9),
    la("837", "E06000028", "Bournemouth", 9),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_authority_has_codes_of_its_own() {
        assert_eq!(AUTHORITIES.len(), 151);
        let all = || AUTHORITIES.iter().chain(OTHER_AUTHORITIES);
        assert_eq!(all().map(|authority| authority.old_code).collect::<HashSet<_>>().len(), all().count());
        assert_eq!(all().map(|authority| authority.new_code).collect::<HashSet<_>>().len(), all().count());
        assert!(all().all(|authority| authority.old_code.len() == 3 && authority.new_code.len() == 9));
    }

    #[test]
    fn regions_are_numbered_in_their_order() {
        for (place, region) in REGIONS.iter().enumerate() {
            assert_eq!(region.code, format!("E1200000{}", place + 1));
            assert!(AUTHORITIES.iter().any(|authority| authority.region == region), "{} has authorities", region.name);
        }
    }
}
