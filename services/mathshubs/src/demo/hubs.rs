//! The hubs of the demo, and the local authorities whose schools choose them by default.
//!
//! Their number is the real one: 35 until 2018, 37 in 2019, 40 from 2020. Which school chose which hub is not public; the assignment is invented.

use time::{AcademicYear, Date};

/// A hub of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hub {
    /// `hubs/{id}`.
    pub id: &'static str,
    /// Display name.
    pub display_name: &'static str,
    /// Region whose schools choose this hub when they choose another than their default one.
    pub region_code: &'static str,
    /// Three-digit codes of the authorities whose schools choose it by default. A later hub takes over authorities of an earlier one.
    pub old_la_codes: &'static [&'static str],
    /// First academic year in which the hub is active, by the calendar year in which that year begins.
    pub first_year: i16,
}

impl Hub {
    /// True if the hub is active in a year.
    pub fn is_active_in(&self, year: AcademicYear) -> bool {
        self.first_year <= year.first_year()
    }

    /// First day of the hub: 1 February before its first year, in time for that year's round.
    pub fn start_date(&self) -> Date {
        Date::new_checked(self.first_year, 2, 1).expect("1 February exists in every year")
    }
}

/// Index in [`HUBS`] of the default hub of an authority: the newest active one; `None` for an authority without a hub.
pub fn find_home(old_la_code: &str, year: AcademicYear) -> Option<usize> {
    HUBS.iter().rposition(|hub| hub.is_active_in(year) && hub.old_la_codes.contains(&old_la_code))
}

/// Indices in [`HUBS`] of a region's hubs.
pub fn of_region(region_code: &str, year: AcademicYear) -> Vec<usize> {
    let of_region = |(index, hub): (usize, &Hub)| (hub.is_active_in(year) && hub.region_code == region_code).then_some(index);
    HUBS.iter().enumerate().filter_map(of_region).collect()
}

const fn hub(
    id: &'static str,
    display_name: &'static str,
    region: &'static str,
    old_la_codes: &'static [&'static str],
    first_year: i16,
) -> Hub {
    Hub { id, display_name, region_code: region, old_la_codes, first_year }
}

const NE: &str = "E12000001";
const NW: &str = "E12000002";
const YH: &str = "E12000003";
const EM: &str = "E12000004";
const WM: &str = "E12000005";
const EE: &str = "E12000006";
const L: &str = "E12000007";
const SE: &str = "E12000008";
const SW: &str = "E12000009";

/// Ordered by region; newer hubs come last.
pub const HUBS: &[Hub] = &[
    hub("tyne-and-northumberland", "Tyne and Northumberland", NE, &["390", "391", "392", "393", "394", "929"], 2014),
    hub("durham-and-tees", "Durham and Tees", NE, &["805", "806", "807", "808", "840", "841"], 2014),
    hub("north-north-west", "North North West", NW, &["888", "889", "890", "909"], 2014),
    hub("north-manchester", "North Manchester", NW, &["350", "351", "353", "354", "359"], 2014),
    hub("south-manchester", "South Manchester", NW, &["352", "355", "356", "357", "358"], 2014),
    hub("mersey-and-cheshire", "Mersey and Cheshire", NW, &["340", "341", "342", "343", "344", "876", "877", "895", "896"], 2014),
    hub("west-yorkshire", "West Yorkshire", YH, &["380", "381", "382"], 2014),
    hub("leeds-and-wakefield", "Leeds and Wakefield", YH, &["383", "384"], 2014),
    hub("south-yorkshire", "South Yorkshire", YH, &["370", "371", "372", "373"], 2014),
    hub("north-yorkshire-and-humber", "North Yorkshire and Humber", YH, &["810", "811", "812", "813", "815", "816"], 2014),
    hub("derbyshire", "Derbyshire", EM, &["830", "831"], 2014),
    hub("nottingham-and-lincoln", "Nottingham and Lincoln", EM, &["891", "892", "925"], 2014),
    hub("leicester-and-northampton", "Leicester and Northampton", EM, &["855", "856", "857", "928"], 2014),
    hub("birmingham-and-coventry", "Birmingham and Coventry", WM, &["330", "331", "334"], 2014),
    hub("black-country-and-stafford", "Black Country and Stafford", WM, &["332", "333", "335", "336", "860", "861"], 2014),
    hub("shropshire-and-hereford", "Shropshire and Hereford", WM, &["884", "893", "894"], 2014),
    hub("worcester-and-warwick", "Worcester and Warwick", WM, &["885", "937"], 2014),
    hub("hertford-and-bedford", "Hertford and Bedford", EE, &["821", "822", "823", "919"], 2014),
    hub("essex", "Essex", EE, &["881", "882", "883"], 2014),
    hub("cambridge", "Cambridge", EE, &["873", "874"], 2014),
    hub("norfolk-and-suffolk", "Norfolk and Suffolk", EE, &["926", "935"], 2014),
    hub("london-central", "London Central", L, &["201", "202", "205", "206", "207", "210", "213"], 2014),
    hub("london-north-west", "London North West", L, &["302", "304", "307", "310", "312", "313"], 2014),
    hub("london-north-east", "London North East", L, &["204", "211", "301", "308", "309", "311", "316", "317", "320"], 2014),
    hub("london-south-east", "London South East", L, &["203", "208", "209", "303", "305"], 2014),
    hub("london-south-west", "London South West", L, &["212", "306", "314", "315", "318", "319"], 2014),
    hub("thames-valley", "Thames Valley", SE, &["867", "868", "869", "870", "871", "872"], 2014),
    hub("oxford-and-buckingham", "Oxford and Buckingham", SE, &["825", "826", "931"], 2014),
    hub("hampshire-and-wight", "Hampshire and Wight", SE, &["850", "851", "852", "921"], 2014),
    hub("surrey-and-sussex", "Surrey and Sussex", SE, &["845", "846", "936", "938"], 2014),
    hub("kent-and-medway", "Kent and Medway", SE, &["886", "887"], 2014),
    hub("bristol-and-bath", "Bristol and Bath", SW, &["800", "801", "802", "803"], 2014),
    hub("gloucester-and-wiltshire", "Gloucester and Wiltshire", SW, &["865", "866", "916"], 2014),
    hub("dorset-and-somerset", "Dorset and Somerset", SW, &["835", "836", "837", "838", "839", "933"], 2014),
    hub("devon-and-cornwall", "Devon and Cornwall", SW, &["420", "878", "879", "880", "908"], 2014),
    hub("central-lancashire", "Central Lancashire", NW, &["888"], 2019),
    hub("cheshire-and-wirral", "Cheshire and Wirral", NW, &["344", "895", "896"], 2019),
    hub("coventry-and-warwick", "Coventry and Warwick", WM, &["331", "334", "937"], 2020),
    hub("thames-estuary", "Thames Estuary", EE, &["882", "883"], 2020),
    hub("wiltshire-and-reading", "Wiltshire and Reading", SW, &["865", "866", "869", "870"], 2020),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::SIZES;

    #[test]
    fn there_were_35_hubs_in_2018_then_37_then_40() {
        let active_count = |year| HUBS.iter().filter(|hub| hub.is_active_in(AcademicYear::starting(year))).count();
        assert_eq!([2014, 2018, 2019, 2020].map(active_count), [35, 35, 37, 40]);
    }

    #[test]
    fn every_authority_has_exactly_one_hub_from_the_first_year() {
        for size in SIZES {
            let of_2018 =
                HUBS.iter().filter(|hub| hub.first_year == 2014 && hub.old_la_codes.contains(&size.old_la_code)).count();
            assert_eq!(of_2018, 1, "{}", size.old_la_code);
        }
    }

    #[test]
    fn a_new_hub_takes_over_from_an_earlier_one() {
        let home = |year| find_home("888", AcademicYear::starting(year)).map(|index| HUBS[index].id);
        assert_eq!(home(2018), Some("north-north-west"));
        assert_eq!(home(2019), Some("central-lancashire"));
    }
}
