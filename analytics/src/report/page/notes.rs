//! Definitions, the basis of each year's figures, and the sources.

use super::{super::ReportFile, Page, thousands};
use crate::{
    Coverage, FactKind, NEAREST_DAYS_MAX,
    report::format::{basis, escape},
};

impl Page<'_> {
    pub(super) fn notes(&self) -> String {
        let since = self.reach.options.first_year;
        let mut html = "<h2 id=\"notes\">What the figures mean</h2>\n<dl>\n".to_owned();
        let mut define = |term: &str, meaning: &str| html.push_str(&format!("<dt>{term}</dt><dd>{meaning}</dd>\n"));
        define(
            "Eligible schools",
            "State-funded primary, secondary and all-through schools that were open on 1 September of the academic year, in the phases in which \
             the programme was played that year. Middle schools count where they are deemed; all-through schools stand alone. “Open, but proposed \
             to close” is open. Nurseries, pupil referral units, alternative provision, special schools and 16 to 19 institutions are not counted.",
        );
        define(
            "Applied",
            "The school submitted an application for the year; it counts also when the application was withdrawn or no place was given.",
        );
        define(
            "Enrolled",
            "It accepted a place and had not given it back by 1 September, the day that it named counting; in a later year, it still took part on that day, or was deferred on that day and has resumed \
             in the year. A place given back later counts, and so does the school that then accepts it.",
        );
        define(
            "New, continuing",
            &format!(
                "Of the schools reached in the year: no earlier academic year since {since} reached the school at the same stage, itself or through a predecessor; an earlier one did."
            ),
        );
        define("Active, completed", "It took up the year; it completed the year.");
        define(
            "Reached through a predecessor",
            "A school that became an academy, or that others were merged into, counts as reached when a school that it descends from was, by links \
             dated no later than 1 September. After a split each successor inherits.",
        );
        define(
            &format!("Since {since}"),
            "Of the eligible schools of the row’s year, those that ever came to the stage in that year or an earlier one; in a year that no register covers, all schools that did.",
        );
        define("<span id=\"rule\">Rule</span>", &self.rule());
        define("x", "Not available: no register covers that 1 September. The schools that were reached are counted in any case.");
        define("z", "Not applicable: the programme was not played in the phase or the year, or there is no school to reach.");
        html.push_str("</dl>\n<h3>What lies behind each year</h3>\n<div class=\"scroll\"><table>\n<caption>By which register a year’s schools are \
            counted, how many were reached only through a predecessor, how many inherit from a school that was split, and how many schools applied or took part in the year \
            but count for none of its eligible schools, with the reason.</caption>\n<thead>\n<tr>\
            <th scope=\"col\">Academic year</th><th scope=\"col\" class=\"text\">Counted by</th><th scope=\"col\">Eligible schools</th>\
            <th scope=\"col\">Reached only through a predecessor</th><th scope=\"col\">Inherit from a split predecessor</th>\
            <th scope=\"col\" class=\"text\">Took part, but count for no eligible school</th></tr>\n</thead>\n<tbody>\n");
        for note in &self.reach.years {
            let by = match (note.coverage, &note.register) {
                (Coverage::Status, Some(register)) => format!("register of {}: status", register.as_of_date),
                (Coverage::Nearest, Some(register)) => {
                    format!(
                        "register of {}, the nearest within {NEAREST_DAYS_MAX} days: status, corrected by dates",
                        register.as_of_date
                    )
                }
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

    /// The rule by which the figures were measured, and who decided it.
    fn rule(&self) -> String {
        let policy = &self.reach.policy;
        let mut basis = escape(&basis(policy));
        basis[..1].make_ascii_uppercase();
        let specialists = if policy.fact_kinds.contains(&FactKind::Specialist) {
            ", and in the programme of a cohort when one of its specialists teaches there"
        } else {
            ""
        };
        format!(
            "{basis}: a school counts by its own applications, places and years{specialists}; areas are compared by the share of their schools that were never {}.",
            policy.coldness_stage.name().to_lowercase()
        )
    }

    pub(super) fn sources(&self, files: &[ReportFile], content_sha256: &str) -> String {
        let reach = self.reach;
        let mut html = "<h2 id=\"files\">Files and sources</h2>\n<ul>\n".to_owned();
        for file in files {
            html.push_str(&format!(
                "<li><a href=\"{0}\">{0}</a>, {1} rows</li>\n",
                file.name,
                thousands(u32::try_from(file.rows_count).unwrap_or(u32::MAX))
            ));
        }
        let rows = thousands(u32::try_from(reach.register.rows_count).unwrap_or(0));
        let day = escape(&reach.register.as_of_date);
        let schools = if reach.register.generated {
            format!("a generated register of {day} with {rows} rows, which names no real school")
        } else {
            format!("the register of {day} (Get Information About Schools) with {rows} rows")
        };
        let participation =
            if reach.demonstration { "made up for the demonstration" } else { "the records of the enrolment service" };
        html.push_str(&format!(
            "<li><a href=\"manifest.json\">manifest.json</a>: registers, rules, exclusions with their reasons, checksums</li>\n</ul>\n\
             <p>Schools: {schools}. Applications, places and years: {participation}. SHA-256 of the data files: <code>{content_sha256}</code></p>\n",
        ));
        html
    }
}
