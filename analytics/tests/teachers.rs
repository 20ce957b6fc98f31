//! Teachers with an attendance, and those who visited another school's classroom.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::fs;

use analytics::{Level, Measure, Measurer, REGIONS, Reach, ReportState, measure, write_report};
use proto::{enrolment::v1::Participation, meeting::v1::MarkKind};
use tempfile::TempDir;
use world::{
    meetings::{Met, persons},
    *,
};

const TFM: &str = "primary-teaching-for-mastery";
const GCSE: &str = "gcse-re-sit";
const YEAR: &str = "2018/19";

/// A primary and a secondary school in Yorkshire and The Humber, and one of each in the West Midlands; a hub and a group of each region and programme.
struct Schools {
    world: World,
    primary: [Participation; 2],
    secondary: [Participation; 2],
    groups: [String; 2],
}

fn schools() -> Schools {
    let mut world = World::default();
    let west = |school| in_region(in_area(school, "330", "Birmingham"), "E12000005");
    let all = vec![
        school(100_001, PRIMARY),
        west(school(100_002, PRIMARY)),
        school(100_003, SECONDARY),
        west(school(100_004, SECONDARY)),
    ];
    world.register("2018-09-01", all, vec![]);
    world.hub("north", "E12000003").hub("west", "E12000005");
    world.round(YEAR, TFM, &[PRIMARY]).round(YEAR, GCSE, &[SECONDARY]);
    let primary = [100_001, 100_002].map(|urn| world.enrols(urn, TFM, YEAR));
    let secondary = [100_003, 100_004].map(|urn| world.enrols(urn, GCSE, YEAR));
    let groups = [world.forms_group("one", TFM, "2018-09-10"), world.forms_group("two", GCSE, "2018-09-10")];
    Schools { world, primary, secondary, groups }
}

impl Schools {
    /// The primary group meets, and marks persons of the school in Yorkshire.
    fn meets(&mut self, on: &str, numbers: std::ops::Range<u32>, kind: MarkKind) -> Met {
        self.world.meets((&self.groups[0], "north"), on, None, &[(&self.primary[0], persons(numbers), kind)])
    }

    fn counted(&self, on: &str) -> Counted {
        of(&self.world.measured_on(on), &Level::National, None)
    }
}

/// Meetings, teachers and visiting teachers of 2018/19.
type Counted = (u32, Option<u32>, Option<u32>);

fn of(reach: &Reach, level: &Level, programme: Option<&str>) -> Counted {
    let figure = reach.teacher_figures.iter().find(|figure| {
        let id = figure.programme.map(|index| reach.programmes[index].id.as_str());
        figure.year == year(YEAR) && figure.level == *level && id == programme
    });
    let figure = figure.unwrap();
    (figure.meetings_held_count, figure.teachers_count, figure.teachers_visiting_count)
}

fn region(code: &str) -> Level {
    Level::Regional(*REGIONS.iter().find(|region| region.code == code).unwrap())
}

fn report(world: &World, options: &Measure) -> TempDir {
    let (lake, out) = (world.lake(), tempfile::tempdir().unwrap());
    write_report(&measure(lake.path(), options).unwrap(), out.path(), &ReportState::Provisional).unwrap();
    out
}

#[test]
fn a_teacher_counts_once_a_year_however_often_they_come() {
    let mut schools = schools();
    schools.meets("2018-10-01", 0..10, MarkKind::Attended);
    schools.meets("2018-11-01", 5..15, MarkKind::Part);
    schools.meets("2018-12-03", 14..16, MarkKind::Substituted);
    schools.meets("2018-12-10", 16..30, MarkKind::Absent);
    schools.meets("2018-12-11", 16..30, MarkKind::AbsentWithNotice);
    let group = schools.groups[0].clone();
    schools.world.cancels_meeting((&group, "north"), "2018-12-12");
    assert_eq!(schools.counted("2019-01-01"), (5, Some(16), Some(0)));
    // Each academic year counts for itself.
    schools.meets("2019-09-02", 0..6, MarkKind::Attended);
    let reach = schools.world.measured_on("2019-09-30");
    let newest = reach.teacher_figures.iter().find(|figure| figure.year == year("2019/20")).unwrap();
    assert_eq!((newest.meetings_held_count, newest.teachers_count), (1, Some(6)));
    assert_eq!(of(&reach, &Level::National, None), (5, Some(16), Some(0)));
}

#[test]
fn the_newest_mark_that_was_known_counts() {
    let mut schools = schools();
    let met = schools.meets("2018-10-01", 0..8, MarkKind::Attended);
    let participation = schools.primary[0].clone();
    schools
        .world
        .corrects(&met, (&participation, "persons/0"), (MarkKind::Absent, 2), "2018-11-01")
        .corrects(&met, (&participation, "persons/1"), (MarkKind::Absent, 2), "2018-11-01")
        .corrects(&met, (&participation, "persons/1"), (MarkKind::Part, 3), "2018-12-01")
        .corrects(&met, (&participation, "persons/8"), (MarkKind::Attended, 1), "2018-12-02");
    let counts = ["2018-10-31", "2018-11-30", "2018-12-01", "2018-12-02"].map(|on| schools.counted(on).1.unwrap());
    assert_eq!(counts, [8, 6, 7, 8]);
    // A correction is true of the day of its mark: an earlier day has it too, as it is known later.
    let earlier = schools.world.try_measure(&Measure::on(day("2018-10-31"), day("2018-11-30"))).unwrap();
    assert_eq!(of(&earlier, &Level::National, None).1, Some(6));
    let before = schools.world.try_measure(&Measure::on(day("2018-09-30"), day("2018-12-31"))).unwrap();
    assert_eq!(before.teacher_figures, []);
}

#[test]
fn records_of_one_person_are_one_teacher_once_they_are_merged() {
    let mut schools = schools();
    schools.meets("2018-10-01", 0..10, MarkKind::Attended);
    schools.world.merges("persons/1", "persons/0", "2018-11-01").merges("persons/2", "persons/1", "2018-11-02");
    schools.world.erases("persons/9", "2018-11-03");
    assert_eq!(["2018-10-31", "2018-11-01", "2018-11-30"].map(|on| schools.counted(on).1.unwrap()), [10, 9, 8]);
}

#[test]
fn no_file_of_a_report_has_a_person() {
    let mut schools = schools();
    schools.meets("2018-10-01", 0..10, MarkKind::Attended);
    schools.world.erases("persons/9", "2018-11-03");
    let out = report(&schools.world, &Measure::on(day("2018-12-01"), day("2018-12-01")));
    for file in fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(8).any(|part| part == b"persons/"), "{}", file.display());
    }
    assert!(out.path().join("teachers_by_region.csv").exists());
}

#[test]
fn a_teacher_of_two_regions_and_programmes_counts_where_they_attended_first() {
    let mut schools = schools();
    let ([north, west], [_, gcse_west]) = (schools.primary.clone(), schools.secondary.clone());
    let groups = schools.groups.clone();
    let attended = |participation, numbers| (participation, persons(numbers), MarkKind::Attended);
    schools.world.meets((&groups[1], "west"), "2018-11-01", None, &[attended(&gcse_west, 0..12)]);
    schools.world.meets((&groups[0], "north"), "2018-10-01", None, &[attended(&north, 0..6)]);
    schools.world.meets((&groups[0], "west"), "2018-12-01", None, &[attended(&west, 0..20)]);
    let reach = schools.world.measured_on("2018-12-31");
    let of = |level: &Level, programme| of(&reach, level, programme);
    let (north, west) = (region("E12000003"), region("E12000005"));
    assert_eq!([None, Some(TFM), Some(GCSE)].map(|programme| of(&Level::National, programme).1.unwrap()), [20, 14, 6]);
    assert_eq!([None, Some(TFM), Some(GCSE)].map(|programme| of(&north, programme).1.unwrap()), [6, 6, 0]);
    assert_eq!([None, Some(TFM), Some(GCSE)].map(|programme| of(&west, programme).1.unwrap()), [14, 8, 6]);
    // A meeting counts in the region of the hub that organised it.
    assert_eq!([&north, &west, &Level::National].map(|level| of(level, Some(TFM)).0), [1, 1, 2]);
}

#[test]
fn a_visit_is_a_peer_visit_to_another_school() {
    let mut schools = schools();
    let ([north, west], groups) = (schools.primary.clone(), schools.groups.clone());
    let met = schools.world.meets(
        (&groups[0], "north"),
        "2018-10-01",
        Some(100_002),
        &[
            (&north, persons(0..7), MarkKind::Attended),
            (&north, persons(7..9), MarkKind::Absent),
            (&west, persons(20..30), MarkKind::Attended),
        ],
    );
    schools.meets("2018-11-01", 0..12, MarkKind::Attended);
    let counted = |schools: &Schools, on: &str| of(&schools.world.measured_on(on), &Level::National, None);
    // The ten of the host's own school did not visit.
    assert_eq!(counted(&schools, "2018-12-01"), (2, Some(22), Some(7)));
    schools.world.corrects(&met, (&north, "persons/7"), (MarkKind::Part, 2), "2018-12-02");
    assert_eq!(counted(&schools, "2018-12-02").2, Some(8));
}

/// Six teachers of the West Midlands, of whom none visited; in Yorkshire three and seven, of whom two and six visited.
fn few() -> World {
    let Schools { mut world, primary: [north, west], secondary: [gcse_north, gcse_west], groups } = schools();
    world.round("2017/18", "another", &[PRIMARY]);
    let attended = |participation, numbers| (participation, persons(numbers), MarkKind::Attended);
    world.meets((&groups[0], "north"), "2018-10-01", Some(100_002), &[attended(&north, 0..2)]);
    world.meets((&groups[0], "north"), "2018-11-01", None, &[attended(&north, 0..3), attended(&west, 10..16)]);
    world.meets((&groups[1], "north"), "2018-10-01", Some(100_004), &[attended(&gcse_north, 20..26)]);
    world.meets((&groups[1], "west"), "2018-11-01", None, &[attended(&gcse_north, 26..27), attended(&gcse_west, 30..50)]);
    world
}

#[test]
fn the_file_hides_few_people_and_adds_up() {
    let out = report(&few(), &Measure::on(day("2019-03-01"), day("2019-03-01")));
    let text = |name: &str| fs::read_to_string(out.path().join(name)).unwrap();
    let shown = |line: &&str| {
        ["geographic_level", "National", "Yorkshire", "West Midlands", "London"].iter().any(|part| line.contains(part))
    };
    let rows: Vec<String> = text("teachers_by_region.csv").lines().filter(shown).map(str::to_owned).collect();
    insta::assert_snapshot!("teachers_by_region", rows.join("\n"));
    insta::assert_snapshot!("teachers_by_region_meta", text("teachers_by_region.meta.csv"));
    let page = text("index.html");
    let section = page.split("<h2 ").find(|section| section.starts_with("id=\"teachers\"")).unwrap();
    insta::assert_snapshot!("teachers_page", section);
}

#[test]
fn each_region_and_programme_has_a_row_from_the_first_year_with_a_meeting() {
    let world = few();
    let reach = world.measured_on("2019-10-01");
    // Two years, England and nine regions, the total and three programmes.
    assert_eq!(reach.teacher_figures.len(), 2 * 10 * 4);
    assert_eq!(reach.teacher_figures[0].year, year(YEAR));
    let not_played = reach.teacher_figures.iter().filter(|figure| !figure.played);
    let ids: Vec<_> = not_played.map(|figure| (figure.year, reach.programmes[figure.programme.unwrap()].id.as_str())).collect();
    assert!(!ids.is_empty() && ids.iter().all(|one| *one == (year("2019/20"), "another")), "{ids:?}");
}

/// The file of cells lies beside the published ones, so it has no counts of people.
#[test]
fn a_report_from_cells_of_another_engine_has_the_same_teachers() {
    let (lake, options) = (few().lake(), Measure::on(day("2019-03-01"), day("2019-03-01")));
    let mut measurer = Measurer::new(lake.path());
    let (reach, out) = (measurer.measure(&options).unwrap(), tempfile::tempdir().unwrap());
    write_report(&reach, out.path(), &ReportState::Provisional).unwrap();
    assert_eq!(measurer.measure_cells(&options, &out.path().join("cells.parquet")).unwrap(), reach);
}
