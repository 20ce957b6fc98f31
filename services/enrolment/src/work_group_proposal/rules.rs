//! The proposal of Work Groups for schools that are in none. Pure: it depends on the schools and leaders, and not on their order.
//!
//! Pairs of a leader and a school are taken in order of their distance, while the school is free and the group has room. Then the smallest group that is below the
//! minimum is dissolved, its schools go to the others, and so on. So no school is left over while a group that may take it has room. At last, schools that are left
//! over make another group, with schools that groups above the minimum can spare.

use std::collections::{BTreeMap, BTreeSet};

use name::{PersonId, Urn};

use crate::participation::ParticipationId;

/// The location of a school. Codes are empty, and the point absent, when the register does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    /// Easting and northing in metres.
    pub(super) point: Option<(i64, i64)>,
    pub(super) old_la_code: String,
    pub(super) region_code: String,
}

/// A person who may lead a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) person: PersonId,
    pub(super) location: Location,
    /// The URNs of the lineage of the school where the person teaches.
    pub(super) own_schools: BTreeSet<Urn>,
}

/// A participation that is in no group of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unplaced {
    pub(super) participation: ParticipationId,
    pub(super) urn: Urn,
    pub(super) location: Location,
}

/// Fewest and most schools of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) min: usize,
    pub(super) max: usize,
}

/// Why a school is left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOverReason {
    /// There is no free leader.
    NoLeader,
    /// Every leader has a full group.
    GroupsFull,
    /// Fewer schools are left than a group needs.
    BelowMinimum,
    /// The leaders with room teach at the school.
    OwnSchool,
}

/// A group that could be formed, with its schools from the nearest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProposedGroup {
    pub(super) leader: PersonId,
    pub(super) members: Vec<ParticipationId>,
}

/// Groups in order of their leaders, and schools without one in order of their participations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) groups: Vec<ProposedGroup>,
    pub(super) left_over: Vec<(ParticipationId, LeftOverReason)>,
}

/// The distance of two schools: by their points where both are known, else by authority and region. A smaller tier comes first.
fn distance(one: &Location, other: &Location) -> (u8, i64) {
    if let (Some(a), Some(b)) = (one.point, other.point) {
        return (0, (a.0 - b.0).pow(2) + (a.1 - b.1).pow(2));
    }
    let is_same = |a: &str, b: &str| !a.is_empty() && a == b;
    if is_same(&one.old_la_code, &other.old_la_code) {
        return (1, 0);
    }
    (if is_same(&one.region_code, &other.region_code) { 2 } else { 3 }, 0)
}

/// Proposes groups.
pub(super) fn propose(mut leaders: Vec<Candidate>, mut schools: Vec<Unplaced>, bounds: Bounds) -> Proposal {
    leaders.sort_by(|a, b| a.person.cmp(&b.person));
    schools.sort_by(|a, b| a.participation.cmp(&b.participation));
    let pairs = pairs(&leaders, &schools);
    let mut groups: BTreeMap<usize, Vec<usize>> = (0..leaders.len()).map(|leader| (leader, Vec::new())).collect();
    let mut free: BTreeSet<usize> = (0..schools.len()).collect();
    let mut dissolved: Vec<usize> = Vec::new();
    loop {
        fill(&pairs, &mut groups, &mut free, bounds);
        // Of several smallest groups the last leader gives way.
        let smallest = groups.iter().map(|(leader, members)| (members.len(), std::cmp::Reverse(*leader))).min();
        let Some((_, std::cmp::Reverse(leader))) = smallest.filter(|(count, _)| *count < bounds.min) else { break };
        free.extend(groups.remove(&leader).unwrap_or_default());
        dissolved.push(leader);
    }
    // The group that was dissolved last was the largest of them.
    while let Some((place, members)) = find_spared(&dissolved, &pairs, &groups, &free, bounds) {
        free.retain(|school| !members.contains(school));
        groups.values_mut().for_each(|group| group.retain(|school| !members.contains(school)));
        groups.insert(dissolved.remove(place), members);
        fill(&pairs, &mut groups, &mut free, bounds);
    }
    let reason = |school: &usize| {
        let is_own = |leader: usize| leaders[leader].own_schools.contains(&schools[*school].urn);
        let mut without_group = (0..leaders.len()).filter(|leader| !groups.contains_key(leader));
        let has_room = |leader: usize| groups.get(&leader).is_none_or(|members| members.len() < bounds.max);
        if leaders.is_empty() {
            LeftOverReason::NoLeader
        } else if without_group.any(|leader| !is_own(leader)) {
            LeftOverReason::BelowMinimum
        } else if (0..leaders.len()).any(has_room) {
            LeftOverReason::OwnSchool
        } else {
            LeftOverReason::GroupsFull
        }
    };
    let left_over = free.iter().map(|school| (schools[*school].participation.clone(), reason(school))).collect();
    let group = |(leader, members): (&usize, &Vec<usize>)| {
        let mut members = members.clone();
        let key = |school: &usize| (distance(&leaders[*leader].location, &schools[*school].location), *school);
        members.sort_by_key(key);
        let members = members.into_iter().map(|school| schools[school].participation.clone()).collect();
        ProposedGroup { leader: leaders[*leader].person.clone(), members }
    };
    Proposal { groups: groups.iter().map(group).collect(), left_over }
}

/// Adds free schools to groups that have room, the nearest pairs first.
fn fill(pairs: &[(usize, usize)], groups: &mut BTreeMap<usize, Vec<usize>>, free: &mut BTreeSet<usize>, bounds: Bounds) {
    for &(leader, school) in pairs {
        if let Some(members) = groups.get_mut(&leader).filter(|members| members.len() < bounds.max)
            && free.remove(&school)
        {
            members.push(school);
        }
    }
}

/// The last of the leaders whose groups were dissolved who can have a group of free schools, and of the nearest schools that groups above the minimum can spare.
fn find_spared(
    dissolved: &[usize],
    pairs: &[(usize, usize)],
    groups: &BTreeMap<usize, Vec<usize>>,
    free: &BTreeSet<usize>,
    bounds: Bounds,
) -> Option<(usize, Vec<usize>)> {
    let group_of: BTreeMap<usize, usize> =
        groups.iter().flat_map(|(leader, members)| members.iter().map(|school| (*school, *leader))).collect();
    (0..dissolved.len()).rev().find_map(|place| {
        let nearest = || pairs.iter().filter(|(leader, _)| *leader == dissolved[place]).map(|(_, school)| *school);
        let mut members: Vec<usize> = nearest().filter(|school| free.contains(school)).take(bounds.max).collect();
        if members.is_empty() {
            return None;
        }
        let mut counts: BTreeMap<usize, usize> = groups.iter().map(|(leader, members)| (*leader, members.len())).collect();
        for school in nearest().filter(|school| !free.contains(school)) {
            if members.len() >= bounds.min {
                break;
            }
            if let Some(count) = counts.get_mut(&group_of[&school]).filter(|count| **count > bounds.min) {
                *count -= 1;
                members.push(school);
            }
        }
        (members.len() >= bounds.min).then_some((place, members))
    })
}

/// Leaders and schools that may meet, the nearest first, as indices.
fn pairs(leaders: &[Candidate], schools: &[Unplaced]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (index, leader) in leaders.iter().enumerate() {
        let others = schools.iter().enumerate().filter(|(_, school)| !leader.own_schools.contains(&school.urn));
        pairs.extend(others.map(|(school, other)| (distance(&leader.location, &other.location), school, index)));
    }
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, school, leader)| (leader, school)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(point: Option<(i64, i64)>, authority: u8) -> Location {
        Location { point, old_la_code: format!("80{authority}"), region_code: "E12000001".to_owned() }
    }

    fn leader(number: usize, location: Location, own: &[i64]) -> Candidate {
        let own_schools = own.iter().map(|urn| Urn::trusted(*urn)).collect();
        Candidate { person: PersonId::trusted(format!("person-{number:03}")), location, own_schools }
    }

    fn school(number: i64, location: Location) -> Unplaced {
        let participation = ParticipationId::trusted(format!("school-{number:03}"));
        Unplaced { participation, urn: Urn::trusted(100_000 + number), location }
    }

    fn names(group: &ProposedGroup) -> Vec<&str> {
        group.members.iter().map(ParticipationId::as_str).collect()
    }

    const BOUNDS: Bounds = Bounds { min: 2, max: 3 };

    #[test]
    fn each_leader_takes_the_nearest_schools() {
        let leaders = vec![leader(1, at(Some((0, 0)), 1), &[]), leader(2, at(Some((10_000, 0)), 1), &[])];
        let schools = (1..=4).map(|number| school(number, at(Some((number * 2_500, 0)), 1))).collect();
        let proposal = propose(leaders, schools, BOUNDS);
        assert_eq!(
            proposal.groups.iter().map(names).collect::<Vec<_>>(),
            [["school-001", "school-002"], ["school-004", "school-003"]]
        );
        assert!(proposal.left_over.is_empty());
    }

    #[test]
    fn without_a_point_the_same_authority_is_nearer_than_the_same_region() {
        let leaders = vec![leader(1, at(None, 1), &[]), leader(2, at(Some((0, 0)), 2), &[])];
        let schools = [2, 1, 2, 1].into_iter().zip(1..).map(|(authority, number)| school(number, at(None, authority))).collect();
        let proposal = propose(leaders, schools, BOUNDS);
        assert_eq!(
            proposal.groups.iter().map(names).collect::<Vec<_>>(),
            [["school-002", "school-004"], ["school-001", "school-003"]]
        );
    }

    #[test]
    fn a_group_above_the_minimum_spares_a_school_for_another_group() {
        let leaders = vec![leader(1, at(Some((0, 0)), 1), &[]), leader(2, at(Some((100_000, 0)), 1), &[])];
        let schools = (1..=4).map(|number| school(number, at(Some((number * 1_000, 0)), 1))).collect();
        let proposal = propose(leaders, schools, BOUNDS);
        assert_eq!(
            proposal.groups.iter().map(names).collect::<Vec<_>>(),
            [["school-001", "school-002"], ["school-004", "school-003"]]
        );
        assert!(proposal.left_over.is_empty());
    }

    #[test]
    fn a_school_that_is_left_over_has_the_constraint_that_binds() {
        let reasons = |leaders, schools| {
            let proposal = propose(leaders, schools, BOUNDS);
            proposal.left_over.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>()
        };
        let schools = |count: i64| (1..=count).map(|number| school(number, at(None, 1))).collect::<Vec<_>>();
        let one = || vec![leader(1, at(None, 1), &[100_001])];
        assert_eq!(reasons(Vec::new(), schools(1)), [LeftOverReason::NoLeader]);
        assert_eq!(reasons(vec![leader(1, at(None, 1), &[])], schools(4)), [LeftOverReason::GroupsFull]);
        assert_eq!(reasons(vec![leader(1, at(None, 1), &[])], schools(1)), [LeftOverReason::BelowMinimum]);
        assert_eq!(reasons(one(), schools(3)), [LeftOverReason::OwnSchool]);
    }

    proptest! {
        #[test]
        fn a_proposal_keeps_the_terms_and_does_not_depend_on_the_order(
            people in prop::collection::vec((prop::option::of((0_i64..50, 0_i64..50)), 0_u8..3, 0_i64..30), 0..8),
            places in prop::collection::vec((prop::option::of((0_i64..50, 0_i64..50)), 0_u8..3), 0..30),
            (min, more) in (1_usize..5, 0_usize..4),
            seed in any::<u64>(),
        ) {
            let bounds = Bounds { min, max: min + more };
            let leaders: Vec<_> = people.iter().enumerate()
                .map(|(number, (point, authority, own))| leader(number, at(*point, *authority), &[100_000 + own])).collect();
            let schools: Vec<_> = places.iter().zip(0..)
                .map(|((point, authority), number)| school(number, at(*point, *authority))).collect();
            let proposal = propose(leaders.clone(), schools.clone(), bounds);

            let (mut other_leaders, mut other_schools) = (leaders.clone(), schools.clone());
            let turn = |count: usize| usize::try_from(seed % 31).expect("it is small") % count.max(1);
            other_leaders.rotate_left(turn(leaders.len()));
            other_schools.rotate_left(turn(schools.len()));
            other_schools.reverse();
            prop_assert_eq!(&proposal, &propose(other_leaders, other_schools, bounds));

            let mut seen: Vec<&ParticipationId> = proposal.left_over.iter().map(|(id, _)| id).collect();
            for group in &proposal.groups {
                prop_assert!((bounds.min..=bounds.max).contains(&group.members.len()));
                let of_leader = leaders.iter().find(|leader| leader.person == group.leader).expect("a leader of the input");
                for member in &group.members {
                    let urn = schools.iter().find(|school| school.participation == *member).expect("a school of the input").urn;
                    prop_assert!(!of_leader.own_schools.contains(&urn));
                }
                seen.extend(&group.members);
            }
            seen.sort();
            let all: Vec<&ParticipationId> = schools.iter().map(|school| &school.participation).collect();
            prop_assert_eq!(seen, all);
        }
    }
}
