//! The nine regions as tiles of equal size, arranged like England and shaded by share.

use super::{
    super::format::{escape, thousands},
    percent, permille,
};
use crate::{Figure, FigureState, REGIONS};

const TILE: u32 = 132;
const GAP: u32 = 8;

/// Column, row, and the name in two lines, in the order of [`REGIONS`].
const PLACES: [(u32, u32, [&str; 2]); 9] = [
    (1, 0, ["North", "East"]),
    (0, 1, ["North", "West"]),
    (1, 1, ["Yorkshire and", "The Humber"]),
    (1, 2, ["East", "Midlands"]),
    (0, 2, ["West", "Midlands"]),
    (2, 2, ["East of", "England"]),
    (1, 3, ["London", ""]),
    (2, 3, ["South", "East"]),
    (0, 3, ["South", "West"]),
];

/// Fill and text colour of each class, light to dark; every pair has a contrast of at least 4.5 to 1.
const SHADES: [(&str, &str); 5] =
    [("#e8f1fa", "#0b2239"), ("#bcd8ef", "#0b2239"), ("#86b9df", "#0b2239"), ("#2f74ae", "#ffffff"), ("#123f70", "#ffffff")];
const NO_SHARE: (&str, &str) = ("#ececec", "#333333");

/// Classes of whole percents that cover all shares.
struct Classes {
    lowest: u32,
    step: u32,
}

impl Classes {
    fn of(shares: &[u32]) -> Self {
        let lowest = shares.iter().min().copied().unwrap_or(0) / 10 * 10;
        let highest = shares.iter().max().copied().unwrap_or(0);
        let classes = u32::try_from(SHADES.len()).expect("five");
        Self { lowest, step: ((highest - lowest + 1).div_ceil(classes)).div_ceil(10).max(1) * 10 }
    }

    fn class(&self, share: u32) -> usize {
        ((share - self.lowest) / self.step) as usize
    }
}

/// The map of one figure per region, with its legend; `None` for a region without a row.
pub(super) fn tile_map(figures: &[Option<&Figure>; 9], title: &str) -> String {
    let shares: [Option<u32>; 9] = figures.map(|figure| {
        let figure = figure.filter(|figure| figure.state == FigureState::Complete)?;
        Some(permille(figure.reached_since_count, figure.schools_count))
    });
    let known: Vec<u32> = shares.iter().flatten().copied().collect();
    let classes = Classes::of(&known);
    let (width, height) = (3 * TILE + 2 * GAP, 4 * TILE + 3 * GAP);
    let descriptions: Vec<String> = REGIONS
        .iter()
        .zip(shares)
        .map(|(region, share)| {
            share.map_or_else(|| format!("{}: no share", region.name), |s| format!("{}: {} %", region.name, percent(s)))
        })
        .collect();
    let mut svg = format!(
        "<svg class=\"map\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"map-title map-desc\">\n\
         <title id=\"map-title\">{}</title>\n<desc id=\"map-desc\">{}.</desc>\n",
        escape(title),
        escape(&descriptions.join("; "))
    );
    for index in 0..9 {
        let (column, row, [first, second]) = PLACES[index];
        let (x, y) = (column * (TILE + GAP), row * (TILE + GAP));
        let (fill, ink) = shares[index].map_or(NO_SHARE, |share| SHADES[classes.class(share)]);
        let middle = x + TILE / 2;
        let text = |dy: u32, size: u32, weight: u32, text: &str| {
            format!(
                "<text x=\"{middle}\" y=\"{}\" font-size=\"{size}\" font-weight=\"{weight}\" fill=\"{ink}\" text-anchor=\"middle\">{}</text>\n",
                y + dy,
                escape(text)
            )
        };
        svg.push_str(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{TILE}\" height=\"{TILE}\" rx=\"6\" fill=\"{fill}\" stroke=\"#5b7083\" stroke-width=\"1\"/>\n"
        ));
        if second.is_empty() {
            svg.push_str(&text(40, 16, 600, first));
        } else {
            svg.push_str(&text(31, 16, 600, first));
            svg.push_str(&text(50, 16, 600, second));
        }
        match (shares[index], figures[index]) {
            (Some(share), Some(figure)) => {
                svg.push_str(&text(86, 27, 700, &format!("{} %", percent(share))));
                let counts = format!("{} of {}", thousands(figure.reached_since_count), thousands(figure.schools_count));
                svg.push_str(&text(112, 14, 400, &counts));
            }
            (_, Some(figure)) if figure.state == FigureState::NotCovered => {
                svg.push_str(&text(92, 15, 400, &format!("{} schools", thousands(figure.reached_since_count))));
            }
            _ => svg.push_str(&text(92, 15, 400, "z")),
        }
    }
    svg.push_str("</svg>\n");
    svg.push_str(&legend(&classes, known.iter().max().copied()));
    svg
}

fn legend(classes: &Classes, highest: Option<u32>) -> String {
    let Some(highest) = highest else { return String::new() };
    let mut list = "<ul class=\"legend\" aria-label=\"Shades of the map\">\n".to_owned();
    for (index, (fill, _)) in SHADES.iter().enumerate().take(classes.class(highest) + 1) {
        let from = classes.lowest + classes.step * u32::try_from(index).expect("five");
        let to = from + classes.step;
        list.push_str(&format!(
            "<li><svg viewBox=\"0 0 20 20\" aria-hidden=\"true\"><rect width=\"20\" height=\"20\" fill=\"{fill}\" stroke=\"#5b7083\"/></svg>\
             {} to under {} %</li>\n",
            from / 10,
            to / 10
        ));
    }
    list.push_str("</ul>\n");
    list
}
