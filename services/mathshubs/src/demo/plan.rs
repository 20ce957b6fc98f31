//! The plan of the demo: which schools apply when and to which hub, the number of places, and the schools' later decisions.
//!
//! Pure and seeded. Decisions about offers and places depend only on the school, the year and the seed, so that the order of calls does not matter.
//! Results of the suite, such as which schools were offered a place, are read from the suite.

use std::collections::{BTreeMap, BTreeSet};

pub use name::Phase;
use time::AcademicYear;

use super::hubs::{self, HUBS};
use crate::rng::{SeededRng, divide};

/// A programme of the catalogue that schools apply for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Programme {
    /// Its id.
    pub id: &'static str,
    /// Phases whose schools may apply; teachers of schools of the first become its specialists.
    pub phases: &'static [Phase],
    /// Academic years that a school takes part.
    pub years_count: i32,
    /// The age that a school must teach to take part; `None` when any school of the phases may.
    pub age: Option<i32>,
    /// Whether colleges may apply too.
    pub takes_colleges: bool,
    /// Its share of all applications; those of the first two make 1,000.
    pub permille: usize,
    /// Schools of a Work Group that a specialist leads; `None` when local leaders lead them.
    pub schools_of_specialist: Option<usize>,
    /// Teachers of a school who take part, as many as the terms of the programme say.
    pub teachers_count: usize,
}

/// The programmes. The second one begins in the third year from the end, as the secondary programme began after the primary one; the project and the
/// programme for ages after 16 begin in the last year.
pub const PROGRAMMES: &[Programme] = &[
    Programme {
        id: "primary-teaching-for-mastery",
        phases: &[Phase::Primary, Phase::AllThrough],
        years_count: 2,
        age: None,
        takes_colleges: false,
        permille: 780,
        schools_of_specialist: Some(6),
        teachers_count: 2,
    },
    Programme {
        id: "secondary-teaching-for-mastery",
        phases: &[Phase::Secondary, Phase::AllThrough],
        years_count: 1,
        age: None,
        takes_colleges: false,
        permille: 220,
        schools_of_specialist: Some(2),
        teachers_count: 2,
    },
    Programme {
        id: "challenging-topics-at-gcse",
        phases: &[Phase::Secondary, Phase::AllThrough],
        years_count: 1,
        age: None,
        takes_colleges: false,
        permille: 60,
        schools_of_specialist: None,
        teachers_count: 1,
    },
    Programme {
        id: "supporting-core-maths",
        phases: &[Phase::Secondary, Phase::AllThrough],
        years_count: 1,
        age: Some(18),
        takes_colleges: true,
        permille: 40,
        schools_of_specialist: None,
        teachers_count: 1,
    },
];

/// Applications and places of the last year; each earlier year has 72 percent of the following year's.
const APPLICATIONS_LAST_YEAR: usize = 2_400;
const PLACES_LAST_YEAR: usize = 2_000;
const GROWTH_PERCENT: usize = 72;
/// Number of last years in which the second programme is played.
const SECOND_PROGRAMME_YEARS: usize = 3;
/// Number of last years in which areas with less historic engagement have priority.
const PRIORITY_YEARS: usize = 2;
/// Share of applicants that choose another hub than their default one, in thousandths.
const OTHER_HUB_PERMILLE: usize = 70;
/// Percentages of applicants that apply on the first day of the window, and by its middle.
const BY_FIRST_DAY_PERCENT: usize = 45;
const BY_MIDDLE_PERCENT: usize = 75;

/// A simulated academic year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Year {
    /// The academic year.
    pub year: AcademicYear,
    /// Number of applications.
    pub applications_count: usize,
    /// Number of places.
    pub places_count: usize,
    /// Number of [`PROGRAMMES`] that are played.
    pub programmes_count: usize,
    /// True if areas with less historic engagement have priority.
    pub priority: bool,
}

/// The years, oldest first, ending with `last`. `scale_permille` scales the numbers of applications and places.
pub fn years(last: AcademicYear, count: usize, scale_permille: usize) -> Vec<Year> {
    let mut years = Vec::with_capacity(count);
    let (mut applications, mut places) = (APPLICATIONS_LAST_YEAR * scale_permille, PLACES_LAST_YEAR * scale_permille);
    for from_end in 0..count {
        let back = i16::try_from(from_end).expect("there are fewer than a hundred years");
        years.push(Year {
            year: last.plus(-back),
            applications_count: (applications / 1_000).max(1),
            places_count: (places / 1_000).max(1),
            programmes_count: match from_end {
                0 => PROGRAMMES.len(),
                _ if from_end < SECOND_PROGRAMME_YEARS => 2,
                _ => 1,
            },
            priority: from_end < PRIORITY_YEARS && count > 1,
        });
        applications = applications * GROWTH_PERCENT / 100;
        places = places * GROWTH_PERCENT / 100;
    }
    years.reverse();
    years
}

/// A school that may take part, as the register service lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its URN.
    pub urn: i32,
    /// Its region.
    pub region_code: String,
    /// Its authority.
    pub old_la_code: String,
    /// Its phase; `None` for a college.
    pub phase: Option<Phase>,
    /// Lowest and highest age of its pupils; `None` when the register does not say.
    pub ages: Option<(i32, i32)>,
    /// Its lineage, represented by the least URN.
    pub lineage: i32,
}

/// A planned application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applicant {
    /// The school.
    pub urn: i32,
    /// Its lineage.
    pub lineage: i32,
    /// Index in [`HUBS`].
    pub hub: usize,
    /// Index in [`PROGRAMMES`].
    pub programme: usize,
    /// Day of submission: the window's first day (0), its middle (1) or its last day (2).
    pub moment: usize,
}

/// A planned round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// In the order of their applications.
    pub applicants: Vec<Applicant>,
    /// Places by indices in [`HUBS`] and [`PROGRAMMES`].
    pub places: BTreeMap<(usize, usize), usize>,
}

/// Plans a round. `taken` contains the lineages that have taken part or applied before, `returning` the schools that got no place the year before and
/// apply again.
pub fn round(seed: u64, year: &Year, schools: &[School], taken: &BTreeSet<i32>, returning: &[Applicant]) -> Round {
    let label = year.year.to_string();
    let mut gone = taken.clone();
    let eligible: BTreeSet<i32> = schools.iter().map(|school| school.urn).collect();
    let mut applicants: Vec<Applicant> = Vec::with_capacity(year.applications_count);
    for again in returning {
        let room = applicants.len() < year.applications_count && again.programme < year.programmes_count;
        if room && eligible.contains(&again.urn) && HUBS[again.hub].is_active_in(year.year) {
            applicants.push(*again);
            gone.insert(again.lineage);
        }
    }
    let shares: Vec<usize> = PROGRAMMES.iter().take(year.programmes_count).map(|programme| programme.permille).collect();
    let wanted = divide(year.applications_count - applicants.len(), &shares);
    for (programme, wanted) in wanted.into_iter().enumerate() {
        let new = new_applicants(seed, year, programme, wanted, schools, &mut gone);
        applicants.extend(new);
    }
    let mut rng = SeededRng::new(seed, &format!("order {label}"), 0);
    rng.shuffle(&mut applicants);
    let count = applicants.len();
    for (place, applicant) in applicants.iter_mut().enumerate() {
        let percent = place * 100 / count.max(1);
        applicant.moment = usize::from(percent >= BY_FIRST_DAY_PERCENT) + usize::from(percent >= BY_MIDDLE_PERCENT);
    }
    let places = places(seed, year, &applicants);
    Round { applicants, places }
}

/// Schools that apply for the first time. The rate differs between authorities and regions, so that reach differs too.
fn new_applicants(
    seed: u64,
    year: &Year,
    programme: usize,
    wanted: usize,
    schools: &[School],
    gone: &mut BTreeSet<i32>,
) -> Vec<Applicant> {
    let Programme { phases, age, takes_colleges, .. } = PROGRAMMES[programme];
    let takes = |school: &School| school.phase.map_or(takes_colleges, |phase| phases.contains(&phase));
    let teaches = |school: &School| age.is_none_or(|age| school.ages.is_some_and(|(low, high)| low <= age && age <= high));
    let mut areas: BTreeMap<&str, Vec<&School>> = BTreeMap::new();
    for school in schools {
        if takes(school) && teaches(school) && !gone.contains(&school.lineage) {
            areas.entry(&school.old_la_code).or_default().push(school);
        }
    }
    let weights: Vec<usize> =
        areas.iter().map(|(code, schools)| schools.len() * keenness(seed, code, &schools[0].region_code)).collect();
    let quotas = divide(wanted, &weights);
    let mut applicants = Vec::with_capacity(wanted);
    for ((code, mut schools), quota) in areas.into_iter().zip(quotas) {
        let question = format!("applicants {} {}", year.year, PROGRAMMES[programme].id);
        let mut rng = SeededRng::new(seed, &question, code.parse().unwrap_or(0));
        rng.shuffle(&mut schools);
        // There are few colleges, and in every other area they are the keenest.
        if takes_colleges && rng.permille(500) {
            schools.sort_by_key(|school| school.phase.is_some());
        }
        let mut left = quota;
        for school in schools {
            if left == 0 {
                break;
            }
            // Two schools of one lineage apply once.
            if !gone.insert(school.lineage) {
                continue;
            }
            let Some(hub) = choose_hub(seed, year.year, school) else { continue };
            applicants.push(Applicant { urn: school.urn, lineage: school.lineage, hub, programme, moment: 0 });
            left -= 1;
        }
    }
    applicants
}

/// Application rate of an authority's schools: 4 to 40 for the authority times 6 to 14 for its region. It is the same in every year.
fn keenness(seed: u64, old_la_code: &str, region_code: &str) -> usize {
    let number = |text: &str| text.trim_start_matches('E').parse().unwrap_or(0);
    let authority = 4 + SeededRng::new(seed, "keenness of an authority", number(old_la_code)).below(37);
    let region = 6 + SeededRng::new(seed, "keenness of a region", number(region_code)).below(9);
    authority * region
}

/// The hub that a school chooses: mostly its default one, sometimes another one of its region.
fn choose_hub(seed: u64, year: AcademicYear, school: &School) -> Option<usize> {
    let of_region = hubs::of_region(&school.region_code, year);
    let mut rng = decision(seed, "hub", year, school.urn);
    let home = hubs::find_home(&school.old_la_code, year).or_else(|| of_region.first().copied());
    if of_region.is_empty() || !rng.permille(OTHER_HUB_PERMILLE) {
        return home;
    }
    Some(*rng.pick(&of_region))
}

/// Places by hub and programme, roughly in proportion to the applications, so that some hubs have a waiting list and others free places.
fn places(seed: u64, year: &Year, applicants: &[Applicant]) -> BTreeMap<(usize, usize), usize> {
    let mut applications: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for applicant in applicants {
        *applications.entry((applicant.hub, applicant.programme)).or_default() += 1;
    }
    let weights: Vec<usize> = applications
        .iter()
        .map(|((hub, programme), count)| {
            let question = format!("places {} {}", year.year, PROGRAMMES[*programme].id);
            let hub = u64::try_from(*hub).expect("there are few hubs");
            count * (700 + SeededRng::new(seed, &question, hub).below(500))
        })
        .collect();
    let counts = divide(year.places_count.min(applicants.len()), &weights);
    applications.into_keys().zip(counts).collect()
}

/// A school's reaction to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It accepts the place.
    Accept,
    /// It declines the place.
    Decline,
    /// It does not answer.
    Silence,
}

/// A school's reaction to an offer in a year's round.
pub fn answer(seed: u64, year: AcademicYear, urn: i32) -> Answer {
    match decision(seed, "answer", year, urn).below(1_000) {
        0..40 => Answer::Decline,
        40..70 => Answer::Silence,
        _ => Answer::Accept,
    }
}

/// True if a school gives its place back before the year starts.
pub fn gives_back(seed: u64, year: AcademicYear, urn: i32) -> bool {
    decision(seed, "give back", year, urn).permille(18)
}

/// True if a school without a place applies again in the next year.
pub fn returns(seed: u64, year: AcademicYear, urn: i32) -> bool {
    decision(seed, "return", year, urn).permille(450)
}

/// True if a school starts a year: nearly all start the first, fewer the second.
pub fn starts(seed: u64, year: AcademicYear, year_number: i32, urn: i32) -> bool {
    decision(seed, "start", year, urn).permille(if year_number == 1 { 985 } else { 930 })
}

/// True if a school withdraws in the middle of a year that it started.
pub fn leaves(seed: u64, year: AcademicYear, urn: i32) -> bool {
    decision(seed, "leave", year, urn).permille(28)
}

/// True if a school that stayed completes the year.
pub fn completes(seed: u64, year: AcademicYear, urn: i32) -> bool {
    decision(seed, "complete", year, urn).permille(962)
}

/// True if a school signs its agreement.
pub fn signs(seed: u64, year: AcademicYear, urn: i32) -> bool {
    decision(seed, "sign", year, urn).permille(985)
}

/// True if a school that started its first year attends a meeting of its Work Group.
pub fn attends(seed: u64, year: AcademicYear, urn: i32) -> bool {
    decision(seed, "attend", year, urn).permille(972)
}

/// Secondary schools that nominate a teacher for a cohort, and the hubs through which they do, in order of their URNs.
pub fn nominating(seed: u64, year: AcademicYear, schools: &[School], count: usize) -> Vec<(i32, usize)> {
    let mut chosen: Vec<&School> = schools.iter().filter(|school| school.phase == Some(Phase::Secondary)).collect();
    SeededRng::new(seed, &format!("nominations {year}"), 0).shuffle(&mut chosen);
    let hub = |school: &&School| choose_hub(seed, year, school).map(|hub| (school.urn, hub));
    let mut nominating: Vec<(i32, usize)> = chosen.iter().filter_map(hub).take(count).collect();
    nominating.sort_unstable();
    nominating
}

/// Schools of a phase that could nominate a leader of Work Groups, with their lineages and the hubs through which they would, in an order that the seed decides.
pub fn with_leaders(seed: u64, year: AcademicYear, schools: &[School], phase: Phase) -> Vec<(i32, i32, usize)> {
    let mut of_phase: Vec<&School> = schools.iter().filter(|school| school.phase == Some(phase)).collect();
    SeededRng::new(seed, &format!("leaders {year}"), 0).shuffle(&mut of_phase);
    let hub = |school: &&School| choose_hub(seed, year, school).map(|hub| (school.urn, school.lineage, hub));
    of_phase.iter().filter_map(hub).collect()
}

fn decision(seed: u64, question: &str, year: AcademicYear, urn: i32) -> SeededRng {
    SeededRng::new(seed, &format!("{question} {year}"), u64::from(urn.unsigned_abs()))
}
