//! The stability of ranks: how far the rank of an area rests on one school, and on the weight of its region.

use std::cmp::Reverse;

use super::{ColdArea, coldness::coldness};

/// The areas that are coldest, of which a share says how often an area is among them.
pub const COLDEST_COUNT: usize = 20;

/// The stability of an area's rank under one change. The index of the other areas of its region changes with the share of the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stability {
    /// Its rank if one more of its schools had never been reached; its rank as it is if all were never reached.
    pub rank_one_more_never_reached: u32,
    /// Its rank if one fewer of its schools had never been reached; its rank as it is if all were reached.
    pub rank_one_fewer_never_reached: u32,
    /// Of the weights `0, 1, … 2k` of the region, where `k` is the policy's, those by which it is among the [`COLDEST_COUNT`] coldest.
    pub coldest_count: u32,
    /// The number of these weights, `2k + 1`.
    pub weights_count: u32,
}

const PPM: u32 = 1_000_000;

impl Stability {
    /// The stability of each of the ranked areas of a programme and phase.
    pub(super) fn of_ranked(areas: &[&ColdArea], prior: u32) -> Vec<Self> {
        let index = |area: &ColdArea, prior| {
            let own = (area.schools_count, area.never_reached_count);
            coldness(PPM, own, (area.region_schools_count, area.region_never_reached_count), prior)
        };
        let mut coldest_counts = vec![0; areas.len()];
        for weight in 0..=2 * prior {
            let mut coldest: Vec<_> = areas.iter().map(|area| order(index(area, weight), area)).zip(0..).collect();
            coldest.sort_unstable();
            coldest.into_iter().take(COLDEST_COUNT).for_each(|(_, place): (_, usize)| coldest_counts[place] += 1);
        }
        // A school that counts differently counts so in its region too, and moves the index of each area there.
        let rank = |changed: &ColdArea, never: u32, region_never: u32| {
            let key = |area: &ColdArea| {
                let ppm = if area.authority.region == changed.authority.region {
                    let never = if area.authority == changed.authority { never } else { area.never_reached_count };
                    coldness(PPM, (area.schools_count, never), (area.region_schools_count, region_never), prior)
                } else {
                    area.coldness_ppm
                };
                (Reverse(ppm), area.authority.old_la_code.clone())
            };
            let own = key(changed);
            u32::try_from(areas.iter().filter(|area| key(area) < own).count()).expect("there are few authorities") + 1
        };
        let stability = |(area, coldest_count): (&&ColdArea, u32)| {
            let (never, region_never) = (area.never_reached_count, area.region_never_reached_count);
            let more = u32::from(never < area.schools_count);
            let fewer = u32::from(never > 0);
            Self {
                rank_one_more_never_reached: rank(area, never + more, region_never + more),
                rank_one_fewer_never_reached: rank(area, never - fewer, region_never - fewer),
                coldest_count,
                weights_count: 2 * prior + 1,
            }
        };
        areas.iter().zip(coldest_counts).map(stability).collect()
    }
}

/// The key by which an area with an index precedes others.
fn order(ppm: u32, area: &ColdArea) -> (Reverse<u32>, &str) {
    (Reverse(ppm), &area.authority.old_la_code)
}
