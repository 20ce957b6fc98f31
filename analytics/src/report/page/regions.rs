//! Reach by region, as a table and as a map.

use super::{super::format::long_date, Page, percent, permille, reached, schools, thousands, tile_map::tile_map};
use crate::{Figure, FigureState, REGIONS, Stage};

impl Page<'_> {
    pub(super) fn regions(&self) -> String {
        let (year, since) = (self.year, self.reach.options.first_year);
        let mut html = format!(
            "<h2 id=\"regions\">Reach by region</h2>\n<div class=\"scroll\"><table>\n\
             <caption>Eligible schools open on {}, and how many of them were reached; all programmes together, every school counted once. \
             Percentages are of the eligible schools of the row. New: no academic year from {since} to the one before {year} had the school enrolled.</caption>\n\
             <thead>\n<tr><th rowspan=\"2\" scope=\"col\">Region</th><th rowspan=\"2\" scope=\"col\">Eligible schools</th>\
             <th colspan=\"4\" scope=\"colgroup\">Enrolled in {year}</th>",
            long_date(year.start_date())
        );
        let groups = [format!("Completed {year}"), format!("Enrolled since {since}"), format!("Completed since {since}")];
        for group in &groups {
            html.push_str(&format!("<th colspan=\"2\" scope=\"colgroup\">{group}</th>"));
        }
        html.push_str("</tr>\n<tr><th scope=\"col\">Schools</th><th scope=\"col\">New</th><th scope=\"col\">Continuing</th><th scope=\"col\">%</th>");
        html.push_str(&"<th scope=\"col\">Schools</th><th scope=\"col\">%</th>".repeat(groups.len()));
        html.push_str("</tr>\n</thead>\n<tbody>\n");
        for place in (1..=9).chain([0]) {
            let name = if place == 0 { "England" } else { REGIONS[place - 1].name };
            let enrolled = self.total(year, place, Stage::Enrolled);
            let completed = self.total(year, place, Stage::Completed);
            html.push_str(if place == 0 { "<tr class=\"whole\">" } else { "<tr>" });
            html.push_str(&format!("<th scope=\"row\">{name}</th><td>{}</td>", enrolled.map_or("z".into(), schools)));
            let z = || ("z".to_owned(), "z".to_owned());
            let (count, percent) = enrolled.map_or_else(z, |figure| reached(figure, true));
            let (new, continuing) = enrolled.map_or_else(z, new_and_continuing);
            html.push_str(&format!("<td>{count}</td><td>{new}</td><td>{continuing}</td><td>{percent}</td>"));
            for (figure, in_year) in [(completed, true), (enrolled, false), (completed, false)] {
                let (count, percent) = figure.map_or_else(z, |figure| reached(figure, in_year));
                html.push_str(&format!("<td>{count}</td><td>{percent}</td>"));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody>\n</table></div>\n");
        html
    }

    pub(super) fn map(&self) -> String {
        let (year, since) = (self.year, self.reach.options.first_year);
        let tiles: [Option<&Figure>; 9] = std::array::from_fn(|region| self.total(year, region + 1, Stage::Enrolled));
        let mut shares: Vec<(u32, &str)> = REGIONS
            .iter()
            .zip(tiles)
            .filter_map(|(region, figure)| {
                let figure = figure.filter(|figure| figure.state == FigureState::Complete)?;
                Some((permille(figure.reached_since_count, figure.schools_count), region.name))
            })
            .collect();
        shares.sort_unstable();
        let (Some(least), Some(most)) = (shares.first(), shares.last()) else { return String::new() };
        let title = format!("Share of eligible schools enrolled at least once since {since}, by region, {year}");
        let mark = if self.reach.demonstration { "<strong>Demonstration.</strong> " } else { "" };
        format!(
            "<h2 id=\"map\">Where schools have been enrolled since {since}</h2>\n<div class=\"pair\">\n<figure style=\"margin:0\">\n{}\
             <figcaption>{mark}{title}</figcaption>\n</figure>\n<div>\n\
             <p>Each tile is a region. The large number is the share of its eligible schools of {year} that have been enrolled at least once \
             since {since}, themselves or as a school that they descend from; below it are the two counts of which it is made. The darker the tile, the larger the \
             share.</p>\n<p>Smallest share: {} with {}&nbsp;%. Largest share: {} with {}&nbsp;%.</p>\n\
             <p>All eligible schools are counted, not a sample, so the shares have no sampling error.</p>\n</div>\n</div>\n",
            tile_map(&tiles, &title),
            least.1,
            percent(least.0),
            most.1,
            percent(most.0)
        )
    }
}

/// New and continuing schools, or their symbols.
pub(super) fn new_and_continuing(figure: &Figure) -> (String, String) {
    match figure.state {
        FigureState::NotPlayed => ("z".to_owned(), "z".to_owned()),
        _ => (thousands(figure.reached_new_count), thousands(figure.reached_count - figure.reached_new_count)),
    }
}
