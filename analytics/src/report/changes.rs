//! `changes.csv`: the schools that count differently than in an earlier report, with the cause, so that the difference of two figures can be
//! explained school by school. It is for the owners of the figures, and not one of the published files.

use std::path::{Path, PathBuf};

use super::{csv::csv, replace};
use crate::{Cause, Change, Error, Phase, Reach, SchoolState};

/// The file's name.
pub(super) const CHANGES: &str = "changes.csv";

const STATE_COLUMNS: [&str; 8] =
    ["region_code", "old_la_code", "education_phase", "eligible", "reached", "reached_new", "reached_since", "reached_through"];

/// Writes the file beside the later report. Errors when it cannot be written.
///
/// | column | |
/// | --- | --- |
/// | `time_period`, `programme`, `stage` | the row of the files in whose figures it counts differently, and in the rows that it is part of |
/// | `school_urn` | the school |
/// | `cause` | `learned`: it was so on the earlier true-on day, and was recorded after the earlier report was measured; `happened`: it became so since; `decided`: the Council decided another policy |
/// | `region_code_before` and so on | what it was: where, of which phase, whether in the denominator, reached in the year, reached in it and no earlier one, ever reached, and through which schools; blank when it counted for nothing |
/// | `region_code_after` and so on | what it is |
pub fn write_changes(reach: &Reach, changes: &[Change], out: &Path) -> Result<PathBuf, Error> {
    let columns = ["time_period", "programme", "stage", "school_urn", "cause"].map(str::to_owned).into_iter();
    let states = ["before", "after"].into_iter().flat_map(|when| STATE_COLUMNS.map(|column| format!("{column}_{when}")));
    let header: Vec<String> = columns.chain(states).collect();
    let rows = changes.iter().map(|change| {
        let mut row = vec![
            change.year.time_period(),
            programme(reach, change.programme.as_deref()),
            change.stage.name().to_owned(),
            change.urn.to_string(),
            match change.cause {
                Cause::Learned => "learned".to_owned(),
                Cause::Happened => "happened".to_owned(),
                Cause::Decided => "decided".to_owned(),
            },
        ];
        row.extend([&change.before, &change.after].into_iter().flat_map(|state| fields(state.as_ref())));
        row
    });
    replace(out, CHANGES, &csv(&header, rows).0)
}

/// The programme's name in the files; its id if the later report does not have it.
fn programme(reach: &Reach, id: Option<&str>) -> String {
    let Some(id) = id else { return "Total".to_owned() };
    reach.programmes.iter().find(|programme| programme.id == id).map_or(id, |programme| &programme.display_name).to_owned()
}

fn fields(state: Option<&SchoolState>) -> [String; STATE_COLUMNS.len()] {
    let Some(state) = state else { return Default::default() };
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let through: Vec<String> = state.through.iter().map(i32::to_string).collect();
    [
        state.region_code.to_owned(),
        state.old_la_code.clone(),
        state.phase.map_or("16 plus", Phase::name).to_owned(),
        yes(state.eligible),
        yes(state.reached),
        yes(state.reached_new),
        yes(state.reached_since),
        through.join(" "),
    ]
}
