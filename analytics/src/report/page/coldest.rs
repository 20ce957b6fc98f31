//! The areas with least historic engagement.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Page, share, thousands};
use crate::{
    ColdArea, Phase, Stability, percent_of_hundredths,
    report::format::{escape, long_date},
};

/// The order of the tables: eligible and reached schools of the programme, its name and index, the phase.
type Order<'a> = (Reverse<(u32, u32)>, &'a str, usize, Phase);

/// Maximum areas in a table.
const COLDEST_MAX: usize = 15;

/// The ranks with one more and with one fewer school that was never reached.
fn ranks(stability: &Stability) -> String {
    let [more, fewer] = [stability.rank_one_more_never_reached, stability.rank_one_fewer_never_reached];
    if more == fewer { more.to_string() } else { format!("{more} to {fewer}") }
}

impl Page<'_> {
    /// The areas by programme and phase: the programme with the most eligible schools first; of those with as many, the one that reached more; then by name.
    pub(super) fn coldest(&self) -> String {
        let policy = &self.reach.policy;
        let mut groups: BTreeMap<Order<'_>, Vec<&ColdArea>> = BTreeMap::new();
        for area in &self.reach.cold_areas {
            let name = self.reach.programmes[area.programme].display_name.as_str();
            let order = (Reverse(self.eligible_and_reached(area.programme)), name, area.programme, area.phase);
            groups.entry(order).or_default().push(area);
        }
        groups.retain(|_, areas| areas.iter().any(|area| area.rank.is_some()));
        if groups.is_empty() {
            return String::new();
        }
        let stage = policy.coldness_stage.name().to_lowercase();
        let mut html = format!(
            "<h2 id=\"coldest\">Areas with least historic engagement</h2>\n\
             <p>Coldness, in percent, is (schools never {stage} + {k} × share of the region’s schools never {stage}) ÷ (eligible schools + {k}), of the schools of the \
             phase that were eligible on {} and of all academic years since {}, for local authorities with at least {} such schools; rule: <a href=\"#rule\">{}</a>.</p>\n",
            long_date(self.year.start_date()),
            self.reach.options.first_year,
            policy.ranked_schools_min,
            escape(policy.decided.as_ref().map_or("working assumption", |decided| &decided.policy)),
            k = policy.prior_schools_count,
        );
        for ((_, name, _, phase), areas) in groups {
            let ranked: Vec<&ColdArea> = areas.iter().copied().filter(|area| area.rank.is_some()).collect();
            html.push_str(&format!(
                "<h3>{}: {}</h3>\n<div class=\"scroll\"><table>\n<caption>The {} coldest of {} ranked local authorities, {}. Not ranked, with fewer than {} eligible schools of the phase: \
                 {}.</caption>\n\
                 <thead>\n<tr><th scope=\"col\">Rank</th><th scope=\"col\" class=\"text\">Local authority</th>\
                 <th scope=\"col\" class=\"text\">Region</th><th scope=\"col\">Eligible schools</th><th scope=\"col\">Never {stage}</th>\
                 <th scope=\"col\">% never {stage}</th><th scope=\"col\">% in its region</th><th scope=\"col\">Coldness, %</th><th scope=\"col\">Rank if one school changed</th></tr>\n</thead>\n<tbody>\n",
                escape(name),
                phase.name().to_lowercase(),
                ranked.len().min(COLDEST_MAX),
                ranked.len(),
                self.year,
                policy.ranked_schools_min,
                areas.len() - ranked.len(),
            ));
            for area in ranked.into_iter().take(COLDEST_MAX) {
                html.push_str(&format!(
                    "<tr><td class=\"text\">{}</td><th scope=\"row\" class=\"text\">{}</th><td class=\"text\">{}</td><td>{}</td><td>{}</td>\
                     <td>{}</td><td>{}</td><td><strong>{}</strong></td><td>{}</td></tr>\n",
                    area.rank.unwrap_or_default(),
                    escape(&area.authority.la_name),
                    area.authority.region.name,
                    thousands(area.schools_count),
                    thousands(area.never_reached_count),
                    share(area.never_reached_count, area.schools_count),
                    share(area.region_never_reached_count, area.region_schools_count),
                    percent_of_hundredths(area.coldness_hundredths),
                    area.stability.map_or_else(String::new, |stability| ranks(&stability)),
                ));
            }
            html.push_str("</tbody>\n</table></div>\n");
        }
        html
    }

    /// The schools of England that could take part in a programme in the page's year, and those of them that it has reached.
    fn eligible_and_reached(&self, programme: usize) -> (u32, u32) {
        let figure = self.figures.get(&(self.year, 0, Some(programme), None, self.reach.policy.coldness_stage));
        figure.map_or((0, 0), |figure| (figure.schools_count, figure.reached_since_count))
    }
}
