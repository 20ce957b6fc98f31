//! Cohorts as messages, and messages as cohorts.

use name::{Phase, ProgrammeId};
use proto::specialists::v1 as pb;
use server::Fields;
use service::{Resource, count};
use time::{AcademicYear, Date};

use super::{Cohort, CohortId, CohortYear, Terms, YearSetting};

/// Longest display name, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Largest number of a cohort.
const COHORT_NUMBER_MAX: i32 = 999;
/// Most years of a cohort.
const YEARS_COUNT_MAX: usize = 5;
/// Most schools that a specialist supports in a year.
const SUPPORTED_SCHOOLS_COUNT_MAX: i32 = 10;

impl From<&Cohort> for pb::Cohort {
    fn from(cohort: &Cohort) -> Self {
        Self {
            name: cohort.name(),
            display_name: cohort.display_name.clone(),
            number: count(cohort.number),
            education_phase: count(cohort.phase.number()),
            programme: cohort.programme.as_str().to_owned(),
            first_academic_year: cohort.first_academic_year.to_string(),
            window_start_date: cohort.window_start.to_string(),
            window_end_date: cohort.window_end.to_string(),
            years: (1..).zip(&cohort.years).map(year_message).collect(),
            provisional_figures_count: cohort.provisional_figures_count,
            rankings_count: count(cohort.rankings_count),
            etag: cohort.etag(),
            terms: cohort.terms_name(),
        }
    }
}

fn year_message((year_number, year): (i32, &CohortYear)) -> pb::CohortYear {
    let setting = match year.setting {
        YearSetting::OwnTeaching => pb::YearSetting::OwnTeaching,
        YearSetting::OwnDepartment => pb::YearSetting::OwnDepartment,
        YearSetting::LocalSchools => pb::YearSetting::LocalSchools,
    };
    pb::CohortYear {
        year_number,
        setting: setting.into(),
        supported_schools_count: count(year.supported_schools_count),
        leads_groups: Some(year.leads_groups),
    }
}

/// A cohort with its id, version 1, without terms.
pub(super) fn cohort(fields: &mut Fields, id: Option<CohortId>, message: Option<&pb::Cohort>) -> Option<Cohort> {
    let Some(message) = message else {
        fields.wrong("cohort", "must be set");
        return None;
    };
    let display_name = fields.title("cohort.display_name", &message.display_name, DISPLAY_NAME_LENGTH_MAX);
    let number_fits = (1..=COHORT_NUMBER_MAX).contains(&message.number);
    fields.require("cohort.number", number_fits, "must be 1 to 999");
    let phase = Phase::of(message.education_phase.into()).filter(|phase| *phase != Phase::AllThrough);
    fields.require("cohort.education_phase", phase.is_some(), "must be primary or secondary");
    let programme = fields.read("cohort.programme", ProgrammeId::parse(&message.programme));
    let first_academic_year = fields.read("cohort.first_academic_year", AcademicYear::parse(&message.first_academic_year));
    let window_start = window_date(fields, "cohort.window_start_date", &message.window_start_date);
    let window_end = window_date(fields, "cohort.window_end_date", &message.window_end_date);
    if let (Some(start), Some(end)) = (window_start, window_end) {
        fields.require("cohort.window_end_date", start <= end, "must not lie before the window's first day");
    }
    let years = years(fields, phase, &message.years);
    Some(Cohort {
        id: id?,
        display_name: display_name?,
        number: message.number.into(),
        phase: phase?,
        programme: programme?,
        terms: Terms::default(),
        first_academic_year: first_academic_year?,
        window_start: window_start?,
        window_end: window_end?,
        years: years?,
        provisional_figures_count: message.provisional_figures_count,
        rankings_count: 0,
        select_time: None,
        version: 1,
    })
}

fn window_date(fields: &mut Fields, field: &str, text: &str) -> Option<Date> {
    if text.is_empty() {
        fields.wrong(field, "must be set: a cohort is recruited within a window");
        return None;
    }
    fields.date(field, text)
}

fn years(fields: &mut Fields, phase: Option<Phase>, messages: &[pb::CohortYear]) -> Option<Vec<CohortYear>> {
    let fits = (1..=YEARS_COUNT_MAX).contains(&messages.len());
    fields.require("cohort.years", fits, "must be 1 to 5 years");
    let mut years = Vec::new();
    for (index, message) in messages.iter().take(YEARS_COUNT_MAX).enumerate() {
        let field = |name: &str| format!("cohort.years[{index}].{name}");
        let is_numbered = usize::try_from(message.year_number) == Ok(index + 1);
        let numbering = format!("must be {}: years are numbered from 1 without a gap", index + 1);
        fields.require(&field("year_number"), is_numbered, &numbering);
        let setting = match message.setting() {
            pb::YearSetting::Unspecified => None,
            pb::YearSetting::OwnTeaching => Some(YearSetting::OwnTeaching),
            pb::YearSetting::OwnDepartment => Some(YearSetting::OwnDepartment),
            pb::YearSetting::LocalSchools => Some(YearSetting::LocalSchools),
        };
        fields.require(&field("setting"), setting.is_some(), "must be one of the settings");
        let count = message.supported_schools_count;
        let count_fits = match setting {
            Some(YearSetting::LocalSchools) => (1..=SUPPORTED_SCHOOLS_COUNT_MAX).contains(&count),
            _ => count == 0,
        };
        let field = field("supported_schools_count");
        fields.require(&field, count_fits, "must be 1 to 10 where the setting is local schools, else 0");
        let leads_by_default = setting == Some(YearSetting::LocalSchools) || (phase == Some(Phase::Primary) && index > 0);
        let leads_groups = message.leads_groups.unwrap_or(leads_by_default);
        years.push(setting.map(|setting| CohortYear { setting, supported_schools_count: count.into(), leads_groups }));
    }
    years.into_iter().collect()
}
