//! The page has the figures of the files, and no others.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::{collections::BTreeMap, fs};

use analytics::{Approval, Measure, ReportState, measure, write_report};
use world::*;

const TFM: &str = "primary-teaching-for-mastery";

/// Areas of several sizes in three regions: one too small to rank, one never reached; and an earlier year that no register covers.
fn areas() -> World {
    let mut world = World::default();
    world.round("2017/18", TFM, &[PRIMARY]).round("2018/19", TFM, &[PRIMARY]);
    let mut schools = vec![];
    let places = [("373", "Sheffield", "E12000003", 1_200, 5), ("383", "Leeds", "E12000003", 11, 1)];
    let places =
        places.into_iter().chain([("330", "Birmingham & Solihull", "E12000005", 10, 0), ("202", "Camden", "E12000007", 3, 2)]);
    for (code, name, region, count, reached) in places {
        let first = 100_000 + code.parse::<i32>().unwrap() * 2_000;
        schools.extend((0..count).map(|n| in_region(in_area(school(first + n, PRIMARY), code, name), region)));
        for urn in first..first + reached {
            let participation = world.enrols(urn, TFM, if urn == first { "2017/18" } else { "2018/19" });
            if urn == first {
                world.starts(&participation, "2017/18", "2017-09-11").completes(&participation, "2017/18", "2018-07-10");
            }
        }
    }
    world.register("2018-09-01", schools, vec![]);
    world
}

fn files(world: &World, state: &ReportState) -> BTreeMap<String, String> {
    let (lake, out) = (world.lake(), tempfile::tempdir().unwrap());
    let reach = measure(lake.path(), &Measure::on(day("2019-08-31"), day("2019-09-05"))).unwrap();
    write_report(&reach, out.path(), state).unwrap();
    let entries = fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap());
    let texts = entries.filter(|entry| entry.file_name() != "cells.parquet");
    texts.map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap())).collect()
}

/// The rows of a file, each by its columns.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| header.iter().zip(record.iter()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// The part between a heading and the next one.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, from) = page.split_once(&format!("<h2 id=\"{id}\">")).unwrap_or_else(|| panic!("the page has no section {id}"));
    from.split("<h2 ").next().unwrap()
}

/// The cells of the rows in the bodies of a section's tables, as a reader sees them.
fn cells(section: &str) -> Vec<Vec<String>> {
    let bodies = section.split("<tbody>").skip(1).map(|body| body.split("</tbody>").next().unwrap());
    let rows = bodies.flat_map(|body| body.split("<tr").skip(1));
    let cell = |cell: &str| text(cell.split_once('>').unwrap().1);
    rows.map(|row| row.replace("<th ", "<td ").replace("<td>", "<td >").split("<td ").skip(1).map(cell).collect()).collect()
}

/// Text without tags, and with thousands as the files write them.
fn text(html: &str) -> String {
    let mut seen = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            ',' | '\n' => {}
            letter if !inside => seen.push(letter),
            _ => {}
        }
    }
    seen.replace("&amp;", "&").replace("&nbsp;", " ")
}

/// In the files of regions, England's name is the country's.
fn place(row: &BTreeMap<String, String>) -> &str {
    if row["geographic_level"] == "National" { "England" } else { &row["region_name"] }
}

#[test]
fn the_page_equals_its_snapshot() {
    insta::assert_snapshot!("page", files(&areas(), &ReportState::Provisional)["index.html"]);
}

fn approved(superseded: Option<&str>) -> ReportState {
    ReportState::Final(Approval {
        body: "Department for Education".into(),
        date: day("2019-09-12"),
        publication: "reachPublications/3".into(),
        superseded: superseded.map(str::to_owned),
    })
}

#[test]
fn a_final_report_differs_only_in_its_state_and_approval() {
    let [provisional, last] = [ReportState::Provisional, approved(None)].map(|state| files(&areas(), &state));
    for (name, text) in &provisional {
        let same = name != "index.html" && name != "manifest.json";
        assert_eq!(same, *text == last[name], "{name}");
    }
    assert!(last["manifest.json"].contains("\"state\": \"final\"") && last["index.html"].contains(">Final</span>"));
    let sentence = "<p>Approved by the Department for Education on 12 September 2019 as <code>reachPublications/3</code>. \
        It supersedes no earlier approved publication about 2018/19.</p>\n";
    assert!(last["index.html"].contains(sentence));
    let rest = |page: &str| {
        let page = page.replace(sentence, "").replace("state approved", "state provisional");
        page.replace("Provisional", "Final").replace("provisional", "final")
    };
    assert_eq!(rest(&provisional["index.html"]), rest(&last["index.html"]));
    let second = files(&areas(), &approved(Some("reachPublications/1")));
    assert!(second["index.html"].contains("It supersedes <code>reachPublications/1</code>."));
    assert!(second["manifest.json"].contains("\"superseded_reach_publication\": \"reachPublications/1\""));
}

#[test]
fn areas_are_shown_for_the_programme_with_the_most_eligible_schools_first() {
    let mut world = World::default();
    let schools = (0..30).map(|n| school(100_000 + n, if n < 20 { PRIMARY } else { SECONDARY })).collect();
    world.register("2018-09-01", schools, vec![]);
    for (programme, phase) in [("a-project", SECONDARY), ("z-project", PRIMARY), ("mastery", PRIMARY)] {
        world.round("2018/19", programme, &[phase]);
    }
    let page = &files(&world, &ReportState::Provisional)["index.html"];
    let headings: Vec<&str> =
        section(page, "coldest").split("<h3>").skip(1).map(|rest| rest.split("</h3>").next().unwrap()).collect();
    assert_eq!(headings, ["mastery: primary", "z project: primary", "a project: secondary"]);
}

/// No register covers a year: percentages are `x`, and there are no cold areas.
#[test]
fn a_section_without_rows_is_not_written() {
    let mut world = World::default();
    world.register("2018-11-01", vec![school(100_001, PRIMARY)], vec![]).round("2018/19", TFM, &[PRIMARY]);
    world.enrols(100_001, TFM, "2018/19");
    let files = files(&world, &ReportState::Provisional);
    let page = &files["index.html"];
    let sections: Vec<&str> = page.split("<h2 id=\"").skip(1).map(|section| section.split('"').next().unwrap()).collect();
    assert_eq!(sections, ["regions", "years", "notes", "files"]);
    assert!(
        !files.contains_key("cold_areas.csv")
            && !page.contains("cold_areas")
            && !files["manifest.json"].contains("cold_areas.csv")
    );
}

/// Every share names its denominator, and the counts are beside it.
#[test]
fn the_answer_gives_each_share_with_its_denominator() {
    let page = &files(&areas(), &ReportState::Provisional)["index.html"];
    let answer = page.split("<p class=\"answer\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert_eq!(
        answer.replace("&nbsp;", " "),
        "Since 2014/15, <strong>8 of 1,224 eligible schools (0.7 %)</strong> have been enrolled in at least one year, and \
         3 of 1,224 eligible schools (0.2 %) have completed at least one year. \
         In 2018/19, 8 of 1,224 eligible schools (0.7 %) were enrolled: 5 new, 3 continuing."
    );
}

#[test]
fn coldness_is_shown_with_formula_parameters_and_basis() {
    let page = text(section(&files(&areas(), &ReportState::Provisional)["index.html"], "coldest"));
    let formula = "(schools never enrolled + 10 × share of the region’s schools never enrolled) ÷ (eligible schools + 10)";
    let parts = ["Coldness in percent is", formula, "at least 10 such schools", "rule: working assumption."];
    for part in parts {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn the_page_the_manifest_and_the_meta_file_name_the_policy_and_its_decision() {
    let assumed = files(&areas(), &ReportState::Provisional);
    let sentence = "Working assumption because no policy of the Maths Hubs Council was in force: a school counts by its own applications places and years; \
        areas are compared by the share of their schools that were never enrolled.";
    assert!(text(section(&assumed["index.html"], "notes")).contains(sentence), "{}", assumed["index.html"]);
    let policy = |files: &BTreeMap<String, String>| {
        serde_json::from_str::<serde_json::Value>(&files["manifest.json"]).unwrap()["policy"].clone()
    };
    assert_eq!(policy(&assumed)["name"], serde_json::Value::Null);
    let mut world = areas();
    world.policy("2018-06-20", "2018-09-01", (proto::network::v1::ReachStage::Enrolled, 5, 12));
    let decided = files(&world, &ReportState::Provisional);
    // The test reads a page without commas.
    let basis = "policy reachPolicies/2018-09-01, in force since 1 September 2018 by the Maths Hubs Council’s decision councilMeetings/2018-06-20/decisions/1";
    assert!(text(section(&decided["index.html"], "notes")).contains(&basis[1..].replace(',', "")), "the page names it");
    assert!(
        text(section(&decided["index.html"], "coldest")).contains("at least 12 such schools; rule: reachPolicies/2018-09-01.")
    );
    assert_eq!(policy(&decided)["name"], "reachPolicies/2018-09-01");
    assert_eq!(policy(&decided)["decision"], "councilMeetings/2018-06-20/decisions/1");
    assert_eq!(policy(&decided)["basis"], basis);
    assert!(decided["cold_areas.meta.csv"].contains(basis), "{}", decided["cold_areas.meta.csv"]);
}

#[test]
fn every_cell_of_the_table_of_regions_is_the_figure_of_the_file() {
    let files = files(&areas(), &ReportState::Provisional);
    let rows = rows(&files["reach_by_region.csv"]);
    let mut expected = BTreeMap::new();
    for row in rows
        .iter()
        .filter(|row| row["time_period"] == "201819" && row["programme"] == "Total" && row["education_phase"] == "Total")
    {
        expected.insert((place(row).to_owned(), row["stage"].clone()), row);
    }
    let shown = cells(section(&files["index.html"], "regions"));
    assert_eq!(shown.len(), 10);
    for cells in shown {
        let [enrolled, completed] = ["Enrolled", "Completed"].map(|stage| expected[&(cells[0].clone(), stage.to_owned())]);
        let pair = |row: &BTreeMap<String, String>, of: &str| {
            ["count", "percent"].map(|what| row[&format!("schools_reached{of}_{what}")].clone())
        };
        let in_year = ["count", "new_count", "continuing_count", "percent"]
            .map(|what| enrolled[&format!("schools_reached_{what}")].clone());
        let pairs = [pair(completed, ""), pair(enrolled, "_since_201415"), pair(completed, "_since_201415")];
        let first = [cells[0].clone(), enrolled["schools_count"].clone()];
        let file_cells: Vec<String> = first.into_iter().chain(in_year).chain(pairs.into_iter().flatten()).collect();
        assert_eq!(cells, file_cells);
    }
}

#[test]
fn every_tile_of_the_map_is_the_figure_of_the_file() {
    let files = files(&areas(), &ReportState::Provisional);
    let map = section(&files["index.html"], "map");
    let tiles: Vec<String> = map.split("<rect ").skip(1).map(|tile| text(tile.split_once('>').unwrap().1)).collect();
    let mut rows: Vec<_> = rows(&files["reach_by_region.csv"]);
    rows.retain(|row| row["time_period"] == "201819" && row["programme"] == "Total" && row["education_phase"] == "Total");
    rows.retain(|row| row["geographic_level"] == "Regional" && row["stage"] == "Enrolled");
    assert_eq!(rows.len(), 9);
    assert!(tiles.len() >= rows.len(), "{tiles:?}");
    for (row, tile) in rows.iter().zip(tiles) {
        let name = row["region_name"].replace(' ', "");
        let share = &row["schools_reached_since_201415_percent"];
        let expected = match share.as_str() {
            "z" => format!("{name}z"),
            _ => format!("{name}{share}%{}of{}", row["schools_reached_since_201415_count"], row["schools_count"]),
        };
        assert!(tile.replace(' ', "").starts_with(&expected), "{tile} is not {expected}");
    }
}

/// A cell of a row of England by year, phase and stage.
fn england<'a>(rows: &'a [BTreeMap<String, String>], year: &str, phase: &str, stage: &str) -> &'a BTreeMap<String, String> {
    let wanted = |row: &&BTreeMap<String, String>| {
        row["geographic_level"] == "National"
            && row["programme"] == "Total"
            && (row["time_period"].as_str(), row["education_phase"].as_str(), row["stage"].as_str())
                == (&*year.replace('/', ""), phase, stage)
    };
    rows.iter().find(wanted).unwrap()
}

#[test]
fn each_phase_is_a_series_of_years_with_new_and_continuing_schools_apart() {
    let files = files(&areas(), &ReportState::Provisional);
    let rows = rows(&files["reach_by_region.csv"]);
    let shown = cells(section(&files["index.html"], "years"));
    let series: Vec<[&str; 2]> = shown.iter().map(|cells| [&*cells[0], &*cells[1]]).collect();
    let expected = [["Primary", "2017/18"], ["Primary", "2018/19"], ["All phases", "2017/18"], ["All phases", "2018/19"]];
    assert_eq!(series, expected);
    for cells in shown {
        let phase = if cells[0] == "All phases" { "Total" } else { &cells[0] };
        let of_stage = |stage: &str| england(&rows, &cells[1], phase, stage);
        let enrolled = of_stage("Enrolled");
        let count = |stage: &str| of_stage(stage)["schools_reached_count"].clone();
        let file_cells = [
            enrolled["schools_count"].clone(),
            count("Applied"),
            count("Enrolled"),
            enrolled["schools_reached_new_count"].clone(),
            enrolled["schools_reached_continuing_count"].clone(),
            count("Active"),
            count("Completed"),
            enrolled["schools_reached_since_201415_count"].clone(),
            enrolled["schools_reached_since_201415_percent"].clone(),
        ];
        assert_eq!(cells[2..], file_cells);
    }
}

/// The secondary programme begins a year after the primary one, so the total is not one series.
#[test]
fn a_total_is_shown_only_for_the_years_in_which_the_same_phases_took_part() {
    let mut world = World::default();
    world.round("2016/17", TFM, &[PRIMARY]).round("2017/18", TFM, &[PRIMARY]).round("2018/19", TFM, &[PRIMARY]);
    world.round("2017/18", "secondary", &[SECONDARY]);
    world.register("2018-09-01", vec![school(100_001, PRIMARY), school(100_002, SECONDARY)], vec![]);
    let files = files(&world, &ReportState::Provisional);
    let section = section(&files["index.html"], "years");
    let series: Vec<[String; 2]> = cells(section).into_iter().map(|cells| [cells[0].clone(), cells[1].clone()]).collect();
    let expected = [
        ["Primary", "2016/17"],
        ["Primary", "2017/18"],
        ["Primary", "2018/19"],
        ["Secondary", "2017/18"],
        ["Secondary", "2018/19"],
        ["All phases", "2017/18"],
        ["All phases", "2018/19"],
    ];
    assert_eq!(series, expected.map(|row| row.map(str::to_owned)));
    assert!(
        section.contains(
            "All phases: for the years from 2017/18 on, in which programmes ran in the same phases (primary, secondary)."
        )
    );
}

#[test]
fn the_coldest_areas_are_the_first_ranks_of_the_file_with_the_parts_of_their_index() {
    let files = files(&areas(), &ReportState::Provisional);
    let shown = cells(section(&files["index.html"], "coldest"));
    let tenths = |part: &str, whole: &str| {
        let [part, whole] = [part, whole].map(|number| number.parse::<u64>().unwrap());
        let permille = (2_000 * part + whole) / (2 * whole);
        format!("{}.{}", permille / 10, permille % 10)
    };
    let mut expected: Vec<Vec<String>> = vec![];
    for row in rows(&files["cold_areas.csv"]).iter().filter(|row| row["coldness_rank"] != "z") {
        let mut file_cells = ["coldness_rank", "la_name", "region_name", "schools_count", "schools_never_reached_count"]
            .map(|c| row[c].clone())
            .to_vec();
        file_cells.push(tenths(&row["schools_never_reached_count"], &row["schools_count"]));
        file_cells.push(tenths(&row["region_schools_never_reached_count"], &row["region_schools_count"]));
        file_cells.push(row["coldness_percent"].clone());
        let [more, fewer] = ["more", "fewer"].map(|change| &row[&*format!("coldness_rank_one_{change}_never_reached")]);
        file_cells.push(if more == fewer { more.clone() } else { format!("{more} to {fewer}") });
        expected.push(file_cells);
    }
    assert_eq!(expected.len(), 3);
    assert_eq!(shown, expected);
}
