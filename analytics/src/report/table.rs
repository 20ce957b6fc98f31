//! The data files, by DfE's open data standards: UTF-8 without a byte order mark, lines that end in LF, tidy rows, codes and names of geography, `x`
//! for values that are not available, `z` for those that are not applicable and `c` for counts of people that are hidden; and for each a meta file that describes
//! its filters and indicators.
//!
//! A filter with one level is omitted: its column is left out and its level is in the labels of the indicators. A file without rows is not written.

use time::AcademicYear;

use super::{csv::csv, format::basis, percent, percent_of_hundredths, permille};
use crate::{Authority, COLDEST_COUNT, Figure, FigureState, Level, Reach, Region, Stage, TeacherFigure};

/// A file to write.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) rows_count: usize,
    pub(super) text: String,
}

/// Not available: no register covers the day.
pub(super) const NOT_AVAILABLE: &str = "x";
/// Not applicable: not played, no school to reach, not ranked.
pub(super) const NOT_APPLICABLE: &str = "z";
/// Confidential: a count of 1 to 4 people, or one from which such a count could be computed.
pub(super) const CONFIDENTIAL: &str = "c";
/// The level of a filter that includes all others.
const TOTAL: &str = "Total";

/// The names of all data and meta files, in order.
pub(super) const NAMES: [&str; 12] = [
    "cold_areas.csv",
    "cold_areas.meta.csv",
    "reach_by_local_authority.csv",
    "reach_by_local_authority.meta.csv",
    "reach_by_region.csv",
    "reach_by_region.meta.csv",
    "reach_post_16_by_local_authority.csv",
    "reach_post_16_by_local_authority.meta.csv",
    "reach_post_16_by_region.csv",
    "reach_post_16_by_region.meta.csv",
    "teachers_by_region.csv",
    "teachers_by_region.meta.csv",
];

/// The geography columns in a file of regions; a file of authorities adds the others.
const REGION_COLUMNS: [&str; 7] =
    ["time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code", "region_name"];
const AUTHORITY_COLUMNS: [&str; 3] = ["old_la_code", "new_la_code", "la_name"];

/// Filters of schools, in the order of their columns: column, label, hint.
const FILTERS: [[&str; 3]; 3] = [
    ["programme", "Programme", "Total counts a school of several programmes once"],
    ["education_phase", "Education phase", "Middle schools count where they are deemed; all-through schools stand alone"],
    ["stage", "Stage", "How far a school came; stages do not add up"],
];
/// Filters of teachers.
const TEACHER_FILTERS: [[&str; 3]; 1] =
    [["programme", "Programme", "A teacher counts in the programme of the first attendance of the year"]];

/// A row: its geography, its level of each filter, its indicators.
struct Row {
    geography: Vec<String>,
    levels: Vec<String>,
    indicators: Vec<String>,
}

/// An indicator: column, label, unit, decimal places.
struct Indicator {
    column: String,
    label: String,
    unit: &'static str,
    places: &'static str,
}

/// All data and meta files that have rows, in order of name.
pub(super) fn tables(reach: &Reach) -> Vec<Table> {
    let figures = |figures: &[Figure], authorities: bool| {
        let wanted = move |figure: &&Figure| matches!(figure.level, Level::LocalAuthority(_)) == authorities;
        figures.iter().filter(wanted).map(move |figure| figure_row(reach, figure, authorities)).collect()
    };
    let of_schools = &FILTERS[..];
    let teachers = reach.teacher_figures.iter().map(|figure| teacher_row(reach, figure)).collect();
    let tables = [
        (true, of_schools, cold_rows(reach), cold_indicators(reach)),
        (true, of_schools, figures(&reach.figures, true), reach_indicators(reach)),
        (false, of_schools, figures(&reach.figures, false), reach_indicators(reach)),
        (true, of_schools, figures(&reach.post_16_figures, true), reach_indicators(reach)),
        (false, of_schools, figures(&reach.post_16_figures, false), reach_indicators(reach)),
        (false, &TEACHER_FILTERS[..], teachers, teacher_indicators()),
    ];
    let names = NAMES.chunks_exact(2);
    let written = tables.into_iter().zip(names).filter(|((_, _, rows, _), _)| !rows.is_empty());
    written
        .flat_map(|((by_authority, filters, rows, indicators), names)| {
            files(reach, names, (by_authority, filters), &rows, &indicators)
        })
        .collect()
}

/// A data file and its meta file.
fn files(
    reach: &Reach,
    names: &[&'static str],
    (by_authority, filters): (bool, &[[&str; 3]]),
    rows: &[Row],
    indicators: &[Indicator],
) -> [Table; 2] {
    let levels: Vec<Vec<&str>> = (0..filters.len()).map(|filter| levels(rows, filter)).collect();
    let kept: Vec<usize> = (0..filters.len()).filter(|filter| levels[*filter].len() > 1).collect();
    let geography =
        REGION_COLUMNS.iter().chain(AUTHORITY_COLUMNS.iter().filter(|_| by_authority)).map(|&column| column.to_owned());
    let columns = kept.iter().map(|filter| filters[*filter][0].to_owned());
    let header = geography.chain(columns).chain(indicators.iter().map(|indicator| indicator.column.clone()));
    let fields = rows.iter().map(|row| {
        let levels = kept.iter().map(|filter| &row.levels[*filter]);
        row.geography.iter().chain(levels).chain(&row.indicators).cloned().collect()
    });
    let data = table(names[0], header.collect(), fields);

    let mark = if reach.demonstration { "Demonstration: " } else { "" };
    let only: Vec<String> = (0..filters.len())
        .filter(|filter| levels[*filter].len() == 1)
        .map(|filter| format!("{}: {}", filters[filter][1].to_lowercase(), levels[filter][0]))
        .collect();
    let only = if only.is_empty() { String::new() } else { format!(" ({})", only.join(", ")) };
    let filters = kept.iter().map(|filter| {
        let [column, label, hint] = filters[*filter];
        [column, "Filter", &format!("{mark}{label}"), "", "", "", hint, "", default_level(&levels[*filter])]
            .map(str::to_owned)
            .to_vec()
    });
    let indicators = indicators.iter().map(|Indicator { column, label, unit, places }| {
        [column, "Indicator", &format!("{mark}{label}{only}"), "", unit, places, "", "", ""].map(str::to_owned).to_vec()
    });
    let header = "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column,filter_default";
    let meta = table(names[1], header.split(',').map(str::to_owned).collect(), filters.chain(indicators));
    [data, meta]
}

/// The distinct levels of a filter, in the order of their first occurrence.
fn levels(rows: &[Row], filter: usize) -> Vec<&str> {
    let mut levels: Vec<&str> = Vec::new();
    for row in rows {
        let level = row.levels[filter].as_str();
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
    levels
}

/// The default level of a filter. A filter with a total needs none: the total is the default.
fn default_level<'a>(levels: &[&'a str]) -> &'a str {
    match levels {
        _ if levels.contains(&TOTAL) => "",
        _ if levels.contains(&Stage::Enrolled.name()) => Stage::Enrolled.name(),
        [first, ..] => first,
        [] => "",
    }
}

fn table(name: &'static str, header: Vec<String>, rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let (text, rows_count) = csv(&header, rows);
    Table { name, rows_count, text }
}

fn geography(
    year: AcademicYear,
    level: &str,
    region: Option<&Region>,
    authority: Option<&Authority>,
    by_authority: bool,
) -> Vec<String> {
    let period = year.time_period();
    let (region_code, region_name) = region.map_or(("", ""), |region| (region.code, region.name));
    let mut row = [&period, "Academic year", level, "E92000001", "England", region_code, region_name].map(str::to_owned).to_vec();
    if by_authority {
        let texts = authority.map_or(["", "", ""], |a| [&*a.old_la_code, &*a.new_la_code, &*a.la_name]);
        row.extend(texts.map(str::to_owned));
    }
    row
}

fn figure_row(reach: &Reach, figure: &Figure, by_authority: bool) -> Row {
    let geography = match &figure.level {
        Level::National => geography(figure.year, "National", None, None, by_authority),
        Level::Regional(region) => geography(figure.year, "Regional", Some(region), None, by_authority),
        Level::LocalAuthority(authority) => {
            geography(figure.year, "Local authority", Some(&authority.region), Some(authority), by_authority)
        }
    };
    let programme = figure.programme.map_or(TOTAL, |index| &reach.programmes[index].display_name);
    let levels = [programme, figure.phase.map_or(TOTAL, crate::Phase::name), figure.stage.name()].map(str::to_owned);
    Row { geography, levels: levels.to_vec(), indicators: marked(figure).to_vec() }
}

/// The indicators of a figure: numbers, or the symbols for missing ones.
fn marked(figure: &Figure) -> [String; 7] {
    let (x, z) = (|| NOT_AVAILABLE.to_owned(), || NOT_APPLICABLE.to_owned());
    let counts = [figure.reached_count, figure.reached_new_count, figure.reached_count - figure.reached_new_count];
    let [reached, new, continuing] = counts.map(|count| count.to_string());
    let since = figure.reached_since_count.to_string();
    let (schools, percent, since_percent) = match figure.state {
        FigureState::Complete => {
            let share = |reached| percent(permille(reached, figure.schools_count));
            (figure.schools_count.to_string(), share(figure.reached_count), share(figure.reached_since_count))
        }
        FigureState::NotCovered => (x(), x(), x()),
        FigureState::NoSchools => ("0".to_owned(), z(), z()),
        FigureState::NoDenominator => (z(), z(), z()),
        FigureState::NotPlayed => return std::array::from_fn(|_| z()),
    };
    [schools, reached, new, continuing, percent, since, since_percent]
}

fn cold_rows(reach: &Reach) -> Vec<Row> {
    let row = |area: &crate::ColdArea| {
        let counts = [area.schools_count, area.never_reached_count, area.region_schools_count, area.region_never_reached_count];
        let rank = area.rank.map_or_else(|| NOT_APPLICABLE.to_owned(), |rank| rank.to_string());
        let stability = area.stability.map_or_else(
            || std::array::from_fn(|_| NOT_APPLICABLE.to_owned()),
            |stability| {
                [
                    stability.rank_one_more_never_reached.to_string(),
                    stability.rank_one_fewer_never_reached.to_string(),
                    percent(permille(stability.coldest_count, stability.weights_count)),
                ]
            },
        );
        let index = [percent_of_hundredths(area.coldness_hundredths), rank];
        let indicators = counts.iter().map(u32::to_string).chain(index).chain(stability).collect();
        let levels = [&*reach.programmes[area.programme].display_name, area.phase.name(), area.stage.name()].map(str::to_owned);
        let geography = geography(area.year, "Local authority", Some(&area.authority.region), Some(&area.authority), true);
        Row { geography, levels: levels.to_vec(), indicators }
    };
    reach.cold_areas.iter().map(row).collect()
}

fn teacher_row(reach: &Reach, figure: &TeacherFigure) -> Row {
    let geography = match &figure.level {
        Level::Regional(region) => geography(figure.year, "Regional", Some(region), None, false),
        _ => geography(figure.year, "National", None, None, false),
    };
    let programme = figure.programme.map_or(TOTAL, |index| &reach.programmes[index].display_name);
    Row { geography, levels: vec![programme.to_owned()], indicators: teachers_marked(figure, u32::to_string).to_vec() }
}

/// Meetings held, teachers, and visiting teachers: numbers, or their symbols.
pub(super) fn teachers_marked(figure: &TeacherFigure, number: impl Fn(&u32) -> String) -> [String; 3] {
    if !figure.played {
        return std::array::from_fn(|_| NOT_APPLICABLE.to_owned());
    }
    let persons = |count: Option<u32>| count.as_ref().map_or_else(|| CONFIDENTIAL.to_owned(), &number);
    [number(&figure.meetings_held_count), persons(figure.teachers_count), persons(figure.teachers_visiting_count)]
}

fn indicator(column: impl Into<String>, label: impl Into<String>, unit: &'static str, places: &'static str) -> Indicator {
    Indicator { column: column.into(), label: label.into(), unit, places }
}

fn reach_indicators(reach: &Reach) -> Vec<Indicator> {
    let (since, year) = (reach.options.first_year.time_period(), reach.options.first_year);
    vec![
        indicator("schools_count", "Eligible schools open on 1 September of the academic year", "", "0"),
        indicator("schools_reached_count", "Schools reached in the academic year", "", "0"),
        indicator(
            "schools_reached_new_count",
            format!("New: reached in the academic year and in no earlier one since {year}"),
            "",
            "0",
        ),
        indicator(
            "schools_reached_continuing_count",
            format!("Continuing: reached in the academic year and in an earlier one since {year}"),
            "",
            "0",
        ),
        indicator("schools_reached_percent", "Share of eligible schools reached in the academic year", "%", "1"),
        indicator(format!("schools_reached_since_{since}_count"), format!("Schools ever reached since {year}"), "", "0"),
        indicator(
            format!("schools_reached_since_{since}_percent"),
            format!("Share of eligible schools ever reached since {year}"),
            "%",
            "1",
        ),
    ]
}

fn teacher_indicators() -> Vec<Indicator> {
    vec![
        indicator(
            "meetings_held_count",
            "Meetings whose register was taken, by the region of the hub that organised them",
            "",
            "0",
        ),
        indicator("teachers_count", "Teachers with an attendance, by the region of their first one in the year", "", "0"),
        indicator("teachers_visiting_count", "Of these, teachers who visited another school's classroom", "", "0"),
    ]
}

fn cold_indicators(reach: &Reach) -> Vec<Indicator> {
    let k = reach.policy.prior_schools_count;
    let ranked_min = reach.policy.ranked_schools_min;
    let since = reach.options.first_year;
    vec![
        indicator("schools_count", "Eligible schools of the phase", "", "0"),
        indicator("schools_never_reached_count", format!("Schools never reached since {since}"), "", "0"),
        indicator("region_schools_count", "Eligible schools of the phase in the region", "", "0"),
        indicator("region_schools_never_reached_count", format!("Schools of the region never reached since {since}"), "", "0"),
        indicator(
            "coldness_percent",
            format!(
                "Coldness: share never reached, drawn toward the region's share as by {k} more schools; basis: {}",
                basis(&reach.policy)
            ),
            "%",
            "2",
        ),
        indicator("coldness_rank", format!("Rank by coldness (1 is the coldest; z below {ranked_min} schools)"), "", "0"),
        indicator("coldness_rank_one_more_never_reached", "Rank if one more of its schools had never been reached", "", "0"),
        indicator("coldness_rank_one_fewer_never_reached", "Rank if one fewer of its schools had never been reached", "", "0"),
        indicator(
            format!("coldness_coldest_{COLDEST_COUNT}_percent"),
            format!(
                "Share of the weights of the region, from 0 to {} schools, by which it is among the {COLDEST_COUNT} coldest",
                2 * k
            ),
            "%",
            "1",
        ),
    ]
}
