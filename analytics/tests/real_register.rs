//! The real register, parsed independently, and reach measured on it: England's figures of 1 September 2018, and the effect of lineage.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use analytics::{Level, Phase, REGIONS, Stage};
use proto::network::v1::{School, SchoolLink};
use world::*;

type Row = HashMap<String, String>;

/// The folder with the real files, if it exists.
fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/gias");
    folder.join("edubasealldata20180901.csv").exists().then_some(folder)
}

/// Rows by column. Only names of schools have letters beyond ASCII, and this test does not use them.
fn rows(path: &Path) -> Vec<Row> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let named = |row: csv::StringRecord| header.iter().zip(row.iter()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    reader.records().map(|row| named(row.unwrap())).collect()
}

/// `31-08-2018` as `2018-08-31`.
fn iso(day: &str) -> String {
    let parts: Vec<&str> = day.split('-').collect();
    if let [day, month, year] = parts[..] { format!("{year}-{month}-{day}") } else { String::new() }
}

fn schools(folder: &Path) -> Vec<School> {
    let codes = rows(&folder.join("../reference/region_la_hierarchy.csv"));
    let region_of: HashMap<&str, &str> = codes.iter().map(|row| (&*row["old_la_code"], &*row["region_code"])).collect();
    let names: HashMap<String, &str> = REGIONS.iter().map(|region| (region.name.to_lowercase(), region.code)).collect();
    let number = |row: &Row, column: &str| row[column].parse::<i32>().unwrap_or(0);
    let judged = |row: &Row| {
        let phase = match number(row, "PhaseOfEducation (code)") {
            2 | 3 => 1,
            4 | 5 => 2,
            7 => 3,
            _ => 0,
        };
        let region = names.get(&row["GOR (name)"].to_lowercase()).copied().unwrap_or("");
        let reason = match (number(row, "EstablishmentStatus (code)"), number(row, "EstablishmentTypeGroup (code)")) {
            (2, _) => 2,
            (4, _) => 3,
            (_, group) if ![4, 10, 11].contains(&group) => 4,
            _ if phase == 0 => 5,
            _ if region.is_empty() => 6,
            _ => 1,
        };
        // The two geography columns agree for every school that counts.
        if reason == 1 {
            assert_eq!(region_of.get(&*row["LA (code)"]).copied().unwrap_or(region), region, "{}", row["LA (name)"]);
        }
        School {
            urn: number(row, "URN"),
            old_la_code: row["LA (code)"].clone(),
            new_la_code: row["GSSLACode (name)"].clone(),
            la_name: row["LA (name)"].clone(),
            region_code: region.to_owned(),
            type_group_code: number(row, "EstablishmentTypeGroup (code)"),
            status_code: number(row, "EstablishmentStatus (code)"),
            phase_code: number(row, "PhaseOfEducation (code)"),
            low_age: row["StatutoryLowAge"].parse().ok(),
            high_age: row["StatutoryHighAge"].parse().ok(),
            education_phase: phase,
            register_reason: reason,
            open_date: iso(&row["OpenDate"]),
            close_date: iso(&row["CloseDate"]),
            listed: true,
            ..School::default()
        }
    };
    rows(&folder.join("edubasealldata20180901.csv")).iter().map(judged).collect()
}

/// Links of descent between two rows of the extract; both directions of the file are merged.
fn links(folder: &Path, schools: &[School]) -> Vec<SchoolLink> {
    let by_urn: HashMap<i32, &School> = schools.iter().map(|school| (school.urn, school)).collect();
    let mut links = BTreeMap::new();
    for row in rows(&folder.join("links_edubasealldata20250422.csv")) {
        let (urn, other) = (row["URN"].parse::<i32>().unwrap(), row["LinkURN"].parse::<i32>().unwrap());
        let (older, newer) = match row["LinkType"].split([' ', '-']).next().unwrap() {
            "Predecessor" => (other, urn),
            "Successor" => (urn, other),
            _ => continue,
        };
        if let (Some(predecessor), Some(successor)) = (by_urn.get(&older), by_urn.get(&newer)) {
            let days = [iso(&row["LinkEstablishedDate"]), predecessor.close_date.clone(), successor.open_date.clone()];
            let established = days.into_iter().find(|day| !day.is_empty()).unwrap_or_default();
            links.entry((older, newer)).or_insert_with(|| link(older, newer, &established));
        }
    }
    links.into_values().collect()
}

#[test]
fn the_real_register_gives_englands_figures_and_the_effect_of_lineage() {
    let Some(folder) = data() else { return db::testing::skip(db::testing::NO_REGISTER) };
    let schools = schools(&folder);
    let links = links(&folder, &schools);
    let mut world = World::default();
    world.round("2018/19", "primary", &[PRIMARY]).round("2018/19", "secondary", &[SECONDARY, ALL_THROUGH]);
    // Every school that had closed by the day took part: without lineage none of them counts.
    for school in schools.iter().filter(|school| school.register_reason == 2 && school.education_phase != 0) {
        world.enrols(school.urn, if school.education_phase == 1 { "primary" } else { "secondary" }, "2018/19");
    }
    let mut without = world.clone();
    world.register("2018-09-01", schools.clone(), links);
    without.register("2018-09-01", schools, vec![]);
    let (reach, without) = (world.measured_on("2018-12-01"), without.measured_on("2018-12-01"));

    let of = |level, phase| reach.find_figure(year("2018/19"), &level, None, phase, Stage::Enrolled).unwrap().schools_count;
    let by_region = REGIONS.map(|region| of(Level::Regional(region), None));
    assert_eq!(by_region, [1_032, 2_898, 2_064, 1_901, 2_154, 2_368, 2_307, 3_089, 2_200]);
    assert_eq!(of(Level::National, None), 20_013);
    assert_eq!(Phase::ALL.map(|phase| of(Level::National, Some(phase))), [16_653, 3_201, 159]);
    assert_eq!(reach.years.iter().filter(|note| note.schools_count > 0).count(), 1, "it covers its own year only");

    assert_eq!(england(&without, "2018/19", Stage::Enrolled), (20_013, 0, 0));
    let (_, reached, _) = england(&reach, "2018/19", Stage::Enrolled);
    assert_eq!(reached, 994, "without lineage these schools would count as never reached");
}

/// The expected numbers were counted with a spreadsheet's rules from the extract's columns alone: status, type group, phase, ages and region.
#[test]
fn early_years_and_post_16_have_their_own_denominators_and_the_total_stays() {
    let Some(folder) = data() else { return db::testing::skip(db::testing::NO_REGISTER) };
    let mut world = World::default();
    let state_funded = [4, 10, 11];
    world
        .terms("2018/19", "early-years", eligible(&state_funded, &[2, 3, 4, 5, 7], Some([4, 5])))
        .terms("2018/19", "core-maths", eligible(&[1, 4, 10, 11], &[4, 5, 6, 7], Some([18, 18])))
        .terms("2018/19", "mastery", eligible(&state_funded, &[2, 3, 4, 5, 7], None));
    world
        .round("2018/19", "early-years", &[PRIMARY, SECONDARY, ALL_THROUGH])
        .round("2018/19", "core-maths", &[SECONDARY, ALL_THROUGH])
        .round("2018/19", "mastery", &[PRIMARY, SECONDARY, ALL_THROUGH]);
    world.register("2018-09-01", schools(&folder), vec![]);
    let reach = world.measured_on("2018-12-01");
    let regions = || REGIONS.map(Level::Regional);
    let of = |level: &Level, programme| {
        reach.find_figure(year("2018/19"), level, programme, None, Stage::Enrolled).unwrap().schools_count
    };
    assert_eq!(
        regions().map(|level| of(&level, Some("early-years"))),
        [790, 2_181, 1_554, 1_277, 1_419, 1_487, 1_644, 1_889, 1_517]
    );
    assert_eq!(of(&Level::National, Some("early-years")), 13_758);
    assert_eq!(of(&Level::National, None), 20_013, "colleges and ages do not change the headline");
    assert_eq!(of(&Level::National, Some("mastery")), 20_013);
    let post_16 = |level: &Level| {
        let wanted = (year("2018/19"), level, Stage::Enrolled);
        let figure = reach.post_16_figures.iter().find(|figure| (figure.year, &figure.level, figure.stage) == wanted);
        figure.unwrap().schools_count
    };
    assert_eq!(regions().map(|level| post_16(&level)), [98, 252, 214, 216, 290, 282, 471, 400, 246]);
    assert_eq!(post_16(&Level::National), 2_469);
}
