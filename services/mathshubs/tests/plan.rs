//! The demo's plan: growing years, one application per lineage, places that add up, determinism.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use mathshubs::demo::{
    hubs::HUBS,
    plan::{self, Answer, PROGRAMMES, Phase, School},
};
use time::AcademicYear;

const LAST: AcademicYear = AcademicYear::starting(2018);

/// Schools of two authorities in each of two regions; every tenth school shares its lineage with the one before.
fn schools() -> Vec<School> {
    let areas = [("E12000001", "390"), ("E12000001", "840"), ("E12000007", "201"), ("E12000007", "316")];
    (0..12_000)
        .map(|index: i32| {
            let (region, la) = areas[usize::try_from(index).unwrap() % areas.len()];
            let urn = 100_000 + index;
            // Every 48th secondary school is a college.
            let phase = match index {
                _ if index % 288 == 0 => None,
                _ if index % 6 == 0 => Some(Phase::Secondary),
                _ => Some(Phase::Primary),
            };
            let lineage = if index % 10 == 9 { urn - 1 } else { urn };
            // Every fourth secondary school has a sixth form.
            let ages = if phase == Some(Phase::Primary) { (4, 11) } else { (11, if index % 24 == 0 { 18 } else { 16 }) };
            School { urn, region_code: region.to_owned(), old_la_code: la.to_owned(), phase, ages: Some(ages), lineage }
        })
        .collect()
}

#[test]
fn years_grow_to_2400_applications_and_2000_places() {
    let years = plan::years(LAST, 5, 1_000);
    let counts: Vec<(usize, usize)> = years.iter().map(|year| (year.applications_count, year.places_count)).collect();
    assert_eq!(counts, [(644, 537), (895, 746), (1_244, 1_036), (1_728, 1_440), (2_400, 2_000)]);
    assert_eq!(years.iter().map(|year| year.year.first_year()).collect::<Vec<_>>(), [2014, 2015, 2016, 2017, 2018]);
    assert_eq!(years.iter().map(|year| year.priority).collect::<Vec<_>>(), [false, false, false, true, true]);
    assert_eq!(years.iter().map(|year| year.programmes_count).collect::<Vec<_>>(), [1, 1, 2, 2, 4]);
}

#[test]
fn a_round_has_the_applications_and_places_of_its_year() {
    for year in plan::years(LAST, 5, 1_000) {
        let round = plan::round(1, &year, &schools(), &BTreeSet::new(), &[]);
        assert_eq!(round.applicants.len(), year.applications_count);
        assert_eq!(round.places.values().sum::<usize>(), year.places_count);
    }
}

#[test]
fn a_lineage_applies_once_and_not_after_it_took_part() {
    let year = plan::years(LAST, 1, 1_000)[0];
    let schools = schools();
    let first = plan::round(1, &year, &schools, &BTreeSet::new(), &[]);
    let taken: BTreeSet<i32> = first.applicants.iter().map(|applicant| applicant.lineage).collect();
    assert_eq!(taken.len(), first.applicants.len());
    let second = plan::round(1, &year, &schools, &taken, &[]);
    assert!(second.applicants.iter().all(|applicant| !taken.contains(&applicant.lineage)));
}

#[test]
fn schools_that_got_no_place_apply_again_first() {
    let years = plan::years(LAST, 2, 1_000);
    let schools = schools();
    let first = plan::round(1, &years[0], &schools, &BTreeSet::new(), &[]);
    let taken: BTreeSet<i32> = first.applicants.iter().map(|applicant| applicant.lineage).collect();
    let returning = &first.applicants[..50];
    let second = plan::round(1, &years[1], &schools, &taken, returning);
    let again = second.applicants.iter().filter(|applicant| taken.contains(&applicant.lineage)).count();
    assert_eq!((again, second.applicants.len()), (50, years[1].applications_count));
}

#[test]
fn schools_apply_for_a_programme_of_their_phase_at_an_active_hub() {
    let year = plan::years(LAST, 3, 1_000)[2];
    let schools = schools();
    for applicant in plan::round(1, &year, &schools, &BTreeSet::new(), &[]).applicants {
        let school = schools.iter().find(|school| school.urn == applicant.urn).unwrap();
        let programme = PROGRAMMES[applicant.programme];
        let takes = school.phase.map_or(programme.takes_colleges, |phase| programme.phases.contains(&phase));
        assert!(takes, "{programme:?} {school:?}");
        assert!(programme.age.is_none_or(|age| school.ages.unwrap().1 >= age), "{programme:?} {school:?}");
        assert!(HUBS[applicant.hub].is_active_in(year.year));
        assert!(applicant.moment < 3);
    }
}

#[test]
fn colleges_apply_for_the_programme_of_ages_after_16_and_leave_places_to_schools() {
    let year = plan::years(LAST, 1, 1_000)[0];
    let schools = schools();
    let round = plan::round(1, &year, &schools, &BTreeSet::new(), &[]);
    let phase_of = |urn: i32| schools.iter().find(|school| school.urn == urn).unwrap().phase;
    let of_core_maths = round.applicants.iter().filter(|one| PROGRAMMES[one.programme].id == "supporting-core-maths");
    let (of_schools, by_colleges): (Vec<&plan::Applicant>, Vec<_>) = of_core_maths.partition(|one| phase_of(one.urn).is_some());
    assert!(by_colleges.len() >= 10 && of_schools.len() >= 10, "{} {}", by_colleges.len(), of_schools.len());
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_seed_a_different_one() {
    let year = plan::years(LAST, 1, 1_000)[0];
    let plan = |seed| plan::round(seed, &year, &schools(), &BTreeSet::new(), &[]);
    assert_eq!(plan(7), plan(7));
    assert_ne!(plan(7), plan(8));
}

#[test]
fn applications_are_limited_by_the_number_of_schools() {
    let year = plan::years(LAST, 1, 1_000)[0];
    let few = &schools()[..100];
    let round = plan::round(1, &year, few, &BTreeSet::new(), &[]);
    assert_eq!(round.applicants.len(), few.iter().map(|school| school.lineage).collect::<BTreeSet<_>>().len());
    assert!(round.places.values().sum::<usize>() <= round.applicants.len());
}

#[test]
fn most_schools_accept_some_decline_and_some_do_not_answer() {
    let answers: Vec<Answer> = (100_000..110_000).map(|urn| plan::answer(1, LAST, urn)).collect();
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    assert!((9_100..9_500).contains(&count(Answer::Accept)));
    assert!((300..500).contains(&count(Answer::Decline)));
    assert!((200..400).contains(&count(Answer::Silence)));
}
