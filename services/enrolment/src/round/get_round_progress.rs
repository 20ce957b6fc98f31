//! `RoundService.GetRoundProgress` counts the applications of a round by hub, state and fifth of coldness, in three statements.

use db::Tx;
use name::ProgrammeId;
use proto::enrolment::v1 as pb;
use scope::{Scope, ScopeKey};
use service::{Error, count};
use time::Date;

use super::{
    RoundId, RoundProgramme, RoundViolation,
    store::{self, FifthRow, ProgressRow},
};

/// `programme` is `None` for all programmes of the round.
pub(super) async fn get_round_progress(
    tx: &mut Tx<'_>,
    scope: Scope,
    id: RoundId,
    programme: Option<ProgrammeId>,
    today: Date,
) -> Result<pb::GetRoundProgressResponse, Error> {
    let round = store::round_by_id(tx, &id).await?;
    let wanted = |one: &&RoundProgramme| programme.as_ref().is_none_or(|programme| one.id == *programme);
    let programmes: Vec<&RoundProgramme> = round.programmes.iter().filter(wanted).collect();
    if programmes.is_empty() {
        return Err(RoundViolation::ProgrammeNotInRound { round: id, field: "programme" }.into());
    }
    let counts = store::progress_list(tx, &ScopeKey::new(&scope, today), &id, programme.as_ref()).await?;
    let fifths = store::fifth_list(tx, &programmes, round.provisional_figures_count(today), today).await?;
    Ok(pb::GetRoundProgressResponse {
        application_counts: counts.into_iter().map(Into::into).collect(),
        coldness_fifths: fifths.into_iter().map(Into::into).collect(),
    })
}

impl From<ProgressRow> for pb::ApplicationCount {
    fn from(row: ProgressRow) -> Self {
        Self {
            hub: row.hub.to_string(),
            programme: row.programme.as_str().to_owned(),
            coldness_fifth: count(row.coldness_fifth),
            state: pb::ApplicationState::from(row.state).into(),
            applications_count: count(row.applications_count),
        }
    }
}

impl From<FifthRow> for pb::ColdnessFifth {
    fn from(row: FifthRow) -> Self {
        Self {
            programme: row.programme.as_str().to_owned(),
            coldness_fifth: count(row.coldness_fifth),
            schools_count: count(row.schools_count),
            authorities_count: count(row.authorities_count),
            reach_publication: row.reach_publication.unwrap_or_default(),
        }
    }
}
