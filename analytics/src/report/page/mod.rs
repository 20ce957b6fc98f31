//! `index.html`: the main figures on one self-contained page: no script, no request, readable on paper and by a screen reader.
//!
//! A section without rows is left out. In a demonstration the title, a banner and every caption have the word, so that no part of the page can be
//! shown without it.

mod coldest;
mod head;
mod notes;
mod regions;
mod teachers;
mod tile_map;
mod years;

use std::collections::BTreeMap;

use time::AcademicYear;

use super::{ReportFile, ReportState, format::thousands, percent, permille};
use crate::{Figure, FigureState, Level, Phase, REGIONS, Reach, Stage};

/// The page's text.
pub(super) fn page(reach: &Reach, state: &ReportState, files: &[ReportFile], content_sha256: &str) -> String {
    let year = reach.newest_covered_year().unwrap_or_else(|| reach.newest_year());
    let page = Page { reach, year, figures: main_figures(reach) };
    let name = state.name(reach.demonstration);
    let mut html = String::with_capacity(64 * 1024);
    html.push_str("<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.push_str(&format!("<title>Maths Hubs: schools reached, {year} ({name})</title>\n"));
    html.push_str(&format!("<style>\n{}</style>\n</head>\n<body>\n<main>\n", include_str!("page.css")));
    html.push_str(&page.head(state));
    html.push_str(&page.regions());
    html.push_str(&page.map());
    html.push_str(&page.years());
    html.push_str(&page.coldest());
    html.push_str(&page.teachers());
    html.push_str(&page.notes());
    html.push_str(&page.sources(files, content_sha256));
    html.push_str("</main>\n</body>\n</html>\n");
    if reach.demonstration {
        html = html.replace("<caption>", "<caption><strong>Demonstration.</strong> ");
    }
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
    /// The figure of all programmes and phases.
    fn total(&self, year: AcademicYear, place: usize, stage: Stage) -> Option<&Figure> {
        self.of_phase(year, place, None, stage)
    }

    /// The figure of all programmes in a phase.
    fn of_phase(&self, year: AcademicYear, place: usize, phase: Option<Phase>, stage: Stage) -> Option<&Figure> {
        self.figures.get(&(year, place, None, phase, stage)).copied()
    }
}

fn share(part: u32, whole: u32) -> String {
    if whole == 0 { "z".to_owned() } else { percent(permille(part, whole)) }
}

/// The denominator, or its symbol.
fn schools(figure: &Figure) -> String {
    match figure.state {
        FigureState::Complete | FigureState::NoSchools => thousands(figure.schools_count),
        FigureState::NotCovered => "x".to_owned(),
        FigureState::NotPlayed | FigureState::NoDenominator => "z".to_owned(),
    }
}

/// Count and percentage, or their symbols.
fn reached(figure: &Figure, in_year: bool) -> (String, String) {
    let count = if in_year { figure.reached_count } else { figure.reached_since_count };
    match figure.state {
        FigureState::Complete => (thousands(count), share(count, figure.schools_count)),
        FigureState::NotCovered => (thousands(count), "x".to_owned()),
        FigureState::NoSchools | FigureState::NoDenominator => (thousands(count), "z".to_owned()),
        FigureState::NotPlayed => ("z".to_owned(), "z".to_owned()),
    }
}
