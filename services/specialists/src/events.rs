//! The events of specialists. Each function records one event of one resource, in the transaction of the command.

use prost::Name;
use proto::specialists::v1 as pb;
use service::Command;

use crate::domain::{Cohort, Nomination, Ranking, ScoreWeights};

fn record_nomination(cmd: &mut Command<'_, '_>, nomination: &Nomination, event: &impl Name) {
    cmd.record(&nomination.name(), nomination.version, event);
}

pub(crate) fn cohort_created(cmd: &mut Command<'_, '_>, cohort: &Cohort) {
    cmd.record(&cohort.id.to_string(), cohort.version, &pb::CohortCreated { cohort: Some(cohort.into()) });
}

pub(crate) fn score_weights_published(cmd: &mut Command<'_, '_>, weights: &ScoreWeights) {
    cmd.record(&weights.name(), 1, &pb::ScoreWeightsPublished { score_weights: Some(weights.into()) });
}

pub(crate) fn specialist_nominated(cmd: &mut Command<'_, '_>, nomination: &Nomination) {
    record_nomination(cmd, nomination, &pb::SpecialistNominated { nomination: Some(told(nomination)) });
}

pub(crate) fn nomination_withdrawn(cmd: &mut Command<'_, '_>, nomination: &Nomination) {
    record_nomination(cmd, nomination, &pb::NominationWithdrawn { nomination: Some(told(nomination)) });
}

pub(crate) fn nomination_lapsed(cmd: &mut Command<'_, '_>, nomination: &Nomination) {
    record_nomination(cmd, nomination, &pb::NominationLapsed { nomination: Some(told(nomination)) });
}

pub(crate) fn nominations_ranked(cmd: &mut Command<'_, '_>, ranking: &Ranking) {
    cmd.record(&ranking.name(), 1, &pb::NominationsRanked { ranking: Some(ranking.into()) });
}

pub(crate) fn specialist_selected(cmd: &mut Command<'_, '_>, nomination: &Nomination) {
    record_nomination(cmd, nomination, &pb::SpecialistSelected { nomination: Some(told(nomination)) });
}

pub(crate) fn nomination_overridden(cmd: &mut Command<'_, '_>, nomination: &Nomination) {
    record_nomination(cmd, nomination, &pb::NominationOverridden { nomination: Some(told(nomination)) });
}

/// A nomination as an event carries it: what a person wrote is left out, because a feed cannot forget.
fn told(nomination: &Nomination) -> pb::Nomination {
    let mut told = pb::Nomination::from(nomination);
    if let Some(decision) = &mut told.r#override {
        decision.reason.clear();
    }
    told
}
