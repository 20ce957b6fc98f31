//! Rows as the databases give them, and what they mean. What the constraints admit can be read; anything else is a bug.

use serde::{Deserialize, Serialize};
use time::{AcademicYear, Date, Instant};

use crate::domain::{
    Application, ApplicationId, ApplicationState, Coldness, Ground, Hub, HubId, Participation, ParticipationId,
    ParticipationState, Phase, PlaceOrder, PlaceOrderPolicy, Places, ProgrammeId, Round, RoundId, RoundProgramme, School, Urn,
};

#[derive(sqlx::FromRow)]
pub(super) struct ApplicationRow {
    id: String,
    round: String,
    urn: i64,
    hub: String,
    programme: String,
    state: String,
    queue_number: Option<i64>,
    coldness_ppm: Option<i64>,
    coldness_old_la_code: Option<String>,
    coldness_education_phase: Option<i64>,
    reach_publication: Option<String>,
    submit_time: Option<i64>,
    offer_expire_time: Option<i64>,
    participation: Option<String>,
    claims_count: i64,
    withdraw_reason: Option<String>,
    version: i64,
}

impl From<ApplicationRow> for Application {
    fn from(row: ApplicationRow) -> Self {
        let coldness = row.coldness_ppm.map(|ppm| Coldness {
            ppm: small(ppm),
            old_la_code: row.coldness_old_la_code.expect("a figure is of an authority"),
            phase: row.coldness_education_phase.and_then(Phase::of).expect("a figure is of a phase"),
            publication: row.reach_publication.expect("a figure is published"),
        });
        Self {
            id: ApplicationId::trusted(row.id),
            round: RoundId::trusted(row.round),
            urn: Urn::trusted(row.urn),
            hub: HubId::trusted(row.hub),
            programme: ProgrammeId::trusted(row.programme),
            state: application_state(&row.state),
            queue_number: row.queue_number,
            coldness,
            submit_time: row.submit_time.map(Instant::from_micros),
            offer_expire_time: row.offer_expire_time.map(Instant::from_micros),
            participation: row.participation.map(ParticipationId::trusted),
            claims_count: row.claims_count,
            withdraw_reason: row.withdraw_reason,
            version: row.version,
        }
    }
}

/// An application and its round, in one row.
#[derive(sqlx::FromRow)]
pub(super) struct AppliedRow {
    #[sqlx(flatten)]
    application: ApplicationRow,
    round_display_name: String,
    round_academic_year: String,
    round_window_start_date: String,
    round_window_end_date: String,
    round_offer_days_count: i64,
    round_programmes: String,
    round_place_order_policies: String,
    round_version: i64,
}

impl From<AppliedRow> for (Application, Round) {
    fn from(row: AppliedRow) -> Self {
        let round = RoundRow {
            id: row.application.round.clone(),
            display_name: row.round_display_name,
            academic_year: row.round_academic_year,
            window_start_date: row.round_window_start_date,
            window_end_date: row.round_window_end_date,
            offer_days_count: row.round_offer_days_count,
            programmes: row.round_programmes,
            place_order_policies: row.round_place_order_policies,
            version: row.round_version,
        };
        (row.application.into(), round.into())
    }
}

/// A school that an application may be for, if the register lists it, and the days of its hub, which each row repeats.
#[derive(sqlx::FromRow)]
pub(super) struct GroundRow {
    member_urn: Option<i64>,
    member_old_la_code: Option<String>,
    member_education_phase: Option<i64>,
    member_register_reason: Option<i64>,
    hub_start_date: Option<String>,
    hub_end_date: Option<String>,
}

impl GroundRow {
    /// All rows of one application.
    pub(super) fn together(hub: &HubId, rows: Vec<Self>) -> Ground {
        let (start, end) =
            rows.first().map(|row| (row.hub_start_date.as_deref(), row.hub_end_date.as_deref())).unwrap_or_default();
        let hub = Hub::of(hub.clone(), start, end);
        Ground { hub, schools: rows.into_iter().filter_map(Self::school).collect() }
    }

    fn school(self) -> Option<School> {
        let urn = Urn::trusted(self.member_urn?);
        Some(School::of(urn, self.member_old_la_code?, self.member_education_phase?, self.member_register_reason?))
    }
}

fn application_state(text: &str) -> ApplicationState {
    let state = ApplicationState::ALL.into_iter().find(|state| state.as_str() == text);
    state.expect("the CHECK on application.state admits these states only")
}

#[derive(sqlx::FromRow)]
pub(super) struct ParticipationRow {
    id: String,
    round: String,
    application: String,
    urn: i64,
    hub: String,
    programme: String,
    first_academic_year: String,
    years_count: i64,
    state: String,
    year_number: i64,
    years_completed_count: i64,
    last_date: Option<String>,
    accept_date: String,
    agreement_sign_date: Option<String>,
    first_attendance_date: Option<String>,
    last_attendance_date: Option<String>,
    withdraw_reason: Option<String>,
    version: i64,
}

impl From<ParticipationRow> for Participation {
    fn from(row: ParticipationRow) -> Self {
        let state = ParticipationState::ALL.into_iter().find(|state| state.as_str() == row.state);
        Self {
            id: ParticipationId::trusted(row.id),
            round: RoundId::trusted(row.round),
            application: ApplicationId::trusted(row.application),
            urn: Urn::trusted(row.urn),
            hub: HubId::trusted(row.hub),
            programme: ProgrammeId::trusted(row.programme),
            first_academic_year: academic_year(&row.first_academic_year),
            years_count: row.years_count,
            state: state.expect("the CHECK on participation.state admits these states only"),
            year_number: row.year_number,
            years_completed_count: row.years_completed_count,
            last_date: row.last_date.as_deref().map(date),
            accept_date: date(&row.accept_date),
            agreement_sign_date: row.agreement_sign_date.as_deref().map(date),
            attended: row.first_attendance_date.as_deref().map(date).zip(row.last_attendance_date.as_deref().map(date)),
            withdraw_reason: row.withdraw_reason,
            version: row.version,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct PlacesRow {
    round: String,
    hub: String,
    programme: String,
    places_count: i64,
    accepted_count: i64,
    version: i64,
}

impl From<PlacesRow> for Places {
    fn from(row: PlacesRow) -> Self {
        Self {
            round: RoundId::trusted(row.round),
            hub: HubId::trusted(row.hub),
            programme: ProgrammeId::trusted(row.programme),
            places_count: row.places_count,
            accepted_count: row.accepted_count,
            version: row.version,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct RoundRow {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) academic_year: String,
    pub(super) window_start_date: String,
    pub(super) window_end_date: String,
    pub(super) offer_days_count: i64,
    pub(super) programmes: String,
    pub(super) place_order_policies: String,
    pub(super) version: i64,
}

impl From<RoundRow> for Round {
    fn from(row: RoundRow) -> Self {
        let programmes: Vec<ProgrammeJson> = serde_json::from_str(&row.programmes).expect("what was stored is what was written");
        let policies: Vec<PolicyJson> =
            serde_json::from_str(&row.place_order_policies).expect("what was stored is what was written");
        Self {
            id: RoundId::trusted(row.id),
            display_name: row.display_name,
            academic_year: academic_year(&row.academic_year),
            window_start: date(&row.window_start_date),
            window_end: date(&row.window_end_date),
            offer_days_count: small(row.offer_days_count),
            programmes: programmes.into_iter().map(Into::into).collect(),
            policies: policies.into_iter().map(Into::into).collect(),
            version: row.version,
        }
    }
}

impl From<&Round> for RoundRow {
    fn from(round: &Round) -> Self {
        let programmes: Vec<ProgrammeJson> = round.programmes.iter().map(Into::into).collect();
        let policies: Vec<PolicyJson> = round.policies.iter().map(Into::into).collect();
        Self {
            id: round.id.as_str().to_owned(),
            display_name: round.display_name.clone(),
            academic_year: round.academic_year.to_string(),
            window_start_date: round.window_start.to_string(),
            window_end_date: round.window_end.to_string(),
            offer_days_count: round.offer_days_count.into(),
            programmes: serde_json::to_string(&programmes).expect("a list of plain values is JSON"),
            place_order_policies: serde_json::to_string(&policies).expect("a list of plain values is JSON"),
            version: round.version,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ProgrammeJson {
    programme: String,
    display_name: String,
    education_phases: Vec<i64>,
    years_count: i64,
}

impl From<ProgrammeJson> for RoundProgramme {
    fn from(json: ProgrammeJson) -> Self {
        Self {
            id: ProgrammeId::trusted(json.programme),
            display_name: json.display_name,
            phases: json.education_phases.into_iter().filter_map(Phase::of).collect(),
            years_count: json.years_count,
        }
    }
}

impl From<&RoundProgramme> for ProgrammeJson {
    fn from(programme: &RoundProgramme) -> Self {
        Self {
            programme: programme.id.as_str().to_owned(),
            display_name: programme.display_name.clone(),
            education_phases: programme.phases.iter().copied().map(Phase::number).collect(),
            years_count: programme.years_count,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct PolicyJson {
    start_date: String,
    place_order: String,
    decision: String,
}

impl From<PolicyJson> for PlaceOrderPolicy {
    fn from(json: PolicyJson) -> Self {
        let order = match json.place_order.as_str() {
            "submission" => PlaceOrder::Submission,
            "priority_then_submission" => PlaceOrder::PriorityThenSubmission,
            other => panic!("`{other}` was never written as a place order"),
        };
        Self { start: date(&json.start_date), order, decision: json.decision }
    }
}

impl From<&PlaceOrderPolicy> for PolicyJson {
    fn from(policy: &PlaceOrderPolicy) -> Self {
        let order = match policy.order {
            PlaceOrder::Submission => "submission",
            PlaceOrder::PriorityThenSubmission => "priority_then_submission",
        };
        Self { start_date: policy.start.to_string(), place_order: order.to_owned(), decision: policy.decision.clone() }
    }
}

fn date(text: &str) -> Date {
    Date::parse(text).expect("only days are stored as days")
}

fn academic_year(text: &str) -> AcademicYear {
    AcademicYear::parse(text).expect("only academic years are stored as such")
}

fn small(number: i64) -> i32 {
    i32::try_from(number).expect("only values that fit are stored")
}
