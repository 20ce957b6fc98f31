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

fn date(text: &str) -> Date {
    Date::parse(text).expect("only days are stored as days")
}

fn academic_year(text: &str) -> AcademicYear {
    AcademicYear::parse(text).expect("only academic years are stored as such")
}

fn small(number: i64) -> i32 {
    i32::try_from(number).expect("only values that fit are stored")
}
