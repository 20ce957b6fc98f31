//! Checks of the figures and areas of a publication.

use std::collections::{BTreeMap, HashMap, HashSet};

use name::Phase;
use proto::network::v1 as pb;

use super::{
    ColdArea, Figure, FigureState, Level, PublicationHeader, ReachProgramme, ReachRule, ReachViolation, Stage,
    parts::PublicationParts,
};
use crate::stream::VIOLATIONS_MAX;

/// Whether a publication can be published, measured by a rule. Errors with every row that is wrong, at most [`VIOLATIONS_MAX`].
pub(super) fn check(parts: &PublicationParts, rule: &ReachRule) -> Result<(), ReachViolation> {
    let PublicationParts { header, figures, areas } = parts;
    let mut violations = Vec::new();
    for (index, figure) in figures.iter().enumerate() {
        let wrong = figure_violations(figure, header).into_iter();
        violations.extend(wrong.map(|(field, why)| (format!("figures[{index}].{field}"), why)));
    }
    for (index, area) in areas.iter().enumerate() {
        let wrong = area_violations(area, rule).into_iter();
        violations.extend(wrong.map(|(field, why)| (format!("cold_areas[{index}].{field}"), why)));
    }
    let repeated = figures_repeated(figures).into_iter();
    let why = "has the year, area, programme, phase and stage of an earlier figure";
    violations.extend(repeated.map(|index| (format!("figures[{index}]"), why.to_owned())));
    violations.extend(areas_repeated(areas).into_iter().map(|(index, first)| {
        let why = format!(
            "names the area of cold_areas[{first}] again: an area is listed once for a programme and phase, of one stage"
        );
        (format!("cold_areas[{index}]"), why)
    }));
    let misplaced = areas_misplaced(areas).into_iter();
    let why = "has a rank that is not the order of coldness, from 1";
    violations.extend(misplaced.map(|index| (format!("cold_areas[{index}]"), why.to_owned())));
    violations.truncate(VIOLATIONS_MAX);
    if violations.is_empty() { Ok(()) } else { Err(ReachViolation::RowsWrong(violations)) }
}

/// A share in tenths of a percent, rounded half up from integers. `whole` is more than 0.
fn permille(part: i64, whole: i64) -> i64 {
    (part * 2_000 + whole).div_euclid(whole * 2)
}

/// The share never reached, drawn toward the region's by the number of schools, in parts per million, rounded half up:
/// (never + k × region's never ÷ region's schools) ÷ (schools + k). Both numbers of schools are more than 0.
fn coldness_ppm(never: i64, schools: i64, region_never: i64, region_schools: i64, k: i64) -> i64 {
    let [never, schools, region_never, region_schools, k] = [never, schools, region_never, region_schools, k].map(i128::from);
    let above = (never * region_schools + k * region_never) * 1_000_000;
    let below = region_schools * (schools + k);
    i64::try_from((above * 2 + below).div_euclid(below * 2)).unwrap_or(i64::MAX)
}

/// The fields of a figure that are wrong, each with the reason.
fn figure_violations(figure: &Figure, header: &PublicationHeader) -> Vec<(&'static str, String)> {
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
                "must be an authority's code of three digits, with a new code such as E08000019 and the authority's region",
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
                require("schools_count", false, "must be more than 0, with every number set, in a complete figure");
            }
        }
        FigureState::NotCovered | FigureState::NoDenominator => {
            let fits = figure.schools.is_none() && shares == [None, None];
            require("state", fits, "without a denominator, schools and shares must be absent");
            let counted = [figure.reached, figure.new, figure.since].iter().all(|count| count.is_some_and(|count| count >= 0));
            require("state", counted, "without a denominator, the counts of reached schools must be set");
        }
        FigureState::NotPlayed => {
            require(
                "state",
                counts == [None; 4] && shares == [None, None],
                "where the programme is not played, every number must be absent",
            );
        }
        FigureState::NoSchools => {
            let none = counts.iter().all(|count| count.unwrap_or(0) == 0) && shares == [None, None];
            require("state", none, "where there is no school, counts must be 0 and shares absent");
        }
    }
    wrong
}

/// The fields of an area that are wrong, each with the reason.
fn area_violations(area: &ColdArea, rule: &ReachRule) -> Vec<(&'static str, String)> {
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
        "must be an authority's code of three digits, with a new code such as E08000019 and the authority's region".to_owned(),
    );
    let counts = area.schools > 0
        && (0..=area.schools).contains(&area.never)
        && area.region_schools >= area.schools
        && (area.never..=area.region_schools).contains(&area.region_never);
    require("schools_count", counts, "must be more than 0, at least those never reached, and at most its region's".to_owned());
    if counts {
        let cold = coldness_ppm(area.never, area.schools, area.region_never, area.region_schools, rule.prior_schools);
        require("coldness_ppm", area.coldness_ppm == cold, format!("must be what follows from the parts, {cold}"));
    }
    let min = rule.ranked_schools_min;
    let ranked = (area.rank == 0) == (area.schools < min) && area.rank >= 0;
    require("rank", ranked, format!("must be 0 for fewer than {min} schools, and else 1 or more"));
    let stage = area.stage == rule.stage;
    require(
        "stage",
        stage,
        format!("must be {}, the stage that the policy names", pb::ReachStage::from(rule.stage).as_str_name()),
    );
    wrong
}

/// Whether the codes of an authority fit together. A three-digit code lies in one region. A nine-character code changes, and is empty where a register gave
/// none. The table does not have authorities that began after it was written.
fn authority_fits(old_code: &str, new_code: &str, region_code: &str) -> bool {
    let formed = geography::is_old_code(old_code) && (new_code.is_empty() || geography::is_new_code(new_code));
    let lies = match geography::authority_by_old_code(old_code) {
        Some(known) => known.region.code == region_code,
        None => geography::region_by_code(region_code).is_some(),
    };
    formed && lies
}

/// The positions of the figures with the same year, area, programme, phase and stage as an earlier one.
fn figures_repeated(figures: &[Figure]) -> Vec<usize> {
    let mut seen = HashSet::new();
    let key = |index: &usize| {
        let figure = &figures[*index];
        let area = (figure.level, figure.region_code.as_str(), figure.old_la_code.as_str());
        (figure.academic_year, area, &figure.programme, figure.phase, figure.stage)
    };
    (0..figures.len()).filter(|index| !seen.insert(key(index))).collect()
}

/// The positions of the areas that an earlier one names for the same programme and phase, each with the position of the first. A selection asks for the
/// area, the programme and the phase, and must find one answer, of one stage.
fn areas_repeated(areas: &[ColdArea]) -> Vec<(usize, usize)> {
    let mut seen = HashMap::new();
    let first = |(index, area)| (index, *seen.entry(area_key(area)).or_insert(index));
    areas.iter().enumerate().map(first).filter(|(index, first)| index != first).collect()
}

fn area_key(area: &ColdArea) -> (&str, &ReachProgramme, Phase) {
    (&area.old_la_code, &area.programme, area.phase)
}

/// The positions of the areas whose rank is not the order of coldness: the ranks of the areas of one programme, phase and stage begin with 1, and no area is
/// colder than one with a rank before its rank.
fn areas_misplaced(areas: &[ColdArea]) -> Vec<usize> {
    let mut ranked: BTreeMap<(&ReachProgramme, Phase, Stage), Vec<usize>> = BTreeMap::new();
    let mut misplaced = Vec::new();
    for (index, area) in areas.iter().enumerate().filter(|(_, area)| area.rank > 0) {
        ranked.entry((&area.programme, area.phase, area.stage)).or_default().push(index);
    }
    for mut indexes in ranked.into_values() {
        indexes.sort_by_key(|index| areas[*index].rank);
        let first = indexes.first().copied();
        misplaced.extend(first.filter(|index| areas[*index].rank != 1));
        let colder = |pair: &&[usize]| areas[pair[1]].coldness_ppm > areas[pair[0]].coldness_ppm;
        misplaced.extend(indexes.windows(2).filter(colder).map(|pair| pair[1]));
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
