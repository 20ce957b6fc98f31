//! What the demo prints at its end: reach by region, the coldest areas, and where the files are.

use std::fmt::Write;

use analytics::{FigureState, Level, REGIONS, Reach, Stage, percent, permille};

/// Areas that are shown.
const AREAS_MAX: usize = 10;

/// Reach by region in the newest year that the register covers; where none is, the newest year, with counts only.
pub(crate) fn by_region(reach: &Reach) -> String {
    let year = reach.newest_covered_year().unwrap_or_else(|| reach.newest_year());
    let mut text = format!(
        "Reach by region in {year}, all programmes, true on {} and known on {}\n\n",
        reach.options.true_on, reach.options.known_on
    );
    row(&mut text, "Region", ["Schools", "Applied", "Enrolled", "Completed", "Enrolled %", "Since 2014/15 %"].map(str::to_owned));
    let levels = REGIONS.iter().map(|region| (region.name, Level::Regional(*region)));
    for (name, level) in levels.chain([("England", Level::National)]) {
        let figure = |stage| reach.find_figure(year, &level, None, None, stage);
        let count = |stage| match figure(stage) {
            Some(figure) if figure.state != FigureState::NotPlayed => thousands(figure.reached_count),
            _ => "z".to_owned(),
        };
        let enrolled = figure(Stage::Enrolled);
        let of_all = |of: fn(&analytics::Figure) -> String| match enrolled.map(|figure| (figure.state, of(figure))) {
            Some((FigureState::Complete, text)) => text,
            Some((FigureState::NotCovered, _)) => "x".to_owned(),
            _ => "z".to_owned(),
        };
        let fields = [
            of_all(|figure| thousands(figure.schools_count)),
            count(Stage::Applied),
            count(Stage::Enrolled),
            count(Stage::Completed),
            of_all(|figure| percent(permille(figure.reached_count, figure.schools_count.max(1)))),
            of_all(|figure| percent(permille(figure.reached_since_count, figure.schools_count.max(1)))),
        ];
        if name == "England" {
            text.push_str(&"─".repeat(100));
            text.push('\n');
        }
        row(&mut text, name, fields);
    }
    text
}

/// The areas with least historic engagement: of each programme's largest phase, those that are ranked first.
pub(crate) fn coldest(reach: &Reach) -> String {
    let Some(first) = reach.cold_areas.first() else {
        return "No area can be ranked: no register covers the first day of a year that was played.\n".to_owned();
    };
    let (programme, phase) = (first.programme, first.phase);
    let mut text = format!(
        "Areas with least historic engagement: {}, {} schools, {}\n\n",
        reach.programmes[programme].display_name,
        phase.name().to_lowercase(),
        first.year
    );
    let _ = writeln!(
        text,
        "{:>4}  {:<30} {:<26} {:>8} {:>14} {:>9}",
        "Rank", "Local authority", "Region", "Schools", "Never reached", "Coldness"
    );
    let areas = reach.cold_areas.iter().filter(|area| area.programme == programme && area.phase == phase && area.rank.is_some());
    for area in areas.take(AREAS_MAX) {
        let never = format!(
            "{} ({} %)",
            area.never_reached_count,
            percent(permille(area.never_reached_count, area.schools_count.max(1)))
        );
        let _ = writeln!(
            text,
            "{:>4}  {:<30} {:<26} {:>8} {:>14} {:>9}",
            area.rank.unwrap_or_default(),
            area.authority.la_name,
            area.authority.region.name,
            area.schools_count,
            never,
            format!("0.{:06}", area.coldness_ppm.min(999_999)),
        );
    }
    text
}

fn row(text: &mut String, name: &str, fields: [String; 6]) {
    let [schools, applied, enrolled, completed, share, since] = fields;
    let _ = writeln!(text, "{name:<26} {schools:>9} {applied:>9} {enrolled:>10} {completed:>11} {share:>12} {since:>17}");
}

/// `20,013`.
fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
