//! `manifest.json`: the days of the figures, their registers and rules, and the excluded schools with reasons.

use serde_json::{Map, Value, json};

use super::{ReportFile, ReportState, format::basis};
use crate::{Coverage, Reach, ReachPolicy, RegisterUsed, YearNote};

/// The manifest's text. Keys are in alphabetical order, so that two manifests can be compared line by line.
pub(super) fn manifest(reach: &Reach, state: &ReportState, files: &[ReportFile], content_sha256: &str) -> String {
    let options = &reach.options;
    let title = "Reach of the Maths Hubs programme";
    let mut manifest = json!({
        "title": if reach.demonstration { format!("Demonstration: {title}") } else { title.to_owned() },
        "state": state.name(reach.demonstration),
        "approval": approval(state),
        "academic_year": reach.newest_year().to_string(),
        "true_on_date": options.true_on.to_string(),
        "known_on_date": options.known_on.to_string(),
        "since_academic_year": options.first_year.to_string(),
        "register": register(&reach.register),
        "pending_links_count": reach.register.pending_links_count,
        "academic_years": reach.years.iter().map(year).collect::<Vec<_>>(),
        "programmes": reach.programmes.iter().map(|programme| json!({
            "id": programme.id,
            "display_name": programme.display_name,
        })).collect::<Vec<_>>(),
        "coldness": {
            "academic_year": reach.newest_covered_year().map(|year| year.to_string()),
            "stage": reach.policy.coldness_stage.name(),
            "formula": "coldness_percent = 100 × (never reached + k × region never reached ÷ region schools) ÷ (schools + k), rounded half up to two decimals",
            "prior_schools_count": reach.policy.prior_schools_count,
            "ranked_schools_min": reach.policy.ranked_schools_min,
        },
        "policy": policy(&reach.policy),
        "type_group_codes": options.type_group_codes,
        "marks": {
            "c": "confidential: a count of 1 to 4 people, or one from which such a count could be computed; 0 is shown",
            "x": "not available: no register covers the first day of the academic year",
            "z": "not applicable: the programme is not played in the phase or the year, there is no school to reach, or the area is not ranked",
        },
        "definitions": {
            "schools_count": "eligible schools open on 1 September of the academic year, of the phases in which the programme is played",
            "schools_reached": "of these, those that in the year came to the stage themselves or through a predecessor by a link dated no later than 1 September",
            "schools_reached_new": "of the schools reached in the year, those that no earlier academic year reached at the stage, themselves or through a predecessor",
            "schools_reached_continuing": "of the schools reached in the year, those that an earlier academic year reached at the stage",
            "schools_reached_since": "of these, those that ever did, in this academic year or an earlier one",
            "applied": "submitted an application for the year; also when the application was withdrawn or no place was given",
            "enrolled": "accepted a place and had not given it back by 1 September; in a later year: still took part on 1 September, or was deferred on that day and has resumed in the year",
            "active": "took up the year",
            "completed": "completed the year",
            "meetings_held": "meetings whose register was taken, in the year of their first day and the region of the hub that organised them",
            "teachers": "people whom a register marks as attended, part or substituted on a day of the year; each counts once a year, in the programme and the region of the first such day",
            "teachers_visiting": "of these, those who attended a peer visit to another school than their own on any day of the year",
            "outside_counts": "schools that did something in the year and count for no school of that day's denominator, by reason",
            "pending_links_count": "changes of links in the newest register that no second account had confirmed; the figures are by the links before them",
            "inherited_count": "schools of the denominator that were ever reached only through a predecessor",
            "split_inherited_count": "schools that inherit from a predecessor from which others inherit too",
            "percent": "tenths of a percent, of coldness hundredths, rounded half up from integers",
        },
        "files": files.iter().map(|file| json!({
            "name": file.name,
            "rows_count": file.rows_count,
            "sha256": file.sha256,
        })).collect::<Vec<_>>(),
        "content_sha256": content_sha256,
        "figures_sha256": crate::figures_sha256(reach),
    });
    if reach.demonstration {
        manifest["demonstration"] = json!(true);
    }
    let mut text = serde_json::to_string_pretty(&sorted(manifest)).expect("a manifest holds nothing that JSON cannot");
    text.push('\n');
    text
}

fn policy(policy: &ReachPolicy) -> Value {
    let decided = policy.decided.as_ref();
    json!({
        "name": decided.map(|decided| &decided.policy),
        "start_date": decided.map(|decided| decided.start.to_string()),
        "decision": decided.map(|decided| &decided.decision),
        "basis": basis(policy),
        "fact_kinds": policy.fact_kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
    })
}

fn register(register: &RegisterUsed) -> Value {
    json!({
        "as_of_date": register.as_of_date,
        "extract_sha256": register.extract_sha256,
        "generated": register.generated,
        "links_sha256": register.links_sha256,
        "rows_count": register.rows_count,
    })
}

/// The body, the day and the publications; `null` while provisional.
fn approval(state: &ReportState) -> Value {
    match state {
        ReportState::Provisional => Value::Null,
        ReportState::Final(approval) => json!({
            "body": approval.body,
            "date": approval.date.to_string(),
            "reach_publication": approval.publication,
            "superseded_reach_publication": approval.superseded,
        }),
    }
}

fn year(note: &YearNote) -> Value {
    json!({
        "academic_year": note.year.to_string(),
        "first_day": note.year.start_date().to_string(),
        "covered_by": match note.coverage {
            Coverage::Status => "the status column of the day's register",
            Coverage::Nearest => "the status column of the nearest register within 30 days, corrected by opening and closing days where they are given",
            Coverage::Dates => "opening and closing days of a later register",
            Coverage::Uncovered => "no register",
        },
        "register": note.register.as_ref().map(register),
        "schools_count": (note.coverage != Coverage::Uncovered).then_some(note.schools_count),
        "outside_counts": note.outside_counts,
        "inherited_count": note.inherited_count,
        "split_predecessors_count": note.split_predecessors_count,
        "split_inherited_count": note.split_inherited_count,
    })
}

/// Another crate of the build may enable insertion order for serde_json's maps; the files must not depend on it.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}
