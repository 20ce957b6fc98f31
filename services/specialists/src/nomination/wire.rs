//! Domain values as messages, for answers and events. The other direction, which can fail, is `api::decode`.

use proto::{network::v1::EducationPhase, specialists::v1 as pb};

use crate::domain::{
    Cohort, CohortYear, Nomination, NominationState, Override, Phase, Ranking, Score, ScoreWeights, Standing, YearSetting,
};

/// The etag of a nomination: of its version and of the ranking that it is shown with, because a new ranking changes what was read.
pub(crate) fn nomination_etag(nomination: &Nomination) -> String {
    let ranking = nomination.standing.as_ref().map_or(0, |standing| standing.ranking_number);
    format!("v{}.{ranking}", nomination.version)
}

/// A count, which is small wherever it is counted.
fn count(number: i64) -> i32 {
    i32::try_from(number).expect("counts of the contract are checked when they come in")
}

impl From<&Cohort> for pb::Cohort {
    fn from(cohort: &Cohort) -> Self {
        let phase = match cohort.phase {
            Phase::Primary => EducationPhase::Primary,
            Phase::Secondary => EducationPhase::Secondary,
            Phase::AllThrough => EducationPhase::AllThrough,
        };
        Self {
            name: cohort.id.to_string(),
            display_name: cohort.display_name.clone(),
            number: cohort.number,
            education_phase: phase.into(),
            programme: cohort.programme.as_str().to_owned(),
            first_academic_year: cohort.first_academic_year.to_string(),
            window_start_date: cohort.window_start.to_string(),
            window_end_date: cohort.window_end.to_string(),
            years: (1..).zip(&cohort.years).map(year).collect(),
            rankings_count: count(cohort.rankings_count),
            etag: format!("v{}", cohort.version),
        }
    }
}

fn year((year_number, year): (i32, &CohortYear)) -> pb::CohortYear {
    let setting = match year.setting {
        YearSetting::OwnTeaching => pb::YearSetting::OwnTeaching,
        YearSetting::OwnDepartment => pb::YearSetting::OwnDepartment,
        YearSetting::LocalSchools => pb::YearSetting::LocalSchools,
    };
    pb::CohortYear { year_number, setting: setting.into(), supported_schools_count: year.supported_schools_count }
}

impl From<&ScoreWeights> for pb::ScoreWeights {
    fn from(version: &ScoreWeights) -> Self {
        Self {
            name: version.name(),
            start_date: version.start.to_string(),
            decision: version.decision.clone(),
            prior_schools_count: count(version.weights.prior_schools),
            area_permille: count(version.weights.area_permille),
            region_permille: count(version.weights.region_permille),
        }
    }
}

impl From<NominationState> for pb::NominationState {
    fn from(state: NominationState) -> Self {
        match state {
            NominationState::Submitted => Self::Submitted,
            NominationState::Selected => Self::Selected,
            NominationState::NotSelected => Self::NotSelected,
            NominationState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<&Nomination> for pb::Nomination {
    fn from(nomination: &Nomination) -> Self {
        Self {
            name: nomination.name(),
            school: nomination.urn.to_string(),
            hub: nomination.hub.to_string(),
            person: nomination.person.to_string(),
            state: pb::NominationState::from(nomination.state).into(),
            submit_time: Some(nomination.submit_time.to_proto()),
            standing: nomination.standing.as_ref().map(Into::into),
            select_time: nomination.select_time.map(time::Instant::to_proto),
            r#override: nomination.overridden.as_ref().map(Into::into),
            etag: nomination_etag(nomination),
        }
    }
}

impl From<&Override> for pb::NominationOverride {
    fn from(decision: &Override) -> Self {
        Self {
            outcome: pb::NominationState::from(decision.outcome.state()).into(),
            reason: decision.reason.clone(),
            actor: decision.actor.clone(),
            override_time: Some(decision.time.to_proto()),
        }
    }
}

impl From<&Standing> for pb::Standing {
    fn from(standing: &Standing) -> Self {
        Self {
            ranking_number: count(standing.ranking_number),
            rank: count(standing.rank),
            score_ppm: standing.score.as_ref().map(|score| count(score.ppm)),
            inputs: standing.score.as_ref().map(Into::into),
        }
    }
}

impl From<&Score> for pb::ScoreInputs {
    fn from(score: &Score) -> Self {
        Self {
            reach_publication: score.publication.clone(),
            score_weights: score.weights_name(),
            old_la_code: score.old_la_code.clone(),
            schools_count: count(score.figures.schools),
            schools_never_reached_count: count(score.figures.never),
            region_schools_count: count(score.figures.region_schools),
            region_schools_never_reached_count: count(score.figures.region_never),
            prior_schools_count: count(score.weights.prior_schools),
            area_permille: count(score.weights.area_permille),
            region_permille: count(score.weights.region_permille),
        }
    }
}

impl From<&Ranking> for pb::Ranking {
    fn from(ranking: &Ranking) -> Self {
        let (publication, weights) =
            ranking.ground.as_ref().map(|(name, version)| (name.clone(), format!("scoreWeights/{version}"))).unzip();
        Self {
            name: ranking.name(),
            number: count(ranking.number),
            rank_time: Some(ranking.rank_time.to_proto()),
            actor: ranking.actor.clone(),
            reach_publication: publication.unwrap_or_default(),
            score_weights: weights.unwrap_or_default(),
            nominations_count: count(ranking.nominations_count),
            scored_count: count(ranking.scored_count),
            fallback: ranking.ground.is_none(),
        }
    }
}
