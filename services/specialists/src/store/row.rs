//! Rows as the databases give them, and what they mean. What the constraints admit can be read; anything else is a bug.

use serde::{Deserialize, Serialize};
use time::{AcademicYear, Date, Instant};

use crate::domain::{
    Candidate, Cohort, CohortId, CohortYear, Figures, HubId, Nomination, NominationId, NominationState, Outcome, Override,
    PersonId, Phase, ProgrammeId, Ranking, Score, ScoreWeights, Standing, Urn, Weights, YearSetting,
};

#[derive(sqlx::FromRow)]
pub(super) struct CohortRow {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) number: i64,
    pub(super) education_phase: i64,
    pub(super) programme: String,
    pub(super) first_academic_year: String,
    pub(super) window_start_date: String,
    pub(super) window_end_date: String,
    pub(super) years: String,
    pub(super) rankings_count: i64,
    pub(super) select_time: Option<i64>,
    pub(super) version: i64,
}

impl From<CohortRow> for Cohort {
    fn from(row: CohortRow) -> Self {
        let years: Vec<YearJson> = serde_json::from_str(&row.years).expect("what was stored is what was written");
        Self {
            id: CohortId::trusted(row.id),
            display_name: row.display_name,
            number: small(row.number),
            phase: Phase::of(row.education_phase).expect("the CHECK on cohort.education_phase admits phases only"),
            programme: ProgrammeId::trusted(row.programme),
            first_academic_year: AcademicYear::parse(&row.first_academic_year).expect("only academic years are stored as such"),
            window_start: date(&row.window_start_date),
            window_end: date(&row.window_end_date),
            years: years.into_iter().map(Into::into).collect(),
            rankings_count: row.rankings_count,
            select_time: row.select_time.map(Instant::from_micros),
            version: row.version,
        }
    }
}

impl From<&Cohort> for CohortRow {
    fn from(cohort: &Cohort) -> Self {
        let years: Vec<YearJson> = cohort.years.iter().map(Into::into).collect();
        Self {
            id: cohort.id.as_str().to_owned(),
            display_name: cohort.display_name.clone(),
            number: cohort.number.into(),
            education_phase: cohort.phase.number(),
            programme: cohort.programme.as_str().to_owned(),
            first_academic_year: cohort.first_academic_year.to_string(),
            window_start_date: cohort.window_start.to_string(),
            window_end_date: cohort.window_end.to_string(),
            years: serde_json::to_string(&years).expect("a list of plain values is JSON"),
            rankings_count: cohort.rankings_count,
            select_time: cohort.select_time.map(Instant::micros),
            version: cohort.version,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct YearJson {
    setting: String,
    supported_schools_count: i32,
}

impl From<YearJson> for CohortYear {
    fn from(json: YearJson) -> Self {
        let setting = YearSetting::ALL.into_iter().find(|setting| setting.as_str() == json.setting);
        Self {
            setting: setting.expect("only settings are written as such"),
            supported_schools_count: json.supported_schools_count,
        }
    }
}

impl From<&CohortYear> for YearJson {
    fn from(year: &CohortYear) -> Self {
        Self { setting: year.setting.as_str().to_owned(), supported_schools_count: year.supported_schools_count }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct WeightsRow {
    version: i64,
    start_date: String,
    decision: String,
    prior_schools_count: i64,
    area_permille: i64,
    region_permille: i64,
}

impl From<WeightsRow> for ScoreWeights {
    fn from(row: WeightsRow) -> Self {
        let weights = Weights {
            prior_schools: row.prior_schools_count,
            area_permille: row.area_permille,
            region_permille: row.region_permille,
        };
        Self { version: row.version, start: date(&row.start_date), decision: row.decision, weights }
    }
}

/// A nomination, and its entry in the newest ranking with all that this rests on; absent together.
#[derive(sqlx::FromRow)]
pub(super) struct NominationRow {
    id: String,
    cohort: String,
    urn: i64,
    hub: String,
    person: String,
    state: String,
    submit_time: i64,
    select_time: Option<i64>,
    overrides_count: i64,
    override_outcome: Option<String>,
    override_reason: Option<String>,
    override_actor: Option<String>,
    override_time: Option<i64>,
    withdraw_reason: Option<String>,
    version: i64,
    ranking_number: Option<i64>,
    rank: Option<i64>,
    old_la_code: Option<String>,
    schools_count: Option<i64>,
    schools_never_reached_count: Option<i64>,
    region_schools_count: Option<i64>,
    region_schools_never_reached_count: Option<i64>,
    score_ppm: Option<i64>,
    reach_publication: Option<String>,
    score_weights: Option<i64>,
    prior_schools_count: Option<i64>,
    area_permille: Option<i64>,
    region_permille: Option<i64>,
}

impl NominationRow {
    fn overridden(&self) -> Option<Override> {
        let outcome = match self.override_outcome.as_deref()? {
            "selected" => Outcome::Selected,
            "not_selected" => Outcome::NotSelected,
            other => panic!("the CHECK on nomination_override.outcome admits no `{other}`"),
        };
        Some(Override {
            outcome,
            reason: self.override_reason.clone()?,
            actor: self.override_actor.clone()?,
            time: Instant::from_micros(self.override_time?),
        })
    }

    fn standing(&self) -> Option<Standing> {
        Some(Standing { ranking_number: self.ranking_number?, rank: self.rank?, score: self.score() })
    }

    fn score(&self) -> Option<Score> {
        Some(Score {
            ppm: self.score_ppm?,
            figures: Figures {
                schools: self.schools_count?,
                never: self.schools_never_reached_count?,
                region_schools: self.region_schools_count?,
                region_never: self.region_schools_never_reached_count?,
            },
            weights: Weights {
                prior_schools: self.prior_schools_count?,
                area_permille: self.area_permille?,
                region_permille: self.region_permille?,
            },
            weights_version: self.score_weights?,
            publication: self.reach_publication.clone()?,
            old_la_code: self.old_la_code.clone()?,
        })
    }
}

impl From<NominationRow> for Nomination {
    fn from(row: NominationRow) -> Self {
        let state = NominationState::ALL.into_iter().find(|state| state.as_str() == row.state);
        Self {
            overridden: row.overridden(),
            standing: row.standing(),
            id: NominationId::trusted(row.id),
            cohort: CohortId::trusted(row.cohort),
            urn: Urn::trusted(row.urn),
            hub: HubId::trusted(row.hub),
            person: PersonId::trusted(row.person),
            state: state.expect("the CHECK on nomination.state admits these states only"),
            submit_time: Instant::from_micros(row.submit_time),
            select_time: row.select_time.map(Instant::from_micros),
            overrides_count: row.overrides_count,
            withdraw_reason: row.withdraw_reason,
            version: row.version,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct CandidateRow {
    id: String,
    urn: i64,
    submit_time: i64,
    email_address: String,
    old_la_code: Option<String>,
    schools_count: Option<i64>,
    schools_never_reached_count: Option<i64>,
    region_schools_count: Option<i64>,
    region_schools_never_reached_count: Option<i64>,
}

impl CandidateRow {
    fn figures(&self) -> Option<Figures> {
        Some(Figures {
            schools: self.schools_count?,
            never: self.schools_never_reached_count?,
            region_schools: self.region_schools_count?,
            region_never: self.region_schools_never_reached_count?,
        })
    }
}

impl From<CandidateRow> for Candidate {
    fn from(row: CandidateRow) -> Self {
        let figures = row.figures();
        Self {
            nomination: NominationId::trusted(row.id),
            urn: Urn::trusted(row.urn),
            submit_time: Instant::from_micros(row.submit_time),
            email_address: row.email_address,
            area: row.old_la_code.zip(figures),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct RankingRow {
    cohort: String,
    number: i64,
    rank_time: i64,
    actor: String,
    reach_publication: Option<String>,
    score_weights: Option<i64>,
    nominations_count: i64,
    scored_count: i64,
}

impl From<RankingRow> for Ranking {
    fn from(row: RankingRow) -> Self {
        Self {
            cohort: CohortId::trusted(row.cohort),
            number: row.number,
            rank_time: Instant::from_micros(row.rank_time),
            actor: row.actor,
            ground: row.reach_publication.zip(row.score_weights),
            nominations_count: row.nominations_count,
            scored_count: row.scored_count,
        }
    }
}

fn date(text: &str) -> Date {
    Date::parse(text).expect("only days are stored as days")
}

fn small(number: i64) -> i32 {
    i32::try_from(number).expect("only values that fit are stored")
}
