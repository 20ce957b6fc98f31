//! The content of the files, and its independence of the order of events.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
};

use analytics::{Approval, Measure, Measurer, ReportState, measure, write_report};
use proptest::prelude::*;
use world::*;

const TFM: &str = "primary-teaching-for-mastery";
const GCSE: &str = "gcse-re-sit";

fn small_world() -> World {
    let mut world = World::default();
    world.register(
        "2018-09-01",
        vec![
            school(100001, PRIMARY),
            school(100002, PRIMARY),
            school(100003, PRIMARY),
            closed(school(100004, PRIMARY), "2018-08-31"),
            school(140004, PRIMARY),
            school(100005, SECONDARY),
            in_region(in_area(school(100006, PRIMARY), "330", "Birmingham"), "E12000005"),
        ],
        vec![link(100004, 140004, "2018-08-31")],
    );
    world.round("2017/18", TFM, &[PRIMARY]).round("2018/19", TFM, &[PRIMARY]).round("2018/19", GCSE, &[SECONDARY]);
    let earlier = world.enrols(100004, TFM, "2017/18");
    world.starts(&earlier, "2017/18", "2017-09-11").completes(&earlier, "2017/18", "2018-07-10");
    let participation = world.enrols(100001, TFM, "2018/19");
    world.starts(&participation, "2018/19", "2018-09-10");
    world.applies(100002, TFM, "2018/19");
    world.enrols(100006, TFM, "2018/19");
    world
}

fn files(world: &World) -> BTreeMap<String, String> {
    let lake = world.lake();
    let out = tempfile::tempdir().unwrap();
    let mut options = Measure::on(day("2018-12-01"), day("2018-12-05"));
    options.first_year = year("2017/18");
    let reach = measure(lake.path(), &options).unwrap();
    write_report(&reach, out.path(), &ReportState::Provisional).unwrap();
    let entries = fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap());
    let entries = entries.inspect(|entry| {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o644, "a report is for publication");
    });
    let texts = entries.filter(|entry| entry.file_name() != "cells.parquet");
    texts.map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap())).collect()
}

#[test]
fn a_report_from_cells_of_another_engine_is_the_same_report() {
    let lake = small_world().lake();
    let mut options = Measure::on(day("2018-12-01"), day("2018-12-05"));
    options.first_year = year("2017/18");
    let mut measurer = Measurer::new(lake.path());
    let reach = measurer.measure(&options).unwrap();
    let out = tempfile::tempdir().unwrap();
    let report = write_report(&reach, out.path(), &ReportState::Provisional).unwrap();
    let cells = out.path().join("cells.parquet");
    assert_eq!(measurer.measure_cells(&options, &cells).unwrap(), reach);

    let refused = measurer.measure_cells(&options, &report.page).unwrap_err().to_string();
    assert!(refused.contains("is no table of cells"), "{refused}");
}

/// The schools and years of the two days are the same, so that nothing else in the file shows the difference.
#[test]
fn cells_that_were_counted_for_another_day_of_the_year_are_refused_with_both_days() {
    let lake = small_world().lake();
    let options = Measure::on(day("2018-12-01"), day("2018-12-05"));
    let mut measurer = Measurer::new(lake.path());
    let out = tempfile::tempdir().unwrap();
    write_report(&measurer.measure(&options).unwrap(), out.path(), &ReportState::Provisional).unwrap();
    let cells = out.path().join("cells.parquet");
    let mut refused = |true_on, known_on| {
        let other = Measure::on(day(true_on), day(known_on));
        measurer.measure_cells(&other, &cells).unwrap_err().to_string()
    };
    assert_eq!(
        refused("2018-11-30", "2018-12-05").strip_prefix(cells.to_str().unwrap()).unwrap(),
        " was counted for the figures true on 2018-12-01 and known on 2018-12-05, not true on 2018-11-30 and known on 2018-12-05: \
         write the report with --true-on 2018-12-01 --known-on 2018-12-05, or count cells for the days of the report"
    );
    let later_known = refused("2018-12-01", "2018-12-06");
    assert!(later_known.contains("not true on 2018-12-01 and known on 2018-12-06"), "{later_known}");
}

#[test]
fn the_report_of_a_small_world_equals_its_snapshots() {
    let files = files(&small_world());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "cold_areas.csv",
            "cold_areas.meta.csv",
            "index.html",
            "manifest.json",
            "reach_by_local_authority.csv",
            "reach_by_local_authority.meta.csv",
            "reach_by_region.csv",
            "reach_by_region.meta.csv",
        ]
    );
    // Rows of the region file with every symbol: England, one region, one without schools.
    let regions: Vec<&str> = files["reach_by_region.csv"]
        .lines()
        .filter(|line| ["geographic_level", "National", "North East", "Yorkshire"].iter().any(|part| line.contains(part)))
        .filter(|line| line.contains("geographic_level") || line.contains(",Enrolled,") || line.contains(",Total,Total,"))
        .collect();
    insta::assert_snapshot!("reach_by_region", regions.join("\n"));
    insta::assert_snapshot!("reach_by_region_meta", &files["reach_by_region.meta.csv"]);
    insta::assert_snapshot!("cold_areas", &files["cold_areas.csv"]);
    insta::assert_snapshot!("manifest", &files["manifest.json"]);
}

#[test]
fn the_files_follow_the_open_data_standards() {
    for (name, text) in files(&small_world()) {
        assert!(!text.starts_with('\u{feff}') && !text.contains('\r') && text.ends_with('\n'), "{name}");
        if name.ends_with(".csv") {
            // The reader refuses a row with another number of fields than the header.
            assert!(
                csv::Reader::from_reader(text.as_bytes()).records().all(|row| row.is_ok()),
                "{name}: a row with other columns"
            );
        }
    }
    let header = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,\
        old_la_code,new_la_code,la_name,programme,education_phase,stage,schools_count,schools_reached_count,\
        schools_reached_new_count,schools_reached_continuing_count,schools_reached_percent,schools_reached_since_201718_count,schools_reached_since_201718_percent";
    assert_eq!(files(&small_world())["reach_by_local_authority.csv"].lines().next().unwrap(), header);
}

#[test]
fn a_name_that_a_spreadsheet_takes_for_a_formula_leaves_as_a_text() {
    let link = "=HYPERLINK(\"http://a.example\",\"Teaching for mastery\")";
    let mut world = small_world();
    world.register("2018-09-02", vec![in_area(school(100001, PRIMARY), "999", "@SUM(A1)"), school(100002, PRIMARY)], vec![]);
    world.rename_programmes(link);
    let files = files(&world);
    let tables: Vec<&String> = files.keys().filter(|name| name.ends_with(".csv")).collect();
    assert_eq!(tables.len(), 6);
    let mut cells = BTreeSet::new();
    for name in tables {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(files[name].as_bytes());
        cells.extend(reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()));
    }
    let formulas: Vec<&String> = cells.iter().filter(|cell| cell.trim_start().starts_with(['=', '+', '-', '@'])).collect();
    assert!(formulas.is_empty(), "{formulas:?}");
    for text in ["'@SUM(A1)".to_owned(), format!("'{link} (primary-teaching-for-mastery)")] {
        assert!(cells.contains(&text), "{text} is not in {cells:?}");
    }
}

/// The rules by which DfE screens a data file and its meta file.
#[test]
fn every_data_file_passes_the_screening_of_its_meta_file() {
    let mut without_cold_areas = World::default();
    without_cold_areas.register("2018-11-01", vec![school(100001, PRIMARY)], vec![]);
    without_cold_areas.round("2018/19", TFM, &[PRIMARY]).enrols(100001, TFM, "2018/19");
    let mut two_programmes = small_world();
    two_programmes.round("2018/19", "secondary-mastery", &[SECONDARY, ALL_THROUGH]);
    let mut with_teachers = small_world();
    with_teachers.hub("one", "E12000003");
    let group = with_teachers.forms_group("one", TFM, "2018-09-10");
    with_teachers.meets((&group, "one"), "2018-10-01", None, &[]);
    for (world, data_files) in [(small_world(), 3), (two_programmes, 3), (without_cold_areas, 2), (with_teachers, 4)] {
        let files = files(&world);
        let meta_files: Vec<&String> = files.keys().filter(|name| name.ends_with(".meta.csv")).collect();
        assert_eq!(meta_files.len(), data_files, "{meta_files:?}");
        for name in meta_files {
            let rows = |name: &str| {
                let mut reader = csv::Reader::from_reader(files[name].as_bytes());
                let header = reader.headers().unwrap().clone();
                let row = |row: csv::StringRecord| -> BTreeMap<String, String> {
                    header.iter().zip(row.iter()).map(|(column, field)| (column.to_owned(), field.to_owned())).collect()
                };
                reader.records().map(|record| row(record.unwrap())).collect::<Vec<_>>()
            };
            let (meta, data) = (rows(name), rows(&name.replace(".meta.csv", ".csv")));
            assert!(!data.is_empty(), "{name}");
            for row in &meta {
                let column = &row["col_name"];
                let values: BTreeSet<&String> = data.iter().map(|data| &data[column]).collect();
                assert!(row["label"] == row["label"].trim() && !row["label"].is_empty(), "{name} {column}");
                if row["col_type"] == "Filter" {
                    assert!(values.len() >= 2, "{name}: the filter {column} has the one level {values:?}");
                    let default = &row["filter_default"];
                    let total = values.contains(&"Total".to_owned());
                    assert!(
                        if total { default.is_empty() } else { values.contains(default) },
                        "{name}: {column} starts with `{default}`"
                    );
                } else {
                    assert!(["", "%"].contains(&row["indicator_unit"].as_str()), "{name} {column}");
                    let places: usize = row["indicator_dp"].parse().unwrap();
                    for value in values.iter().filter(|value| !["c", "x", "z"].contains(&value.as_str())) {
                        assert_eq!(
                            value.split_once('.').map_or(0, |(_, decimals)| decimals.len()),
                            places,
                            "{name} {column} {value}"
                        );
                    }
                }
            }
            let described: BTreeSet<&String> = meta.iter().map(|row| &row["col_name"]).collect();
            let geography = ["time_", "geographic_", "country_", "region_code", "region_name", "old_la_", "new_la_", "la_name"];
            let own = data[0].keys().filter(|column| !geography.iter().any(|part| column.starts_with(part)));
            assert_eq!(own.collect::<BTreeSet<_>>(), described, "{name}");
        }
    }
}

#[test]
fn a_filter_of_one_level_is_left_out_and_named_in_the_labels() {
    let files = files(&small_world());
    let meta = &files["cold_areas.meta.csv"];
    assert!(!files["cold_areas.csv"].lines().next().unwrap().contains("stage") && !meta.contains("stage,Filter"));
    assert!(meta.contains("Eligible schools of the phase (stage: Enrolled)"), "{meta}");
}

#[test]
fn a_demonstration_is_marked_in_every_describing_file_and_in_no_other() {
    for (generated, demonstration) in [(true, false), (false, true), (true, true), (false, false)] {
        let mut world = small_world();
        let enrolment = std::mem::take(&mut world.enrolment);
        world.mark_last_import(generated, demonstration);
        // A later register without the mark does not remove it.
        world.register("2018-10-01", vec![school(100001, PRIMARY)], vec![]);
        world.enrolment = enrolment;
        let marked = generated || demonstration;
        for (name, text) in files(&world) {
            let describes = name == "index.html" || name == "manifest.json" || name.ends_with(".meta.csv");
            assert_eq!(text.to_lowercase().contains("demonstration"), marked && describes, "{name} {generated} {demonstration}");
        }
    }
}

#[test]
fn an_approved_demonstration_is_never_called_final() {
    let mut world = small_world();
    let enrolment = std::mem::take(&mut world.enrolment);
    world.mark_last_import(true, true).enrolment = enrolment;
    let (lake, out) = (world.lake(), tempfile::tempdir().unwrap());
    let reach = measure(lake.path(), &Measure::on(day("2018-12-01"), day("2018-12-05"))).unwrap();
    let approval = Approval {
        body: "Department for Education".into(),
        date: day("2018-12-10"),
        publication: "reachPublications/2".into(),
        superseded: Some("reachPublications/1".into()),
    };
    write_report(&reach, out.path(), &ReportState::Final(approval)).unwrap();
    let [page, manifest] = ["index.html", "manifest.json"].map(|name| fs::read_to_string(out.path().join(name)).unwrap());
    assert!(
        page.contains(">Demonstration, approved</span>")
            && page.contains("<title>Maths Hubs: schools reached, 2018/19 (demonstration, approved)</title>")
    );
    assert!(manifest.contains("\"state\": \"demonstration, approved\""), "{manifest}");
    assert!(!page.to_lowercase().contains("final") && !manifest.to_lowercase().contains("final"));
    // No part of the page can be shown without the mark.
    assert_eq!(page.matches("<caption>").count(), page.matches("<caption><strong>Demonstration.</strong>").count());
    assert!(page.contains("<figcaption><strong>Demonstration.</strong>"));
}

#[test]
fn the_columns_are_as_agreed() {
    let lake = small_world().lake();
    let out = tempfile::tempdir().unwrap();
    let reach = measure(lake.path(), &Measure::on(day("2018-12-01"), day("2018-12-05"))).unwrap();
    write_report(&reach, out.path(), &ReportState::Provisional).unwrap();
    let header = |name: &str| fs::read_to_string(out.path().join(name)).unwrap().lines().next().unwrap().to_owned();
    let place = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name";
    let figures = "programme,education_phase,stage,schools_count,schools_reached_count,schools_reached_new_count,\
        schools_reached_continuing_count,schools_reached_percent,schools_reached_since_201415_count,schools_reached_since_201415_percent";
    assert_eq!(header("reach_by_region.csv"), format!("{place},{figures}"));
    assert_eq!(header("reach_by_local_authority.csv"), format!("{place},old_la_code,new_la_code,la_name,{figures}"));
}

#[test]
fn the_page_is_self_contained_and_names_are_escaped() {
    let mut world = small_world();
    let mut evil = in_area(school(100007, PRIMARY), "331", "<script>alert(1)</script>");
    evil.new_la_code = "E08000026".into();
    let mut schools: Vec<_> = (0..10)
        .map(|n| {
            let mut s = evil.clone();
            s.urn += n;
            s
        })
        .collect();
    schools.push(school(100001, PRIMARY));
    world.register("2018-09-01", schools, vec![]);
    let page = &files(&world)["index.html"];
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"));
    for outside in ["http://", "https://", "url(", "@import"] {
        assert!(!page.contains(outside), "the page names {outside}");
    }
}

/// Events of different resources in any order; the events of one register stay together and in order.
fn shuffled(world: &World, seed: u64) -> World {
    let mut other = world.clone();
    let mut state = seed | 1;
    for index in (1..other.enrolment.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        other.enrolment.swap(index, usize::try_from(state >> 33).unwrap() % (index + 1));
    }
    other
}

#[test]
fn the_same_facts_in_another_order_give_the_same_bytes() {
    let world = small_world();
    let expected = files(&world);
    for seed in 0..8 {
        assert_eq!(files(&shuffled(&world, seed)), expected, "seed {seed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// For any history and any descent: never above 100 %, never fewer since than in the year, and totals that neither lose nor double a school.
    #[test]
    fn reach_never_exceeds_the_schools_there_are(
        schools in proptest::collection::vec((1..=3_i32, any::<bool>(), 0..9_usize), 1..12),
        links in proptest::collection::vec((0..12_i32, 0..12_i32, prop_oneof![Just(""), Just("2017-09-01"), Just("2018-10-01")]), 0..12),
        acts in proptest::collection::vec((0..14_i32, 0..2_usize, 0..2_usize, 0..4_u8), 0..24),
    ) {
        let years = ["2017/18", "2018/19"];
        let programmes = [TFM, GCSE];
        let mut world = World::default();
        let row = |(n, (phase, open, region)): (i32, &(i32, bool, usize))| {
            let place = in_area(school(100_000 + n, *phase), &format!("{}", 200 + region), &format!("Area {region}"));
            let place = in_region(opened(place, "1990-01-01"), analytics::REGIONS[*region].code);
            if *open { place } else { closed(place, "2018-08-31") }
        };
        let rows = (0..).zip(&schools).map(row).collect();
        let links = links.iter().map(|(from, to, on)| link(100_000 + from, 100_000 + to, on)).collect();
        world.register("2018-09-01", rows, links);
        world.round("2017/18", TFM, &[PRIMARY, ALL_THROUGH]).round("2018/19", GCSE, &[SECONDARY, ALL_THROUGH]);
        for (n, programme, of, act) in acts {
            let (programme, of) = (programmes[programme], years[of]);
            let application = world.applies(100_000 + n, programme, of);
            if act > 0 {
                let participation = world.accepts(&application, of);
                match act {
                    1 => { world.takes_back(&application, &format!("{}-08-01", &of[..4])); }
                    2 => { world.starts(&participation, of, &format!("{}-09-10", &of[..4])); }
                    _ => {}
                }
            }
        }
        let reach = world.measured_on("2018-12-01");
        let mut regions: BTreeMap<_, (u32, u32, u32)> = BTreeMap::new();
        for figure in &reach.figures {
            if figure.state == analytics::FigureState::NotCovered {
                continue;
            }
            prop_assert!(figure.reached_count <= figure.reached_since_count);
            prop_assert!(figure.reached_since_count <= figure.schools_count);
            let key = (figure.year, figure.programme, figure.phase, figure.stage);
            match figure.level {
                analytics::Level::National => {}
                analytics::Level::Regional(_) => {
                    let sum = regions.entry(key).or_default();
                    sum.0 += figure.schools_count;
                    sum.1 += figure.reached_count;
                    sum.2 += figure.reached_since_count;
                }
                analytics::Level::LocalAuthority(_) => {
                    let sum = regions.get_mut(&key).unwrap();
                    sum.0 -= figure.schools_count;
                    sum.1 -= figure.reached_count;
                    sum.2 -= figure.reached_since_count;
                }
            }
        }
        // Every region's schools are in one of its authorities.
        prop_assert!(regions.values().all(|sum| *sum == (0, 0, 0)));
    }
}
