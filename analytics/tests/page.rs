//! The page says what the files say: every figure on it, and nothing else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::{collections::BTreeMap, fs};

use analytics::{Measure, ReportState, measure, write_report};
use world::*;

const TFM: &str = "primary-teaching-for-mastery";

/// Areas of several sizes in three regions: one too small to rank, one never reached; a year that no register covers before.
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

fn files(world: &World, state: ReportState) -> BTreeMap<String, String> {
    let (lake, out) = (world.lake(), tempfile::tempdir().unwrap());
    let reach = measure(lake.path(), &Measure::on(day("2019-08-31"), day("2019-09-05"))).unwrap();
    write_report(&reach, out.path(), state).unwrap();
    let entries = fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap())).collect()
}

/// The rows of a file, each by its columns.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| header.iter().zip(record.iter()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// What stands between a heading and the next one.
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

/// Without its marks: what a reader sees. Thousands are written as the files write them.
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

/// England's name in the files of regions is its country's.
fn place(row: &BTreeMap<String, String>) -> &str {
    if row["geographic_level"] == "National" { "England" } else { &row["region_name"] }
}

#[test]
fn the_page_reads_like_this() {
    insta::assert_snapshot!("page", files(&areas(), ReportState::Provisional)["index.html"]);
}

#[test]
fn a_final_report_says_so_and_nothing_else_changes() {
    let [provisional, last] = [ReportState::Provisional, ReportState::Final].map(|state| files(&areas(), state));
    for (name, text) in &provisional {
        let same = name != "index.html" && name != "manifest.json";
        assert_eq!(same, *text == last[name], "{name}");
    }
    assert!(last["manifest.json"].contains("\"state\": \"final\"") && last["index.html"].contains(">Final</span>"));
    let rest = |page: &str| page.replace("Provisional", "Final").replace("provisional", "final");
    assert_eq!(rest(&provisional["index.html"]), rest(&last["index.html"]));
}

#[test]
fn every_cell_of_the_table_of_regions_is_the_figure_of_the_file() {
    let files = files(&areas(), ReportState::Provisional);
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
        let told = [[cells[0].clone(), enrolled["schools_count"].clone()], pair(enrolled, ""), pair(completed, "")];
        let told: Vec<String> =
            told.into_iter().chain([pair(enrolled, "_since_201415"), pair(completed, "_since_201415")]).flatten().collect();
        assert_eq!(cells, told);
    }
}

#[test]
fn every_tile_of_the_map_is_the_figure_of_the_file() {
    let files = files(&areas(), ReportState::Provisional);
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

#[test]
fn the_years_are_told_with_their_marks() {
    let files = files(&areas(), ReportState::Provisional);
    let rows = rows(&files["reach_by_region.csv"]);
    let shown = cells(section(&files["index.html"], "years"));
    assert_eq!(shown.iter().map(|cells| cells[0].as_str()).collect::<Vec<_>>(), ["2017/18", "2017/18", "2018/19", "2018/19"]);
    for cells in shown {
        let programme = if cells[1] == "All programmes" { "Total" } else { &cells[1] };
        let of_stage = |stage: &str| {
            let mut found = rows.iter().filter(|row| {
                row["geographic_level"] == "National"
                    && row["time_period"] == cells[0].replace('/', "")
                    && (row["programme"].as_str(), row["education_phase"].as_str(), row["stage"].as_str())
                        == (programme, "Total", stage)
            });
            found.next().unwrap()
        };
        let mut told = vec![of_stage("Enrolled")["schools_count"].clone()];
        told.extend(["Applied", "Enrolled", "Active", "Completed"].map(|stage| of_stage(stage)["schools_reached_count"].clone()));
        told.extend(
            ["count", "percent"].map(|what| of_stage("Enrolled")[&format!("schools_reached_since_201415_{what}")].clone()),
        );
        assert_eq!(cells[2..], told);
    }
}

#[test]
fn the_coldest_areas_are_those_that_the_file_ranks_first_with_the_parts_of_their_index() {
    let files = files(&areas(), ReportState::Provisional);
    let shown = cells(section(&files["index.html"], "coldest"));
    let tenths = |part: &str, whole: &str| {
        let [part, whole] = [part, whole].map(|number| number.parse::<u64>().unwrap());
        let permille = (2_000 * part + whole) / (2 * whole);
        format!("{}.{}", permille / 10, permille % 10)
    };
    let mut expected: Vec<Vec<String>> = vec![];
    for row in rows(&files["cold_areas.csv"]).iter().filter(|row| row["coldness_rank"] != "z") {
        let mut told = ["coldness_rank", "la_name", "region_name", "schools_count", "schools_never_reached_count"]
            .map(|c| row[c].clone())
            .to_vec();
        told.push(tenths(&row["schools_never_reached_count"], &row["schools_count"]));
        told.push(tenths(&row["region_schools_never_reached_count"], &row["region_schools_count"]));
        told.push(tenths(&row["coldness_ppm"], "1000000"));
        expected.push(told);
    }
    assert_eq!(expected.len(), 3);
    assert_eq!(shown, expected);
}
