//! Cold areas: local authorities with the least historic engagement.
//!
//! For each programme and each phase in which it is played, in the newest academic year that a register covers: the share of an authority's eligible
//! schools of the phase that was never reached, shrunk toward its region's share as if the authority had `k` more schools like the region's:
//!
//! ```text
//! coldness = (never reached + k × region's never reached ÷ region's schools) ÷ (schools + k)        in parts per million, rounded half up
//! ```
//! Small authorities are listed and not ranked. Equal coldness is ordered by the three-digit code.

use std::collections::HashMap;

use time::AcademicYear;

use super::{Authority, Figure, FigureState, Level, Phase, ReachPolicy, Region, Stability, Stage};

/// One authority for one programme and phase, with the parts of its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColdArea {
    /// The year of the denominator.
    pub year: AcademicYear,
    /// The authority.
    pub authority: Authority,
    /// Index into [`super::Reach::programmes`].
    pub programme: usize,
    /// The phase.
    pub phase: Phase,
    /// The policy's stage.
    pub stage: Stage,
    /// Eligible schools of the phase.
    pub schools_count: u32,
    /// Of these, the schools that were never reached.
    pub never_reached_count: u32,
    /// Eligible schools of the phase in its region.
    pub region_schools_count: u32,
    /// Of the region's schools, those never reached.
    pub region_never_reached_count: u32,
    /// The index in parts per million, which decides the rank.
    pub coldness_ppm: u32,
    /// The index in hundredths of a percent, rounded once from the counts.
    pub coldness_hundredths: u32,
    /// 1 is the coldest; `None` when the area is too small to rank.
    pub rank: Option<u32>,
    /// The stability of the rank; `None` without one.
    pub stability: Option<Stability>,
}

/// The index as parts of `whole`, rounded half up. The region has at least the area's schools, so that no division by zero occurs.
pub(super) fn coldness(whole: u32, (schools, never): (u32, u32), (region_schools, region_never): (u32, u32), prior: u32) -> u32 {
    let [whole, schools, never, region_schools, region_never, prior] =
        [whole, schools, never, region_schools, region_never, prior].map(u128::from);
    let numerator = whole * (never * region_schools + prior * region_never);
    let denominator = (schools + prior) * region_schools;
    let parts = (2 * numerator + denominator) / (2 * denominator);
    u32::try_from(parts).expect("a share is at most the whole")
}

/// All areas by programme and phase: ranked ones first, coldest first; then the small ones by code.
pub(super) fn cold_areas(figures: &[Figure], newest_covered: Option<AcademicYear>, policy: &ReachPolicy) -> Vec<ColdArea> {
    let mut regions: HashMap<(Region, usize, Phase), (u32, u32)> = HashMap::new();
    let mut areas = Vec::new();
    for figure in figures {
        let (Some(programme), Some(phase)) = (figure.programme, figure.phase) else { continue };
        if Some(figure.year) != newest_covered || figure.stage != policy.coldness_stage || figure.state != FigureState::Complete {
            continue;
        }
        let never = figure.schools_count - figure.reached_since_count;
        match &figure.level {
            Level::National => {}
            Level::Regional(region) => {
                regions.insert((*region, programme, phase), (figure.schools_count, never));
            }
            // In the figures of a year, regions come before authorities.
            Level::LocalAuthority(authority) => {
                let own = (figure.schools_count, never);
                let (region_schools_count, region_never_reached_count) =
                    regions.get(&(authority.region, programme, phase)).copied().unwrap_or(own);
                let index =
                    |whole| coldness(whole, own, (region_schools_count, region_never_reached_count), policy.prior_schools_count);
                areas.push(ColdArea {
                    year: figure.year,
                    authority: authority.clone(),
                    programme,
                    phase,
                    stage: figure.stage,
                    schools_count: figure.schools_count,
                    never_reached_count: never,
                    region_schools_count,
                    region_never_reached_count,
                    coldness_ppm: index(1_000_000),
                    coldness_hundredths: index(10_000),
                    rank: (figure.schools_count >= policy.ranked_schools_min).then_some(0),
                    stability: None,
                });
            }
        }
    }
    areas.sort_by(|a, b| {
        let key = |area: &ColdArea| {
            // Only ranked areas are ordered by coldness.
            let warmth = area.rank.map_or(0, |_| u32::MAX - area.coldness_ppm);
            (area.programme, area.phase, area.rank.is_none(), warmth)
        };
        key(a).cmp(&key(b)).then_with(|| a.authority.old_la_code.cmp(&b.authority.old_la_code))
    });
    let mut group = None;
    let mut rank = 0;
    for area in &mut areas {
        if group != Some((area.programme, area.phase)) {
            group = Some((area.programme, area.phase));
            rank = 0;
        }
        if area.rank.is_some() {
            rank += 1;
            area.rank = Some(rank);
        }
    }
    for group in areas.chunk_by_mut(|a, b| (a.programme, a.phase) == (b.programme, b.phase)) {
        let ranked: Vec<&ColdArea> = group.iter().filter(|area| area.rank.is_some()).collect();
        let stabilities = Stability::of_ranked(&ranked, policy.prior_schools_count);
        // Ranked areas come first.
        group.iter_mut().zip(stabilities).for_each(|(area, stability)| area.stability = Some(stability));
    }
    areas
}

#[cfg(test)]
mod tests {
    use super::coldness;

    fn coldness_ppm(schools: u32, never: u32, region_schools: u32, region_never: u32, prior: u32) -> u32 {
        coldness(1_000_000, (schools, never), (region_schools, region_never), prior)
    }

    #[test]
    fn a_small_area_is_shrunk_toward_its_region_more_than_a_large_one() {
        // Region: 50 of 100 never reached. Two of two schools never reached: (2 + 10 × ½) ÷ 12 = 0.583333.
        assert_eq!(coldness_ppm(2, 2, 100, 50, 10), 583_333);
        // The same share of 90 schools: (90 + 5) ÷ 100.
        assert_eq!(coldness_ppm(90, 90, 100, 50, 10), 950_000);
        // Rounded half up: 1 of 400,000 is 2.5 parts per million.
        assert_eq!(coldness_ppm(400_000, 1, 400_000, 1, 0), 3);
    }

    #[test]
    fn hundredths_of_a_percent_are_rounded_once() {
        // 96.86496 %: rounding by way of 968,650 parts per million would give 96.87.
        assert_eq!(coldness(1_000_000, (97, 94), (1_749, 1_687), 10), 968_650);
        assert_eq!(coldness(10_000, (97, 94), (1_749, 1_687), 10), 9_686);
    }
}
