//! The tables that the demo prints at its end: reach by region, the coldest areas, Work Groups, specialists and payments.

use std::{collections::BTreeMap, fmt::Write};

use super::simulation::{CohortSummary, Counts, FundingSummary, GroupSummary, LeverSummary, Offers};
use analytics::{ColdArea, FigureState, Level, Phase, REGIONS, Reach, Stage, percent, percent_of_hundredths, permille};
use proto::enrolment::v1::LeftOverReason;
use time::AcademicYear;

/// Maximum areas of a table.
const AREAS_MAX: usize = 10;

/// Prefix of each table of a demonstration.
const MARK: &str = "Demonstration, made-up data. ";

fn mark(reach: &Reach) -> &'static str {
    if reach.demonstration { MARK } else { "" }
}

/// Reach by region in the newest year that a register covers; if no year is covered, the counts of the newest year.
pub(crate) fn by_region(reach: &Reach) -> String {
    let year = reach.newest_covered_year().unwrap_or_else(|| reach.newest_year());
    let mut text = format!(
        "{}Reach by region in {year}, all programmes, true on {} and known on {}\n\n",
        mark(reach),
        reach.options.true_on,
        reach.options.known_on
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

/// The areas with least historic engagement: for each programme, the first ones by rank in the phase with the most schools.
pub(crate) fn coldest(reach: &Reach) -> String {
    let mut phases: BTreeMap<(usize, Phase), u32> = BTreeMap::new();
    for area in &reach.cold_areas {
        *phases.entry((area.programme, area.phase)).or_default() += area.schools_count;
    }
    let largest = (0..reach.programmes.len()).filter_map(|programme| {
        let of_programme = phases.iter().filter(|((of, _), _)| *of == programme);
        // The first one of equally large phases.
        of_programme.rev().max_by_key(|(_, schools)| **schools).map(|((_, phase), _)| (programme, *phase))
    });
    let tables: Vec<String> = largest.map(|(programme, phase)| coldest_of(reach, programme, phase)).collect();
    if tables.is_empty() {
        return "No area can be ranked: no register covers the first day of a year that was played.\n".to_owned();
    }
    tables.join("\n")
}

fn coldest_of(reach: &Reach, programme: usize, phase: Phase) -> String {
    let of_phase = reach.cold_areas.iter().filter(|area| area.programme == programme && area.phase == phase);
    let (ranked, small): (Vec<&ColdArea>, Vec<&ColdArea>) = of_phase.partition(|area| area.rank.is_some());
    let mut text = format!(
        "{}Areas with least historic engagement: {}, {} schools, {}\n\n",
        mark(reach),
        reach.programmes[programme].display_name,
        phase.name().to_lowercase(),
        reach.newest_covered_year().unwrap_or_else(|| reach.newest_year()),
    );
    if ranked.is_empty() {
        let _ = writeln!(text, "None is ranked: each of the {} authorities has too few schools of the phase.", small.len());
        return text;
    }
    let _ = writeln!(
        text,
        "{:>4}  {:<30} {:<26} {:>8} {:>14} {:>11}",
        "Rank", "Local authority", "Region", "Schools", "Never reached", "Coldness %"
    );
    for area in ranked.into_iter().take(AREAS_MAX) {
        let never = format!(
            "{} ({} %)",
            area.never_reached_count,
            percent(permille(area.never_reached_count, area.schools_count.max(1)))
        );
        let _ = writeln!(
            text,
            "{:>4}  {:<30} {:<26} {:>8} {:>14} {:>11}",
            area.rank.unwrap_or_default(),
            area.authority.la_name,
            area.authority.region.name,
            area.schools_count,
            never,
            percent_of_hundredths(area.coldness_hundredths),
        );
    }
    text
}

/// The Work Groups of the last year, and why schools are in none.
pub(crate) fn work_groups(summary: &GroupSummary) -> String {
    let GroupSummary { year, groups_count, schools_count, hubs_count, hubs_with_schools_count, left_over } = summary;
    let [groups, schools, left] = [*groups_count, *schools_count, left_over.values().sum()].map(thousands_of);
    let mut text = format!(
        "{MARK}Work Groups of {year}: {groups} of {schools} schools, in {hubs_count} of the {hubs_with_schools_count} hubs with schools in a programme.\n\
         Schools in no group: {left}"
    );
    for (reason, count) in left_over {
        let why = match reason {
            LeftOverReason::Unspecified => "without a reason",
            LeftOverReason::NoLeader => "whose hub has no free leader",
            LeftOverReason::GroupsFull => "whose hub has full groups",
            LeftOverReason::BelowMinimum => "too few for a group by the terms",
            LeftOverReason::OwnSchool => "where the only leader teaches",
        };
        let _ = write!(text, "; {} {why}", thousands_of(*count));
    }
    text.push_str(".\n");
    text
}

/// The selected specialists, and how many of them work in the coldest areas.
pub(crate) fn specialists(cohort: &CohortSummary) -> String {
    let mut text = format!(
        "{MARK}{}: {} of {} nominated were selected, ",
        cohort.display_name, cohort.selected_count, cohort.nominated_count
    );
    let Some((_, year)) = &cohort.publication else {
        text.push_str("in the order in which they were nominated, because no published reach has a figure for their phase\n");
        return text;
    };
    let _ = writeln!(text, "by the reach published for {year}\n");
    let _ = writeln!(
        text,
        "{:>4}  {:<30} {:>11} {:>10} {:>12}",
        "Rank", "Coldest authorities", "Coldness %", "Nominated", "Specialists"
    );
    for area in &cohort.areas {
        let coldness = format!("{}.{:04}", area.coldness_ppm / 10_000, area.coldness_ppm % 10_000);
        let specialists = if area.selected_count > 0 { thousands_of(area.selected_count) } else { "none".to_owned() };
        let _ = writeln!(
            text,
            "{:>4}  {:<30} {coldness:>11} {:>10} {specialists:>12}",
            area.rank,
            area.la_name,
            thousands_of(area.nominated_count)
        );
    }
    text
}

/// Payments by region, and the checks of the ledger.
pub(crate) fn payments(funding: &FundingSummary) -> String {
    let mut text = "Demonstration, made-up data. Release subsidies of £1,000 for a school's first year, by region\n\n".to_owned();
    let mut line = |name: &str, counts: [String; 5]| {
        let [arisen, released, held, paid, pounds] = counts;
        let _ = writeln!(text, "{name:<26} {arisen:>9} {released:>9} {held:>9} {paid:>9} {pounds:>13}");
    };
    line("Region", ["Entitled", "Released", "Held", "Paid", "Paid £"].map(str::to_owned));
    let mut total = Counts::default();
    for region in &REGIONS {
        let counts = funding.regions.get(region.code).copied().unwrap_or_default();
        total.arisen += counts.arisen;
        total.released += counts.released;
        total.held += counts.held;
        total.paid += counts.paid;
        line(region.name, counts_of(counts));
    }
    line("England", counts_of(total));
    let _ = writeln!(
        text,
        "\nThe ledger's {} accounts sum to zero. £{} was paid: £1,000 for each of the {} schools with a right to it. Of the \
         entitlements, {} had waited for money.",
        thousands_of(funding.accounts_count),
        thousands_of(usize::try_from(funding.paid_pence / 100).unwrap_or_default()),
        thousands_of(funding.due_count),
        thousands_of(funding.waited_count),
    );
    text
}

/// The share of the coldest fifth of authorities in the places of the last round, and in the offers that the round would have made by other rules.
pub(crate) fn levers(summary: &LeverSummary) -> String {
    let LeverSummary { year, programme, only_register, authorities_count, schools, applications, places, offers } = summary;
    let mut text = format!("{MARK}Places of {year} for the coldest fifth of authorities, {programme}\n\n");
    if schools[0] == 0 {
        text.push_str("No published reach ranks authorities for the programme.");
        if let Some(day) = only_register {
            let covered = AcademicYear::of(*day);
            let _ = write!(
                text,
                " It ranks them in years that a register covers; the register of {day} covers none before {covered}."
            );
        }
        text.push('\n');
        return text;
    }
    let _ = writeln!(
        text,
        "Its {authorities_count} authorities have {} % of the schools, made {} % of the applications and got {} % of the new places.\n",
        share(*schools),
        share(*applications),
        share(*places),
    );
    let _ = writeln!(
        text,
        "{:<34} {:>26} {:>26}",
        "Offers by another order of places", "Places by applications", "Places as proposed"
    );
    for (order, of_places) in offers {
        let [planned, proposed] = of_places.map(|Offers { count, coldest_count }| {
            let [of_fifth, all] = [coldest_count, count].map(|count| i32::try_from(count).unwrap_or(i32::MAX));
            format!("{} of {} ({} %)", thousands_of(coldest_count), thousands_of(count), share([of_fifth, all]))
        });
        let _ = writeln!(text, "{order:<34} {planned:>26} {proposed:>26}");
    }
    text
}

/// A part of a whole in tenths of a percent.
fn share([part, whole]: [i32; 2]) -> String {
    let [part, whole] = [part, whole].map(|number| u32::try_from(number).unwrap_or_default());
    percent(permille(part, whole.max(1)))
}

fn counts_of(counts: Counts) -> [String; 5] {
    [counts.arisen, counts.released, counts.held, counts.paid, counts.paid * 1_000].map(thousands_of)
}

fn row(text: &mut String, name: &str, fields: [String; 6]) {
    let [schools, applied, enrolled, completed, share, since] = fields;
    let _ = writeln!(text, "{name:<26} {schools:>9} {applied:>9} {enrolled:>10} {completed:>11} {share:>12} {since:>17}");
}

/// `20,013`.
fn thousands(number: u32) -> String {
    thousands_of(usize::try_from(number).expect("32 bits fit"))
}

fn thousands_of(number: usize) -> String {
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

#[cfg(test)]
mod tests {
    use super::{super::simulation::Area, *};

    #[test]
    fn the_schools_in_no_group_are_counted_by_the_constraint() {
        let left_over = BTreeMap::from([(LeftOverReason::NoLeader, 2), (LeftOverReason::BelowMinimum, 1_001)]);
        let summary = GroupSummary {
            year: "2018/19".to_owned(),
            groups_count: 300,
            schools_count: 1_800,
            hubs_count: 34,
            hubs_with_schools_count: 35,
            left_over,
        };
        assert_eq!(
            work_groups(&summary),
            "Demonstration, made-up data. Work Groups of 2018/19: 300 of 1,800 schools, in 34 of the 35 hubs with schools in a programme.\n\
             Schools in no group: 1,003; 2 whose hub has no free leader; 1,001 too few for a group by the terms.\n"
        );
    }

    #[test]
    fn places_without_a_ranking_are_explained_by_the_day_of_the_register() {
        let day = time::Date::parse("2018-09-01").expect("a day");
        let summary = LeverSummary {
            year: "2018/19".to_owned(),
            programme: "mastery".to_owned(),
            only_register: Some(day),
            ..LeverSummary::default()
        };
        assert_eq!(
            levers(&summary),
            "Demonstration, made-up data. Places of 2018/19 for the coldest fifth of authorities, mastery\n\n\
             No published reach ranks authorities for the programme. It ranks them in years that a register covers; the register of \
             2018-09-01 covers none before 2018/19.\n"
        );
    }

    #[test]
    fn the_coldest_authorities_are_listed_with_their_new_specialists() {
        let area = |rank, la_name: &str, nominated_count, selected_count| Area {
            rank,
            la_name: la_name.to_owned(),
            coldness_ppm: 1_000_000,
            nominated_count,
            selected_count,
        };
        let mut cohort = CohortSummary {
            display_name: "Cohort 1".to_owned(),
            nominated_count: 160,
            selected_count: 80,
            publication: Some(("reachPublications/5".to_owned(), "2018/19".to_owned())),
            areas: vec![area(1, "Barnet", 3, 2), area(2, "Isles of Scilly", 0, 0)],
        };
        let printed = specialists(&cohort);
        let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            lines[0].join(" "),
            "Demonstration, made-up data. Cohort 1: 80 of 160 nominated were selected, by the reach published for 2018/19"
        );
        assert_eq!(lines[3], ["1", "Barnet", "100.0000", "3", "2"]);
        assert_eq!(lines[4], ["2", "Isles", "of", "Scilly", "100.0000", "0", "none"]);
        cohort.publication = None;
        assert!(specialists(&cohort).contains("in the order in which they were nominated, because no published reach"));
    }
}
