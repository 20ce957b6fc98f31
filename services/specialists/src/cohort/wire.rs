//! Messages as domain values: everything that is wrong is said at once.

use name::resource_id;
use proto::specialists::v1 as pb;
use server::Fields;
use time::{AcademicYear, Date};

use crate::{
    create_nomination::Nominate,
    domain::{
        Cohort, CohortId, CohortYear, HubId, NominationId, NominationState, Outcome, PersonId, Phase, ProgrammeId, Scope, Urn,
        Weights, YearSetting,
    },
    nomination_ref::NominationRef,
};

/// Longest name that people read, in characters.
const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Longest reason and longest decision, in characters.
const REASON_LENGTH_MAX: usize = 500;
/// Longest email address, in characters.
const EMAIL_ADDRESS_LENGTH_MAX: usize = 254;
/// Largest number of a cohort.
const COHORT_NUMBER_MAX: i32 = 999;
/// Most years of a cohort.
const YEARS_COUNT_MAX: usize = 5;
/// Most schools that a specialist supports in a year.
const SUPPORTED_SCHOOLS_COUNT_MAX: i32 = 10;
/// Most schools that an authority is taken to have besides its own.
const PRIOR_SCHOOLS_COUNT_MAX: i32 = 1_000;
/// Most selections of one call.
const SELECTIONS_COUNT_MAX: i32 = 1_000;

pub(super) fn cohort_id(fields: &mut Fields, field: &str, name: &str) -> Option<CohortId> {
    fields.read(field, resource_id(name, CohortId::COLLECTION, CohortId::LENGTH_MAX)).map(CohortId::trusted)
}

pub(super) fn hub_id(fields: &mut Fields, field: &str, name: &str) -> Option<HubId> {
    fields.read(field, resource_id(name, HubId::COLLECTION, HubId::LENGTH_MAX)).map(HubId::trusted)
}

pub(super) fn person_id(fields: &mut Fields, field: &str, name: &str) -> Option<PersonId> {
    fields.read(field, resource_id(name, PersonId::COLLECTION, PersonId::LENGTH_MAX)).map(PersonId::trusted)
}

pub(super) fn urn(fields: &mut Fields, field: &str, name: &str) -> Option<Urn> {
    fields.read(field, Urn::parse(name))
}

pub(super) fn reason(fields: &mut Fields, text: &str) -> Option<String> {
    fields.text("reason", text, 1, REASON_LENGTH_MAX)
}

/// A nomination that a caller of this scope names in the field `name`.
pub(super) fn nomination_ref(fields: &mut Fields, scope: Scope, name: &str) -> Option<NominationRef> {
    let (cohort, id) = nomination_name(fields, "name", name)?;
    Some(NominationRef { cohort, id, scope })
}

/// The nomination to be made.
pub(super) fn nominate(fields: &mut Fields, message: &pb::CreateNominationRequest) -> Option<Nominate> {
    let cohort = cohort_id(fields, "parent", &message.parent);
    let asked = message.nomination.clone().unwrap_or_default();
    let urn = urn(fields, "nomination.school", &asked.school);
    let hub = hub_id(fields, "nomination.hub", &asked.hub);
    let nominee = nominee(fields, message.nominee.as_ref());
    fields.require("head_teacher_agrees", message.head_teacher_agrees, "must be true: the head teacher backs a nomination");
    let (display_name, email_address) = nominee?;
    let early_career_teacher = message.early_career_teacher;
    Some(Nominate { cohort: cohort?, urn: urn?, hub: hub?, display_name, email_address, early_career_teacher })
}

/// The hub and the school of a filter; empty and 0 mean all.
pub(super) fn hub_and_school_filter(fields: &mut Fields, hub: &str, school: &str) -> (String, i64) {
    let hub = if hub.is_empty() { None } else { hub_id(fields, "hub", hub) };
    let urn = if school.is_empty() { None } else { urn(fields, "school", school) };
    (hub.map(|hub| hub.as_str().to_owned()).unwrap_or_default(), urn.map_or(0, |urn| urn.number()))
}

/// `cohorts/{cohort}/nominations/{nomination}`.
pub(super) fn nomination_name(fields: &mut Fields, field: &str, name: &str) -> Option<(CohortId, NominationId)> {
    let parts = name.find("/nominations/").map(|slash| name.split_at(slash));
    let parse = |(cohort, nomination): (&str, &str)| {
        let cohort = resource_id(cohort, CohortId::COLLECTION, CohortId::LENGTH_MAX).ok()?;
        let id = resource_id(&nomination[1..], NominationId::COLLECTION, NominationId::LENGTH_MAX).ok()?;
        Some((CohortId::trusted(cohort), NominationId::trusted(id)))
    };
    let wrong = || format!("must be `cohorts/COHORT/nominations/NOMINATION`; found `{name}`");
    fields.read(field, parts.and_then(parse).ok_or_else(wrong))
}

/// A cohort with its id; version 1.
pub(super) fn cohort(fields: &mut Fields, id: Option<CohortId>, message: Option<&pb::Cohort>) -> Option<Cohort> {
    let Some(message) = message else {
        fields.wrong("cohort", "must be set");
        return None;
    };
    let display_name = fields.text("cohort.display_name", &message.display_name, 1, DISPLAY_NAME_LENGTH_MAX);
    let number = Some(message.number).filter(|number| (1..=COHORT_NUMBER_MAX).contains(number));
    fields.require("cohort.number", number.is_some(), "must be 1 to 999");
    let phase = Phase::of(message.education_phase.into()).filter(|phase| *phase != Phase::AllThrough);
    fields.require("cohort.education_phase", phase.is_some(), "must be primary or secondary");
    let programme = fields.read("cohort.programme", ProgrammeId::parse(&message.programme));
    let first_academic_year = fields.read("cohort.first_academic_year", AcademicYear::parse(&message.first_academic_year));
    let window_start = window_date(fields, "cohort.window_start_date", &message.window_start_date);
    let window_end = window_date(fields, "cohort.window_end_date", &message.window_end_date);
    if let (Some(start), Some(end)) = (window_start, window_end) {
        fields.require("cohort.window_end_date", start <= end, "must not lie before the window's first day");
    }
    let years = years(fields, &message.years);
    Some(Cohort {
        id: id?,
        display_name: display_name?,
        number: number?,
        phase: phase?,
        programme: programme?,
        first_academic_year: first_academic_year?,
        window_start: window_start?,
        window_end: window_end?,
        years: years?,
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

fn years(fields: &mut Fields, messages: &[pb::CohortYear]) -> Option<Vec<CohortYear>> {
    let fits = (1..=YEARS_COUNT_MAX).contains(&messages.len());
    fields.require("cohort.years", fits, "must be 1 to 5 years");
    let mut years = Vec::new();
    for (index, message) in messages.iter().take(YEARS_COUNT_MAX).enumerate() {
        let field = |name: &str| format!("cohort.years[{index}].{name}");
        let numbered = usize::try_from(message.year_number) == Ok(index + 1);
        fields.require(
            &field("year_number"),
            numbered,
            &format!("must be {}: years are numbered from 1 without a gap", index + 1),
        );
        let setting = match message.setting() {
            pb::YearSetting::Unspecified => None,
            pb::YearSetting::OwnTeaching => Some(YearSetting::OwnTeaching),
            pb::YearSetting::OwnDepartment => Some(YearSetting::OwnDepartment),
            pb::YearSetting::LocalSchools => Some(YearSetting::LocalSchools),
        };
        fields.require(&field("setting"), setting.is_some(), "must be one of the settings");
        let count = message.supported_schools_count;
        let counts = match setting {
            Some(YearSetting::LocalSchools) => (1..=SUPPORTED_SCHOOLS_COUNT_MAX).contains(&count),
            _ => count == 0,
        };
        fields.require(&field("supported_schools_count"), counts, "must be 1 to 10 where the setting is local schools, else 0");
        years.push(setting.map(|setting| CohortYear { setting, supported_schools_count: count }));
    }
    years.into_iter().collect()
}

/// First day, decision and weights of a version.
pub(super) fn score_weights(fields: &mut Fields, message: Option<&pb::ScoreWeights>) -> Option<(Date, String, Weights)> {
    let Some(message) = message else {
        fields.wrong("score_weights", "must be set");
        return None;
    };
    let start = fields.date("score_weights.start_date", &message.start_date);
    let decision = fields.text("score_weights.decision", &message.decision, 1, REASON_LENGTH_MAX);
    let prior = message.prior_schools_count;
    fields.require("score_weights.prior_schools_count", (0..=PRIOR_SCHOOLS_COUNT_MAX).contains(&prior), "must be 0 to 1000");
    let (area, region) = (message.area_permille, message.region_permille);
    fields.require("score_weights.area_permille", (0..=1_000).contains(&area), "must be 0 to 1000");
    let whole = (0..=1_000).contains(&region) && i64::from(area) + i64::from(region) == 1_000;
    fields.require("score_weights.region_permille", whole, "must make 1000 with area_permille");
    let weights = Weights { prior_schools: prior.into(), area_permille: area.into(), region_permille: region.into() };
    Some((start?, decision?, weights))
}

/// Name and email address of a nominee, tidied. What is wrong is said without repeating what stood there, because answers are logged.
pub(super) fn nominee(fields: &mut Fields, message: Option<&pb::Nominee>) -> Option<(String, String)> {
    let Some(message) = message else {
        fields.wrong("nominee", "must be set");
        return None;
    };
    let display_name = fields.text("nominee.display_name", message.display_name.trim(), 1, DISPLAY_NAME_LENGTH_MAX);
    let email_address = message.email_address.trim().to_lowercase();
    let is_address = email_address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && email_address.chars().all(char_of_address)
    });
    let fits = is_address && email_address.chars().count() <= EMAIL_ADDRESS_LENGTH_MAX;
    fields.require("nominee.email_address", fits, "must be an email address of at most 254 characters");
    Some((display_name?, Some(email_address).filter(|_| fits)?))
}

fn char_of_address(letter: char) -> bool {
    !letter.is_whitespace() && !letter.is_control()
}

/// None for all; a violation when it is no state.
pub(super) fn state_filter(fields: &mut Fields, state: i32) -> Option<NominationState> {
    match pb::NominationState::try_from(state) {
        Ok(pb::NominationState::Unspecified) => None,
        Ok(pb::NominationState::Submitted) => Some(NominationState::Submitted),
        Ok(pb::NominationState::Selected) => Some(NominationState::Selected),
        Ok(pb::NominationState::NotSelected) => Some(NominationState::NotSelected),
        Ok(pb::NominationState::Withdrawn) => Some(NominationState::Withdrawn),
        Err(_) => {
            fields.wrong("state", "must be one of the states");
            None
        }
    }
}

pub(super) fn outcome(fields: &mut Fields, outcome: i32) -> Option<Outcome> {
    let found = match pb::NominationState::try_from(outcome) {
        Ok(pb::NominationState::Selected) => Some(Outcome::Selected),
        Ok(pb::NominationState::NotSelected) => Some(Outcome::NotSelected),
        _ => None,
    };
    fields.require("outcome", found.is_some(), "must be selected or not selected");
    found
}

pub(super) fn selections_count(fields: &mut Fields, count: i32) -> Option<i64> {
    let fits = (1..=SELECTIONS_COUNT_MAX).contains(&count);
    fields.require("selections_count", fits, "must be 1 to 1000");
    fits.then(|| count.into())
}
