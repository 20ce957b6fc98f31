//! Teachers who took part, by region.

use super::{super::table::teachers_marked, Page, thousands};
use crate::{Level, TeacherFigure};

impl Page<'_> {
    /// The newest year, all programmes together; England comes last, as in the other table of regions.
    pub(super) fn teachers(&self) -> String {
        let newest = self.reach.newest_year();
        let is_shown = |figure: &&TeacherFigure| figure.year == newest && figure.programme.is_none();
        let (england, regions): (Vec<_>, Vec<_>) =
            self.reach.teacher_figures.iter().filter(is_shown).partition(|figure| figure.level == Level::National);
        if regions.is_empty() {
            return String::new();
        }
        let rows = regions.into_iter().chain(england).map(|figure| {
            let (class, name) = match &figure.level {
                Level::Regional(region) => ("", region.name),
                _ => (" class=\"whole\"", "England"),
            };
            let [meetings, teachers, visiting] = teachers_marked(figure, |number| thousands(*number));
            format!("<tr{class}><th scope=\"row\">{name}</th><td>{meetings}</td><td>{teachers}</td><td>{visiting}</td></tr>\n")
        });
        format!(
            "<h2 id=\"teachers\">Teachers who took part</h2>\n<div class=\"scroll\"><table>\n\
             <caption>Meetings and visits of {newest} whose register was taken, teachers with an attendance in that year, and how many of them visited another school’s classroom; all programmes \
             together. A teacher counts once, in the region of the school of the first attendance; a meeting in the region of the hub that organised it. \
             “c”: a count of 1 to 4 people, or one from which such a count could be computed; 0 is shown.</caption>\n\
             <thead>\n<tr><th scope=\"col\">Region</th><th scope=\"col\">Meetings held</th><th scope=\"col\">Teachers with an attendance</th>\
             <th scope=\"col\">Teachers who visited</th></tr>\n</thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
            rows.collect::<String>()
        )
    }
}
