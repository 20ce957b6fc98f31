//! Reach figures and cold areas: what must be true of them before they are published.

use std::collections::{BTreeMap, HashMap, HashSet};

use time::{AcademicYear, Date, Instant};

use super::{geography, register::Phase};

/// Fewer schools of the phase than this: an area is listed and not ranked.
pub const RANKED_SCHOOLS_MIN: i64 = 10;

/// DfE's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Level {
    /// England.
    National,
    /// A region.
    Regional,
    /// A local authority.
    LocalAuthority,
}

/// How far a school came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It submitted an application.
    Applied,
    /// It accepted a place.
    Enrolled,
    /// It took up the year.
    Active,
    /// It completed the year.
    Completed,
}

/// What can be said of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FigureState {
    /// Everything.
    Complete,
    /// Counts of reached schools.
    NotCovered,
    /// Nothing: `z`.
    NotPlayed,
    /// That there is no school.
    NoSchools,
}

/// One row of the published files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    /// The year.
    pub(crate) academic_year: AcademicYear,
    /// The level.
    pub(crate) level: Level,
    /// Empty at national level.
    pub(crate) region_code: String,
    /// Set for authorities.
    pub(crate) old_la_code: String,
    /// Set for authorities.
    pub(crate) new_la_code: String,
    /// Its id, or `total`.
    pub(crate) programme: String,
    /// `None` is the total.
    pub(crate) phase: Option<Phase>,
    /// The stage.
    pub(crate) stage: Stage,
    /// What can be said.
    pub(crate) state: FigureState,
    /// Eligible schools.
    pub(crate) schools: Option<i64>,
    /// Reached in the year.
    pub(crate) reached: Option<i64>,
    /// Of these, the new ones.
    pub(crate) new: Option<i64>,
    /// As tenths of a percent.
    pub(crate) reached_permille: Option<i64>,
    /// Ever reached.
    pub(crate) since: Option<i64>,
    /// As tenths of a percent.
    pub(crate) since_permille: Option<i64>,
}

/// How little of an area was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    /// Three digits.
    pub(crate) old_la_code: String,
    /// Nine characters.
    pub(crate) new_la_code: String,
    /// Its region.
    pub(crate) region_code: String,
    /// Id of the programme.
    pub(crate) programme: String,
    /// The phase.
    pub(crate) phase: Phase,
    /// The stage.
    pub(crate) stage: Stage,
    /// Eligible schools.
    pub(crate) schools: i64,
    /// Of these, never reached.
    pub(crate) never: i64,
    /// Of the region.
    pub(crate) region_schools: i64,
    /// Of the region.
    pub(crate) region_never: i64,
    /// The index.
    pub(crate) coldness_ppm: i64,
    /// 0 when it is not ranked.
    pub(crate) rank: i64,
}

/// What the figures of a publication are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The newest year.
    pub(crate) academic_year: AcademicYear,
    /// The day on which they are true.
    pub(crate) true_on: Date,
    /// The day until which what was recorded counts.
    pub(crate) known_on: Date,
    /// The register's day.
    pub(crate) register_as_of: Date,
    /// Over the files.
    pub(crate) content_sha256: String,
    /// How strongly a small area is drawn toward its region.
    pub(crate) prior_schools: i64,
    /// Up to where the feeds were measured, in order of source.
    pub(crate) feed_positions: Vec<FeedPosition>,
}

/// How far a feed had been read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FeedPosition {
    /// The service.
    pub(crate) source: String,
    /// Its history.
    pub(crate) epoch: String,
    /// Of the last event.
    pub(crate) position: i64,
}

/// How a publication became final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approval {
    /// When.
    pub(crate) time: Instant,
    /// The account.
    pub(crate) approver: String,
    /// The body for which the account spoke.
    pub(crate) body: String,
    /// Id of the last final publication about the same academic year before this one.
    pub(crate) superseded: Option<String>,
}

/// A set of figures as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publication {
    /// The last part of its name: its number.
    pub(crate) publication_id: String,
    /// What its figures are.
    pub(crate) header: Header,
    /// When it was published.
    pub(crate) published: Instant,
    /// By whom.
    pub(crate) publisher: String,
    /// How it was made final. Provisional when `None`.
    pub(crate) approved: Option<Approval>,
    /// Figures in it.
    pub(crate) figures_count: i64,
    /// Areas in it.
    pub(crate) cold_areas_count: i64,
    /// Of this state of it.
    pub(crate) version: i64,
}

/// A share in tenths of a percent, rounded half up from integers. `whole` is more than 0.
pub fn permille(part: i64, whole: i64) -> i64 {
    (part * 2_000 + whole).div_euclid(whole * 2)
}

/// The share never reached, drawn toward the region's by the number of schools, in parts per million, rounded half up:
/// (never + k × region's never ÷ region's schools) ÷ (schools + k). Both numbers of schools are more than 0.
pub fn coldness_ppm(never: i64, schools: i64, region_never: i64, region_schools: i64, k: i64) -> i64 {
    let [never, schools, region_never, region_schools, k] = [never, schools, region_never, region_schools, k].map(i128::from);
    let above = (never * region_schools + k * region_never) * 1_000_000;
    let below = region_schools * (schools + k);
    i64::try_from((above * 2 + below).div_euclid(below * 2)).unwrap_or(i64::MAX)
}

/// What is wrong with a figure on its own: field and sentence.
pub(crate) fn figure_wrong(figure: &Figure, header: &Header) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let mut require = |field, holds: bool, why: &str| {
        if !holds {
            wrong.push((field, why.to_owned()));
        }
    };
    require("academic_year", figure.academic_year <= header.academic_year, "must not be after the publication's newest year");
    match figure.level {
        Level::National => {
            let none = figure.region_code.is_empty() && figure.old_la_code.is_empty() && figure.new_la_code.is_empty();
            require("region_code", none, "codes of areas must be empty at national level");
        }
        Level::Regional => {
            require("region_code", geography::region_by_code(&figure.region_code).is_some(), "must be E12000001 to E12000009");
            let none = figure.old_la_code.is_empty() && figure.new_la_code.is_empty();
            require("old_la_code", none, "codes of authorities must be empty at regional level");
        }
        Level::LocalAuthority => {
            let known = authority_fits(&figure.old_la_code, &figure.new_la_code, &figure.region_code);
            require(
                "old_la_code",
                known,
                "must be an authority's code of three digits, with a new code such as E08000019 and the region in which it lies",
            );
        }
    }
    let counts = [figure.schools, figure.reached, figure.new, figure.since];
    let shares = [figure.reached_permille, figure.since_permille];
    match figure.state {
        FigureState::Complete => {
            if let [Some(schools), Some(reached), Some(new), Some(since)] = counts
                && schools > 0
            {
                require("schools_reached_count", (0..=schools).contains(&reached), "must not exceed the schools");
                require("schools_reached_new_count", (0..=reached).contains(&new), "must not exceed the schools reached");
                require("schools_reached_since_201415_count", (0..=schools).contains(&since), "must not exceed the schools");
                let right = |count, share| share == Some(permille(count, schools));
                let why = "must be the count as a share of the schools, in tenths of a percent, rounded half up";
                require("schools_reached_permille", right(reached, figure.reached_permille), why);
                require("schools_reached_since_201415_permille", right(since, figure.since_permille), why);
            } else {
                require("schools_count", false, "a complete figure has more than 0 schools and every number");
            }
        }
        FigureState::NotCovered => {
            let fits = figure.schools.is_none() && shares == [None, None];
            require("state", fits, "where no register covers the day, schools and shares must be absent");
            let counted = [figure.reached, figure.new, figure.since].iter().all(|count| count.is_some_and(|count| count >= 0));
            require("state", counted, "where no register covers the day, the counts of reached schools must be there");
        }
        FigureState::NotPlayed => {
            require(
                "state",
                counts == [None; 4] && shares == [None, None],
                "where it is not played, every number must be absent",
            );
        }
        FigureState::NoSchools => {
            let none = counts.iter().all(|count| count.unwrap_or(0) == 0) && shares == [None, None];
            require("state", none, "where there is no school, counts are 0 and shares are absent");
        }
    }
    wrong
}

/// What is wrong with an area on its own: field and sentence.
pub(crate) fn area_wrong(area: &Area, header: &Header) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let mut require = |field, holds: bool, why: String| {
        if !holds {
            wrong.push((field, why));
        }
    };
    let known = authority_fits(&area.old_la_code, &area.new_la_code, &area.region_code);
    require(
        "old_la_code",
        known,
        "must be an authority's code of three digits, with a new code such as E08000019 and the region in which it lies"
            .to_owned(),
    );
    let counts = area.schools > 0
        && (0..=area.schools).contains(&area.never)
        && area.region_schools >= area.schools
        && (area.never..=area.region_schools).contains(&area.region_never);
    require("schools_count", counts, "must be more than 0, at least those never reached, and at most its region's".to_owned());
    if counts {
        let cold = coldness_ppm(area.never, area.schools, area.region_never, area.region_schools, header.prior_schools);
        require("coldness_ppm", area.coldness_ppm == cold, format!("must be what follows from the parts, {cold}"));
    }
    let ranked = (area.rank == 0) == (area.schools < RANKED_SCHOOLS_MIN) && area.rank >= 0;
    require("rank", ranked, format!("must be 0 for fewer than {RANKED_SCHOOLS_MIN} schools, and else 1 or more"));
    wrong
}

/// A three-digit code lies in one region. A nine-character code changes, and is empty where a register gave none. Authorities begin that this program
/// does not know yet.
fn authority_fits(old_code: &str, new_code: &str, region_code: &str) -> bool {
    let old_code_formed = old_code.len() == 3 && old_code.bytes().all(|byte| byte.is_ascii_digit());
    let formed = old_code_formed && (new_code.is_empty() || geography::is_new_code(new_code));
    let lies = match geography::authority_by_old_code(old_code) {
        Some(known) => known.region.code == region_code,
        None => geography::region_by_code(region_code).is_some(),
    };
    formed && lies
}

/// The places of the figures that ask the same question as an earlier one.
pub(crate) fn figures_repeated(figures: &[Figure]) -> Vec<usize> {
    let mut seen = HashSet::new();
    let key = |figure: &Figure| {
        let area = (figure.level, figure.region_code.clone(), figure.old_la_code.clone());
        (figure.academic_year, area, figure.programme.clone(), figure.phase, figure.stage)
    };
    (0..figures.len()).filter(|place| !seen.insert(key(&figures[*place]))).collect()
}

/// The places of the areas that an earlier one names for the same programme and phase, each with that one's place. Whoever selects by these figures
/// asks for the area, the programme and the phase, and must find one answer, whatever the stage.
pub(crate) fn areas_repeated(areas: &[Area]) -> Vec<(usize, usize)> {
    let mut seen = HashMap::new();
    let first = |(place, area)| (place, *seen.entry(area_key(area)).or_insert(place));
    areas.iter().enumerate().map(first).filter(|(place, first)| place != first).collect()
}

fn area_key(area: &Area) -> (&str, &str, Phase) {
    (&area.old_la_code, &area.programme, area.phase)
}

/// The places of the areas whose rank is not the order of coldness: of the areas of one programme, phase and stage the ranks begin with 1, and none is
/// colder than one ranked before it.
pub(crate) fn areas_misplaced(areas: &[Area]) -> Vec<usize> {
    let mut ranked: BTreeMap<(&str, Phase, Stage), Vec<usize>> = BTreeMap::new();
    let mut misplaced = Vec::new();
    for (place, area) in areas.iter().enumerate().filter(|(_, area)| area.rank > 0) {
        ranked.entry((&area.programme, area.phase, area.stage)).or_default().push(place);
    }
    for mut places in ranked.into_values() {
        places.sort_by_key(|place| areas[*place].rank);
        let first = places.first().copied();
        misplaced.extend(first.filter(|place| areas[*place].rank != 1));
        let colder = |pair: &&[usize]| areas[pair[1]].coldness_ppm > areas[pair[0]].coldness_ppm;
        misplaced.extend(places.windows(2).filter(colder).map(|pair| pair[1]));
    }
    misplaced.sort_unstable();
    misplaced.dedup();
    misplaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up_from_integers() {
        assert_eq!(permille(1, 2000), 1);
        assert_eq!(permille(1, 2001), 0);
        assert_eq!(permille(7, 12), 583);
        assert_eq!(permille(5, 5), 1000);
    }

    #[test]
    fn a_small_area_is_drawn_toward_its_region() {
        // Three schools never reached of three, in a region where half were: with k = 10, (3 + 5) / 13.
        assert_eq!(coldness_ppm(3, 3, 50, 100, 10), 615_385);
        assert_eq!(coldness_ppm(3, 3, 50, 100, 0), 1_000_000);
    }
}
