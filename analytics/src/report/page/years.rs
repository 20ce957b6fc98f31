//! England by year: a series for each phase, and a total for the years whose denominators have the same phases.

use time::AcademicYear;

use super::{Page, reached, regions::new_and_continuing, schools};
use crate::{Figure, FigureState, Phase, Stage};

impl Page<'_> {
    pub(super) fn years(&self) -> String {
        let since = self.reach.options.first_year;
        let comparable = self.comparable_years();
        let series: Vec<(Option<Phase>, Vec<AcademicYear>)> = Phase::ALL
            .into_iter()
            .map(|phase| (Some(phase), self.reach.years.iter().map(|note| note.year).collect()))
            .chain([(None, comparable.clone())])
            .collect();
        let rows: String = series.iter().map(|(phase, years)| self.series(*phase, years)).collect();
        if rows.is_empty() {
            return String::new();
        }
        let total = match (comparable.first(), self.played_phases(self.reach.newest_year())) {
            (Some(first), phases) if !phases.is_empty() => {
                let phases: Vec<String> = phases.into_iter().map(|phase| phase.name().to_lowercase()).collect();
                format!(
                    "All phases: for the years from {first} on, in which programmes ran in the same phases ({}).",
                    phases.join(", ")
                )
            }
            _ => String::new(),
        };
        format!(
            "<h2 id=\"years\">England, year by year</h2>\n<div class=\"scroll\"><table>\n\
             <caption>Schools reached in each academic year by phase and stage, all programmes together, every school counted once. \
             New: no earlier academic year since {since} had the school enrolled; continuing: an earlier one had. Stages do not add up: a school that completed was \
             active before, and in its second year a school is enrolled without having applied again. {total} \
             “x”: no register covers the year. “z”: does not apply.</caption>\n\
             <thead>\n<tr><th scope=\"col\">Phase</th><th scope=\"col\" class=\"text\">Academic year</th><th scope=\"col\">Eligible schools</th>\
             <th scope=\"col\">Applied</th><th scope=\"col\">Enrolled</th><th scope=\"col\">New</th><th scope=\"col\">Continuing</th>\
             <th scope=\"col\">Active</th><th scope=\"col\">Completed</th><th scope=\"col\">Enrolled since {since}</th>\
             <th scope=\"col\">% of eligible</th></tr>\n</thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    }

    /// The rows of a phase, or of all phases together, for the years in which a programme ran in it.
    fn series(&self, phase: Option<Phase>, years: &[AcademicYear]) -> String {
        let mut html = String::new();
        for &year in years {
            let figures = Stage::ALL.map(|stage| self.of_phase(year, 0, phase, stage));
            let [Some(applied), Some(enrolled), Some(active), Some(completed)] = figures else { continue };
            if enrolled.state == FigureState::NotPlayed {
                continue;
            }
            let count = |figure: &Figure| reached(figure, true).0;
            let (new, continuing) = new_and_continuing(enrolled);
            let (since, percent) = reached(enrolled, false);
            html.push_str(if phase.is_none() { "<tr class=\"whole\">" } else { "<tr>" });
            html.push_str(&format!(
                "<th scope=\"row\">{}</th><td class=\"text\">{year}</td><td>{}</td><td>{}</td><td>{}</td><td>{new}</td><td>{continuing}</td>\
                 <td>{}</td><td>{}</td><td>{since}</td><td>{percent}</td></tr>\n",
                phase.map_or("All phases", Phase::name),
                schools(enrolled),
                count(applied),
                count(enrolled),
                count(active),
                count(completed),
            ));
        }
        html
    }

    /// The phases in which programmes ran in a year.
    fn played_phases(&self, year: AcademicYear) -> Vec<Phase> {
        let played = |phase: &Phase| {
            self.of_phase(year, 0, Some(*phase), Stage::Enrolled).is_some_and(|figure| figure.state != FigureState::NotPlayed)
        };
        Phase::ALL.into_iter().filter(played).collect()
    }

    /// The newest consecutive years in which programmes ran in the same phases, oldest first: their denominators are comparable.
    fn comparable_years(&self) -> Vec<AcademicYear> {
        let newest = self.played_phases(self.reach.newest_year());
        let years = self.reach.years.iter().rev().map(|note| note.year);
        let mut years: Vec<AcademicYear> = years.take_while(|year| self.played_phases(*year) == newest).collect();
        years.reverse();
        years
    }
}
