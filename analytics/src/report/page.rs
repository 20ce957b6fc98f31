//! `index.html`: the main figures on one page that needs nothing else: no script, no request, readable on paper and by a screen reader.

use std::collections::BTreeMap;

use time::AcademicYear;

use super::{
    ReportFile, ReportState, percent, permille,
    tile_map::tile_map,
    words::{escape, long_date, thousands},
};
use crate::{ColdArea, Coverage, Figure, FigureState, Level, Phase, REGIONS, Reach, Stage};

/// Areas that a table of the coldest shows.
const COLDEST_MAX: usize = 15;

/// The page's text.
pub(super) fn page(reach: &Reach, state: ReportState, files: &[ReportFile], content_sha256: &str) -> String {
    let year = reach.newest_covered_year().unwrap_or_else(|| reach.newest_year());
    let page = Page { reach, year, figures: main_figures(reach) };
    let mut html = String::with_capacity(64 * 1024);
    html.push_str("<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.push_str(&format!("<title>Maths Hubs: schools reached, {year} ({})</title>\n", state.name()));
    html.push_str(&format!("<style>\n{}</style>\n</head>\n<body>\n<main>\n", include_str!("page.css")));
    html.push_str(&page.head(state));
    html.push_str(&page.regions());
    html.push_str(&page.map());
    html.push_str(&page.years());
    html.push_str(&page.coldest());
    html.push_str(&page.notes());
    html.push_str(&sources(reach, files, content_sha256));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

/// The figures of the page: by year, place (0 is England), programme, phase and stage.
type Main<'a> = BTreeMap<(AcademicYear, usize, Option<usize>, Option<Phase>, Stage), &'a Figure>;

fn main_figures(reach: &Reach) -> Main<'_> {
    let mut main = Main::new();
    for figure in &reach.figures {
        let place = match &figure.level {
            Level::National => 0,
            Level::Regional(region) => 1 + REGIONS.iter().position(|each| each == region).expect("a region is one of the nine"),
            Level::LocalAuthority(_) => continue,
        };
        main.insert((figure.year, place, figure.programme, figure.phase, figure.stage), figure);
    }
    main
}

struct Page<'a> {
    reach: &'a Reach,
    year: AcademicYear,
    figures: Main<'a>,
}

impl Page<'_> {
    fn total(&self, year: AcademicYear, place: usize, stage: Stage) -> Option<&Figure> {
        self.figures.get(&(year, place, None, None, stage)).copied()
    }

    fn head(&self, state: ReportState) -> String {
        let (year, options) = (self.year, &self.reach.options);
        let mut html = format!(
            "<h1>Which schools the Maths Hubs programme has reached, {year}</h1>\n\
             <p class=\"dates\"><span class=\"state {0}\">{1}</span> True on <strong>{2}</strong>, as known on <strong>{3}</strong>. \
             Schools in England, by their own region and local authority.</p>\n",
            state.name(),
            if state == ReportState::Final { "Final" } else { "Provisional" },
            long_date(options.true_on),
            long_date(options.known_on),
        );
        if let Some(enrolled) = self.total(year, 0, Stage::Enrolled).filter(|figure| figure.state == FigureState::Complete) {
            let completed = self.total(year, 0, Stage::Completed).map_or(0, |figure| figure.reached_since_count);
            html.push_str(&format!(
                "<p class=\"answer\">Of {} eligible schools, <strong>{} ({}&nbsp;%)</strong> have been enrolled at least once since {}, \
                 {} ({}&nbsp;%) of them have completed a year. In {year}, {} ({}&nbsp;%) were enrolled.</p>\n",
                thousands(enrolled.schools_count),
                thousands(enrolled.reached_since_count),
                share(enrolled.reached_since_count, enrolled.schools_count),
                options.first_year,
                thousands(completed),
                share(completed, enrolled.schools_count),
                thousands(enrolled.reached_count),
                share(enrolled.reached_count, enrolled.schools_count),
            ));
        }
        if options.true_on < year.end_date() {
            html.push_str(&format!(
                "<p class=\"warning\">{year} had not ended on {}: schools that complete it later are not in its figures yet.</p>\n",
                long_date(options.true_on)
            ));
        }
        html
    }

    fn regions(&self) -> String {
        let (year, since) = (self.year, self.reach.options.first_year);
        let mut html = format!(
            "<h2 id=\"regions\">Reach by region</h2>\n<div class=\"scroll\"><table>\n\
             <caption>Eligible schools open on {}, and how many of them were reached; all programmes together, every school counted once. \
             Percentages are of the eligible schools of the row.</caption>\n\
             <thead>\n<tr><th rowspan=\"2\" scope=\"col\">Region</th><th rowspan=\"2\" scope=\"col\">Eligible schools</th>",
            long_date(year.start_date())
        );
        let groups = [
            format!("Enrolled in {year}"),
            format!("Completed {year}"),
            format!("Enrolled since {since}"),
            format!("Completed since {since}"),
        ];
        for group in &groups {
            html.push_str(&format!("<th colspan=\"2\" scope=\"colgroup\">{group}</th>"));
        }
        html.push_str("</tr>\n<tr>");
        html.push_str(&"<th scope=\"col\">Schools</th><th scope=\"col\">%</th>".repeat(groups.len()));
        html.push_str("</tr>\n</thead>\n<tbody>\n");
        for place in (1..=9).chain([0]) {
            let name = if place == 0 { "England" } else { REGIONS[place - 1].name };
            let enrolled = self.total(year, place, Stage::Enrolled);
            let completed = self.total(year, place, Stage::Completed);
            html.push_str(if place == 0 { "<tr class=\"whole\">" } else { "<tr>" });
            html.push_str(&format!("<th scope=\"row\">{name}</th><td>{}</td>", enrolled.map_or("z".into(), schools)));
            for (figure, in_year) in [(enrolled, true), (completed, true), (enrolled, false), (completed, false)] {
                let (count, percent) = figure.map_or(("z".into(), "z".into()), |figure| reached(figure, in_year));
                html.push_str(&format!("<td>{count}</td><td>{percent}</td>"));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody>\n</table></div>\n");
        html
    }

    fn map(&self) -> String {
        let (year, since) = (self.year, self.reach.options.first_year);
        let tiles: [Option<&Figure>; 9] = std::array::from_fn(|region| self.total(year, region + 1, Stage::Enrolled));
        let title = format!("Share of eligible schools enrolled at least once since {since}, by region, {year}");
        let mut html = format!(
            "<h2 id=\"map\">Where schools have been enrolled since {since}</h2>\n<div class=\"pair\">\n<figure style=\"margin:0\">\n{}</figure>\n<div>\n",
            tile_map(&tiles, &title)
        );
        html.push_str(&format!(
            "<p>Each tile is a region. The large number is the share of its eligible schools of {year} that have been enrolled at least once \
             since {since}, themselves or as a school that they descend from; below it stand the schools that it is made of. The darker, the more.</p>\n",
        ));
        let mut shares: Vec<(u32, &str)> = REGIONS
            .iter()
            .zip(tiles)
            .filter_map(|(region, figure)| {
                let figure = figure.filter(|figure| figure.state == FigureState::Complete)?;
                Some((permille(figure.reached_since_count, figure.schools_count), region.name))
            })
            .collect();
        shares.sort_unstable();
        if let (Some(least), Some(most)) = (shares.first(), shares.last()) {
            html.push_str(&format!(
                "<p>Least: {} with {}&nbsp;%. Most: {} with {}&nbsp;%.</p>\n",
                least.1,
                percent(least.0),
                most.1,
                percent(most.0)
            ));
        }
        html.push_str(
            "<p>Reach counts every school, so there is no sampling error. Small differences between regions can still be chance: which \
             schools happened to apply. Look at the authorities below before drawing a conclusion from a region.</p>\n</div>\n</div>\n",
        );
        html
    }

    fn years(&self) -> String {
        let since = self.reach.options.first_year;
        let mut html = format!(
            "<h2 id=\"years\">England, year by year</h2>\n<div class=\"scroll\"><table>\n\
             <caption>Schools reached in each academic year by programme and stage. Stages do not add up: a school that completed was \
             active before, and in its second year a school is enrolled without having applied again. “x” marks years that no register covers, “z” what does not apply.</caption>\n\
             <thead>\n<tr><th scope=\"col\">Academic year</th><th scope=\"col\" class=\"text\">Programme</th><th scope=\"col\">Eligible schools</th>\
             <th scope=\"col\">Applied</th><th scope=\"col\">Enrolled</th><th scope=\"col\">Active</th><th scope=\"col\">Completed</th>\
             <th scope=\"col\">Enrolled since {since}</th><th scope=\"col\">% of eligible</th></tr>\n</thead>\n<tbody>\n"
        );
        for note in &self.reach.years {
            for programme in std::iter::once(None).chain((0..self.reach.programmes.len()).map(Some)) {
                let row: Vec<&Figure> = Stage::ALL
                    .into_iter()
                    .filter_map(|stage| self.figures.get(&(note.year, 0, programme, None, stage)).copied())
                    .collect();
                let [_, enrolled, _, _] = row[..] else { continue };
                if enrolled.state == FigureState::NotPlayed {
                    continue;
                }
                let name = programme.map_or("All programmes", |index| &self.reach.programmes[index].display_name);
                html.push_str(if programme.is_none() { "<tr class=\"whole\">" } else { "<tr>" });
                html.push_str(&format!(
                    "<th scope=\"row\">{}</th><td class=\"text\">{}</td><td>{}</td>",
                    note.year,
                    escape(name),
                    schools(enrolled)
                ));
                for figure in &row {
                    html.push_str(&format!("<td>{}</td>", reached(figure, true).0));
                }
                let (count, percent) = reached(enrolled, false);
                html.push_str(&format!("<td>{count}</td><td>{percent}</td></tr>\n"));
            }
        }
        html.push_str("</tbody>\n</table></div>\n");
        html
    }

    fn coldest(&self) -> String {
        let policy = &self.reach.options.coldness;
        let mut html = format!(
            "<h2 id=\"coldest\">Areas with least historic engagement</h2>\n\
             <p>Local authorities by the share of their eligible schools that have never been {} since {}. The index draws that share toward \
             the region’s as if the authority had {} more schools like the region’s, so that small authorities neither win nor lose by chance. \
             Authorities with fewer than {} schools of the phase are in the file and not ranked. Need of an area is not need of a school.</p>\n",
            policy.stage.name().to_lowercase(),
            self.reach.options.first_year,
            policy.prior_schools_count,
            policy.ranked_schools_min,
        );
        let mut groups: BTreeMap<(usize, Phase), Vec<&ColdArea>> = BTreeMap::new();
        for area in &self.reach.cold_areas {
            groups.entry((area.programme, area.phase)).or_default().push(area);
        }
        if groups.is_empty() {
            html.push_str("<p>No academic year is covered by a register: nothing can be ranked.</p>\n");
        }
        for ((programme, phase), areas) in groups {
            let ranked = areas.iter().filter(|area| area.rank.is_some()).count();
            html.push_str(&format!(
                "<h3>{}: {}</h3>\n",
                escape(&self.reach.programmes[programme].display_name),
                phase.name().to_lowercase()
            ));
            let small = match areas.len() - ranked {
                0 => "none is too small to rank".to_owned(),
                1 => "1 more is too small to rank".to_owned(),
                count => format!("{count} more are too small to rank"),
            };
            if ranked == 0 {
                html.push_str(&format!("<p>No authority is ranked, {}; {small}.</p>\n", self.year));
                continue;
            }
            html.push_str(&format!(
                "<div class=\"scroll\"><table>\n<caption>The {} coldest of {ranked} ranked authorities, {}; {small}.</caption>\n\
                 <thead>\n<tr><th scope=\"col\">Rank</th><th scope=\"col\" class=\"text\">Local authority</th>\
                 <th scope=\"col\" class=\"text\">Region</th><th scope=\"col\">Eligible schools</th><th scope=\"col\">Never reached</th>\
                 <th scope=\"col\">% never reached</th><th scope=\"col\">% in its region</th><th scope=\"col\">Index, %</th></tr>\n</thead>\n<tbody>\n",
                ranked.min(COLDEST_MAX),
                self.year,
            ));
            for area in areas.iter().filter(|area| area.rank.is_some()).take(COLDEST_MAX) {
                html.push_str(&format!(
                    "<tr><td class=\"text\">{}</td><th scope=\"row\" class=\"text\">{}</th><td class=\"text\">{}</td><td>{}</td><td>{}</td>\
                     <td>{}</td><td>{}</td><td><strong>{}</strong></td></tr>\n",
                    area.rank.unwrap_or_default(),
                    escape(&area.authority.la_name),
                    area.authority.region.name,
                    thousands(area.schools_count),
                    thousands(area.never_reached_count),
                    share(area.never_reached_count, area.schools_count),
                    share(area.region_never_reached_count, area.region_schools_count),
                    percent(permille(area.coldness_ppm, 1_000_000)),
                ));
            }
            html.push_str("</tbody>\n</table></div>\n");
        }
        html
    }

    fn notes(&self) -> String {
        let since = self.reach.options.first_year;
        let mut html = "<h2 id=\"notes\">What the figures mean</h2>\n<dl>\n".to_owned();
        let mut define = |term: &str, meaning: &str| html.push_str(&format!("<dt>{term}</dt><dd>{meaning}</dd>\n"));
        define(
            "Eligible schools",
            "State-funded primary, secondary and all-through schools that were open on 1 September of the academic year, in the phases in which \
             the programme was played that year. Middle schools count where they are deemed; all-through schools stand alone. “Open, but proposed \
             to close” is open. Nurseries, pupil referral units, alternative provision, special schools and 16 to 19 institutions are not counted.",
        );
        define("Applied", "The school submitted an application for the year, whatever became of it.");
        define(
            "Enrolled",
            "It accepted a place and had not given it back by 1 September; in a later year of the programme, it still took part on that day.",
        );
        define("Active, completed", "It took up the year; it completed the year.");
        define(
            "Reached through a predecessor",
            "A school that became an academy, or that others were merged into, counts as reached when a school that it descends from was, by links \
             dated no later than 1 September. After a split each successor inherits.",
        );
        define(
            &format!("Since {since}"),
            "Of the eligible schools of the row’s year, those that ever came to the stage in that year or an earlier one. It cannot exceed 100 %.",
        );
        define(
            "x",
            "Not available: no register covers that 1 September. The schools that were reached are counted all the same.",
        );
        define("z", "Not applicable: the programme was not played in the phase or the year, or there is no school to reach.");
        html.push_str("</dl>\n<h3>What lies behind each year</h3>\n<div class=\"scroll\"><table>\n<caption>By which register a year’s schools are \
            counted, how many inherit, and how many schools did something in the year and count for none of its eligible schools, with the reason.</caption>\n<thead>\n<tr>\
            <th scope=\"col\">Academic year</th><th scope=\"col\" class=\"text\">Counted by</th><th scope=\"col\">Eligible schools</th>\
            <th scope=\"col\">Reached only through a predecessor</th><th scope=\"col\">Inherit from a split predecessor</th>\
            <th scope=\"col\" class=\"text\">Did something, and count for no eligible school</th></tr>\n</thead>\n<tbody>\n");
        for note in &self.reach.years {
            let by = match (note.coverage, &note.register) {
                (Coverage::Status, Some(register)) => format!("register of {}: status", register.as_of_date),
                (Coverage::Dates, Some(register)) => format!("register of {}: dates", register.as_of_date),
                _ => "no register".to_owned(),
            };
            let covered = note.coverage != Coverage::Uncovered;
            let count = |number| if covered { thousands(number) } else { "x".to_owned() };
            let outside: Vec<String> =
                note.outside_counts.iter().map(|(reason, count)| format!("{count} {}", reason.replace('_', " "))).collect();
            html.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td class=\"text\">{by}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"text wrap\">{}</td></tr>\n",
                note.year,
                count(note.schools_count),
                count(note.inherited_count),
                count(note.split_inherited_count),
                if outside.is_empty() { "none".to_owned() } else { outside.join(", ") },
            ));
        }
        html.push_str("</tbody>\n</table></div>\n");
        html
    }
}

fn sources(reach: &Reach, files: &[ReportFile], content_sha256: &str) -> String {
    let mut html = "<h2 id=\"files\">Files and sources</h2>\n<ul>\n".to_owned();
    for file in files {
        html.push_str(&format!(
            "<li><a href=\"{0}\">{0}</a>, {1} rows</li>\n",
            file.name,
            thousands(u32::try_from(file.rows_count).unwrap_or(u32::MAX))
        ));
    }
    html.push_str(&format!(
        "<li><a href=\"manifest.json\">manifest.json</a>: registers, rules, what was left out and why, checksums</li>\n</ul>\n\
         <p>Schools: the register of {} (Get Information About Schools) with {} rows. Applications, places and years: the records of the \
         enrolment service. SHA-256 of the data files: <code>{content_sha256}</code></p>\n",
        escape(&reach.register.as_of_date),
        thousands(u32::try_from(reach.register.rows_count).unwrap_or(0)),
    ));
    html
}

fn share(part: u32, whole: u32) -> String {
    if whole == 0 { "z".to_owned() } else { percent(permille(part, whole)) }
}

/// The denominator, or its mark.
fn schools(figure: &Figure) -> String {
    match figure.state {
        FigureState::Complete | FigureState::NoSchools => thousands(figure.schools_count),
        FigureState::NotCovered => "x".to_owned(),
        FigureState::NotPlayed => "z".to_owned(),
    }
}

/// Count and percentage, or their marks.
fn reached(figure: &Figure, in_year: bool) -> (String, String) {
    let count = if in_year { figure.reached_count } else { figure.reached_since_count };
    match figure.state {
        FigureState::Complete => (thousands(count), share(count, figure.schools_count)),
        FigureState::NotCovered => (thousands(count), "x".to_owned()),
        FigureState::NoSchools => (thousands(count), "z".to_owned()),
        FigureState::NotPlayed => ("z".to_owned(), "z".to_owned()),
    }
}
