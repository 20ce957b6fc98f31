//! Shares places among hubs by their schools, in exact fractions.

use std::collections::{BTreeMap, BTreeSet};

use name::HubId;

/// Hubs among which the schools of one authority are divided, the first by id: a bound that no authority comes near, so that fractions fit into 128 bits.
const HUBS_OF_AUTHORITY_MAX: usize = 16;

/// Eligible schools of an authority that have one choice of hub in common.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct SchoolGroup {
    /// `None` when they have chosen none.
    pub(super) hub: Option<HubId>,
    pub(super) old_la_code: String,
    pub(super) schools_count: i64,
    pub(super) schools_never_reached_count: i64,
}

/// Numbers of schools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) schools_count: i64,
    pub(super) never_reached_count: i64,
}

impl Counts {
    fn add(&mut self, group: &SchoolGroup) {
        self.schools_count += group.schools_count;
        self.never_reached_count += group.schools_never_reached_count;
    }
}

/// The places of a hub, and the reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) places_count: i64,
    /// Schools that chose the hub.
    pub(super) chosen: Counts,
    /// The hub's part of schools that count by their authority, rounded down.
    pub(super) served_thousandths: Counts,
    /// The places before rounding, rounded down.
    pub(super) part_thousandths: i64,
    pub(super) is_rounded_up: bool,
}

/// The places of all hubs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) of_hubs: BTreeMap<HubId, Share>,
    /// Schools that count to a hub.
    pub(super) total: Counts,
    /// Schools that count to none.
    pub(super) without_hub: Counts,
    /// The share that went by schools never reached: 0 when there are none.
    pub(super) need_permille: i64,
}

/// The schools of a hub in parts of a school.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    schools: i128,
    never_reached: i128,
}

/// Shares places among the open hubs, which are given with the authorities that they serve: `need_permille` of the places by schools never reached, the rest
/// by all schools. `None` when no school counts to a hub.
///
/// One more school never reached among those that chose a hub gives that hub no fewer places: its part grows and all others shrink. The same is not true of a
/// school that counts by its authority, because it adds to several hubs, and a hub with a larger part of the nation's schools than of this one then shrinks.
pub(super) fn share(
    places_count: i64,
    need_permille: i64,
    groups: &[SchoolGroup],
    open: &BTreeMap<HubId, BTreeSet<String>>,
) -> Option<Shares> {
    let mut serving: BTreeMap<&str, Vec<&HubId>> = BTreeMap::new();
    for (hub, authorities) in open {
        for old_la_code in authorities {
            let hubs = serving.entry(old_la_code).or_default();
            if hubs.len() < HUBS_OF_AUTHORITY_MAX {
                hubs.push(hub);
            }
        }
    }
    // Parts of a school, so that each division of a school is whole.
    let parts = serving.values().map(|hubs| whole(hubs.len())).fold(1, least_common_multiple);
    let mut chosen: BTreeMap<&HubId, Counts> = open.keys().map(|hub| (hub, Counts::default())).collect();
    let mut served: BTreeMap<&HubId, Parts> = open.keys().map(|hub| (hub, Parts::default())).collect();
    let (mut total, mut without_hub) = (Counts::default(), Counts::default());
    for group in groups {
        if let Some(counts) = group.hub.as_ref().and_then(|hub| chosen.get_mut(hub)) {
            counts.add(group);
            total.add(group);
        } else if let Some(hubs) = serving.get(group.old_la_code.as_str()) {
            let part = parts / whole(hubs.len());
            for hub in hubs {
                let of_hub = served.entry(hub).or_default();
                of_hub.schools += i128::from(group.schools_count) * part;
                of_hub.never_reached += i128::from(group.schools_never_reached_count) * part;
            }
            total.add(group);
        } else {
            without_hub.add(group);
        }
    }
    if total.schools_count == 0 {
        return None;
    }
    let need_permille = if total.never_reached_count == 0 { 0 } else { need_permille };
    let (schools_total, never_reached_total) =
        (i128::from(total.schools_count) * parts, i128::from(total.never_reached_count.max(1)) * parts);
    // A hub's places before rounding are its weight in these.
    let whole_place = 1_000 * schools_total * never_reached_total;
    let (need, rest) = (i128::from(need_permille), i128::from(1_000 - need_permille));
    let mut of_hubs = BTreeMap::new();
    let mut fractions: Vec<(i128, &HubId)> = Vec::new();
    for hub in open.keys() {
        let (chosen, served) = (chosen[hub], served[hub]);
        let schools = i128::from(chosen.schools_count) * parts + served.schools;
        let never_reached = i128::from(chosen.never_reached_count) * parts + served.never_reached;
        let weight = i128::from(places_count) * (need * never_reached * schools_total + rest * schools * never_reached_total);
        let (places, fraction) = (weight / whole_place, weight % whole_place);
        let thousandths = |of_school: i128| fit(of_school * 1_000 / parts);
        let share = Share {
            places_count: fit(places),
            chosen,
            served_thousandths: Counts {
                schools_count: thousandths(served.schools),
                never_reached_count: thousandths(served.never_reached),
            },
            part_thousandths: fit(places * 1_000 + fraction * 1_000 / whole_place),
            is_rounded_up: false,
        };
        of_hubs.insert(hub.clone(), share);
        fractions.push((fraction, hub));
    }
    let given: i64 = of_hubs.values().map(|share| share.places_count).sum();
    fractions.sort_by(|(one, of_one), (other, of_other)| other.cmp(one).then(of_one.cmp(of_other)));
    let left = usize::try_from(places_count - given).expect("parts that are rounded down are no more than the whole");
    for (_, hub) in fractions.into_iter().take(left) {
        let share = of_hubs.get_mut(hub).expect("each open hub has a share");
        share.places_count += 1;
        share.is_rounded_up = true;
    }
    Some(Shares { of_hubs, total, without_hub, need_permille })
}

fn whole(number: usize) -> i128 {
    i128::try_from(number).expect("128 bits fit")
}

fn fit(number: i128) -> i64 {
    i64::try_from(number).expect("places and schools are bounded")
}

fn least_common_multiple(one: i128, other: i128) -> i128 {
    let (mut greatest_divisor, mut rest) = (one, other);
    while rest != 0 {
        (greatest_divisor, rest) = (rest, greatest_divisor % rest);
    }
    one / greatest_divisor * other
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hub(number: usize) -> HubId {
        HubId::trusted(format!("hub-{number}"))
    }

    fn group(hub: Option<HubId>, authority: usize, schools_count: i64, schools_never_reached_count: i64) -> SchoolGroup {
        SchoolGroup { hub, old_la_code: format!("{authority:03}"), schools_count, schools_never_reached_count }
    }

    /// Hubs by number, with the authorities that each serves.
    fn open(serves: &[&[usize]]) -> BTreeMap<HubId, BTreeSet<String>> {
        let codes = |authorities: &[usize]| authorities.iter().map(|code| format!("{code:03}")).collect();
        serves.iter().enumerate().map(|(number, authorities)| (hub(number), codes(authorities))).collect()
    }

    fn places(shares: &Shares) -> Vec<i64> {
        shares.of_hubs.values().map(|share| share.places_count).collect()
    }

    #[test]
    fn need_moves_places_to_the_hub_whose_schools_were_never_reached() {
        let groups = [group(Some(hub(0)), 800, 100, 10), group(Some(hub(1)), 801, 100, 90)];
        let shared = |need_permille| places(&share(10, need_permille, &groups, &open(&[&[], &[]])).expect("schools"));
        assert_eq!([shared(0), shared(500), shared(1_000)], [vec![5, 5], vec![3, 7], vec![1, 9]]);
    }

    #[test]
    fn a_school_without_a_choice_counts_in_equal_parts_to_the_hubs_that_serve_its_authority() {
        let hubs = open(&[&[800], &[800], &[800, 801]]);
        let closed = Some(hub(9));
        let groups = [group(None, 800, 1, 1), group(closed, 801, 2, 0), group(None, 802, 5, 5)];
        let shares = share(3, 0, &groups, &hubs).expect("schools");
        let served = |number| shares.of_hubs[&hub(number)].served_thousandths.schools_count;
        assert_eq!([served(0), served(1), served(2)], [333, 333, 2_333], "a closed hub is no choice");
        assert_eq!(places(&shares), [1, 0, 2], "equal fractions in order of their ids");
        assert!(shares.of_hubs[&hub(0)].is_rounded_up && !shares.of_hubs[&hub(1)].is_rounded_up);
        assert_eq!((shares.total.schools_count, shares.without_hub.schools_count), (3, 5));
    }

    #[test]
    fn places_are_not_shared_without_schools_and_go_by_all_schools_when_each_was_reached() {
        assert_eq!(share(10, 500, &[group(None, 800, 5, 5)], &open(&[&[801]])), None);
        let reached = share(3, 1_000, &[group(Some(hub(0)), 800, 4, 0), group(Some(hub(1)), 800, 2, 0)], &open(&[&[], &[]]));
        let reached = reached.expect("schools");
        assert_eq!((places(&reached), reached.need_permille), (vec![2, 1], 0));
    }

    prop_compose! {
        fn any_group()(hub_number in 0..6_usize, chose in any::<bool>(), authority in 800..806_usize, schools in 0..40_i64, reached in 0..40_i64) -> SchoolGroup {
            group(chose.then(|| hub(hub_number)), authority, schools, (schools - reached).max(0))
        }
    }

    proptest! {
        #[test]
        fn all_places_are_shared_whatever_the_order_and_one_more_school_never_reached_takes_none_away(
            groups in prop::collection::vec(any_group(), 1..20),
            serves in prop::collection::vec(prop::collection::btree_set(800..806_usize, 0..4), 1..6),
            places_count in 0..500_i64,
            need_permille in 0..=1_000_i64,
        ) {
            let serves: Vec<Vec<usize>> = serves.into_iter().map(|codes| codes.into_iter().collect()).collect();
            let hubs = open(&serves.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let Some(shares) = share(places_count, need_permille, &groups, &hubs) else { return Ok(()) };
            prop_assert_eq!(places(&shares).iter().sum::<i64>(), places_count);
            for share in shares.of_hubs.values() {
                prop_assert_eq!(share.places_count, share.part_thousandths / 1_000 + i64::from(share.is_rounded_up));
            }
            let reversed: Vec<SchoolGroup> = groups.iter().rev().cloned().collect();
            let of_reversed = share(places_count, need_permille, &reversed, &hubs);
            prop_assert_eq!(of_reversed.as_ref(), Some(&shares));
            for (index, one) in groups.iter().enumerate() {
                let Some(hub) = one.hub.as_ref().filter(|hub| hubs.contains_key(hub)) else { continue };
                if one.schools_never_reached_count == one.schools_count {
                    continue;
                }
                let mut more = groups.clone();
                more[index].schools_never_reached_count += 1;
                let after = share(places_count, need_permille, &more, &hubs).expect("schools");
                prop_assert!(after.of_hubs[hub].places_count >= shares.of_hubs[hub].places_count);
            }
        }
    }
}
