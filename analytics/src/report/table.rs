//! The data files, by DfE's open data standards: UTF-8 without a byte order mark, lines end in LF, tidy rows, codes and names of geography,
//! `x` for what is not available and `z` for what is not applicable; and for each a meta file that describes its filters and indicators.

use time::AcademicYear;

use super::{percent, permille};
use crate::{Authority, Figure, FigureState, Level, Reach, Region};

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

/// The names of all data and meta files, in order.
pub(super) const NAMES: [&str; 6] = [
    "cold_areas.csv",
    "cold_areas.meta.csv",
    "reach_by_local_authority.csv",
    "reach_by_local_authority.meta.csv",
    "reach_by_region.csv",
    "reach_by_region.meta.csv",
];

/// All data and meta files, in order of name.
pub(super) fn tables(reach: &Reach) -> Vec<Table> {
    let is_authority = |figure: &&Figure| matches!(figure.level, Level::LocalAuthority(_));
    let since = since(reach);
    let figure_header = |geography: &str| {
        format!(
            "{geography},programme,education_phase,stage,schools_count,schools_reached_count,schools_reached_percent,\
             schools_reached_since_{since}_count,schools_reached_since_{since}_percent"
        )
    };
    let authorities = reach.figures.iter().filter(is_authority).map(|figure| row(reach, figure, true));
    let regions = reach.figures.iter().filter(|figure| !is_authority(figure)).map(|figure| row(reach, figure, false));
    let region_geography = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name";
    let authority_geography = format!("{region_geography},old_la_code,new_la_code,la_name");
    let cold_header = format!(
        "{authority_geography},programme,education_phase,stage,schools_count,schools_never_reached_count,region_schools_count,\
         region_schools_never_reached_count,coldness_ppm,coldness_rank"
    );
    vec![
        table(NAMES[0], &cold_header, cold_rows(reach)),
        meta(NAMES[1], &cold_indicators(reach)),
        table(NAMES[2], &figure_header(&authority_geography), authorities),
        meta(NAMES[3], &reach_indicators(reach)),
        table(NAMES[4], &figure_header(region_geography), regions),
        meta(NAMES[5], &reach_indicators(reach)),
    ]
}

fn table(name: &'static str, header: &str, rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    let mut rows_count = 0;
    writer.write_record(header.split(',')).expect("memory takes whatever is written");
    for row in rows {
        writer.write_record(&row).expect("every row has the header's columns");
        rows_count += 1;
    }
    let bytes = writer.into_inner().expect("memory takes whatever is written");
    Table { name, rows_count, text: String::from_utf8(bytes).expect("text was written") }
}

fn geography(
    year: AcademicYear,
    level: &str,
    region: Option<&Region>,
    authority: Option<&Authority>,
    columns: bool,
) -> Vec<String> {
    let period = year.time_period();
    let mut row: Vec<String> = [
        period.as_str(),
        "Academic year",
        level,
        "E92000001",
        "England",
        region.map_or("", |region| region.code),
        region.map_or("", |region| region.name),
    ]
    .map(str::to_owned)
    .to_vec();
    if columns {
        let texts = authority.map_or(["", "", ""], |a| [&*a.old_la_code, &*a.new_la_code, &*a.la_name]);
        row.extend(texts.map(str::to_owned));
    }
    row
}

fn row(reach: &Reach, figure: &Figure, authority_columns: bool) -> Vec<String> {
    let mut row = match &figure.level {
        Level::National => geography(figure.year, "National", None, None, authority_columns),
        Level::Regional(region) => geography(figure.year, "Regional", Some(region), None, authority_columns),
        Level::LocalAuthority(authority) => {
            geography(figure.year, "Local authority", Some(&authority.region), Some(authority), authority_columns)
        }
    };
    row.push(figure.programme.map_or_else(|| "Total".to_owned(), |index| reach.programmes[index].display_name.clone()));
    row.push(figure.phase.map_or("Total", crate::Phase::name).to_owned());
    row.push(figure.stage.name().to_owned());
    row.extend(marked(figure));
    row
}

/// The five indicators: numbers, or the mark that stands in their place.
fn marked(figure: &Figure) -> [String; 5] {
    let share = |reached| percent(permille(reached, figure.schools_count));
    let (reached, since) = (figure.reached_count.to_string(), figure.reached_since_count.to_string());
    match figure.state {
        FigureState::Complete => {
            [figure.schools_count.to_string(), reached, share(figure.reached_count), since, share(figure.reached_since_count)]
        }
        FigureState::NotCovered => [NOT_AVAILABLE.into(), reached, NOT_AVAILABLE.into(), since, NOT_AVAILABLE.into()],
        FigureState::NotPlayed => std::array::from_fn(|_| NOT_APPLICABLE.into()),
        FigureState::NoSchools => ["0".into(), "0".into(), NOT_APPLICABLE.into(), "0".into(), NOT_APPLICABLE.into()],
    }
}

fn cold_rows(reach: &Reach) -> impl Iterator<Item = Vec<String>> {
    reach.cold_areas.iter().map(|area| {
        let region = &area.authority.region;
        let mut row = geography(area.year, "Local authority", Some(region), Some(&area.authority), true);
        row.push(reach.programmes[area.programme].display_name.clone());
        row.push(area.phase.name().to_owned());
        row.push(area.stage.name().to_owned());
        row.extend(
            [
                area.schools_count,
                area.never_reached_count,
                area.region_schools_count,
                area.region_never_reached_count,
                area.coldness_ppm,
            ]
            .map(|number| number.to_string()),
        );
        row.push(area.rank.map_or_else(|| NOT_APPLICABLE.to_owned(), |rank| rank.to_string()));
        row
    })
}

/// `201415`.
fn since(reach: &Reach) -> String {
    reach.options.first_year.time_period()
}

/// An indicator: column, label, unit, decimal places.
type Indicator = (String, String, &'static str, &'static str);

fn reach_indicators(reach: &Reach) -> Vec<Indicator> {
    let (since, year) = (since(reach), reach.options.first_year);
    let indicator = |name: String, label: String, unit, places| (name, label, unit, places);
    vec![
        indicator("schools_count".into(), "Eligible schools open on 1 September of the academic year".into(), "", "0"),
        indicator("schools_reached_count".into(), "Schools reached in the academic year".into(), "", "0"),
        indicator("schools_reached_percent".into(), "Share of eligible schools reached in the academic year".into(), "%", "1"),
        indicator(format!("schools_reached_since_{since}_count"), format!("Schools ever reached since {year}"), "", "0"),
        indicator(
            format!("schools_reached_since_{since}_percent"),
            format!("Share of eligible schools ever reached since {year}"),
            "%",
            "1",
        ),
    ]
}

fn cold_indicators(reach: &Reach) -> Vec<Indicator> {
    let k = reach.options.coldness.prior_schools_count;
    let ranked_min = reach.options.coldness.ranked_schools_min;
    vec![
        ("schools_count".into(), "Eligible schools of the phase".into(), "", "0"),
        ("schools_never_reached_count".into(), format!("Schools never reached since {}", reach.options.first_year), "", "0"),
        ("region_schools_count".into(), "Eligible schools of the phase in the region".into(), "", "0"),
        ("region_schools_never_reached_count".into(), "Schools never reached in the region".into(), "", "0"),
        (
            "coldness_ppm".into(),
            format!("Share never reached drawn toward the region's as by {k} more schools (parts per million)"),
            "",
            "0",
        ),
        ("coldness_rank".into(), format!("Rank by coldness (1 is the coldest; z below {ranked_min} schools)"), "", "0"),
    ]
}

fn meta(name: &'static str, indicators: &[Indicator]) -> Table {
    let filters = [
        ("programme", "Programme", "Total counts a school of several programmes once"),
        ("education_phase", "Education phase", "Middle schools count where they are deemed; all-through schools stand alone"),
        ("stage", "Stage", "How far a school came; stages do not add up"),
    ];
    let mut rows: Vec<Vec<String>> = filters
        .iter()
        .map(|(column, label, hint)| [column, "Filter", label, "", "", "", hint, ""].map(str::to_owned).to_vec())
        .collect();
    rows.extend(
        indicators.iter().map(|(column, label, unit, places)| {
            [column, "Indicator", label, "", unit, places, "", ""].map(str::to_owned).to_vec()
        }),
    );
    table(name, "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column", rows)
}
