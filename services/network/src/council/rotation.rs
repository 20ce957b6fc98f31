//! The rotation of the Council's chair: pure, and independent of the order in which candidates are given.

use std::collections::BTreeSet;

use name::{HubId, PersonId};
use time::Date;

/// A lead or assistant lead of a hub who is a member of the Council.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) person: PersonId,
    pub(super) hub: HubId,
    /// E12000001 to E12000009.
    pub(super) region_code: String,
    /// First day of the last chair from the region; `None` when it never chaired.
    pub(super) region_chaired: Option<Date>,
    /// The same of the hub.
    pub(super) hub_chaired: Option<Date>,
    /// First day on which the candidate leads the hub.
    pub(super) office_start: Date,
}

/// The reason for which a candidate comes before the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChairReason {
    /// The region never chaired.
    RegionNeverChaired,
    /// The region chaired longer ago.
    RegionChairedLongerAgo,
    /// The code of the region is lower.
    RegionCode,
    /// The hub never chaired.
    HubNeverChaired,
    /// The hub chaired longer ago.
    HubChairedLongerAgo,
    /// Longer in office.
    LongerInOffice,
    /// The id is lower.
    Id,
    /// There is no next one.
    Last,
}

/// The candidates in order, each person once and with the reason. An absent day, of a region or hub that never chaired, sorts before every day.
pub(super) fn rotate(mut candidates: Vec<Candidate>) -> Vec<(Candidate, ChairReason)> {
    candidates.sort_by(|one, other| key(one).cmp(&key(other)));
    let mut seen = BTreeSet::new();
    candidates.retain(|candidate| seen.insert(candidate.person.clone()));
    let next = candidates.iter().skip(1).map(Some).chain([None]);
    let reasons: Vec<ChairReason> = candidates.iter().zip(next).map(|(one, next)| reason(one, next)).collect();
    candidates.into_iter().zip(reasons).collect()
}

fn key(candidate: &Candidate) -> impl Ord {
    let Candidate { person, hub, region_code, region_chaired, hub_chaired, office_start } = candidate;
    (*region_chaired, region_code.clone(), *hub_chaired, *office_start, person.clone(), hub.clone())
}

fn reason(one: &Candidate, next: Option<&Candidate>) -> ChairReason {
    let Some(next) = next else { return ChairReason::Last };
    if one.region_chaired != next.region_chaired {
        match one.region_chaired {
            None => ChairReason::RegionNeverChaired,
            Some(_) => ChairReason::RegionChairedLongerAgo,
        }
    } else if one.region_code != next.region_code {
        ChairReason::RegionCode
    } else if one.hub_chaired != next.hub_chaired {
        match one.hub_chaired {
            None => ChairReason::HubNeverChaired,
            Some(_) => ChairReason::HubChairedLongerAgo,
        }
    } else if one.office_start != next.office_start {
        ChairReason::LongerInOffice
    } else {
        ChairReason::Id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a day")
    }

    fn candidate(person: &str, hub: &str, region_code: &str, chaired: [&str; 2], office: &str) -> Candidate {
        let [region_chaired, hub_chaired] = chaired.map(|text| (!text.is_empty()).then(|| day(text)));
        Candidate {
            person: PersonId::trusted(person),
            hub: HubId::trusted(hub),
            region_code: region_code.to_owned(),
            region_chaired,
            hub_chaired,
            office_start: day(office),
        }
    }

    /// One pair of neighbours for each reason.
    fn candidates() -> Vec<Candidate> {
        let (north_east, north_west, london, south_west) = ("E12000001", "E12000002", "E12000007", "E12000009");
        vec![
            candidate("a", "one", north_west, ["", ""], "2018-09-01"),
            candidate("b", "two", south_west, ["", ""], "2015-09-01"),
            candidate("c", "three", north_east, ["2015-09-01", ""], "2018-09-01"),
            candidate("d", "four", north_east, ["2015-09-01", "2014-09-01"], "2018-09-01"),
            candidate("e", "five", north_east, ["2015-09-01", "2015-09-01"], "2014-09-01"),
            candidate("f", "five", north_east, ["2015-09-01", "2015-09-01"], "2016-09-01"),
            candidate("g", "five", north_east, ["2015-09-01", "2015-09-01"], "2016-09-01"),
            candidate("h", "six", london, ["2016-09-01", "2016-09-01"], "2014-09-01"),
            // The same person in a second office.
            candidate("h", "six", london, ["2016-09-01", "2016-09-01"], "2017-09-01"),
        ]
    }

    #[test]
    fn regions_that_never_chaired_come_first_then_hubs_then_the_longest_in_office() {
        let rotated = rotate(candidates());
        let seen: Vec<_> = rotated.iter().map(|(candidate, reason)| (candidate.person.as_str(), *reason)).collect();
        let expected = [
            ("a", ChairReason::RegionCode),
            ("b", ChairReason::RegionNeverChaired),
            ("c", ChairReason::HubNeverChaired),
            ("d", ChairReason::HubChairedLongerAgo),
            ("e", ChairReason::LongerInOffice),
            ("f", ChairReason::Id),
            ("g", ChairReason::RegionChairedLongerAgo),
            ("h", ChairReason::Last),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn the_proposal_is_the_same_for_every_order_of_the_candidates() {
        let expected = rotate(candidates());
        let mut shuffled = candidates();
        // Steps of a linear congruential generator choose the swaps.
        let mut state = 7_usize;
        for _ in 0..200 {
            for last in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(last, (state >> 33) % (last + 1));
            }
            assert_eq!(rotate(shuffled.clone()), expected);
        }
    }
}
