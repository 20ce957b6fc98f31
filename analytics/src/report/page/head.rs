//! The head of the page: title, state, approval, and the main result in three sentences.

use super::{super::format::long_date, Page, share, thousands};
use crate::{FigureState, ReportState, Stage, report::format::escape};

impl Page<'_> {
    pub(super) fn head(&self, state: &ReportState) -> String {
        let (year, options) = (self.year, &self.reach.options);
        let mut html = self.demonstration();
        html.push_str(&format!(
            "<h1>Schools reached by the Maths Hubs programme, {year}</h1>\n\
             <p class=\"dates\"><span class=\"state {}\">{}</span> True on <strong>{}</strong>, as known on <strong>{}</strong>. \
             Schools in England, by their own region and local authority.</p>\n",
            if matches!(state, ReportState::Final(_)) { "approved" } else { "provisional" },
            state.title(self.reach.demonstration),
            long_date(options.true_on),
            long_date(options.known_on),
        ));
        html.push_str(&self.approval(state));
        html.push_str(&self.answer());
        if options.true_on < year.end_date() {
            html.push_str(&format!(
                "<p class=\"warning\">{year} had not ended on {}: schools that complete it later are not in its figures yet.</p>\n",
                long_date(options.true_on)
            ));
        }
        html
    }

    /// A banner that stays visible.
    fn demonstration(&self) -> String {
        let made_up = match (self.reach.demonstration, self.reach.register.generated) {
            (false, _) => return String::new(),
            (true, true) => "The register was generated and names no real school; applications, places and years are made up.",
            (true, false) => {
                "The register is real; applications, places and years are made up, or belong to a generated register that was imported before."
            }
        };
        format!(
            "<p class=\"made-up\"><strong>Demonstration.</strong> {made_up} No figure on this page describes what happened in England.</p>\n"
        )
    }

    /// The body that approved the figures, the day, the publication, and the superseded one.
    fn approval(&self, state: &ReportState) -> String {
        let ReportState::Final(approval) = state else { return String::new() };
        let superseded = match &approval.superseded {
            Some(name) => format!("It supersedes <code>{}</code>.", escape(name)),
            None => format!("It supersedes no earlier approved publication about {}.", self.reach.newest_year()),
        };
        format!(
            "<p>Approved by {} on {} as <code>{}</code>. {superseded}</p>\n",
            if approval.body == "NCETM" { "NCETM".to_owned() } else { format!("the {}", escape(&approval.body)) },
            long_date(approval.date),
            escape(&approval.publication),
        )
    }

    /// Each share is shown with its number of schools.
    fn answer(&self) -> String {
        let (year, since) = (self.year, self.reach.options.first_year);
        let Some(enrolled) = self.total(year, 0, Stage::Enrolled) else { return String::new() };
        match enrolled.state {
            FigureState::Complete => {}
            FigureState::NotCovered => {
                return format!(
                    "<p class=\"answer\">Since {since}, <strong>{} schools</strong> have been enrolled in at least one year. In {year}, {} were enrolled: {} new, {} \
                     continuing. No register covers {}, so no share can be given.</p>\n",
                    thousands(enrolled.reached_since_count),
                    thousands(enrolled.reached_count),
                    thousands(enrolled.reached_new_count),
                    thousands(enrolled.reached_count - enrolled.reached_new_count),
                    long_date(year.start_date()),
                );
            }
            FigureState::NotPlayed | FigureState::NoSchools | FigureState::NoDenominator => return String::new(),
        }
        let schools = enrolled.schools_count;
        let completed = self.total(year, 0, Stage::Completed).map_or(0, |figure| figure.reached_since_count);
        let of_schools = |count: u32| {
            format!("{} of {} eligible schools ({}&nbsp;%)", thousands(count), thousands(schools), share(count, schools))
        };
        format!(
            "<p class=\"answer\">Since {since}, <strong>{}</strong> have been enrolled in at least one year, and {} have completed at least one year. \
             In {year}, {} were enrolled: {} new, {} continuing.</p>\n",
            of_schools(enrolled.reached_since_count),
            of_schools(completed),
            of_schools(enrolled.reached_count),
            thousands(enrolled.reached_new_count),
            thousands(enrolled.reached_count - enrolled.reached_new_count),
        )
    }
}
